#!/usr/bin/env python3
"""What is gained by learning a person's handwriting from a few digits, over many people.

    .venv/bin/python benchmarks/personal.py --pens pens.jsonl.gz [--base robust] [--draws 5]

The file has one drawing a line, points within 0-500: {"writer": 3, "label": 7, "strokes": [[[x, y], ...], ...]}.
Each is painted with a pen of 12 pixels on 280x280, and prepared. Of each writer 1, 3, 5 and 10 digits of each class are
chosen at random and learnt from; the error is measured on that writer's other digits, as the mean over the draws.
"Corrections" are those of the drawn digits that the base misreads: these alone are learnt from, and where there are
none the base stays. A model that its report refuses counts as the base, as in use. Seconds are of `personalise` alone,
with its `Base` made.
"""

import argparse
import gzip
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
from machine import load_printed
from PIL import Image, ImageDraw

from mnistcore import load_model, prepare
from mnistcore.home import home
from mnistcore.training.personalise import Base, personalise

SIDE, BOX, PEN = 280, 500, 12  # pixels of the canvas, units of the drawings, pixels
COUNTS = (1, 3, 5, 10)  # digits of each class


def paint(strokes):
    """One drawing, bright on black, as the app's canvas paints it."""
    image = Image.new("L", (SIDE, SIDE))
    draw = ImageDraw.Draw(image)
    for stroke in strokes:
        points = [(x * SIDE / BOX, y * SIDE / BOX) for x, y in stroke]
        if len(points) > 1:
            draw.line(points, fill=255, width=PEN, joint="curve")
        for x, y in points:
            draw.ellipse((x - PEN / 2, y - PEN / 2, x + PEN / 2, y + PEN / 2), fill=255)
    return image


def load_pens(file):
    """The prepared drawings, their labels and writers; kept for the next time."""
    kept = home() / "benchmarks" / f"{file.name}.{file.stat().st_mtime_ns}.npz"
    if not kept.exists():
        with gzip.open(file, "rt") as lines:
            rows = [json.loads(line) for line in lines]
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(
            kept,
            images=np.stack([prepare(paint(row["strokes"])) for row in rows]),
            labels=[row["label"] for row in rows],
            writers=[row["writer"] for row in rows],
        )
    with np.load(kept) as arrays:
        return arrays["images"], arrays["labels"], arrays["writers"]


@dataclass
class Trial:
    """One draw of one writer's digits: error before and after, and what the report says; None if nothing was learnt."""

    writer: int
    before: float
    after: float
    report: object


def try_draw(base, images, labels, writer, count, draw, corrections):
    rng = np.random.default_rng([draw, writer])
    given = np.concatenate([rng.permutation(np.flatnonzero(labels == digit))[:count] for digit in range(10)])
    others = np.setdiff1d(np.arange(len(labels)), given)
    read = base.model.predict(images)
    before = np.mean(read[others] != labels[others])
    if corrections:
        given = given[read[given] != labels[given]]
    if not len(given):
        return Trial(writer, before, before, None)
    learnt = personalise(base, images[given], labels[given], seed=draw)
    model = base.model if learnt.report.refusal else learnt.model
    return Trial(writer, before, np.mean(model.predict(images[others]) != labels[others]), learnt.report)


def summary(trials):
    """One line: mean and worst writer's error, who got worse, MNIST errors, seconds."""
    writers = sorted({trial.writer for trial in trials})

    def by_writer(name):
        return np.array([np.mean([getattr(t, name) for t in trials if t.writer == w]) for w in writers])

    before, after = by_writer("before"), by_writer("after")
    reports = [trial.report for trial in trials if trial.report]
    if not reports:
        return "nothing to learn from"
    mnist = np.array([report.mnist_errors for report in reports])
    seconds = [report.seconds for report in reports]
    refused = sum(report.refusal is not None for report in reports)
    return (
        f"mean {before.mean():.2%} -> {after.mean():.2%} ({after.mean() / before.mean():.0%})   "
        f"worst {before.max():.2%} -> {after.max():.2%} ({after.max() / before.max():.0%})   "
        f"largest rise {100 * (after - before).max():+.2f} points   "
        f"MNIST errors {mnist[0, 0]} -> {mnist[:, 1].mean():.1f}, at most {mnist[:, 1].max()}   "
        f"refused {refused} of {len(reports)}   {np.median(seconds):.1f} s, at most {np.max(seconds):.1f}"
    )


def main():
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--pens", type=Path, required=True, help="drawings by several people, .jsonl.gz")
    cli.add_argument("--base", default="robust", help="the model that learns")
    cli.add_argument("--draws", type=int, default=5, help="random draws of each writer's digits (default: 5)")
    cli.add_argument("--counts", type=int, nargs="+", default=COUNTS, help="digits of each class to learn from")
    options = cli.parse_args()
    images, labels, writers = load_pens(options.pens)
    started = time.perf_counter()
    base = Base(load_model(options.base))
    first = time.perf_counter() - started
    print(f"{len(images):,} digits of {len(np.unique(writers))} writers; base {base.model.name}, made in {first:.1f} s")
    for corrections in (False, True):
        for count in options.counts:
            trials = [
                try_draw(base, images[writers == w], labels[writers == w], int(w), count, draw, corrections)
                for w in np.unique(writers)
                for draw in range(options.draws)
            ]
            what = "corrections among" if corrections else "learnt from"
            print(f"{what} {count:2d} of each: {summary(trials)}", flush=True)


if __name__ == "__main__":
    with load_printed():
        main()
