"""Search for a recipe: the halving, going on after a kill with the same result, one sentence for what is wrong."""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from pathlib import Path
from statistics import mean

import joblib
import numpy as np
import pytest
from conftest import TINY
from moments import run_until

from app.dashboard.halving import halving_chart
from mnistcore.__main__ import main
from mnistcore.data import datasets
from mnistcore.errors import BadRecipe, BadSearch
from mnistcore.training import search as search_module
from mnistcore.training.search import FOLDS, search
from mnistcore.training.searches import Search, get_recipe, path_of, search_names
from mnistcore.training.train import train

BASE = replace(TINY, name="base", epochs=9)
SPACE = {
    "hidden_layers": [(8,), (16,), (16, 8)],
    "learning_rate": [0.002, 0.01],
    "weight_decay": [0.0001, 0.01],
    "distortion": [0.0],  # others would take the most time
}


class Interruption(Exception):
    """Stands for whatever ends a search in its middle."""


@pytest.fixture(scope="module")
def small_file(tmp_path_factory) -> Path:
    """300 real digits to train on, and 100 to test on."""
    images, labels = datasets.shipped_test_digits()
    path = tmp_path_factory.mktemp("data") / "digits.npz"
    np.savez(path, x_train=images[:300], y_train=labels[:300], x_test=images[300:400], y_test=labels[300:400])
    return path


@pytest.fixture(scope="module")
def dataset(small_file):
    return datasets.load(file=small_file, log=lambda _: None)


@pytest.fixture(autouse=True)
def _small_space(monkeypatch):
    monkeypatch.setattr(search_module, "SPACE", SPACE)


@pytest.fixture(scope="module")
def kept(dataset, tmp_path_factory) -> bytes:
    """The file of an undisturbed search for one of nine candidates."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNISTCORE_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setattr(search_module, "SPACE", SPACE)
        search(BASE, dataset, 9, "mine")
        return path_of("mine").read_bytes()


def put(content: bytes | str) -> Path:
    """A file for a search called "mine"."""
    path = path_of("mine")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_the_best_third_of_each_round_goes_on_with_three_times_the_epochs(kept):
    put(kept)
    found = Search.load("mine")
    assert found.rounds == [(9, 1), (3, 3), (1, 9)]
    assert len(found.scores) == found.trials == FOLDS * 13
    first, second, third = ({s: a[e] for s, a in found.ranking() if e in a} for e in (1, 3, 9))
    for before, after in ((first, second), (second, third)):  # equal ones may stay or go
        left_out = [mean(before[settings]) for settings in before.keys() - after.keys()]
        assert min(mean(before[settings]) for settings in after) >= max(left_out)
    assert [found.best] == list(third)


# as scikit-learn's HalvingRandomSearchCV with min_resources="exhaust" plans them
@pytest.mark.parametrize(
    ("candidates", "epochs", "rounds"),
    [
        (1, 20, [(1, 20)]),
        (3, 20, [(3, 6), (1, 18)]),
        (20, 20, [(20, 2), (7, 6), (3, 18)]),
        (9, 8, [(9, 1), (3, 3)]),
        (500, 48, [(500, 1), (167, 3), (56, 9), (19, 27)]),
    ],
)
def test_the_last_round_has_as_many_epochs_as_there_can_be(candidates, epochs, rounds):
    assert search_module.plan_rounds(candidates, epochs) == rounds


def test_the_last_scores_are_those_of_a_cross_validation_with_the_recipe_found(kept, dataset):
    put(kept)
    found = Search.load("mine")
    recipe = get_recipe("mine")
    assert recipe == replace(BASE, name="mine", **found.best._asdict())
    assert search_names() == ["mine"]
    _, report = train(replace(recipe, folds=FOLDS), dataset, 0)
    assert report.cv_scores == found.ranking()[0][1][9]


def test_an_interrupted_search_goes_on_and_tells_where_it_is(kept, dataset):
    events = []

    def interrupt(progress) -> None:
        events.append(progress)
        if len(events) in (5, 35):
            raise Interruption

    for _ in range(2):
        with pytest.raises(Interruption):
            search(BASE, dataset, 9, "mine", on_progress=interrupt)
    with pytest.raises(BadRecipe, match=r"The search 'mine' is not finished \(32 of 39 trainings are done\)"):
        get_recipe("mine")
    search(BASE, dataset, 9, "mine", on_progress=events.append)
    assert path_of("mine").read_bytes() == kept
    assert [event.share for event in events] == sorted(event.share for event in events)
    assert sum(event.accuracy is not None for event in events) == 39, "nothing is trained twice"
    assert (events[0].round, events[0].candidates, events[0].epochs, events[0].share) == (1, 9, 1, 0)
    assert (events[-1].round, events[-1].rounds, events[-1].epochs, events[-1].share) == (3, 3, 9, 1)


@pytest.mark.slow
def test_trained_by_other_processes_it_is_the_same(kept, dataset):
    with joblib.parallel_config("loky", n_jobs=2):
        search(BASE, dataset, 9, "mine")
    assert path_of("mine").read_bytes() == kept


CHILD = """
import json
from pathlib import Path
from mnistcore.data import datasets
from mnistcore.training import search
from mnistcore.training.recipes import recipe_from_json

recipe, space = json.loads(sys.argv[1])
search.SPACE = space | {"hidden_layers": [tuple(units) for units in space["hidden_layers"]]}
dataset = datasets.load(file=Path(sys.argv[2]), log=lambda _: None)


def count(progress):
    if progress.accuracy is not None:  # it is none when a round begins
        reach("training")


search.search(recipe_from_json(recipe), dataset, 9, "mine", on_progress=count)
"""


@pytest.mark.slow
def test_killed_it_ends_with_the_same_file(kept, small_file):
    program = CHILD, json.dumps([vars(BASE), SPACE]), small_file
    for moment, trained in (("write 5", 3), ("training 17", 20)):
        assert run_until(moment, *program) == -signal.SIGKILL
        found = Search.load("mine")
        assert len(found.scores) == trained
        assert found.best is None
    assert run_until("never", *program) == 0
    assert path_of("mine").read_bytes() == kept


def test_a_search_of_something_else_is_not_resumed(kept, dataset):
    path = put(kept)
    others = [(BASE, dataset, 8), (replace(BASE, epochs=8), dataset, 9), (BASE, replace(dataset, sha256="other"), 9)]
    for base, digits, candidates in others:
        with pytest.raises(BadSearch, match="'mine' is of other digits, settings or versions"):
            search(base, digits, candidates, "mine")
    assert path.read_bytes() == kept


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"scores": []}', "half", "a score", "a round"])
def test_a_damaged_file_is_named(kept, dataset, damage):
    damaged = {
        "half": kept[:3000],
        "a score": kept.replace(b'"fold": 1', b'"fold": null', 1),
        "a round": kept.replace(b'"epochs": 3\n', b'"epochs": 4\n', 1),
    }
    path = put(damaged.get(damage, damage))
    for call in (lambda: search(BASE, dataset, 9, "mine"), lambda: get_recipe("mine"), lambda: Search.load("mine")):
        with pytest.raises(BadSearch, match=r"mine\.json is damaged \(\w+\): delete the file to begin it anew\.$"):
            call()
    assert path.exists()


def test_without_a_file_there_is_no_such_search():
    with pytest.raises(BadSearch, match="There is no search 'mine'"):
        Search.load("mine")
    put("{")
    with pytest.raises(BadRecipe, match="There is no recipe 'none'; there are classic, robust, mine"):
        get_recipe("none")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("train", "--recipe", "none"), "There is no recipe 'none'; there are classic, robust."),
        (("search", "--recipe", "none"), "There is no recipe 'none'; there are classic, robust."),
        (("search", "--name", "../a"), "'../a' is no name for a search"),
        (("search", "--name", "classic"), "'classic' is no name for a search"),
        (("search", "--candidates", "0"), "A search has 1 to 500 candidates, not 0."),
    ],
)
def test_what_cannot_be_searched_is_one_sentence_and_status_1(capsys, small_file, words, sentence):
    assert main([*words, "--data", str(small_file)]) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith(sentence)


def test_the_command_prints_a_table_and_how_to_train_the_best(capsys, monkeypatch, small_file):
    monkeypatch.setattr("mnistcore.cli.training.get_recipe", lambda _: BASE)
    assert main(["search", "--recipe", "base", "--data", str(small_file), "--candidates", "3"]) == 0
    said, head, *rows, last = capsys.readouterr().out.splitlines()
    assert said == "Searching with 300 digits: the file digits.npz."
    assert " ".join(head.split()) == "hidden units learning rate weight decay distortion 3 epochs 9 epochs spread"
    assert [row.count("%") for row in rows] == [3, 2, 2]
    assert last == f"To train the best one: mnistcore train --recipe base-search --data {small_file}"
    assert get_recipe("base-search").epochs == 9


def test_the_chart_has_a_line_for_each_candidate_over_its_rounds(kept):
    put(kept)
    chart = halving_chart(Search.load("mine"))
    points = chart.data
    assert points.groupby("candidate")["epochs"].apply(list).to_list() == [[1, 3, 9], [1, 3], [1, 3], *[[1]] * 6]
    assert set(points.loc[points["candidate"] == 1, "standing"]) == {"best"}
    assert (points["error"] == 1 - points["accuracy"]).all()
    scale = chart.to_dict()["encoding"]["x"]["scale"]
    assert scale["domain"] == ["1 epoch|9 candidates", "3 epochs|3 candidates", "9 epochs|1 candidate"]
