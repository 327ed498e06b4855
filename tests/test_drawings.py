"""One digit or a number: a drawing is read as `read` reads it, or as `read_page` does."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mnistcore import Page, Reading, drawings, load_model, read, read_drawing, read_page

SEVEN = [(80, 80), (230, 80), (150, 250)]
FOUR = [[(90, 120), (75, 200), (170, 200)], [(135, 130), (130, 290)]]
TWO = [(230, 150), (250, 125), (290, 125), (300, 160), (270, 220), (235, 280), (320, 282)]
FIVE = [[(110, 90), (100, 190), (180, 180), (230, 230), (200, 310), (90, 310)], [(150, 70), (250, 70)]]


@pytest.fixture(scope="module")
def model():
    return load_model("robust")


def sheet(*strokes: list[tuple[int, int]]) -> Image.Image:
    picture = Image.new("L", (420, 420))
    pen = ImageDraw.Draw(picture)
    for stroke in strokes:
        pen.line(stroke, 255, 24, "curve")
    return picture


def test_a_number_is_read_as_read_page_reads_it(model) -> None:
    drawing = sheet(*FOUR, TWO)
    page = read_drawing(drawing, model)
    assert isinstance(page, Page)
    assert page.text == "42"
    assert page.as_dict() == read_page(drawing, model).as_dict()


@pytest.mark.parametrize("strokes", [[SEVEN], FIVE], ids=["7", "5 in two parts"])
def test_one_digit_is_read_as_read_reads_it(model, strokes) -> None:
    reading, expected = read_drawing(sheet(*strokes), model), read(sheet(*strokes), model)
    assert isinstance(reading, Reading)
    assert (reading.digit, reading.confidence) == (expected.digit, expected.confidence)


def test_what_is_no_digit_is_said_to_be_none(model) -> None:
    reading = read_drawing(sheet([(100, 300), (160, 80), (220, 300)], [(125, 220), (195, 220)]), model)  # an A
    assert isinstance(reading, Reading)
    assert reading.status == "not a digit"
    assert read_drawing(sheet(), model).status == "blank"  # type: ignore[union-attr]


def test_the_page_is_not_asked_where_its_answer_is_known(model, monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(drawings, "read_page", lambda *arguments: asked.append(arguments) or read_page(*arguments))
    read_drawing(sheet(SEVEN), model)
    assert not asked
    read_drawing(sheet(*FOUR, TWO), model)
    assert asked


def test_a_picture_that_is_surely_one_digit_is_one_on_its_page_too(model) -> None:
    """Digits of many sizes and pairs of them, apart and touching."""
    from mnistcore.data.datasets import shipped_test_digits

    images, _ = shipped_test_digits()
    random = np.random.default_rng(0)
    surely_one = 0
    for number in range(30):
        side = int(random.integers(100, 200))
        drawing = np.zeros((420, 420), np.uint8)
        for place in range(1 + number % 2):
            digit = Image.fromarray(images[random.integers(len(images))]).resize((side, side))
            left = 20 + int(place * side * random.uniform(0.4, 0.9))
            there = drawing[100 : 100 + side, left : left + side]
            np.maximum(there, np.asarray(digit), out=there)
        if isinstance(read_drawing(drawing, model), Reading):
            surely_one += 1
            assert len(read_page(drawing, model).digits) <= 1
    assert surely_one >= 10
