"""A drawing is of one digit, of a number or of something else: `read_page` reads one digit as `read` does."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mnistcore import load_model, read, read_page
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.page import pages
from mnistcore.page.segmentation import group_lines

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


def test_a_number_is_divided(model) -> None:
    page = read_page(sheet(*FOUR, TWO), model)
    assert page.text == "42"
    assert page.lines == ["42"]


@pytest.mark.parametrize("strokes", [[SEVEN], FIVE], ids=["7", "5 in two parts"])
def test_one_digit_is_read_as_read_reads_it(model, strokes) -> None:
    (digit,), expected = read_page(sheet(*strokes), model).digits, read(sheet(*strokes), model)
    assert (digit.reading.digit, digit.reading.confidence) == (expected.digit, expected.confidence)


def test_what_is_no_digit_is_not_divided_into_digits(model) -> None:
    drawing = sheet([(100, 300), (160, 80), (220, 300)], [(125, 220), (195, 220)])  # an A
    page = read_page(drawing, model)
    assert [digit.reading.status for digit in page.digits] == ["not a digit"] == [read(drawing, model).status]
    assert page.text == ""
    assert not read_page(sheet(), model).digits


def test_what_is_surely_one_digit_is_not_divided(model, monkeypatch) -> None:
    divided = []
    monkeypatch.setattr(pages, "group_lines", lambda pieces: divided.append(pieces) or group_lines(pieces))
    read_page(sheet(SEVEN), model)
    assert not divided
    read_page(sheet(*FOUR, TWO), model)
    assert divided


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
