"""The training set of each epoch: the dataset as it is, or newly distorted and generated digits every time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from mnistcore.data import augmentation, non_digits, pen, synthetic
from mnistcore.data.hands import Hands, Written
from mnistcore.digit.features import network_input
from mnistcore.digit.form import NON_DIGIT_CLASS, SIDE
from mnistcore.training.recipes import Recipe


class EpochData(NamedTuple):
    """The training set of an epoch.

    Attributes:
        inputs: (m, inputs) float32, what the network is given.
        classes: (m,) int64 in 0-10.
        following: the state of the random generator before the next epoch's data are made, as JSON; None if none are.
    """

    inputs: np.ndarray
    classes: np.ndarray
    following: dict | None = None


def epoch_data(
    recipe: Recipe,
    images: np.ndarray,
    labels: np.ndarray,
    hands: Hands | None,
    seed: int,
    done: int = 0,
    data_rng: dict | None = None,
) -> Iterator[EpochData]:
    """One training set an epoch.

    Args:
        recipe: whether to distort the digits, and how many pen digits and non-digits to add.
        images: (n, 28, 28) uint8, the digits of the dataset.
        labels: (n,) int64 in 0-9.
        hands: what people wrote; may be None if the recipe adds no pen digits and no non-digits.
        seed: of whatever is made; the same seed gives the same training sets.
        done: how many epochs' data are left out, since the training goes on from there,
        data_rng: and `following` of the last of these.

    Yields:
        The data of the next epoch. If the recipe makes nothing new, these are always the same two arrays.
    """
    if not recipe.augments:
        inputs = network_input(images, recipe.input)
        del images
        for _ in range(done, recipe.epochs):
            yield EpochData(inputs, labels)
        return
    rng = np.random.default_rng(seed)
    if recipe.load_digits:
        more_images, more_labels = _load_digits()
        images, labels = np.concatenate([images, more_images]), np.concatenate([labels, more_labels])
    pool = (
        non_digits.make_pool(recipe.non_digits, images, labels, rng, hands.training.others)
        if hands and recipe.non_digits
        else np.empty((0, SIDE, SIDE), np.uint8)
    )

    if data_rng:
        rng.bit_generator.state = data_rng

    def one_epoch(epoch: int) -> EpochData:
        finetuning = epoch >= recipe.epochs - recipe.finetune_epochs
        distorted = augmentation.distort(
            images, rng, recipe.distortion * (recipe.finetune_strength if finetuning else 1)
        )
        shown, classes = [distorted], [labels]
        if pens := recipe.finetune_pen_digits if finetuning else recipe.pen_digits:
            made = round(recipe.synthetic_share * pens)
            of_made = rng.integers(0, 10, made)
            shown.append(synthetic.generate(of_made, rng))
            classes.append(of_made)
            if hands:
                written, of_written = pen_digits(hands.training, pens - made, rng)
                shown.append(written)
                classes.append(of_written)
        if hands and recipe.non_digits:
            others = non_digits.generate(recipe.non_digits, pool, rng, hands.training.others)
            shown.append(others)
            classes.append(np.full(len(others), NON_DIGIT_CLASS))
        images_ = augmentation.degrade(np.concatenate(shown), rng, recipe.degraded_fraction)
        return EpochData(network_input(images_, recipe.input), np.concatenate(classes), dict(rng.bit_generator.state))

    # While the network is trained on one epoch's data, which takes longer, a second core prepares the next.
    with ThreadPoolExecutor(max_workers=1) as second_core:
        following = second_core.submit(one_epoch, done)
        for epoch in range(done, recipe.epochs):
            current = following.result()
            if epoch + 1 < recipe.epochs:
                following = second_core.submit(one_epoch, epoch + 1)
            yield current


def pen_digits(written: Written, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Digits that people wrote, chosen at random, each of the ten as often as the others, and drawn anew with pens of
    any width: (count, 28, 28) uint8, and which they are, (count,) int64."""
    by_label = np.argsort(written.labels, kind="stable")
    totals = np.bincount(written.labels, minlength=10)
    classes = rng.integers(0, 10, count)
    rows = by_label[(np.cumsum(totals) - totals)[classes] + (rng.random(count) * totals[classes]).astype(int)]
    return pen.write(written.digits[rows], rng.uniform(pen.FINEST, pen.BROADEST, count), rng), written.labels[rows]


def _load_digits() -> tuple[np.ndarray, np.ndarray]:
    """All of scikit-learn's small digits: their writers form some digits differently from MNIST's."""
    from mnistcore.data import datasets

    small = datasets.load(["digits"], log=lambda _: None)
    return np.concatenate([small.images, small.test_images]), np.concatenate([small.labels, small.test_labels])
