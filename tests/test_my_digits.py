"""What is kept of a visitor's digits: on Draw, Practice and My digits, and by whom it is seen. Without a browser."""

from __future__ import annotations

import io
import time
import zipfile
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st
from conftest import picture_of
from in_app import answer_of, button, go_to, open_app, press, put_on_canvas, words_of
from paper import ink_of, photo_of
from strokes import FOUR, NO_DIGITS, PLAIN_SEVEN, picture

from app.draw import ask
from app.draw.ask import Asked
from app.photo import photo
from app.practice import exercise
from app.practice.exercise import EXERCISE, Exercise, Written
from app.shared import chosen_digits, learning
from app.shared.confirmed import database
from app.shared.visitors import VISITOR
from mnistcore import read
from mnistcore.confirmed import Feedback, NewDigit, export_zip
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.digit.files import as_png, open_image, open_page
from mnistcore.digit.form import NON_DIGIT_CLASS
from mnistcore.models.answering import load_model

HERS, HIS = "a" * 64, "b" * 64


pytestmark = pytest.mark.usefixtures("own_server")


@pytest.fixture(autouse=True)
def _no_operators(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNISTCORE_ADMIN_PASSWORD", "correct horse")


@pytest.fixture
def session(monkeypatch) -> dict:
    """A visitor's session, outside of a page."""
    state = {VISITOR: HERS}
    monkeypatch.setattr(st, "session_state", state)
    return state


def digits(*labels: int) -> list[NewDigit]:
    images, truth = shipped_test_digits()
    rows = [int(np.flatnonzero(truth == label)[place]) for place, label in enumerate(labels)]
    return [NewDigit(as_png(images[row]), images[row], int(truth[row]), 9, "robust 1") for row in rows]


def keep(owner: str, name: str, *labels: int) -> str:
    """A profile with these digits; its id."""
    profile = database().find_or_create_profile(owner, name)
    database().add_all(profile.id, digits(*labels))
    return profile.id


def asked(label: int) -> Asked:
    digit, model = digits(label)[0], load_model("robust")
    return Asked(digit.picture, read(digit.image, model), model)


def kept() -> list[tuple[str, int, int | None]]:
    """Profile, label and prediction of all that is kept, in the order in which it was."""
    return [
        (profile.name, digit.label, digit.predicted)
        for profile in database().profiles()
        for digit in reversed(database().digits(profile.id))
    ]


def test_a_tap_keeps_the_drawing_and_another_one_corrects_that(session):
    four = asked(4)
    for label in (9, 4):
        session[ask.ROW] = SimpleNamespace(answer={"id": four.id, "label": label})
        ask.take(four)
        assert kept() == [("My handwriting", label, 4)]
        assert ask.kept_drawing(four).label == label
    assert ask.kept_drawing(asked(5)) is None
    assert picture_of(database(), database().profiles(HERS)[0].id, ask.kept_drawing(four).digit_id) == four.picture
    ask.take_back(ask.kept_drawing(four))
    assert kept() == []
    assert ask.kept_drawing(four) is None


def test_a_refusal_is_confirmed_or_corrected_and_kept_as_such(session):
    heart, model = as_png(picture(NO_DIGITS["heart"])), load_model("robust")
    refused = Asked(heart, read(open_image(heart), model), model)
    assert ask.words_for(refused)["yes"] == "Right, it is no digit"
    for label in (10, 4):
        session[ask.ROW] = SimpleNamespace(answer={"id": refused.id, "label": label})
        ask.take(refused)
        assert kept() == [("My handwriting", label, 10)]
    tile = chosen_digits.as_html(chosen_digits.Tile("7", refused.reading.image, 10, 4))
    assert "<b>no digit</b>" in tile


def test_digits_of_a_number_are_asked_about_in_plain_words():
    four = asked(4)
    assert ask.words_for(replace(four, place=2)) == {
        "question": "Is the second digit a 4?",
        "yes": "Yes",
        "no": "No, it is:",
    }
    doubtful = replace(four.reading, status="uncertain")
    assert ask.words_for(replace(four, place=12, reading=doubtful))["question"] == "What is digit 12?"


@pytest.mark.parametrize(
    "sent",
    [
        None,
        4,
        {},
        [["id", "IT"]],
        {"id": 1},
        {"id": "x", "label": 4},
        *({"id": "IT", "label": label} for label in (11, -1, "4", 4.5, None)),
    ],
    ids=repr,
)
def test_what_else_a_browser_may_send_keeps_nothing(session, sent):
    four = asked(4)
    if isinstance(sent, dict) and sent.get("id") == "IT":
        sent = sent | {"id": four.id}
    session[ask.ROW] = SimpleNamespace(answer=sent)
    ask.take(four)
    ask.take(None)
    assert ask.KEPT not in session
    assert kept() == []


def test_nothing_is_kept_of_a_browser_that_has_not_said_who_it_is(session):
    del session[VISITOR]
    ask.keep(asked(4), 4)
    assert "not said yet who it is" in session[ask.PROBLEM]
    assert kept() == []


def test_drawing_asks_the_database_nothing(monkeypatch):
    def opened() -> Feedback:
        raise AssertionError

    monkeypatch.setattr("app.shared.confirmed.open_feedback", opened)
    app = open_app()
    app.session_state[VISITOR] = HERS
    assert '<div class="digit">7</div>' in answer_of(put_on_canvas(app, PLAIN_SEVEN))
    assert "A tap keeps" in words_of(app)


@pytest.mark.parametrize("url", ["sqlite:////proc/none/feedback.db", "nonsense"])
def test_without_a_database_a_tap_keeps_nothing_and_says_why(monkeypatch, session, url):
    monkeypatch.setenv("MNISTCORE_DB", url)
    ask.keep(asked(4), 4)
    assert session[ask.PROBLEM].endswith(".")
    assert ask.KEPT not in session


def test_without_a_database_one_can_draw_and_my_digits_says_so(monkeypatch):
    monkeypatch.setenv("MNISTCORE_DB", "sqlite:////proc/none/feedback.db")
    app = open_app("my_digits", HERS)
    (warning,) = app.warning
    assert "Drawing goes on without it." in warning.value
    go_to(app, "draw")
    assert '<div class="digit">7</div>' in answer_of(put_on_canvas(app, PLAIN_SEVEN))


def test_my_digits_shows_what_is_the_visitors_own():
    assert "You have not kept any" in words_of(open_app("my_digits", HERS))
    keep(HERS, "Ada", 1, 2, 3)
    keep(HIS, "Bob", 4)
    app = open_app("my_digits", HERS)
    assert "## 3 digits" in words_of(app)
    assert app.selectbox(key="profile-choice").options == ["Ada"]
    assert len(app.selectbox) == 1, "no choice of everybody's"


def test_an_operator_sees_everybodys(monkeypatch):
    monkeypatch.setattr("app.shared.operator.is_operator", lambda: True)
    keep(HERS, "Ada", 1, 2, 3)
    his = keep(HIS, "Bob", 4, 5)
    app = open_app("my_digits", HERS)
    assert "## 3 digits" in words_of(app)
    app.selectbox(key="others-profile").set_value(his).run()
    assert "## 2 digits" in words_of(app)
    assert "Learn" not in " ".join(button.label for button in app.button)
    press(app, "Yes, delete")
    assert [name for name, *_ in kept()] == ["Ada"] * 3


def test_profiles_are_made_switched_renamed_and_deleted():
    keep(HERS, "Ada", 1)
    app = open_app("my_digits", HERS)
    app.text_input(key="new-profile").set_value("Ben").run()
    press(app, "Create")
    choice = app.selectbox(key="profile-choice")
    assert choice.options == ["Ada", "Ben"]
    ben = choice.value
    assert "## 0 digits" in words_of(app)
    app.text_input(key=f"name-{ben}").set_value("Benjamin").run()
    press(app, "Save name")
    assert app.selectbox(key="profile-choice").options == ["Ada", "Benjamin"]
    press(app, "Yes, delete")
    assert app.selectbox(key="profile-choice").options == ["Ada"]
    assert "## 1 digit" in words_of(app)


def test_what_is_deleted_is_chosen_and_only_ones_own_can_be():
    ada, ben = keep(HERS, "Ada", 1), keep(HERS, "Ben", 2, 3)
    keep(HIS, "Bob", 4)
    app = open_app("my_digits", HERS)
    assert "1 digit of **Ada** will be deleted" in words_of(app)
    app.multiselect[0].set_value([]).run()
    assert button(app, "Yes, delete").disabled
    app.multiselect[0].set_value([ada, ben]).run()
    assert "3 digits of **Ada** and **Ben** will be deleted" in words_of(app)
    press(app, "Yes, delete")
    assert "Deleted: Ada, Ben." in words_of(app)
    assert "You have not kept any" in words_of(app)
    assert kept() == [("Bob", 4, 9)]


@pytest.mark.usefixtures("session")
def test_chosen_digits_are_deleted():
    hers, his = keep(HERS, "Ada", 1, 2, 3), keep(HIS, "Bob", 4)
    profile = database().profile(hers)
    ids = [digit.id for digit in database().digits(hers)]
    from app.my_digits import profile_actions

    profile_actions.delete_digits(profile, [ids[0], database().digits(his)[0].id, "nonsense"])
    assert [label for _, label, _ in kept()] == [1, 2, 4]


def test_tiles_say_what_each_digit_is_and_what_was_read():
    image = digits(4)[0].image
    html = chosen_digits.as_html(chosen_digits.Tile("7", image, 4, 9, "25 Nov <2026>"))
    for part in ('value="7"', "<b>4</b>", "read as 9", 'class="misread"', "&lt;2026&gt;"):
        assert part in html
    assert "misread" not in chosen_digits.as_html(chosen_digits.Tile("7", image, 4, 4))
    assert "read as" not in chosen_digits.as_html(chosen_digits.Tile("7", image, 4, None))


def test_an_export_is_imported_by_another_visitor(session):
    archive = io.BytesIO(export_zip(database(), keep(HERS, "Ada", 1, 2)))
    assert zipfile.is_zipfile(archive)
    from app.my_digits import profile_actions

    his = database().find_or_create_profile(HIS, "Bob")
    for expected in ("2 digits are new, 0 were known.", "0 digits are new, 2 were known."):
        profile_actions.import_file(his, archive)
        assert session["action_outcome"] == (True, expected)
    profile_actions.import_file(his, io.BytesIO(b"noise"))
    assert session["action_outcome"][0] is False
    assert len(kept()) == 4


@pytest.mark.usefixtures("session")
def test_what_is_corrected_on_a_photo_is_kept_cut_out():
    shown = photo.read(as_png(photo_of(ink_of(["0172"], (300, 150)))), load_model("robust"))
    page_digit, second = shown.page.digits[:2]
    photo.correct(shown, 0, 5)
    photo.correct(shown, 1, NON_DIGIT_CLASS)
    photo.keep(shown, photo.corrected(shown))
    assert photo.kept(shown, photo.corrected(shown)) == "2 corrections kept in My handwriting."
    assert kept() == [
        ("My handwriting", 5, page_digit.reading.digit),
        ("My handwriting", NON_DIGIT_CLASS, second.reading.digit),
    ]
    profile = database().profiles(HERS)[0]
    digit_id = next(digit.id for digit in database().digits(profile.id) if digit.label == 5)
    picture = picture_of(database(), profile.id, digit_id)
    again = read(open_page(picture)[0], shown.model)
    assert again.digit == page_digit.reading.digit, "the cut-out is the digit"


def test_an_exercise_asks_for_every_digit_equally_often_and_never_twice_in_succession():
    for seed in range(20):
        asked_for = exercise.begin(30, np.random.default_rng(seed)).asked
        assert np.bincount(asked_for).tolist() == [3] * 10
        assert all(one != other for one, other in pairwise(asked_for))


def test_an_exercise_is_written_skipped_taken_back_and_left_out():
    image = np.zeros((28, 28), np.uint8)
    this = Exercise([3, 1, 4])
    this.write(b"three", image)
    this.skip()
    this.back()
    assert (this.number, this.wanted) == (1, 1)
    this.write(b"one", image)
    this.write(b"four", image)
    this.write(b"too many", image)
    assert this.wanted is None
    assert [(written.label, written.picture) for written in this.written] == [(3, b"three"), (1, b"one"), (4, b"four")]
    this.leave_out([1])
    assert [written.label for written in this.written] == [3, 4]
    assert this.wanted is None


def test_half_a_digit_is_not_taken_for_one_however_long_the_pause():
    robust = load_model("robust")
    half, whole = (as_png(picture(strokes)) for strokes in (FOUR[:1], FOUR))
    assert exercise.is_read_as(whole, 4, robust)
    assert not exercise.is_read_as(half, 4, robust)
    assert not exercise.is_read_as(whole, 9, robust)


def test_practice_has_a_sheet_of_its_own_and_says_beside_the_digit_that_nothing_is_written():
    app = put_on_canvas(open_app(visitor=HERS), PLAIN_SEVEN)
    go_to(app, "practice")
    press(app, "Begin")
    app.session_state["action_outcome"] = False, "Write the digit first, or skip it."
    app.run()
    (asked_for,) = [html.proto.body for html in app.get("html") if "Write a <b>" in html.proto.body]
    assert "Write the digit first" in asked_for
    assert not app.warning
    go_to(app, "draw")
    assert '<div class="digit">7</div>' in answer_of(app)


def test_learning_tells_how_long_it_will_take():
    this = learning.Learning(database().find_or_create_profile(HERS, "Ada"), load_model("robust"))
    assert learning.how_far(this) == "Waiting until others have learnt"
    this.started, this.share = time.monotonic() - 20, 0.25
    assert learning.how_far(this) == "Learning Ada: 20 s so far, about 60 s left"


def test_practice_keeps_what_was_written_when_it_is_saved():
    app = open_app("practice", HERS)
    press(app, "Begin")
    this = app.session_state[EXERCISE]
    assert len(this.asked) == 20
    put_on_canvas(app, PLAIN_SEVEN, "practice-drawing")
    press(app, "Skip")
    assert this.answers == [None]
    for digit in digits(1, 7):
        this.answers.append(Written(digit.label, digit.picture, digit.image))
    press(app, "Stop here")
    assert "2 of 2" in words_of(app)
    assert kept() == []
    app.text_input(key="practice-name").set_value("Ada").run()
    press(app, "Save 2 digits")
    assert kept() == [("Ada", 1, 1), ("Ada", 7, 7)]
    robust = load_model("robust")
    (profile,) = database().profiles(HERS)
    assert {digit.model for digit in database().digits(profile.id)} == {f"robust {robust.version}"}


def test_practice_says_why_it_cannot_save():
    app = open_app("practice", HERS)
    press(app, "Begin")
    one = digits(1)[0]
    app.session_state[EXERCISE].answers.append(Written(1, one.picture, one.image))
    press(app, "Stop here")
    app.text_input(key="practice-name").set_value(" ").run()
    press(app, "Save 1 digit")
    assert "name" in app.warning[0].value
    assert app.session_state[EXERCISE].written
