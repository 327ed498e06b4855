"""The training process: the events it writes, and that it ends with the process that started it."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import ENDLESS, TINY

from mnistcore.data.datasets import shipped_test_digits
from mnistcore.models import catalogue
from mnistcore.models.files import read_model
from mnistcore.training.order import Order
from mnistcore.training.recipes import Recipe

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _small_data(monkeypatch, data_file: Path) -> None:
    monkeypatch.setenv("MNISTCORE_DATA", str(data_file))


@pytest.fixture
def child() -> Iterator[subprocess.Popen]:
    with subprocess.Popen(
        [sys.executable, "-m", "mnistcore.training.child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def start(process: subprocess.Popen, recipe: Recipe, sources: list[str] | None = None, **rest: str) -> None:
    job = {"order": Order(recipe, 0, sources, **rest).as_json(), "resume": False}
    process.stdin.write(json.dumps(job) + "\n")
    process.stdin.flush()


def test_every_epoch_is_an_event_and_the_run_is_kept(child):
    start(child, replace(TINY, input="stroke directions", scale_pixels=False))
    events = [json.loads(line) for line in child.stdout]
    assert [event["event"] for event in events] == ["said"] * 2 + ["progress"] * 6 + ["finished"]
    assert events[-2]["share"] == 1
    assert "probabilities" not in events[-2]
    assert (largest_weights(events[-2]) == 127).all()
    assert catalogue.run_names() == [events[-1]["name"]]
    assert catalogue.current_name() == events[-1]["name"]


def test_a_visitors_run_is_theirs_and_reads_their_image_after_every_epoch(child):
    images, _ = shipped_test_digits()
    recipe = replace(TINY, folds=0, validation_fraction=0.1)
    start(child, recipe, visitor="a", name="hers", image=base64.b64encode(images[0].tobytes()).decode())
    events = [json.loads(line) for line in child.stdout]
    shown = [event for event in events if event["event"] == "progress"]
    assert len(shown) == recipe.epochs
    model = read_model(catalogue.visitor_runs("a").path("hers"))
    assert int(np.argmax(shown[-1]["probabilities"])) == model.predict(images[:1])[0]
    assert (largest_weights(shown[-1]) == 127).all()
    assert 0 < shown[-1]["training_accuracy"] <= 1
    assert catalogue.visitor_runs("a").report("hers").training_curve == [event["training_accuracy"] for event in shown]
    assert catalogue.run_names() == []
    assert max(len(json.dumps(event)) for event in events) < 16_000


def largest_weights(event: dict) -> np.ndarray:
    """Of each of the eight units whose pictures an event brings."""
    filters = np.frombuffer(base64.b64decode(event["filters"]), np.int8).reshape(8, 28, 28)
    return np.abs(filters.astype(int)).max(axis=(1, 2))


def test_it_ends_when_its_standard_input_does(child):
    start(child, ENDLESS)
    for _ in range(2):
        assert json.loads(child.stdout.readline())["event"] == "said"
    assert json.loads(child.stdout.readline())["event"] == "progress"
    child.stdin.close()
    assert child.wait(timeout=20) != 0
    assert catalogue.run_names() == []


def test_a_failure_is_one_sentence(child):
    start(child, TINY, ["no-such-source"])
    last = [json.loads(line) for line in child.stdout][-1]
    assert last["event"] == "failed"
    assert "no-such-source" in last["reason"]
