"""An interrupted training goes on, and ends with the model that it would have made undisturbed."""

from __future__ import annotations

import json
import signal
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import TINY
from moments import run_until

from mnistcore.data import datasets
from mnistcore.errors import AlreadyRunning, NothingUnfinished
from mnistcore.evaluation import evaluate
from mnistcore.models.files import read_model
from mnistcore.training import checkpoints
from mnistcore.training.checkpoints import Checkpoints
from mnistcore.training.order import Order
from mnistcore.training.recipes import Recipe, recipe_to_json
from mnistcore.training.train import train
from mnistcore.training.unfinished import DAYS, forget, latest_order, prune, unfinished_directory

CLASSIC_LIKE = replace(TINY, epochs=8)
ROBUST_LIKE = replace(
    TINY, input="stroke directions", hidden_layers=(16, 12), epochs=5, fold_epochs=2, scale_pixels=False,
    cosine_decay=True, swa_epochs=2, validation_fraction=0.1, distortion=1.0, pen_digits=100, synthetic_share=0.3,
    degraded_fraction=0.05, finetune_epochs=2, finetune_pen_digits=50, non_digits=50,
)  # fmt: skip
DISTORTED_PIXELS = replace(TINY, epochs=5, folds=0, distortion=1.0)  # the scaler is that of the first epoch


class Interruption(Exception):
    """Stands for whatever ends a training in its middle."""


@pytest.fixture(scope="module")
def dataset(data_file, some_hands):
    whole = datasets.load(file=data_file, log=lambda _: None)
    return replace(whole, images=whole.images[:1000], labels=whole.labels[:1000], hands=some_hands)


@pytest.fixture
def _every_epoch(monkeypatch):
    monkeypatch.setattr(checkpoints, "SHARE_OF_TIME", 1e9)


def interrupt(recipe: Recipe, dataset, epochs: int, resume: bool = False, **rest) -> None:
    """Train until that many new epochs are done."""
    kept = Checkpoints(Order(recipe, seed=1), dataset)
    kept.begin(resume)
    new = 0

    def count(progress) -> None:
        nonlocal new
        new += not progress.resumed
        if new == epochs:
            raise Interruption

    with closing(kept), pytest.raises(Interruption):
        train(recipe, dataset, 1, "a", count, kept, **rest)


def begin(order: Order, dataset, log=lambda _: None, resume: bool = False) -> None:
    """Begin a training, and leave it."""
    with closing(Checkpoints(order, dataset, log)) as kept:
        kept.begin(resume)


def facts(report) -> dict:
    """Of a report, what a seed decides."""
    return {name: value for name, value in vars(report).items() if name not in ("seconds", "finished")}


@pytest.mark.usefixtures("_every_epoch")
@pytest.mark.parametrize("recipe", [CLASSIC_LIKE, DISTORTED_PIXELS], ids=["classic-like", "distorted pixels"])
def test_model_report_and_progress_are_those_of_an_undisturbed_training(dataset, recipe):
    model, report = train(recipe, dataset, 1, "a")
    interrupt(recipe, dataset, 2, n_jobs=2)
    interrupt(recipe, dataset, 1, resume=True, n_jobs=1)
    assert latest_order(None) == Order(recipe, seed=1)
    events, said = [], []
    again, resumed = train(recipe, dataset, 1, "a", events.append, Checkpoints(Order(recipe, 1), dataset, said.append))
    assert (again.version, again.card, facts(resumed), said) == (model.version, model.card, facts(report), [])
    assert sum(event.resumed for event in events) >= 2
    assert [event.share for event in events] == sorted(event.share for event in events)
    assert [event.epoch for event in events if not event.fold] == list(range(1, recipe.epochs + 1))
    assert [event.loss for event in events if not event.fold] == report.loss_curve


@pytest.mark.usefixtures("_every_epoch")
def test_a_damaged_or_foreign_checkpoint_is_named_and_its_network_trained_anew(dataset):
    recipe = replace(CLASSIC_LIKE, folds=0)
    model, _ = train(recipe, dataset, 1, "a")
    other = Checkpoints(Order(recipe, 2), dataset)
    train(recipe, dataset, 2, "b", checkpoints=other)
    foreign = (other.directory / "network.npz").read_bytes()
    interrupt(recipe, dataset, 3)
    kept = Checkpoints(Order(recipe, 1), dataset)
    whole = (kept.directory / "network.npz").read_bytes()
    for damage in (b"", b"not an archive", whole[:5000], whole[:4000] + b"?" + whole[4001:], foreign):
        (kept.directory / "network.npz").write_bytes(damage)
        said = []
        again, _ = train(recipe, dataset, 1, "a", checkpoints=Checkpoints(Order(recipe, 1), dataset, said.append))
        assert again.version == model.version
        assert len(said) == 1
        assert "network.npz cannot be used" in said[0]


def test_other_digits_are_another_training(dataset):
    interrupt(TINY, dataset, 1)
    said = []
    begin(Order(TINY, 1), replace(dataset, sha256="other"), said.append, resume=True)
    assert said == ["The digits or the versions of the libraries are not those of before, so the training starts anew."]


def test_each_visitor_has_the_latest_unfinished_training(dataset):
    with pytest.raises(NothingUnfinished, match="nothing to resume"):
        latest_order("a")
    first, second, theirs = (Order(TINY, seed, visitor=visitor) for visitor, seed in (("a", 1), ("a", 2), ("b", 3)))
    for order in (first, second, theirs):
        begin(order, dataset)
    assert (latest_order("a"), latest_order("b")) == (second, theirs)
    Checkpoints(second, dataset).delete()
    assert latest_order("a") == first
    forget("a")
    with pytest.raises(NothingUnfinished):
        latest_order("a")

    (damaged,) = unfinished_directory().iterdir()
    (damaged / "order.json").write_text("{")
    said = []
    with pytest.raises(NothingUnfinished):
        latest_order("b", said.append)
    assert len(said) == 1
    assert str(damaged) in said[0]


def test_what_nobody_resumes_is_deleted_after_a_month(dataset, monkeypatch):
    begin(Order(TINY, 1), dataset)
    prune()
    assert len(list(unfinished_directory().iterdir())) == 1
    monkeypatch.setattr("mnistcore.training.unfinished.DAYS", -DAYS)  # as if a month had passed
    prune()
    assert list(unfinished_directory().iterdir()) == []


@pytest.mark.usefixtures("_every_epoch")
def test_the_same_training_twice_leaves_the_first_ones_checkpoints_alone(dataset):
    order, said = Order(replace(TINY, folds=0), 1), []
    with closing(Checkpoints(order, dataset)) as first, closing(Checkpoints(order, dataset, said.append)) as second:
        first.begin()
        train(order.recipe, dataset, 1, "a", checkpoints=first)
        kept = (first.directory / "network.npz").read_bytes()
        second.begin()
        train(order.recipe, dataset, 1, "b", checkpoints=second)
        second.delete()
        assert (first.directory / "network.npz").read_bytes() == kept
        assert [line.split(",")[0] for line in said] == ["Another process does the same training"]
        with pytest.raises(AlreadyRunning, match="Another process does the same training"):
            second.begin(resume=True)
    begin(order, dataset, resume=True)


CHILD = """
import json
from pathlib import Path
from mnistcore.data import datasets
from mnistcore.evaluation import evaluate
from mnistcore.training import checkpoints
from mnistcore.models.files import write_model
from mnistcore.training.checkpoints import Checkpoints
from mnistcore.training.order import Order
from mnistcore.training.recipes import recipe_from_json
from mnistcore.training.train import train
from dataclasses import replace

checkpoints.SHARE_OF_TIME = 1e9  # every epoch is kept
evaluate.NON_DIGITS = 20  # only the report says something of them
recipe, data, pens, out = recipe_from_json(json.loads(sys.argv[1])), *map(Path, sys.argv[2:5])
dataset = datasets.load(None, data, lambda _: None, [pens])
dataset = replace(dataset, images=dataset.images[:1000], labels=dataset.labels[:1000])
kept = Checkpoints(Order(recipe, 1), dataset, print)
kept.begin(resume=kept.directory.exists())
model, _ = train(recipe, dataset, 1, "a", lambda event: event.resumed or reach("epoch"), kept, n_jobs=2)
write_model(model, out)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("recipe", "moments"),
    [(CLASSIC_LIKE, ["epoch 9"]), (ROBUST_LIKE, ["write 6"])],
    ids=["classic-like", "robust-like"],
)
def test_killed_it_ends_with_the_same_model(
    dataset, data_file: Path, hands_file: Path, tmp_path: Path, monkeypatch, recipe, moments
):
    monkeypatch.setattr(evaluate, "NON_DIGITS", 20)
    expected, _ = train(recipe, dataset, 1, "a")
    out = tmp_path / "model.npz"
    program = CHILD, json.dumps(recipe_to_json(recipe)), data_file, hands_file, out
    for moment in moments:
        assert run_until(moment, *program) == -signal.SIGKILL
        assert list(unfinished_directory().glob("*/*.npz"))
    assert run_until("never", *program) == 0
    model = read_model(out)
    assert model.card == expected.card
    for ours, theirs in zip((*model.weights, *model.biases), (*expected.weights, *expected.biases), strict=True):
        np.testing.assert_array_equal(ours, theirs)
