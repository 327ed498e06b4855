"""ModelWatch: which model answers, and what happens when its file changes, breaks or appears later."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from conftest import await_that

from mnistcore import BadModelFile, Model, load_model
from mnistcore.digit.reading import read
from mnistcore.models import catalogue
from mnistcore.models.answering import ModelWatch
from mnistcore.models.files import write_model


def save(path: Path, digit: int) -> Path:
    """Write a model that reads everything as one digit."""
    bias = np.zeros(10, np.float32)
    bias[digit] = 9
    path.parent.mkdir(parents=True, exist_ok=True)
    write_model(Model((np.zeros((784, 10), np.float32),), (bias,), {"name": f"always {digit}"}), path)
    return path


@pytest.fixture
def file(home):
    return save(home / "model.npz", 3)


def name(watch: ModelWatch) -> str | None:
    return watch.current.name if watch.current else None


def test_without_a_name_the_current_run_answers_and_a_new_choice_is_followed(home):
    watch = ModelWatch()
    assert name(watch) == "robust"
    save(home / "models" / "mine" / "model.npz", 3)
    assert name(watch) == "robust"
    catalogue.make_current("mine")
    assert name(watch) == "always 3"
    catalogue.make_current("classic")
    assert name(watch) == "classic"
    assert watch.problems == []


def test_the_environment_names_the_model_and_the_argument_comes_before_it(monkeypatch, file):
    monkeypatch.setenv("MNISTCORE_MODEL", str(file))
    assert name(ModelWatch()) == "always 3"
    assert name(ModelWatch("classic")) == "classic"


def test_a_model_that_computes_no_finite_numbers_is_refused(home):
    path = home / "large.npz"
    large = np.full((784, 10), 3e38, np.float32)
    write_model(Model((large,), (np.zeros(10, np.float32),), {"name": "large"}), path)
    with pytest.raises(BadModelFile, match="what it computes is too large"):
        load_model(path)


@pytest.mark.parametrize("name", ["", 0, False, []])
def test_what_names_no_model_is_not_taken_for_the_usual_one(name):
    with pytest.raises(BadModelFile, match="A model is named by a word or a path, not by"):
        load_model(name)


def test_an_unchanged_file_is_loaded_once(file):
    watch = ModelWatch(str(file))
    assert watch.current is watch.current


def test_a_replaced_file_is_loaded_and_the_old_model_stays_usable(file):
    watch = ModelWatch(str(file))
    old = watch.current
    save(file, 4)
    assert name(watch) == "always 4"
    assert old.predict(np.zeros((2, 28, 28), np.uint8)).tolist() == [3, 3]


@pytest.mark.parametrize("fault", ["damaged", "deleted"])
def test_a_file_that_breaks_is_logged_once_and_its_model_stays_until_it_is_repaired(file, caplog, fault):
    watch = ModelWatch(str(file))
    old = watch.current
    if fault == "damaged":
        file.write_bytes(b"PK\3\4 and then nothing")
    else:
        file.unlink()
    assert watch.current is old
    assert watch.current is old
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == watch.problems
    assert watch.problems[-1] == "always 3 answers."
    save(file, 5)
    assert name(watch) == "always 5"
    assert watch.problems == []


def test_a_damaged_current_run_is_passed_over(home):
    save(home / "models" / "mine" / "model.npz", 3).write_bytes(b"damaged")
    catalogue.make_current("mine")
    watch = ModelWatch()
    assert name(watch) == "robust"
    assert watch.problems[0].endswith("It is passed over.")
    assert watch.problems[-1] == "robust answers."
    save(home / "models" / "mine" / "model.npz", 3)
    assert name(watch) == "always 3"
    assert watch.problems == []


def test_a_flipped_bit_or_a_model_that_cannot_read_leaves_the_one_that_answers(home, monkeypatch):
    path = save(home / "models" / "mine" / "model.npz", 3)
    catalogue.make_current("mine")
    whole = path.read_bytes()
    path.write_bytes(whole[:140] + bytes([whole[140] ^ 0x80]) + whole[141:])
    watch = ModelWatch()
    assert name(watch) == "robust"
    path.write_bytes(whole)
    assert name(watch) == "always 3"

    def fail(picture, model):
        if model.name == "always 4":
            raise IndexError
        return read(picture, model)

    monkeypatch.setattr("mnistcore.models.answering.read", fail)
    save(path, 4)
    assert name(watch) == "always 3"
    assert watch.problems[0] == "The model mine cannot read a digit (IndexError). It is passed over."
    assert name(ModelWatch()) == "robust"
    assert name(ModelWatch("mine")) is None


@pytest.mark.parametrize("asked_for", ["argument", "environment"])
def test_a_model_asked_for_by_name_is_not_replaced_by_another(monkeypatch, home, asked_for):
    later = home / "later.npz"
    if asked_for == "environment":
        monkeypatch.setenv("MNISTCORE_MODEL", str(later))
    watch = ModelWatch(str(later) if asked_for == "argument" else None)
    assert watch.current is None
    assert watch.problems[-1] == "There is no model that can be loaded."
    save(later, 6)
    assert name(watch) == "always 6"


def test_the_file_is_looked_at_once_in_a_period(file):
    rare, often = ModelWatch(str(file), period=1000), ModelWatch(str(file), period=0.05)
    assert name(rare) == name(often) == "always 3"
    save(file, 4)
    await_that(lambda: name(often) == "always 4", seconds=10)
    assert name(rare) == "always 3"


def test_all_threads_get_a_model_from_the_first_question_on(file):
    watch, start, found = ModelWatch(str(file)), threading.Barrier(8), []

    def ask() -> None:
        start.wait()
        found.append(watch.current)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [watch.current] * 8


def test_threads_see_whole_models_while_the_file_is_replaced(file):
    watch, done, wrong = ModelWatch(str(file)), threading.Event(), []

    def ask() -> None:
        while not done.is_set():
            model = watch.current
            read = model.predict(np.zeros((1, 28, 28), np.uint8))[0]
            if model.name != f"always {read}":
                wrong.append((model.name, read))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for digit in range(10):
        save(file, digit)
        await_that(lambda expected=f"always {digit}": name(watch) == expected, seconds=10)
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert watch.problems == []
