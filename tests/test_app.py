"""The app's pages without a browser: what they say to each kind of drawing, and to missing and damaged models."""

from __future__ import annotations

import base64
import io
import json
import os
import shlex
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest

from app.answer import Reading
from app.export_menu import curl
from app.training_job import trainer
from mnistcore import store

SEVEN = [(80, 80), (230, 80), (150, 250)]
DOT = [(150, 150), (151, 150)]


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("MNISTCORE_HOME", str(tmp_path))
    monkeypatch.delenv("MNISTCORE_MODEL", raising=False)
    yield tmp_path
    if job := trainer().job:  # the server's, which all tests share
        job.stop()
        trainer().job = None


def open_app(page: str | None = None) -> AppTest:
    app = AppTest.from_file("../streamlit_app.py", default_timeout=30).run()
    if page:
        app.switch_page(page).run()
    assert not app.exception
    return app


def put_on_canvas(app: AppTest, *strokes: list[tuple[int, int]]) -> AppTest:
    """Have the canvas component send what it would send for these strokes."""
    picture = Image.new("RGB", (320, 320), "black")
    for stroke in strokes:
        pen = ImageDraw.Draw(picture)
        pen.line(stroke, fill="white", width=18, joint="curve")
        for x, y in stroke:
            pen.ellipse((x - 9, y - 9, x + 9, y + 9), fill="white")
    file = io.BytesIO()
    picture.save(file, "PNG")
    data = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    raw = {"objects": [{"type": "Path", "stroke": str(stroke)} for stroke in strokes]}
    app.session_state["canvas"] = {"drawing": {"raw": raw, "data": data}, "backgroundFit": None}
    app.run()
    assert not app.exception
    return app


def answer_of(app: AppTest) -> str:
    return next(html.proto.body for html in app.get("html") if 'class="answer"' in html.proto.body)


@pytest.mark.parametrize(
    ("strokes", "expected"),
    [
        ([], "Draw a digit"),
        ([DOT], "Only a dot so far"),
        ([SEVEN], '<div class="digit">7</div>'),
    ],
    ids=["blank black", "dot", "digit"],
)
def test_answer_to_a_drawing(strokes, expected):
    assert expected in answer_of(put_on_canvas(open_app(), *strokes))


def test_invitation_before_the_first_stroke():
    assert "Draw a digit" in answer_of(open_app())


def test_clear_and_draw_again():
    app = put_on_canvas(open_app(), SEVEN)
    app.button[1].click().run()
    assert "Draw a digit" in answer_of(app)
    assert '<div class="digit">7</div>' in answer_of(put_on_canvas(app, SEVEN))


def test_undo_takes_the_last_stroke_alone():
    app = put_on_canvas(open_app(), SEVEN, DOT)
    app.button[0].click().run()
    assert len(app.session_state["shown"]["objects"]) == 1
    app.button[0].click().run()
    assert "Draw a digit" in answer_of(app)


def test_drawing_survives_a_change_of_page():
    app = put_on_canvas(open_app(), SEVEN)
    app.switch_page("app/pages/dashboard.py").run()
    app.switch_page("app/pages/draw.py").run()
    assert '<div class="digit">7</div>' in answer_of(app)


def test_training_page_shows_the_shipped_report():
    app = open_app("app/pages/dashboard.py")
    figures = {metric.label: metric.value for metric in app.metric}
    report = store.load_report(store.SHIPPED[0])
    assert figures["Test accuracy"] == f"{report.test_accuracy:.2%}"


@pytest.mark.parametrize(("button", "count"), [("Give me one", 1), ("One it misreads", 1)])
def test_ready_made_digits(button, count):
    app = open_app()
    press(app, button)
    assert len(app.session_state["shown"]["objects"]) == count
    assert "MNIST says" in answer_of(app)


def test_clear_can_be_taken_back():
    app = put_on_canvas(open_app(), SEVEN)
    press(app, "Clear")
    assert "Draw a digit" in answer_of(app)
    press(app, "Undo")
    assert app.session_state["drawing"].strokes["objects"]


def test_curl_call_asks_for_the_same_pixels():
    reading = Reading(np.arange(784, dtype=np.uint16).reshape(28, 28) % 256, np.full(10, 0.1))
    body = json.loads(shlex.split(curl(reading))[-1])
    assert body == {"data": [i % 256 for i in range(784)]}


def test_look_inside_invites_without_a_drawing():
    app = open_app("app/pages/look_inside.py")
    assert any("nothing to look at yet" in words.value for words in app.markdown)
    app.button[0].click().run()
    assert app.selectbox[0].label == "Question"


def test_look_inside_answers_every_question():
    app = put_on_canvas(open_app(), SEVEN)
    app.switch_page("app/pages/look_inside.py").run()
    for question in app.selectbox[0].options:
        app.selectbox[0].set_value(question).run()
        assert not app.exception


def test_train_watch_and_use_a_network():
    app = open_app("app/pages/train.py")
    app.number_input(key="classic-epochs").set_value(2)
    app.number_input(key="classic-folds").set_value(0)
    press(app, "Start training")
    deadline = time.monotonic() + 120
    while "Start training" not in [button.label for button in app.button]:
        assert time.monotonic() < deadline
        time.sleep(0.2)
        app.run()
        assert not app.exception
    assert "is trained" in app.success[0].value
    (name,) = store.run_names()
    assert app.number_input(key="classic-epochs").value == 2, "the settings are still there for the next run"
    press(app, "Use it from now on")
    assert store.current_name() == name
    app.selectbox(key="managed").set_value(name).run()
    app.text_input(key=f"rename-{name}").set_value("mine").run()
    press(app, "Rename it")
    assert store.run_names() == ["mine"]
    press(app, "Delete it")
    assert store.run_names() == []


def test_a_misread_digit_opens_in_look_inside():
    app = open_app("app/pages/dashboard.py")
    digit = store.load_report(store.SHIPPED[0]).misread[0]
    app.button(key=f"misread-{digit['index']}").click().run()
    assert not app.exception
    assert app.selectbox[0].label == "Question"
    assert answer_of(app)


def test_settings_that_make_no_recipe_are_one_sentence():
    app = open_app("app/pages/train.py")
    app.text_input(key="classic-hidden_layers").set_value("many").run()
    assert "whole numbers" in app.error[0].value
    app.text_input(key="classic-hidden_layers").set_value("128").run()
    app.number_input(key="classic-epochs").set_value(0).run()
    assert app.error[0].value == "Recipe classic: epochs must be 1 to 1000."
    assert next(button for button in app.button if button.label == "Start training").disabled


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


def damage_the_current_model() -> None:
    run = store._runs() / "mine"
    run.mkdir(parents=True)
    (run / "model.npz").write_bytes(b"noise" * 100)
    store.make_current("mine")


@pytest.mark.parametrize("page", ["app/pages/draw.py", "app/pages/dashboard.py"])
def test_damaged_model_is_named_and_passed_over(page):
    damage_the_current_model()
    app = open_app(page)
    said = " ".join(warning.value for warning in app.warning)
    assert "mine" in said
    assert "passed over" in said
    assert f"in use is {store.SHIPPED[0]}" in said


def test_model_damaged_while_the_app_is_in_use():
    app = open_app()
    damage_the_current_model()
    assert '<div class="digit">7</div>' in answer_of(put_on_canvas(app, SEVEN))


def test_cache_directory_deleted_while_the_app_is_in_use(tmp_path):
    home = tmp_path / "home"
    keep_a_run("mine", home)
    app = open_app()
    app.selectbox(key="model").set_value("mine").run()
    shutil.rmtree(home)
    assert '<div class="digit">7</div>' in answer_of(put_on_canvas(app, SEVEN))
    app.switch_page("app/pages/train.py").run()
    assert not app.exception


def test_model_damaged_after_a_visitor_chose_it(tmp_path):
    keep_a_run("mine", tmp_path / "home")
    app = open_app()
    app.selectbox(key="model").set_value("mine").run()
    store.model_path("mine").write_bytes(b"noise" * 100)
    assert '<div class="digit">7</div>' in answer_of(put_on_canvas(app, SEVEN))
    assert "answers instead" in app.warning[0].value


def keep_a_run(name: str, home: Path) -> None:
    os.environ["MNISTCORE_HOME"] = str(home)  # put back by the fixture's monkeypatch
    model, report = store.load_model("classic"), store.load_report("classic")
    store.keep_run(replace(model, card=model.card | {"name": name}), replace(report, name=name))


@pytest.mark.parametrize("page", ["app/pages/draw.py", "app/pages/dashboard.py"])
def test_without_any_model_each_page_starts(page, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "SHIPPED_DIRECTORY", tmp_path / "nothing")
    app = open_app(page)
    assert "no model that can be loaded" in " ".join(warning.value for warning in app.warning)


def test_model_asked_for_by_name_is_never_replaced(monkeypatch):
    monkeypatch.setenv("MNISTCORE_MODEL", "no-such-model")
    app = put_on_canvas(open_app(), SEVEN)
    assert "no-such-model" in app.warning[0].value
    assert "No model" in answer_of(app)
