"""The app's one training at a time: refused, stopped, killed. One that finishes is in test_app.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from conftest import ENDLESS, TINY, await_that

from app.training_job import Trainer, TrainingBusy
from mnistcore import store


@pytest.fixture
def trainer(monkeypatch, data_file) -> Iterator[Trainer]:
    monkeypatch.setenv("MNISTCORE_DATA", str(data_file))
    trainer = Trainer()
    yield trainer
    if trainer.job:
        trainer.job.stop()
        await_that(lambda: trainer.job.process.stdin.closed)


def test_a_second_start_is_refused_and_stop_leaves_nothing(trainer):
    trainer.start(ENDLESS, ["file"])
    await_that(lambda: len(trainer.job.progress) > 2)
    assert trainer.job.remaining > 0
    with pytest.raises(TrainingBusy, match="already"):
        trainer.start(TINY, ["file"])
    trainer.job.stop()
    await_that(lambda: trainer.job.process.poll() is not None)
    assert trainer.job.state == "stopped"
    assert store.run_names() == []


def test_a_killed_process_is_one_sentence(trainer):
    trainer.start(ENDLESS, ["file"])
    await_that(lambda: bool(trainer.job.progress))
    trainer.job.process.kill()
    await_that(lambda: trainer.job.state != "running")
    assert trainer.job.state == "failed"
    assert "ended before it was done" in trainer.job.outcome
