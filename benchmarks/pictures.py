"""How long does it take from a PNG of 280x280 pixels to MNIST's form, compared with an earlier version of the project?

    git worktree add /tmp/before COMMIT
    python benchmarks/pictures.py --before /tmp/before

Both versions take turns, each in a process of its own: compare the ratio, not the times.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

# the processor time of one picture, seconds, the best of ten passes over 40 drawings, each by a pen of another width
MEASURE = """
import io, time
import numpy as np
from PIL import Image, ImageDraw
from mnistcore import open_image, prepare

chance, files = np.random.default_rng(0), []
for number in range(40):
    image = Image.new("L", (280, 280))
    points = np.cumsum(chance.normal(0, 30, (9, 2)), axis=0).clip(-90, 90) + 140
    ImageDraw.Draw(image).line([tuple(point) for point in points], fill=255, width=6 + number % 15, joint="curve")
    file = io.BytesIO()
    image.save(file, "PNG")
    files.append(file.getvalue())
best = float("inf")
for _ in range(11):
    start = time.thread_time()
    for file in files:
        prepare(open_image(file))
    best = min(best, time.thread_time() - start)
print(best / len(files))
"""


def seconds(directory: Path) -> float:
    """What a picture takes with the version in that directory."""
    environment = os.environ | {"PYTHONPATH": str(directory), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", MEASURE]
    return float(subprocess.run(command, cwd=directory, env=environment, capture_output=True, check=True).stdout)


def main() -> None:
    """Measure, and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, required=True, help="directory of the earlier version")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    pairs = [(seconds(options.before), seconds(ROOT)) for _ in range(options.rounds)]
    before, now = (1000 * statistics.median(times) for times in zip(*pairs, strict=True))
    ratios = [now / before for before, now in pairs]
    print(f"before {before:.2f} ms, now {now:.2f} ms: {statistics.median(ratios):.2f} times as long", end=" ")
    print(f"({min(ratios):.2f}-{max(ratios):.2f} in the rounds)")


if __name__ == "__main__":
    main()
