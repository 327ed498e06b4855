"""What it costs to keep many confirmed digits: a page of them, and one more, of 100 and of 100,000.

    python benchmarks/feedback.py
    python benchmarks/feedback.py --url postgresql://user@host/empty_database

Prints the least time of each in milliseconds, since whatever else runs only adds to it, and 100,000 relative to 100;
the rounds take turns. The digits are noise, each with a picture of 5 kB. The database must be empty; by default it is
SQLite in a temporary directory.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from machine import load_printed

sys.path.insert(0, str(Path(__file__).parent.parent))

from mnistcore.confirmed import Feedback, NewDigit, open_feedback

FEW, MANY = 100, 100_000
PAGE = 50
PICTURE = bytes(range(250)) * 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="of an empty database (default: SQLite in a temporary directory)")
    parser.add_argument("--rounds", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        feedback = open_feedback(options.url or f"sqlite:///{directory}/feedback.db")
        random = np.random.default_rng(0)
        profiles = {}
        for count in (FEW, MANY):
            profiles[count] = feedback.find_or_create_profile("benchmark", f"{count}").id
            feedback.add_all(profiles[count], noise(count, random))
        print(f"{'least ms':30}{FEW:>10,}{MANY:>10,}{'ratio':>8}")
        for name, work in tasks(feedback, random).items():
            times: dict[int, list[float]] = {FEW: [], MANY: []}
            for _ in range(options.rounds):
                for count, profile in profiles.items():
                    start = time.perf_counter()
                    work(profile, count)
                    times[count].append(1000 * (time.perf_counter() - start))
            few, many = min(times[FEW]), min(times[MANY])
            print(f"{name:30}{few:10.2f}{many:10.2f}{many / few:8.2f}", flush=True)
        for profile in profiles.values():
            feedback.delete_profile(profile)
        feedback.close()


def tasks(feedback: Feedback, random: np.random.Generator) -> dict[str, Callable[[str, int], object]]:
    """What is measured, each given a profile and the number of its digits."""

    def add(profile: str, _: int) -> None:
        (digit,) = noise(1, random)
        feedback.add(profile, digit.picture, digit.image, digit.label, digit.predicted, digit.model)

    return {
        "the first page": lambda profile, _: feedback.digits(profile, 0, PAGE),
        "the middle page": lambda profile, count: feedback.digits(profile, count // 2, PAGE),
        "the last page": lambda profile, count: feedback.digits(profile, count - PAGE, PAGE),
        "how many there are": lambda profile, _: feedback.count(profile),
        "one more": add,
    }


def noise(count: int, random: np.random.Generator) -> Iterator[NewDigit]:
    """So many digits, no two alike."""
    for _ in range(count):
        yield NewDigit(PICTURE, random.integers(0, 256, (28, 28), np.uint8), 4, 9, "robust 0b5d7e2f9c41")


if __name__ == "__main__":
    with load_printed():
        main()
