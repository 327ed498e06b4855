"""The training process: the events it writes, and that it ends with the process that started it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from conftest import ENDLESS, TINY

from mnistcore import store
from mnistcore.training.recipes import Recipe


@pytest.fixture(autouse=True)
def _small_data(monkeypatch, data_file: Path) -> None:
    monkeypatch.setenv("MNISTCORE_DATA", str(data_file))


@pytest.fixture
def worker() -> Iterator[subprocess.Popen]:
    with subprocess.Popen(
        [sys.executable, "-m", "mnistcore.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def order(process: subprocess.Popen, recipe: Recipe, sources: list[str] | None = None) -> None:
    process.stdin.write(json.dumps({"recipe": asdict(recipe), "sources": sources, "seed": 0}) + "\n")
    process.stdin.flush()


def test_every_epoch_is_an_event_and_the_run_is_kept(worker):
    order(worker, TINY)
    events = [json.loads(line) for line in worker.stdout]
    assert [event["event"] for event in events] == ["said"] + ["progress"] * 6 + ["finished"]
    assert events[-2]["share"] == 1
    assert store.run_names() == [events[-1]["name"]]
    assert store.current_name() == store.SHIPPED[0]


def test_it_ends_when_its_standard_input_does(worker):
    order(worker, ENDLESS)
    assert json.loads(worker.stdout.readline())["event"] == "said"
    assert json.loads(worker.stdout.readline())["event"] == "progress"
    worker.stdin.close()
    assert worker.wait(timeout=20) != 0
    assert store.run_names() == []


def test_a_failure_is_one_sentence(worker):
    order(worker, TINY, ["no-such-source"])
    last = [json.loads(line) for line in worker.stdout][-1]
    assert last["event"] == "failed"
    assert "no-such-source" in last["reason"]
