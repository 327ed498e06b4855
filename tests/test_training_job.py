"""The app's trainings in child processes: a queue, stopped, killed. One that finishes is in test_train_page.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from conftest import ENDLESS, TINY, await_that

from app.train.queue import Trainer, TrainingBusy
from mnistcore.models import catalogue


@pytest.fixture
def make_trainer(monkeypatch, data_file) -> Iterator[Callable[[int], Trainer]]:
    monkeypatch.setenv("MNISTCORE_DATA", str(data_file))
    made: list[Trainer] = []

    def make(at_once: int) -> Trainer:
        made.append(Trainer(at_once))
        return made[-1]

    yield make
    for trainer in made:
        for job in trainer.jobs:
            trainer.stop(job)
            await_that(lambda job=job: job.child is None or job.child.stdin.closed)


@pytest.mark.slow
def test_one_a_visitor_and_the_others_wait_for_their_turn(make_trainer):
    trainer = make_trainer(1)
    first, second, third = (trainer.start(visitor, f"of-{visitor}", ENDLESS, ["file"]) for visitor in "abc")
    assert [job.state for job in (first, second, third)] == ["running", "waiting", "waiting"]
    assert [trainer.place(job) for job in (first, second, third)] == [0, 1, 2]
    for visitor in "ab":
        with pytest.raises(TrainingBusy, match="already"):
            trainer.start(visitor, "another", TINY, ["file"])
    await_that(lambda: len(first.progress) > 2)
    assert first.remaining > 0
    trainer.stop(second)
    assert trainer.place(third) == 1
    trainer.stop(first)
    await_that(lambda: third.state == "running")
    assert second.child is None
    assert first.child.poll() is not None
    assert trainer.job_of("a") is first
    assert catalogue.visitor_runs("a").names() == catalogue.run_names() == []


def test_as_many_run_at_once_as_the_operator_allows(make_trainer):
    trainer = make_trainer(2)
    jobs = [trainer.start(visitor, f"of-{visitor}", ENDLESS, ["file"]) for visitor in "abc"]
    assert [job.state for job in jobs] == ["running", "running", "waiting"]


def test_a_killed_process_is_one_sentence(make_trainer):
    trainer = make_trainer(1)
    job = trainer.start("a", "hers", ENDLESS, ["file"])
    job.child.kill()
    await_that(lambda: not job.active)
    assert job.state == "failed"
    assert "ended before it was done" in job.outcome


def test_only_the_latest_ended_trainings_are_kept(make_trainer, monkeypatch):
    monkeypatch.setattr("app.train.queue.ENDED_KEPT", 2)
    trainer = make_trainer(1)
    trainer.start("a", "first", ENDLESS, ["file"])
    for visitor in "bcde":
        trainer.stop(trainer.start(visitor, "waited", TINY, ["file"]))
    assert [job.order.visitor for job in trainer.jobs] == ["a", "d", "e"]
