"""Made images of what is no digit: in MNIST's form, all different, repeatable, and without digits among them."""

import unicodedata

import numpy as np
import pytest

from mnistcore.data import non_digits, pen, synthetic
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.digit.form import INK
from mnistcore.digit.images import is_prepared

IMAGES, LABELS = shipped_test_digits()


@pytest.fixture(scope="module")
def pool() -> np.ndarray:
    return non_digits.make_pool(300, IMAGES, LABELS, np.random.default_rng(0))


@pytest.fixture(scope="module")
def made(pool) -> np.ndarray:
    return non_digits.generate(500, pool, np.random.default_rng(0))


def test_they_have_the_form_of_digits(pool, made):
    assert made.shape == (500, 28, 28)
    assert made.dtype == pool.dtype == np.uint8
    assert 280 <= len(pool) <= 300  # a few halves are no more than a dot
    assert is_prepared(pool).all()
    assert (made > INK).any(axis=(1, 2)).all()
    assert len(np.unique(made, axis=0)) == len(made)


def test_the_same_seed_makes_the_same_images(pool, made):
    assert (non_digits.generate(500, pool, np.random.default_rng(0)) == made).all()
    assert (non_digits.make_pool(300, IMAGES, LABELS, np.random.default_rng(0)) == pool).all()


def test_none_can_be_asked_for():
    empty = non_digits.make_pool(0, IMAGES, LABELS, np.random.default_rng(0))
    assert non_digits.generate(0, empty, np.random.default_rng(0)).shape == (0, 28, 28)


def test_every_allograph_can_be_written():
    lines = non_digits.allographs()
    assert len(lines) > 200
    assert not set(lines) & {line for forms in synthetic.allographs().values() for line in forms}
    images = synthetic.write(lines, np.full(len(lines), 2.0), np.random.default_rng(0))
    assert (images.max(axis=(1, 2)) > 200).all()


def test_most_are_written_along_peoples_strokes_where_there_are_some(pool, some_hands):
    made = non_digits.generate(500, pool, np.random.default_rng(0), some_hands.training.others)
    assert made.shape == (500, 28, 28)
    assert (made > INK).any(axis=(1, 2)).all()
    line = pen.paths([[np.array([[0, 0], [0, 100]])]])
    lines = non_digits.generate(500, pool, np.random.default_rng(0), line)
    narrow = [((some > INK).any(axis=1).sum(axis=1) < 8).mean() for some in (made, lines)]
    assert narrow[0] < 0.2
    assert narrow[1] > 0.35


def test_glyphs_that_look_like_a_digit_are_left_out():
    for font in non_digits.FONTS:
        characters = {chr(code) for code in non_digits.characters(font)}
        assert {"A", "K", "X", "m"} <= characters
        assert not characters & set("0123456789OoIlSsZz|٠١٢٣٤٥٦٧٨٩")
        assert all(unicodedata.category(character)[0] in "LSP" for character in characters)


def test_several_digits_stand_side_by_side():
    rng = np.random.default_rng(0)
    for picture in non_digits.side_by_side(50, IMAGES, rng):
        assert (picture > INK).any(axis=0).sum() >= 6  # two 1s at least
        assert picture.shape == (56, 112)
