"""What a network rehearses while it learns one person's handwriting, so that it does not forget everybody else's.

MNIST's training set need not be on the machine then. So a few thousand images ship with the package (rehearsal: Robins
1995, "Catastrophic forgetting, rehearsal and pseudorehearsal"). To learn from, some of what `robust` was trained on:

    1,500 digits of MNIST's training set that it is least sure of: near the boundaries between digits, where a changed
          network goes wrong first
    1,500 more at random
    1,500 synthetic digits
    1,500 images of what is no digit, made by the project

To validate and calibrate on, images that it was not trained on: 2,000 of MNIST's training digits that were kept for its
own validation, 750 synthetic digits, and 750 images of what is no digit. None is one of MNIST's test digits, and none
was written by the people whose pen strokes `robust` has learnt from.

    python -m mnistcore.training.rehearsal --data mnist.npz    # makes the file anew, as `make model` does
"""

from __future__ import annotations

import argparse
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np

from mnistcore.data import datasets, non_digits, synthetic
from mnistcore.data.datasets import Dataset
from mnistcore.digit.form import NON_DIGIT_CLASS, SIDE
from mnistcore.digit.model import Model
from mnistcore.errors import DataUnavailable
from mnistcore.home import atomic_path
from mnistcore.models.files import SHIPPED_DIRECTORY, read_model
from mnistcore.training.folds import rows_of
from mnistcore.training.recipes import ROBUST

FILE = Path(__file__).with_name("rehearsal.npz")
KEYS = ("images", "classes", "validation_images", "validation_classes")


@dataclass(frozen=True, eq=False)
class Rehearsal:
    """Images (n, 28, 28) uint8 in random order, with their classes (n,) int64: 0-9, or NON_DIGIT_CLASS."""

    images: np.ndarray
    classes: np.ndarray
    validation_images: np.ndarray
    validation_classes: np.ndarray


def load() -> Rehearsal:
    """What ships; raises DataUnavailable if the file is missing or damaged."""
    images, classes, validation_images, validation_classes = datasets.read_npz(FILE, KEYS)
    for some, their_classes in ((images, classes), (validation_images, validation_classes)):
        if some.dtype != np.uint8 or some.shape != (len(their_classes), SIDE, SIDE) or not len(some):
            raise DataUnavailable(f"{FILE.name} is damaged: it must hold images (n, 28, 28) of uint8 with n classes.")
    return Rehearsal(images, classes.astype(np.int64), validation_images, validation_classes.astype(np.int64))


def select(
    model: Model, dataset: Dataset, rows: np.ndarray, validation_rows: np.ndarray, count: int, seed: int
) -> Rehearsal:
    """Choose and make what is rehearsed.

    Args:
        model: the network that was trained on the dataset.
        dataset: MNIST.
        rows: indices of the digits that it was trained on.
        validation_rows: indices of training digits that it was not trained on.
        count: images of each of the four kinds to learn from.
        seed: of the choice, and of what is made.
    """
    rng = np.random.default_rng(seed)
    probabilities = np.sort(model.predict_proba(dataset.images[rows]), axis=1)
    by_margin = rows[np.argsort(probabilities[:, -1] - probabilities[:, -2], kind="stable")]
    chosen = np.concatenate([by_margin[:count], rng.choice(by_margin[count:], count, replace=False)])
    validation = rng.choice(validation_rows, 4 * count // 3, replace=False)
    return Rehearsal(
        *_with_made(dataset.images[chosen], dataset.labels[chosen], count, rng),
        *_with_made(dataset.images[validation], dataset.labels[validation], count // 2, rng),
    )


def _with_made(
    images: np.ndarray, labels: np.ndarray, count: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """These digits, and `count` synthetic digits and non-digits each, in random order, and their classes."""
    digits = rng.integers(0, 10, count)
    others = non_digits.generate(count, non_digits.make_pool(count // 2, images, labels, rng), rng)
    every_image = np.concatenate([images, synthetic.generate(digits, rng), others])
    every_class = np.concatenate([labels, digits, np.full(len(others), NON_DIGIT_CLASS)])
    order = rng.permutation(len(every_image))
    return every_image[order], every_class[order]


def main() -> None:
    """Choose the images that ship, and write their file."""
    parser = argparse.ArgumentParser(description="Make the file of images that are rehearsed in personal learning.")
    parser.add_argument("--data", type=Path, metavar="FILE", help="MNIST on this disk: mnist.npz, or the IDX files")
    parser.add_argument("--source", metavar="NAME[,NAME...]", help="try these sources only, in this order")
    options = parser.parse_args()
    dataset = datasets.load(options.source.split(",") if options.source else None, options.data)
    model = read_model(SHIPPED_DIRECTORY / f"{ROBUST.name}.npz")
    rows, validation_rows = rows_of(ROBUST, dataset, model.card["seed"], None)
    chosen = select(model, dataset, rows, validation_rows, count=1_500, seed=0)
    arrays = dict(zip(KEYS, astuple(chosen), strict=True))
    arrays |= {key: arrays[key].astype(np.uint8) for key in ("classes", "validation_classes")}
    with atomic_path(FILE) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **arrays)
    print(f"{len(chosen.images):,} images to rehearse and {len(chosen.validation_images):,} to validate are in {FILE}.")


if __name__ == "__main__":
    main()
