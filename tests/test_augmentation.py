"""Distortions: repeatable by their seed, in MNIST's form, and still readable."""

import numpy as np
import pytest

from mnistcore import load_model
from mnistcore.data import augmentation
from mnistcore.data.datasets import shipped_test_digits

IMAGES, LABELS = (part[:1000] for part in shipped_test_digits())
CHANGES = {
    "distort": lambda images, rng: augmentation.distort(images, rng),
    "mild": lambda images, rng: augmentation.distort(images, rng, 0.3),
    "degrade": lambda images, rng: augmentation.degrade(images, rng, 1.0),
}


@pytest.fixture(scope="module")
def classic():
    return load_model("classic")


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_seed_decides_and_the_input_stays(change):
    before = IMAGES.copy()
    changed = change(IMAGES, np.random.default_rng(1))
    assert (before == IMAGES).all()
    assert changed.dtype == np.uint8
    assert changed.shape == IMAGES.shape
    assert (changed == change(IMAGES, np.random.default_rng(1))).all()
    assert (changed != change(IMAGES, np.random.default_rng(2))).any(axis=(1, 2)).mean() > 0.9


@pytest.mark.parametrize(
    ("change", "at_least"), list(zip(CHANGES.values(), (0.85, 0.95, 0.6), strict=True)), ids=CHANGES
)
def test_digits_stay_readable(change, at_least, classic):
    assert (classic.predict(change(IMAGES, np.random.default_rng(1))) == LABELS).mean() > at_least


def test_no_strength_changes_next_to_nothing():
    unmoved = augmentation.distort(IMAGES, np.random.default_rng(1), 0.0)
    difference = np.abs(unmoved.astype(int) - IMAGES).mean(axis=(1, 2))
    assert np.median(difference) < 10  # a centre of mass between two pixels is resampled, no more


def test_distorted_digits_keep_their_place_and_size():
    distorted = augmentation.distort(IMAGES, np.random.default_rng(1))
    ink = distorted > 20
    spans = np.maximum(ink.any(axis=1).sum(axis=1), ink.any(axis=2).sum(axis=1))
    assert (np.abs(spans - 20) <= 6).mean() > 0.99
    columns = distorted.sum(axis=1, dtype=float) @ np.arange(28) / distorted.sum(axis=(1, 2))
    assert np.abs(columns - 14).mean() < 0.7


def test_a_share_is_degraded_and_the_rest_is_not():
    degraded = augmentation.degrade(IMAGES, np.random.default_rng(1), 0.3)
    assert 0.2 < (degraded != IMAGES).any(axis=(1, 2)).mean() < 0.4
    assert (augmentation.degrade(IMAGES, np.random.default_rng(1), 0.0) == IMAGES).all()


def test_a_twelfth_of_what_is_degraded_is_stretched_and_some_has_hard_edges():
    narrow = IMAGES[LABELS == 1]
    degraded = augmentation.degrade(narrow, np.random.default_rng(1), 1.0)

    def widths_to_heights(images):
        ink = images > 20
        return ink.any(axis=1).sum(axis=1) / ink.any(axis=2).sum(axis=1)

    assert 0.04 < (widths_to_heights(degraded) > widths_to_heights(narrow) + 0.2).mean() < 0.4
    assert 0.04 < np.isin(degraded, (0, 255)).all(axis=(1, 2)).mean() < 0.4
    assert (degraded != narrow).any(axis=(1, 2)).mean() > 0.95


def test_no_images():
    none = IMAGES[:0]
    assert augmentation.distort(none, np.random.default_rng(0)).shape == (0, 28, 28)
    assert augmentation.degrade(none, np.random.default_rng(0), 0.5).shape == (0, 28, 28)
