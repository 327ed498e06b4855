"""What happens when more is asked of the API than it can answer?

    python benchmarks/overload.py

One worker on one core, the client on another, at a set rate (open_loop.py). The rate rises until no more is answered:
that is the capacity. Then the API is asked twice as much. It should go on answering nearly as many, quickly, and tell
the others at once that it is busy. Two kinds of requests: a digit as JSON, and a photo of one megapixel.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
from machine import load_printed
from open_loop import Answer, request, send
from PIL import Image

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
from mnistcore.data.datasets import shipped_test_digits  # noqa: E402
from serving.contract import DEADLINE  # noqa: E402

PORT = 8811
DIGIT = shipped_test_digits()[0][0]


def photo() -> bytes:
    """A JPEG of one megapixel: a digit on grainy paper."""
    ink = np.kron(DIGIT, np.ones((40, 40))) * 0.6
    grain = np.random.default_rng(0).normal(0, 3, ink.shape)
    file = BytesIO()
    Image.fromarray((230 - ink + grain).clip(0, 255).astype(np.uint8)).resize((1024, 1024)).save(file, "JPEG")
    return file.getvalue()


def percentile(answers: list[Answer], status: int, share: float) -> float:
    """Milliseconds within which this share of the answers of that status came."""
    latencies = sorted(answer.latency for answer in answers if answer.status == status)
    return 1000 * latencies[int(share * (len(latencies) - 1))] if latencies else float("nan")


def offer(content: bytes, rate: float, seconds: float) -> tuple[float, list[Answer]]:
    """Answered with 200 while they are sent, requests a second, and all answers."""
    answers = send(("127.0.0.1", PORT), itertools.repeat((content, None)), rate, seconds, connections=3000)
    return sum(answer.status == 200 and answer.due + answer.latency < seconds for answer in answers) / seconds, answers


def capacity(content: bytes, seconds: float) -> float:
    """The most requests a second that are answered with 200, at whatever rate they are sent."""
    rate, best = 20.0, 0.0
    while True:
        answered, _ = offer(content, rate, seconds)
        if answered < 0.9 * rate and answered < 1.05 * best:
            return max(best, answered)
        best, rate = max(best, answered), rate * 1.3


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement at twice the capacity")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    environment = {"MNISTCORE_MODEL": "classic", **os.environ}
    command = [sys.executable, "api.py", "--port", str(PORT), "--workers", "1"]
    late = 0
    with tempfile.TemporaryFile() as log:
        os.sched_setaffinity(0, {cores[0]})
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        os.sched_setaffinity(0, {cores[-1]})
        try:
            while True:
                try:
                    urlopen(f"http://127.0.0.1:{PORT}/ready")
                    break
                except (URLError, OSError):
                    time.sleep(0.1)
            print(
                "| | capacity, 1/s | at twice that, 1/s | ratio | 200: median, p99, most, ms | 503: median, most, ms |"
            )
            print("|---|---:|---:|---:|---:|---:|")
            kinds = {
                "a digit as JSON": (request("/predict", json.dumps({"data": DIGIT.ravel().tolist()}).encode()), 1),
                "a JPEG of 1 megapixel": (request("/predict", photo(), "image/jpeg"), 4),  # so few in a second
            }
            for name, (content, times_longer) in kinds.items():
                ratios, seconds = [], times_longer * options.seconds
                for _ in range(options.rounds):
                    best = capacity(content, seconds / 5)
                    answered, answers = offer(content, 2 * best, seconds)
                    ratios.append(answered / best)
                    late += sum(answer.latency > DEADLINE or answer.status not in (200, 503) for answer in answers)
                    times = [f"{percentile(answers, 200, share):.0f}" for share in (0.5, 0.99, 1)]
                    refusals = [f"{percentile(answers, 503, share):.0f}" for share in (0.5, 1)]
                    print(
                        f"| {name} | {best:,.1f} | {answered:,.1f} | {ratios[-1]:.2f} "
                        f"| {', '.join(times)} | {', '.join(refusals)} |",
                        flush=True,
                    )
                print(f"| {name}, median | | | {statistics.median(ratios):.2f} | | |")
        finally:
            server.terminate()
            server.wait(40)
    print(f"Later than {DEADLINE:g} s, or without an answer: {late}.")
    return bool(late)


if __name__ == "__main__":
    with load_printed():
        sys.exit(main())
