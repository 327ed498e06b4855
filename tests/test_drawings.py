"""A drawing is of one digit, of a number or of something else: `read_page` reads one digit as `read` does."""

import numpy as np
import pytest
from PIL import Image
from strokes import (
    FIVE_WITH_ITS_BAR_APART,
    FOUR_TWO,
    NO_DIGITS,
    OTHER_WAYS,
    SEVEN,
    TICK,
    WAVE,
    V,
    dash,
    picture,
)

from mnistcore import load_model, read, read_page
from mnistcore.data.datasets import shipped_test_digits


@pytest.fixture(scope="module")
def model():
    return load_model("robust")


def test_a_number_is_divided(model) -> None:
    page = read_page(picture(FOUR_TWO, 420), model)
    assert page.text == "42"
    assert page.lines == ["42"]


@pytest.mark.parametrize("strokes", [SEVEN, FIVE_WITH_ITS_BAR_APART], ids=["7", "5 in two parts"])
def test_one_digit_is_read_as_read_reads_it(model, strokes) -> None:
    drawing = picture(strokes, 420)
    (digit,), expected = read_page(drawing, model).digits, read(drawing, model)
    assert (digit.reading.digit, digit.reading.confidence) == (expected.digit, expected.confidence)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "side"), [("drawing", 420), ("auto", 210)])
def test_what_is_no_digit_is_not_divided_into_digits(model, kind, side) -> None:
    for name, strokes in NO_DIGITS.items():
        drawing = picture(strokes, side)
        page = read_page(drawing, model, kind=kind)
        assert page.digits == [], name
        assert page.refused.status == "not a digit", name
        assert read(drawing, model).status == "not a digit", name
        assert page.text == ""
    assert not read_page(picture([], side), model, kind=kind).digits


@pytest.mark.parametrize("pen", [10, 18, 26])
def test_a_tick_a_wave_a_v_and_a_dash_are_no_digits(model, pen) -> None:
    for strokes in (TICK, WAVE, V, *map(dash, range(-28, 29, 4))):
        reading = read(picture(strokes, 420, pen), model)
        assert reading.status == "not a digit", (strokes, reading.digit, reading.confidence)


@pytest.mark.slow
def test_a_stroke_without_a_gap_is_no_number_of_whatever_size_and_width(model) -> None:
    waves = [[(60 + 4 * i, 160 - 35 * np.sin(i * np.pi / period)) for i in range(51)] for period in (8, 12.5, 20)]
    mountain, w = (
        [(50, 250), (110, 90), (160, 190), (210, 70), (270, 250)],
        [(60, 80), (110, 240), (160, 120), (210, 240), (260, 80)],
    )
    for stroke in (*waves, mountain, w, *TICK, *V, *NO_DIGITS["M"]):
        for scale, pen in ((0.5, 12), (0.8, 18), (1, 18), (1, 26)):
            drawing = picture([[(scale * x + 20, scale * y + 20) for x, y in stroke]], 420, pen)
            assert len(read_page(drawing, model, kind="drawing").digits) < 2, (stroke, scale, pen)


@pytest.mark.parametrize("pen", [10, 18, 26])
@pytest.mark.parametrize(("text", "strokes"), OTHER_WAYS.values(), ids=OTHER_WAYS)
def test_other_ways_of_writing(model, text, strokes, pen) -> None:
    drawing = picture(strokes, 420, pen)
    assert read_page(drawing, model).text == text
    if len(text) == 1:
        assert str(read(drawing, model).digit) == text


@pytest.mark.slow
def test_digits_of_many_sizes_are_not_divided_and_pairs_that_are_apart_are(model) -> None:
    images, labels = shipped_test_digits()
    random = np.random.default_rng(0)
    right = 0
    for number in range(30):
        side = int(random.integers(100, 190))
        drawing, text = np.zeros((420, 420), np.uint8), ""
        for place in range(1 + number % 2):
            chosen = random.integers(len(images))
            left = 10 + int(place * side * random.uniform(1, 1.2))
            there = drawing[100 : 100 + side, left : left + side]
            there[:] = np.asarray(Image.fromarray(images[chosen]).resize(there.shape[::-1]))
            text += str(labels[chosen])
        right += read_page(drawing, model).text == text
    assert right >= 28
