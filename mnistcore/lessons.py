"""What a network is shown in each epoch: the training digits as they are, or new ones every time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from mnistcore import augment, pen
from mnistcore.recipes import Recipe


def lessons(
    recipe: Recipe, images: np.ndarray, labels: np.ndarray, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """One lesson an epoch.

    Args:
        recipe: whether to distort the digits, and how many to write with the pen besides.
        images: (n, 28, 28) uint8, the digits of the dataset.
        labels: (n,) int64 in 0-9.
        seed: of the distortions and the pen; one seed gives the same lessons.

    Yields:
        The images (m, 28, 28) uint8 and labels (m,) int64 of the next epoch. Without distortions, pen digits and
        `load_digits` these are always the very arrays that were given.
    """
    if not recipe.makes_digits:
        for _ in range(recipe.epochs):
            yield images, labels
        return
    rng = np.random.default_rng(seed)
    if recipe.load_digits:
        more_images, more_labels = _load_digits()
        images, labels = np.concatenate([images, more_images]), np.concatenate([labels, more_labels])

    def lesson(epoch: int) -> tuple[np.ndarray, np.ndarray]:
        mild = epoch >= recipe.epochs - recipe.mild_epochs
        distorted = augment.distort(images, rng, recipe.distortion * (recipe.mildness if mild else 1))
        digits = rng.integers(0, 10, recipe.mild_pen_digits if mild else recipe.pen_digits)
        shown = np.concatenate([distorted, pen.write(digits, rng)])
        return augment.degrade(shown, rng, recipe.degraded), np.concatenate([labels, digits])

    # While the network learns from one lesson, which takes longer, a second core prepares the next.
    with ThreadPoolExecutor(max_workers=1) as second_core:
        following = second_core.submit(lesson, 0)
        for epoch in range(recipe.epochs):
            current = following.result()
            if epoch + 1 < recipe.epochs:
                following = second_core.submit(lesson, epoch + 1)
            yield current


def _load_digits() -> tuple[np.ndarray, np.ndarray]:
    """All of scikit-learn's small digits: their writers form some digits otherwise than MNIST's."""
    from mnistcore import datasets

    small = datasets.load(["digits"], tell=lambda _: None)
    return np.concatenate([small.images, small.test_images]), np.concatenate([small.labels, small.test_labels])
