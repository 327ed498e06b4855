"""The Train page and the Dashboard without a browser: start, queue, whose a model is, and who may do what with it."""

from __future__ import annotations

import re
import shutil

import pytest
from conftest import ENDLESS, await_that
from in_app import button, go_to, open_app, press, put_on_canvas, words_of
from streamlit.testing.v1 import AppTest
from strokes import FOUR_TWO, NO_DIGITS, PLAIN_SEVEN

from app.train.presets import PRESETS
from app.train.queue import example, trainer
from mnistcore.models import catalogue

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("own_server")]

TRAIN, BOARD, DRAW = "train", "dashboard", "draw"


@pytest.fixture
def hers(mine) -> str:
    """The name of a model that is the visitor's own."""
    shutil.copytree(mine.parent, catalogue.visitor_runs("a").directory / "hers")
    return "hers"


def open_settings(app: AppTest) -> None:
    app.session_state["settings"] = True
    app.run()


def test_every_preset_shows_ten_epochs_or_more():
    assert all(preset.recipe.epochs >= 10 for preset in PRESETS)


def film_script() -> None:
    import streamlit as st

    from app.train import film

    count = st.session_state.setdefault("count", 5)
    film.begin("a")
    film.show(count, lambda epoch: st.write(f"epoch {epoch} of {count}"))


def test_a_film_stands_still_for_a_person_not_for_what_a_busy_browser_sends_late():
    app = AppTest.from_function(film_script).run()
    app.session_state["count"] = 6
    app.run()
    app.session_state["count"] = 7
    app.slider[0].set_value(5).run()  # which was shown a moment ago
    assert (app.markdown[0].value, app.button[0].label) == ("epoch 7 of 7", "Pause")
    app.slider[0].set_value(2).run()
    assert (app.markdown[0].value, app.button[0].label) == ("epoch 2 of 7", "Play")


def test_one_press_trains_a_model_which_the_visitor_alone_can_choose(monkeypatch, data_file):
    monkeypatch.setenv("MNISTCORE_DATA", str(data_file))
    app = open_app(TRAIN, "a")
    app.button(key="start-quick").click().run()
    job = trainer().job_of("a")
    assert re.fullmatch(r"quick-\d\d-[A-Z][a-z]{2}-\d\d\.\d\d", job.name)
    await_that(lambda: not job.active)
    assert (job.state, job.outcome) == ("finished", job.name)
    assert len(job.progress[-1]["probabilities"]) == 10
    assert {filters.shape for filters in job.filters} == {(12, 28, 28)}
    app.run()
    assert "is trained" in app.success[0].value
    said = words_of(app)
    assert f"## A {example()[1]}, read after every epoch" in said, "which digit it is, as none is drawn"
    for term in ("*epoch*", "*loss*", "*validation*"):
        assert said.index("## Training loss") - 400 < said.index(term) < said.index("read after every epoch"), term
    count = len(job.progress)
    assert f"after epoch {count}" in words_of(app), "the film is at its end"
    app.slider[0].set_value(2).run()
    assert "after epoch 2" in words_of(app)
    press(app, "Play")
    assert "after epoch 3" in words_of(app)
    press(app, "Pause")
    assert "after epoch 3" in words_of(app)
    press(app, "Use it for my drawings")
    assert app.selectbox(key="model").value == job.name
    assert not next(button for button in app.button if button.label == "One it gets wrong").disabled
    assert job.name not in open_app(DRAW, "b").selectbox(key="model").options
    assert catalogue.visitor_runs("a").names() == [job.name]
    assert catalogue.run_names() == []
    assert catalogue.visitor_runs("a").report(job.name).evaluation.accuracy > 0.85


def test_a_second_visitor_waits_and_sees_the_place_in_the_queue(monkeypatch, data_file):
    monkeypatch.setenv("MNISTCORE_DATA", str(data_file))
    trainer().start("b", "endless", ENDLESS, ["file"])
    trainer().start("c", "next", ENDLESS, ["file"])
    app = open_app(TRAIN, "a")
    app.button(key="start-deep").click().run()
    assert "number 2 in the queue" in app.get("progress")[0].proto.text
    press(app, "Stop")
    app.run()
    assert "The training was stopped" in words_of(app)
    assert trainer().job_of("b").active
    assert button(open_app(TRAIN, "b"), "Stop"), "after a reload, too"
    assert "endless" not in words_of(open_app(TRAIN, "d")), "nobody sees another visitor's training"


def test_a_name_that_is_taken_or_bad_is_one_sentence(hers):
    app = open_app(TRAIN, "a")
    open_settings(app)
    for name, expected in ((hers, "already"), ("robust", "already"), ("my model", "no name for a model")):
        app.text_input(key="name").set_value(name)
        press(app, "Start with these settings")
        assert expected in app.warning[0].value
    assert trainer().jobs == []


def test_settings_that_make_no_recipe_are_one_sentence():
    app = open_app(TRAIN, "a")
    open_settings(app)
    app.text_input(key="quick-hidden_layers").set_value("many").run()
    assert "whole numbers" in app.error[0].value
    app.text_input(key="quick-hidden_layers").set_value("128").run()
    app.number_input(key="quick-epochs").set_value(0).run()
    assert app.error[0].value == "Epochs must be 1 to 1000."
    assert button(app, "Start with these settings").disabled


def choose(app: AppTest, name: str) -> None:
    app.selectbox(key="board-model").set_value(name).run()
    assert not app.exception


def test_a_visitor_renames_deletes_and_publishes_their_own(hers):
    app = open_app(BOARD, "a")
    choose(app, hers)
    app.text_input(key="new-name-hers").set_value("robust").run()
    press(app, "Save name")
    assert "already" in words_of(app)
    app.text_input(key="new-name-hers").set_value("ours").run()
    press(app, "Save name")
    assert catalogue.visitor_runs("a").names() == ["ours"]
    assert app.selectbox(key="board-model").value == "ours"
    press(app, "Publish it")  # without a password, from the machine itself
    assert "ours" in catalogue.run_names()
    choose(app, "ours")
    press(app, "Make it the current one")
    assert catalogue.current_name() == "ours"
    press(app, "Yes, delete")
    assert "ours" not in catalogue.run_names()
    assert catalogue.current_name() == catalogue.SHIPPED[0]


def test_what_affects_everybody_needs_the_operators_password(hers, monkeypatch):
    monkeypatch.setenv("MNISTCORE_ADMIN_PASSWORD", "secret")
    app = open_app(BOARD, "a")
    choose(app, hers)
    labels = [button.label for button in app.button]
    assert "Publish it" not in labels
    assert {"Save name", "Yes, delete"} <= set(labels), "one's own needs no password"
    app.text_input[-1].set_value("guess")
    press(app, "Continue")
    assert "not the operator's password" in words_of(app)
    app.text_input[-1].set_value("secret")
    press(app, "Continue")
    press(app, "Publish it")
    assert "hers" in catalogue.run_names()


@pytest.mark.usefixtures("mine")
def test_without_the_password_everybodys_models_stay_as_they_are(monkeypatch):
    monkeypatch.setenv("MNISTCORE_ADMIN_PASSWORD", "secret")
    app = open_app(BOARD, "a")
    choose(app, "mine")
    labels = {button.label for button in app.button}
    assert not labels & {"Save name", "Yes, delete", "Make it the current one"}
    assert "This affects everybody" in words_of(app)


def networks_of(app: AppTest) -> dict[str, dict[str, str]]:
    """What the table says of each network, by its columns."""
    table = next(words.value for words in app.markdown if words.value.startswith("| network"))
    columns, _, *rows = [line.strip("| ").split(" | ") for line in table.splitlines()]
    return {
        name: {column: cell.removeprefix(f"*{column}* ") for column, cell in zip(columns[1:], cells, strict=True)}
        for name, *cells in rows
    }


@pytest.mark.usefixtures("hers")
def test_the_table_says_whose_a_model_is_and_on_what_it_was_measured():
    app = open_app(BOARD, "a")
    table = networks_of(app)
    assert {name: cells["whose"] for name, cells in table.items()} == {
        "hers": "yours",
        "mine": "everybody's",
        "The careful network (current)": "everybody's",
        "The textbook network": "everybody's",
    }
    assert table["The textbook network"]["95% interval"] == "97.38% to 97.97%"
    assert table["The textbook network"]["measured on"].startswith("10,000 digits")
    assert "hers" not in networks_of(open_app(BOARD, "b"))


def test_two_models_are_compared_on_the_same_digits():
    app = open_app(BOARD, "a")
    app.selectbox(key="compare-second").set_value("classic").run()
    said = words_of(app)
    assert "**the careful network** gets 46 wrong and **the textbook network** 231" in said
    pictures = [html.proto.body for html in app.get("html") if 'class="tiles"' in html.proto.body]
    assert [html.count("<img") for html in pictures] == [24, pictures[1].count("<img")]
    assert pictures[1].count("<img") > 0


@pytest.mark.parametrize(("strokes", "own"), [(PLAIN_SEVEN, True), (FOUR_TWO, False), (NO_DIGITS["heart"], False)])
def test_only_one_digit_is_read_after_every_epoch_as_your_drawing(strokes, own):
    app = put_on_canvas(open_app(visitor="a"), strokes)
    go_to(app, TRAIN)
    app.button(key="start-quick").click().run()
    assert trainer().job_of("a").order.own_image == own
