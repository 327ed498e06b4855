"""The app's pages without a browser: what they show for each kind of drawing, and with missing and damaged models."""

from __future__ import annotations

import json
import shlex
import shutil
from dataclasses import asdict, replace

import numpy as np
import pytest
from in_app import answer_of, go_to, open_app, press, put_on_canvas, words_of
from streamlit.testing.v1 import AppTest
from strokes import DOT, NO_DIGITS, ONE_WITH_A_LONG_FLAG, PLAIN_SEVEN

from app.draw.export_menu import curl
from app.shared.answer import as_html
from app.shared.visitors import VISITOR
from app.shared.words import spoken
from mnistcore import Reading
from mnistcore.models import catalogue
from mnistcore.models.answering import load_model
from mnistcore.training.recipes import CLASSIC
from mnistcore.training.searches import Round, Search, Settings, Trial, path_of

pytestmark = pytest.mark.usefixtures("own_server")


def a_reading(status: str = "digit", image: np.ndarray | None = None) -> Reading:
    """Of a 4 that may be a 9."""
    probabilities = np.array([0, 0, 0, 0, 0.8, 0, 0, 0, 0, 0.2], np.float32)
    image = np.zeros((28, 28), np.uint8) if image is None else image
    return Reading(status, 4, 0.8, 9, probabilities, 0.05 if status == "not a digit" else 1.0, image, None)


@pytest.mark.parametrize(
    ("strokes", "expected"),
    [
        ([], "Draw a digit"),
        (DOT, "There is only a dot"),
        (PLAIN_SEVEN, '<div class="digit">7</div>'),
    ],
    ids=["no stroke", "dot", "digit"],
)
def test_answer_to_a_drawing(strokes, expected):
    assert expected in answer_of(put_on_canvas(open_app(), strokes))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("digit", ('<div class="digit">4</div>', "The careful network is 80% sure", "Or 9 (20%).")),
        ("uncertain", ('<div class="digit">?</div>', "4 or 9?", "says 4 with 80%, 9 with 20%")),
        ("not a digit", ('<div class="digit">×</div>', "Not a digit", "The closest digit is 4.")),
    ],
)
def test_words_for_each_status(status, expected):
    html = as_html(a_reading(status), None, load_model("robust"))
    for words in expected:
        assert words in html


def test_a_refusal_is_explained_as_a_digit_against_none():
    app = put_on_canvas(open_app(), NO_DIGITS["heart"])
    go_to(app, "look_inside")
    why, rival = app.selectbox
    assert (why.value, why.options[-1]) == (10, "no digit")
    assert rival.value != 10
    assert f"say no digit, orange ones {rival.value}" in story_of(app)
    assert "<th>no digit</th>" in story_of(app)


def test_what_is_no_digit_is_said_to_be_none():
    app = open_app()
    for name in ("heart", "square"):
        drawn = put_on_canvas(app, NO_DIGITS[name])
        assert "Not a digit" in answer_of(drawn)


def test_a_digit_with_a_label_says_whether_it_was_misread():
    model = load_model("robust")
    assert "Right: it is a 4." in as_html(a_reading(), 4, model)
    misread = as_html(a_reading(), 9, model)
    assert 'class="answer misread"' in misread
    assert "<b>9</b><span>is right</span>" in misread


def test_both_shipped_models_answer_side_by_side():
    said = answer_of(put_on_canvas(open_app(), ONE_WITH_A_LONG_FLAG))
    assert '<div class="digit">1</div>' in said, "robust reads it"
    assert 'class="other differs">The textbook network: ' in said


def test_draw_says_what_it_is_for_and_which_networks_read():
    said = words_of(open_app())
    assert "the textbook network, a simple one, and the careful network, which has seen" in said


def test_an_example_is_read_until_the_first_stroke():
    app = open_app()
    assert "The careful network is over 99% sure. Now draw your own digit." in answer_of(app)
    assert '<div class="at-rest">' in answer_of(app), "what is shown where motion is to be reduced"
    assert "Draw a digit" in answer_of(app)
    assert "An example" not in answer_of(put_on_canvas(app, PLAIN_SEVEN))
    cleared = answer_of(put_on_canvas(app, []))
    assert "An example" not in cleared
    assert "Draw a digit" in cleared


def test_what_is_put_on_the_sheet_stays_though_an_older_drawing_is_still_held():
    app = put_on_canvas(open_app(), PLAIN_SEVEN)
    press(app, "Random digit")
    put = app.session_state["drawing"]
    app.run()
    assert app.session_state["drawing"] is put
    assert '<div class="digit">7</div>' in answer_of(put_on_canvas(app, PLAIN_SEVEN))


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "noise",
        {},
        {"id": 1, "strokes": [], "png": ""},
        {"id": "x", "strokes": {}, "png": ""},
        {"id": "x", "strokes": ["noise"], "png": ""},
        {"id": "x", "strokes": [], "png": "data:image/png;base64,?"},
    ],
    ids=repr,
)
def test_what_no_sheet_of_ours_sends_is_no_drawing(sent):
    app = put_on_canvas(open_app(), PLAIN_SEVEN)
    app.session_state["drawing-canvas"] = {"drawing": sent}
    app.run()
    assert not app.exception
    assert '<div class="digit">7</div>' in answer_of(app)


def test_drawing_survives_a_change_of_page():
    app = put_on_canvas(open_app(), PLAIN_SEVEN)
    go_to(app, "dashboard")
    go_to(app, "draw")
    assert '<div class="digit">7</div>' in answer_of(app)


def test_dashboard_shows_the_shipped_report():
    app = open_app("dashboard")
    figures = {metric.label: metric.value for metric in app.metric}
    report = catalogue.load_report(catalogue.SHIPPED[0])
    assert figures["Test accuracy"] == f"{report.evaluation.accuracy:.2%}"


@pytest.mark.slow
def test_dashboard_shows_searches_done_or_not_and_names_a_damaged_one():
    facts = {"recipe": asdict(CLASSIC), "rows": 4000, "folds": 2, "factor": 3}
    small, large = Settings((64,), 0.001, 0.0001, 0.0), Settings((256, 128), 0.002, 0.0001, 0.5)
    scores = {Trial(small, 6, 1): 0.93, Trial(small, 6, 2): 0.95, Trial(large, 6, 1): 0.97}
    begun = Search("begun", facts, "MNIST", [Round(3, 6), Round(1, 18)], scores)
    begun.save()
    replace(begun, name="done", scores=scores | {Trial(large, 18, 1): 0.98}, best=large).save()
    replace(begun, name="new", scores={}).save()
    path_of("damaged").write_text("{")

    app = open_app("dashboard")
    app.selectbox(key="search").set_value("begun").run()
    assert any("So far 3 of 8 trainings are done." in words.value for words in app.markdown)
    assert app.dataframe[0].value["hidden units"].to_list() == ["256 + 128", "64"]
    assert not app.code[0].value.startswith("python -m mnistcore train --recipe")

    app.selectbox(key="search").set_value("done").run()
    assert app.dataframe[0].value[["6 epochs", "18 epochs"]].iloc[0].to_list() == pytest.approx([97, 98])
    assert app.code[0].value == "python -m mnistcore train --recipe done"
    app.selectbox(key="search").set_value("new").run()
    assert any("So far 0 of 8 trainings are done." in words.value for words in app.markdown)
    app.selectbox(key="search").set_value("damaged").run()
    assert any("damaged.json is damaged" in warning.value for warning in app.warning)
    assert not app.exception


def test_how_good_compares_the_shipped_models():
    app = open_app("how_good")
    evaluations = {spoken(name): catalogue.load_report(name).evaluation for name in catalogue.SHIPPED}
    figures = {metric.label: metric.value for metric in app.metric}
    text = " ".join(words.value for words in (*app.markdown, *app.caption))
    for name, evaluation in evaluations.items():
        assert figures[f"Accuracy of {name}"] == f"{evaluation.accuracy:.2%}"
        assert f"{name} {evaluation.calibration_error:.2%}" in text
    assert all(f"**{kind.capitalize()}**" in text for kind in evaluations["the careful network"].robustness)


@pytest.mark.parametrize(("button", "expected"), [("Random digit", "ight"), ("One it gets wrong", "is right")])
def test_digits_of_mnist_are_put_on_the_canvas_with_their_label(button, expected):
    app = open_app()
    press(app, button)
    assert len(app.session_state["drawing"].strokes) == 1
    assert expected in answer_of(app)


def test_curl_call_asks_for_the_same_pixels():
    pixels = (np.arange(784) % 256).astype(np.uint8).reshape(28, 28)
    body = json.loads(shlex.split(curl(a_reading(image=pixels)))[-1])
    assert body == {"data": [i % 256 for i in range(784)]}


def test_chosen_model_answers_on_every_page():
    app = put_on_canvas(open_app(), ONE_WITH_A_LONG_FLAG)
    app.selectbox(key="model").set_value("classic").run()
    misread = answer_of(app)
    assert '<div class="digit">1</div>' not in misread
    assert "The careful network: 1" in misread
    go_to(app, "look_inside")
    assert answer_of(app) == misread


def test_look_inside_opens_with_an_example():
    app = open_app("look_inside")
    assert "An example" in answer_of(app)
    assert "green ones say 7" in story_of(app)
    assert "that is its *lead*" in words_of(app), "before the diagram and its captions"
    press(app, "Random digit")
    assert "The ink" in story_of(app)
    assert "An example" not in answer_of(app)


def story_of(app: AppTest) -> str:
    return " ".join(html.proto.body for html in app.get("html") if 'class="step"' in html.proto.body)


@pytest.mark.parametrize("model", ["robust", "classic"])
def test_look_inside_compares_any_two_digits(model):
    app = put_on_canvas(open_app(), PLAIN_SEVEN)
    app.selectbox(key="model").set_value(model).run()
    go_to(app, "look_inside")
    steps = ["Your ink", "The pixels", "The hidden units", "The votes", "The percentages"]
    assert all(step in story_of(app) for step in steps)
    assert ("The stroke directions" in story_of(app)) == (model == "robust")
    why, rival = app.selectbox
    assert why.value == 7
    rival.set_value(9).run()
    assert "green ones say 7, orange ones 9" in story_of(app)
    why.set_value(9).run()
    assert not app.exception
    assert "green ones say 9" in story_of(app)
    assert 9 not in app.selectbox[1].options


def test_a_misread_digit_opens_in_look_inside():
    app = open_app("dashboard")
    digit = catalogue.load_report(catalogue.SHIPPED[0]).evaluation.misread[0]
    app.button(key=f"misread-{digit['index']}").click().run()
    assert not app.exception
    assert "The percentages" in story_of(app)
    assert answer_of(app)


@pytest.mark.parametrize("page", ["draw", "dashboard"])
def test_damaged_model_is_named_and_passed_over(page, mine):
    mine.write_bytes(b"noise" * 100)
    catalogue.make_current("mine")
    app = open_app(page)
    said = " ".join(warning.value for warning in app.warning)
    assert "mine" in said
    assert "passed over" in said
    assert f"{catalogue.SHIPPED[0]} answers" in said


def test_model_damaged_while_the_app_is_in_use(mine):
    app = open_app()
    mine.write_bytes(b"noise" * 100)
    catalogue.make_current("mine")
    assert '<div class="digit">7</div>' in answer_of(put_on_canvas(app, PLAIN_SEVEN))


@pytest.mark.usefixtures("mine")
def test_home_deleted_while_the_app_is_in_use(home):
    app = open_app()
    app.selectbox(key="model").set_value("mine").run()
    shutil.rmtree(home)
    assert '<div class="digit">7</div>' in answer_of(put_on_canvas(app, PLAIN_SEVEN))
    go_to(app, "train")
    assert not app.exception


def test_model_damaged_after_a_visitor_chose_it(mine):
    app = open_app()
    app.selectbox(key="model").set_value("mine").run()
    mine.write_bytes(b"noise" * 100)
    assert '<div class="digit">7</div>' in answer_of(put_on_canvas(app, PLAIN_SEVEN))
    assert "damaged" in app.warning[0].value
    assert app.warning[1].value == "mine answers."


def test_model_damaged_before_a_visitor_chose_it(mine):
    mine.write_bytes(b"noise" * 100)
    app = open_app()
    app.selectbox(key="model").set_value("mine").run()
    assert "No network" in answer_of(put_on_canvas(app, PLAIN_SEVEN))
    assert "damaged" in app.warning[0].value


@pytest.mark.parametrize("page", ["draw", "dashboard"])
def test_without_any_model_each_page_starts(page, tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "SHIPPED_DIRECTORY", tmp_path / "nothing")
    app = open_app(page)
    assert "no model that can be loaded" in " ".join(warning.value for warning in app.warning)


def test_model_asked_for_by_name_is_never_replaced(monkeypatch):
    monkeypatch.setenv("MNISTCORE_MODEL", "no-such-model")
    app = put_on_canvas(open_app(), PLAIN_SEVEN)
    assert "no-such-model" in app.warning[0].value
    assert "No network" in answer_of(app)


def test_a_page_with_something_of_the_visitors_waits_until_it_is_known_who_that_is():
    app = open_app(visitor=None)
    for page in ("my_digits", "train", "practice", "dashboard"):
        go_to(app, page)
        assert [*app.button, *app.info] == [], page
        app.session_state[VISITOR] = "5" * 64
        app.run()
        assert app.button or app.info, page
        del app.session_state[VISITOR]


def test_touching_digits_are_told_that_a_space_helps():
    wide = np.zeros((28, 28), np.uint8)
    wide[10:18, 4:24] = 255
    assert "leave a little space" in as_html(a_reading("not a digit", wide), None, load_model("robust"))
    assert "leave a little space" not in as_html(a_reading("not a digit", wide.T), None, load_model("robust"))
