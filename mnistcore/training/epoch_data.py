"""The training set of each epoch: the dataset as it is, or newly distorted and generated digits every time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from mnistcore.data import augmentation, synthetic
from mnistcore.training.recipes import Recipe


def epoch_data(
    recipe: Recipe, images: np.ndarray, labels: np.ndarray, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """One training set an epoch.

    Args:
        recipe: whether to distort the digits, and how many synthetic ones to add.
        images: (n, 28, 28) uint8, the digits of the dataset.
        labels: (n,) int64 in 0-9.
        seed: of the distortions and the synthetic digits; the same seed gives the same training sets.

    Yields:
        The images (m, 28, 28) uint8 and labels (m,) int64 of the next epoch. Without distortions, synthetic digits and
        `load_digits` these are always the arrays that were given.
    """
    if not recipe.augments:
        for _ in range(recipe.epochs):
            yield images, labels
        return
    rng = np.random.default_rng(seed)
    if recipe.load_digits:
        more_images, more_labels = _load_digits()
        images, labels = np.concatenate([images, more_images]), np.concatenate([labels, more_labels])

    def one_epoch(epoch: int) -> tuple[np.ndarray, np.ndarray]:
        finetuning = epoch >= recipe.epochs - recipe.finetune_epochs
        distorted = augmentation.distort(
            images, rng, recipe.distortion * (recipe.finetune_strength if finetuning else 1)
        )
        digits = rng.integers(0, 10, recipe.finetune_synthetic_digits if finetuning else recipe.synthetic_digits)
        shown = np.concatenate([distorted, synthetic.generate(digits, rng)])
        return augmentation.degrade(shown, rng, recipe.degraded_fraction), np.concatenate([labels, digits])

    # While the network is trained on one epoch's data, which takes longer, a second core prepares the next.
    with ThreadPoolExecutor(max_workers=1) as second_core:
        following = second_core.submit(one_epoch, 0)
        for epoch in range(recipe.epochs):
            current = following.result()
            if epoch + 1 < recipe.epochs:
                following = second_core.submit(one_epoch, epoch + 1)
            yield current


def _load_digits() -> tuple[np.ndarray, np.ndarray]:
    """All of scikit-learn's small digits: their writers form some digits differently from MNIST's."""
    from mnistcore.data import datasets

    small = datasets.load(["digits"], log=lambda _: None)
    return np.concatenate([small.images, small.test_images]), np.concatenate([small.labels, small.test_labels])
