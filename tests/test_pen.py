"""Characters written anew along people's strokes: in MNIST's form, all different, and readable."""

import numpy as np
import pytest
from strokes import DIGITS

from mnistcore.data import pen
from mnistcore.digit.images import is_prepared

LABELS = np.arange(400) % 10


@pytest.fixture(scope="module")
def digits() -> pen.Paths:
    return pen.paths([[np.array(stroke) for stroke in digit] for digit in DIGITS.values()])


@pytest.fixture(scope="module")
def written(digits):
    return write(digits, LABELS, seed=1)


def write(digits: pen.Paths, rows: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return pen.write(digits[rows], rng.uniform(pen.FINEST, pen.BROADEST, len(rows)), rng)


def test_a_path_goes_along_the_strokes_at_even_distances(digits):
    four = digits.points[4]
    assert np.abs(digits.points).max() == pytest.approx(0.5)
    # a 4's first stroke goes down, from (190, 60) to (190, 270) in a box that is 150 wide and 210 high
    first = four[digits.strokes[4] == 0]
    np.testing.assert_allclose([first[0], first[-1]], [[25 / 210, -0.5], [25 / 210, 0.5]], atol=1e-6)
    steps = np.linalg.norm(np.diff(first, axis=0), axis=1)
    np.testing.assert_allclose(steps, steps.mean(), rtol=1e-3)
    assert (np.diff(digits.strokes, axis=1) >= 0).all(), "one stroke after the other"


def test_a_dot_has_points_of_its_own():
    path = pen.paths([[np.array([[0, 0], [0, 100]]), np.array([[0, 130]])]])
    dot = path.points[0][path.strokes[0] == 1]
    assert len(dot) >= 2
    np.testing.assert_allclose(dot, np.tile([0, 0.5], (len(dot), 1)), atol=1e-6)


def test_a_dot_alone_is_a_disc():
    (image,) = pen.write(pen.paths([[np.array([[5, 5]])]]), np.array([5.0]), np.random.default_rng(0))
    assert 15 <= (image > 127).sum() <= 30


def test_the_same_seed_writes_the_same_images(digits, written):
    assert (write(digits, LABELS, seed=1) == written).all()
    assert (write(digits, LABELS, seed=2) != written).any(axis=(1, 2)).all()


def test_images_have_the_form_that_prepare_gives(written):
    assert written.dtype == np.uint8
    assert written.shape == (len(LABELS), 28, 28)
    assert is_prepared(written).mean() > 0.98
    assert (written.max(axis=(1, 2)) > 200).all()


def test_no_two_are_alike(digits):
    sevens = write(digits, np.full(50, 7), seed=3).reshape(50, -1)
    assert len(np.unique(sevens, axis=0)) == 50


def test_pens_are_as_fine_and_as_broad_as_people_use(written):
    ink = written.mean(axis=(1, 2))
    assert ink.max() > 3 * ink.min()


def test_a_network_that_learnt_mnist_reads_most_of_them(written):
    from mnistcore import load_model

    assert (load_model("classic").predict(written) == LABELS).mean() > 0.65


def test_nothing_to_write(digits):
    assert write(digits, np.zeros(0, int), seed=0).shape == (0, 28, 28)
    assert len(pen.paths([])) == 0
