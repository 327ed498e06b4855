"""The Photo page and numbers on the Draw page, without a browser."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st
from in_app import answer_of, go_to, open_app, press, put_on_canvas, words_of
from paper import ink_of, photo_of
from PIL import Image
from streamlit.testing.v1 import AppTest
from strokes import FOUR_TWO

from app.photo import photo
from app.photo import view as photo_view
from mnistcore import Page, PageDigit, Reading, load_model, open_page, read_page
from mnistcore.digit.files import as_png
from mnistcore.digit.form import NON_DIGIT_CLASS

PHOTO = "photo"
TWO_LINES = as_png(photo_of(ink_of(["0172", "33"], (360, 260))))


pytestmark = pytest.mark.usefixtures("own_server")


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> dict:
    """What a visitor's session holds, outside of a page."""
    state: dict = {}
    monkeypatch.setattr(st, "session_state", state)
    return state


def upload(app: AppTest, content: bytes, name: str = "photo.jpg") -> AppTest:
    app.file_uploader[0].set_value((name, content, "image/jpeg")).run()
    assert not app.exception
    return app


def number_of(app: AppTest) -> list[str]:
    return app.code[0].value.splitlines()


@pytest.mark.slow
def test_the_page_shows_what_read_page_reads_in_the_same_bytes():
    app = upload(open_app(PHOTO), TWO_LINES)
    picture, size = open_page(TWO_LINES)
    page = read_page(picture, load_model(), size)
    assert number_of(app) == page.lines == ["0172", "33"]
    assert f"**{len(page.digits)} digits** in {len(page.lines)} lines" in words_of(app)
    first = app.session_state["photo"]
    assert first.page.as_dict() == page.as_dict()
    app.selectbox(key="model").set_value("classic").run()
    assert app.session_state["photo"].model.name == "classic"
    assert app.session_state["photo"].hash != first.hash, "corrections are of one reading"


@pytest.mark.slow
def test_the_example_is_read_and_still_there_after_a_change_of_page():
    app = open_app(PHOTO)
    assert not app.code
    press(app, "Try an example photo")
    number = number_of(app)
    assert number
    go_to(app, "draw")
    go_to(app, PHOTO)
    assert number_of(app) == number


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"no picture", "The picture cannot be read: it must be"),
        (None, "may have 25,000,000 pixels at most; this one has 30,000,000 (6,000 x 5,000)"),
        (bytes(26_000_000), "photo.jpg has 26 MB; a photo may have 25 MB at most"),
    ],
    ids=["no picture", "too many pixels", "too large"],
)
def test_a_file_that_cannot_be_read_is_one_sentence(content, sentence):
    if content is None:
        file = io.BytesIO()
        Image.new("1", (6000, 5000)).save(file, "PNG")
        content = file.getvalue()
    app = upload(upload(open_app(PHOTO), b"an older one"), content)
    assert [sentence in warning.value for warning in app.warning] == [True]
    assert "Error" not in app.warning[0].value, "no class of Python's"
    assert not app.code


def test_a_picture_without_digits_is_no_error():
    file = io.BytesIO()
    Image.new("L", (300, 200), 250).save(file, "PNG")
    app = upload(open_app(PHOTO), file.getvalue())
    assert "No digits were found" in words_of(app)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F"])
def test_a_picture_of_any_mode_can_be_shown(mode):
    url = photo.as_url(Image.new(mode, (30, 20)))
    with Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))) as shown:
        assert shown.size == (30, 20)
        if mode in ("LA", "RGBA"):
            assert shown.getpixel((5, 5)) == (255, 255, 255), "a transparent one on white"


def a_photo(*lines: str, status: str = "digit") -> photo.Photo:
    """Of lines of digits that the model is 80% sure of."""
    digits = []
    for row, line in enumerate(lines):
        for column, character in enumerate(line):
            probabilities = np.full(10, 0.2 / 9, np.float32)
            probabilities[int(character)] = 0.8
            message = "Uncertain: it may be something else." if status == "uncertain" else None
            reading = Reading(status, int(character), 0.8, 9, probabilities, 1.0, np.zeros((28, 28), np.uint8), message)
            digits.append(PageDigit(reading, (20 * column, 40 * row, 15, 30), row))
    return photo.Photo(b"", load_model("classic"), Page(digits, (200, 100)), "data:image/jpeg;base64,", "a hash")


def text(shown: photo.Photo) -> list[str]:
    return ["".join(str(digit.label) for digit in line) for line in photo.lines(shown)]


@pytest.mark.usefixtures("session")
def test_a_correction_changes_the_number_and_no_other_picture():
    shown = a_photo("0172", "33")
    photo.correct(shown, 2, 1)
    photo.correct(replace(shown, hash="another hash"), 0, 5)
    assert text(shown) == ["0112", "33"]
    photo.correct(shown, 2, 9)
    assert text(shown) == ["0192", "33"]
    assert [digit.index for line in photo.lines(shown) for digit in line if digit.corrected] == [2]


@pytest.mark.usefixtures("session")
def test_what_is_no_digit_is_left_out_and_its_line_with_it():
    shown = a_photo("4", "33")
    photo.correct(shown, 0, NON_DIGIT_CLASS)
    assert text(shown) == ["33"]
    assert photo.corrections(shown) == {0: NON_DIGIT_CLASS}
    photo.undo(shown)
    assert text(shown) == ["4", "33"]
    assert photo.corrections(shown) == {}
    for index in range(3):
        photo.correct(shown, index, NON_DIGIT_CLASS)
    assert "No digit is left" in photo_view.sentence(photo.lines(shown), any_read=True)


@pytest.mark.slow
def test_that_it_is_no_digit_can_be_kept():
    app = upload(open_app(PHOTO), TWO_LINES)
    number = "".join(number_of(app))
    app.session_state["corrections"] = {app.session_state["photo"].hash: {0: NON_DIGIT_CLASS}}
    app.run()
    assert "".join(number_of(app)) == number[1:]
    press(app, "Keep 1 correction")
    assert "1 correction kept in My handwriting." in words_of(app)


@pytest.mark.usefixtures("session")
def test_an_uncertain_digit_is_marked_until_it_is_confirmed():
    shown = a_photo("7", status="uncertain")
    for html in (photo_view.boxes(photo.lines(shown), shown.page.size), photo_view.tiles(photo.lines(shown))):
        assert "<b>7?</b>" in html
        assert "uncertain" in html
    photo.correct(shown, 0, 7)
    for html in (photo_view.boxes(photo.lines(shown), shown.page.size), photo_view.tiles(photo.lines(shown))):
        assert "<b>7</b>" in html
        assert "uncertain" not in html


@pytest.mark.parametrize(
    "sent",
    [
        None,
        [0, 1],
        {"index": 0},
        {"index": "0", "label": "1"},
        {"index": 0.5, "label": 1},
        *({"index": index, "label": label} for index, label in ((9, 1), (-1, 1), (0, 11), (0, -1))),
    ],
    ids=str,
)
def test_what_no_browser_of_ours_sends_changes_nothing(session, sent):
    session["photo-tiles"] = SimpleNamespace(correction=sent)
    photo.take(a_photo("42"), "photo-tiles")
    assert not photo.corrections(a_photo("42"))


def test_a_number_on_the_sheet_is_read_as_one():
    app = put_on_canvas(open_app(), FOUR_TWO)
    said = answer_of(app)
    assert "<strong>2 digits</strong>" in said
    assert '<span class="">4</span><span class="">2</span>' in said
    assert "The textbook network: 42" in said


def test_look_inside_explains_the_last_digit_of_a_number_until_another_is_picked():
    app = put_on_canvas(open_app(), FOUR_TWO)
    go_to(app, "look_inside")
    assert "You drew a number" in words_of(app)
    assert '<div class="digit">2</div>' in answer_of(app)
    app.session_state["picked-digit"] = app.session_state["drawing"].png, 0
    app.run()
    assert '<div class="digit">4</div>' in answer_of(app)
