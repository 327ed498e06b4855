"""Synthetic digits: in MNIST's form, all different, and readable."""

import numpy as np
import pytest

from mnistcore.data import pen, synthetic
from mnistcore.digit.images import is_prepared

LABELS = np.arange(400) % 10


@pytest.fixture(scope="module")
def written():
    return synthetic.generate(LABELS, np.random.default_rng(1))


def test_the_same_seed_writes_the_same_digits(written):
    assert (synthetic.generate(LABELS, np.random.default_rng(1)) == written).all()
    assert (synthetic.generate(LABELS, np.random.default_rng(2)) != written).any(axis=(1, 2)).all()


def test_digits_have_the_form_that_prepare_gives(written):
    assert written.dtype == np.uint8
    assert written.shape == (len(LABELS), 28, 28)
    assert is_prepared(written).mean() > 0.98
    assert (written.max(axis=(1, 2)) > 200).all()


@pytest.mark.parametrize("digit", range(10))
def test_every_allograph_can_be_written_and_starts_where_its_points_do(digit):
    for allograph in synthetic.allographs()[digit]:
        strokes = synthetic.control_points(allograph)
        assert sum(curves.shape[1] for _, curves in strokes) == pen.POINTS
        for points, curves in strokes:
            np.testing.assert_allclose(curves.sum(axis=2), 1, atol=1e-5)
            np.testing.assert_allclose(curves[0, 0] @ points, points[0], atol=1e-5)


def test_a_network_that_learnt_mnist_reads_most_of_them(written):
    from mnistcore import load_model

    assert (load_model("classic").predict(written) == LABELS).mean() > 0.65


def test_nothing_to_write():
    assert synthetic.generate(np.zeros(0, int), np.random.default_rng(0)).shape == (0, 28, 28)
