#!/usr/bin/env python3
"""How long models take for one image and for a batch, and what stroke directions cost in training; ratios of one run.

    .venv/bin/python benchmarks/models.py                            # robust against classic
    .venv/bin/python benchmarks/models.py old.npz robust             # any two models: names or files

The models take turns, over and over; the median counts. In training, the share is that of computing the stroke
directions of an epoch's images against learning from them with the recipe robust.
"""

import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
from machine import load_printed
from sklearn.neural_network import MLPClassifier

from mnistcore import load_model
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.digit.features import network_input
from mnistcore.training.recipes import ROBUST

ROUNDS, SINGLE, BATCH = 25, 200, 1000  # how often each model has its turn; images a turn, singly and in a batch


def seconds(model, images):
    """For one image, and for a batch."""
    started = time.perf_counter()
    for image in images[:SINGLE]:
        model.predict_proba(image[np.newaxis])
    one = (time.perf_counter() - started) / SINGLE
    started = time.perf_counter()
    model.predict_proba(images[:BATCH])
    return one, time.perf_counter() - started


def compare(names, images):
    models = [load_model(name) for name in names]
    taken = np.array([[seconds(model, images) for model in models] for _ in range(ROUNDS)])
    median = np.median(taken, axis=0)
    ratio = np.median(taken[:, 1] / taken[:, 0], axis=0)
    for name, (one, batch) in zip(names, median, strict=True):
        print(f"{name}: one image {1e3 * one:.3f} ms, a batch of {BATCH:,} {1e3 * batch:.1f} ms")
    print(f"{names[1]} / {names[0]}: one image {ratio[0]:.2f}, a batch {ratio[1]:.2f}")


def training_share(images, labels):
    """The time that an epoch's stroke directions take, as a share of learning from them."""
    recipe = ROBUST
    started = time.perf_counter()
    inputs = network_input(images, recipe.input)
    made = time.perf_counter() - started
    network = MLPClassifier(recipe.hidden_layers, batch_size=recipe.batch_size, random_state=0)
    started = time.perf_counter()
    network.partial_fit(inputs, labels, classes=np.arange(11))
    return made / (time.perf_counter() - started)


def main():
    images, labels = shipped_test_digits()
    compare(sys.argv[1:] or ["classic", "robust"], images)
    share = np.median([training_share(images, labels) for _ in range(3)])
    print(f"stroke directions take {share:.2f} of the time that learning from them takes")


if __name__ == "__main__":
    with load_printed():
        main()
