#!/usr/bin/env python3
"""What robust costs beside classic, each figure as a ratio or a difference taken in one run.

    .venv/bin/python benchmarks/robust.py

It prints how long one image takes through each network (the median of many, one model after the other, over and over),
and how long an epoch's new digits take to make against the epoch of training that uses them, on MNIST-sized data.
"""

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from mnistcore import load_model
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.training.epoch_data import epoch_data
from mnistcore.training.fitting import fit
from mnistcore.training.recipes import get_recipe

ROUNDS, BLOCK = 15, 200  # how often each model has its turn, and images a turn


def one_image(images):
    """Median seconds for one image, by model."""
    models = {name: load_model(name) for name in ("classic", "robust")}
    seconds = {name: [] for name in models}
    for turn in range(ROUNDS):
        for name, model in models.items():
            for i in range(BLOCK):
                image = images[(turn * BLOCK + i) % len(images)][np.newaxis]
                started = time.perf_counter()
                model.predict_proba(image)
                seconds[name].append(time.perf_counter() - started)
    return {name: float(np.median(values)) for name, values in seconds.items()}


def one_epoch(images, labels):
    """Seconds to make an epoch's digits, and seconds of the whole epoch that makes them and learns from them."""
    recipe = replace(get_recipe("robust"), epochs=1, swa_epochs=0, finetune_epochs=0)  # one epoch: nothing made ahead
    started = time.perf_counter()
    next(epoch_data(recipe, images, labels, seed=0))
    made = time.perf_counter() - started
    started = time.perf_counter()
    next(fit(recipe, images, labels, seed=0))
    return made, time.perf_counter() - started


def main():
    images, labels = shipped_test_digits()
    seconds = one_image(images)
    extra = 1e3 * (seconds["robust"] - seconds["classic"])
    print(f"one image: classic {1e3 * seconds['classic']:.3f} ms, robust {extra:.3f} ms more")
    made, whole = one_epoch(np.tile(images, (6, 1, 1)), np.tile(labels, 6))
    print(f"an epoch's new digits take {made / (whole - made):.2f} times as long as learning from them")


if __name__ == "__main__":
    main()
