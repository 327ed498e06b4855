"""Trainings in child processes: a few at once, the others in a queue, one for each visitor."""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import streamlit as st

from mnistcore.data.datasets import shipped_test_digits
from mnistcore.digit.form import SIDE
from mnistcore.errors import MnistCoreError, NothingUnfinished
from mnistcore.home import home
from mnistcore.models import store
from mnistcore.training.order import Order
from mnistcore.training.recipes import Recipe
from mnistcore.training.unfinished import forget, latest_order

ROOT = Path(__file__).parents[2]
# one thread for the matrix products, so that a core is left for the answers to those who draw meanwhile
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
EXAMPLE = 8  # of MNIST's test digits: a 5 that is not read at once
ENDED_KEPT = 20  # trainings that have ended, whose curves can still be looked at

log = logging.getLogger("mnistcore")


class TrainingBusy(MnistCoreError):
    """A training of this visitor is waiting or running already."""


@dataclass
class Job:
    """A training, from its place in the queue to its end.

    Attributes:
        order: what is trained, and for which visitor.
        resume: whether it goes on from its last epoch.
        state: waiting, running, finished, stopped or failed.
        messages: lines about the data.
        progress: one dictionary an epoch, as `training/child.py` sends it, without the filters; the epochs from before
            an interruption have no probabilities.
        filters: the latest, (units, 28, 28) int8; None before the first epoch.
        outcome: the new run's name if it finished, a sentence if it failed.
    """

    order: Order
    resume: bool
    state: str = "waiting"
    messages: list[str] = field(default_factory=list)
    progress: list[dict] = field(default_factory=list)
    filters: np.ndarray | None = None
    outcome: str = ""
    first_epoch_at: float = 0.0
    process: subprocess.Popen | None = None

    @property
    def name(self) -> str:
        """Of the model to be."""
        return self.order.name or ""

    @property
    def image(self) -> np.ndarray:
        """(28, 28) uint8, which it reads after every epoch."""
        return np.frombuffer(base64.b64decode(self.order.image or ""), np.uint8).reshape(SIDE, SIDE)

    @property
    def active(self) -> bool:
        """Whether it is waiting or running."""
        return self.state in ("waiting", "running")

    @property
    def remaining(self) -> float | None:
        """Estimated seconds until it ends; None before the second epoch."""
        shares = [step["share"] for step in self.progress if not step["resumed"]]
        if len(shares) < 2:
            return None
        first, last = shares[0], shares[-1]
        return (time.monotonic() - self.first_epoch_at) * (1 - last) / (last - first)

    def run(self) -> None:
        """Start the child process."""
        self.state = "running"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mnistcore.training.child"],
            cwd=ROOT,
            env={**os.environ, **ENVIRONMENT, "MNISTCORE_HOME": str(home().absolute())},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def follow(self) -> None:
        """Give the running child its order, and receive its events until it ends."""
        assert self.process
        assert self.process.stdin
        assert self.process.stdout
        with contextlib.suppress(BrokenPipeError):
            job = {"order": self.order.as_json(), "resume": self.resume}
            self.process.stdin.write(json.dumps(job) + "\n")  # it stays open: the child ends when it is closed
            self.process.stdin.flush()
        for line in self.process.stdout:
            self._receive(json.loads(line))
        status = self.process.wait()
        self.process.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        if self.state == "running":
            self.state, self.outcome = "failed", f"The training process ended before it was done (status {status})."

    def _receive(self, event: dict) -> None:
        match event.pop("event"):
            case "said":
                self.messages.append(event["line"])
            case "progress":
                if not event["resumed"]:
                    self.first_epoch_at = self.first_epoch_at or time.monotonic()
                    filters = np.frombuffer(base64.b64decode(event.pop("filters")), np.int8)
                    self.filters = filters.reshape(-1, SIDE, SIDE)
                self.progress.append(event)
            case "finished":
                self.state, self.outcome = "finished", event["name"]
            case "failed":
                self.state, self.outcome = "failed", event["reason"]


class Trainer:
    """Runs the trainings in the order in which they were started, `at_once` of them at a time."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._jobs: list[Job] = []  # in the order of their start; of a visitor only the latest
        self._lock = threading.Lock()

    def start(
        self,
        visitor: str,
        name: str,
        recipe: Recipe,
        sources: list[str] | None,
        image: np.ndarray | None = None,
        seed: int = 0,
    ) -> Job:
        """Put a training into the queue.

        Args:
            visitor: whose model it will be.
            name: of the model.
            recipe: how to train it.
            sources: of the training digits, as `datasets.load` takes them.
            image: (28, 28) uint8, the visitor's drawing, to be read after every epoch; without one, a test digit is.
            seed: of every random choice.

        Raises:
            TrainingBusy: one of this visitor is waiting or running.
        """
        own_image = image is not None
        if image is None:
            image = shipped_test_digits()[0][EXAMPLE]
        bytes_ = base64.b64encode(image.tobytes()).decode("ascii")
        order = Order(recipe, seed, sources, name=name, visitor=visitor, image=bytes_, own_image=own_image)
        return self._queue(visitor, order, resume=False)

    def resume(self, visitor: str) -> Job:
        """Put the visitor's training that was interrupted last into the queue, to go on from its last epoch.

        Raises:
            NothingUnfinished: there is none.
            TrainingBusy: one of this visitor is waiting or running.
        """
        return self._queue(visitor, latest_order(visitor), resume=True)

    def _queue(self, visitor: str, order: Order, resume: bool) -> Job:
        store.prune_visitor_runs()
        with self._lock:
            if (latest := self.job_of(visitor)) and latest.active:
                raise TrainingBusy("One of your trainings is waiting or running already: wait for it, or stop it.")
            if not resume:
                forget(visitor)
            job = Job(order, resume)
            ended = [other for other in self._jobs if not other.active]
            for forgotten in (latest, *ended[: -ENDED_KEPT + 1]):
                if forgotten in self._jobs:
                    self._jobs.remove(forgotten)
            self._jobs.append(job)
            self._run_next()
        return job

    def stop(self, job: Job) -> None:
        """End a training, or take it out of the queue; no model is changed."""
        with self._lock:
            if job.active:
                job.state = "stopped"
                if job.process:
                    job.process.kill()

    def job_of(self, visitor: str | None) -> Job | None:
        """The visitor's latest training."""
        return next((job for job in self._jobs if job.order.visitor == visitor), None)

    def place(self, job: Job) -> int:
        """How many are to be started before it, and itself: 1 is the next one."""
        waiting = [other for other in self._jobs if other.state == "waiting"]
        return waiting.index(job) + 1 if job in waiting else 0

    @property
    def jobs(self) -> list[Job]:
        """All that are waiting or running, and the latest that have ended."""
        return list(self._jobs)

    def _run_next(self) -> None:
        """Run as many as may run at once. The lock is held."""
        for job in self._jobs:
            if sum(other.state == "running" for other in self._jobs) >= self._at_once:
                return
            if job.state == "waiting":
                try:
                    job.run()
                except OSError as error:
                    job.state, job.outcome = "failed", f"The training could not be started: {error.strerror}."
                else:
                    threading.Thread(target=self._follow, args=(job,), daemon=True).start()

    def _follow(self, job: Job) -> None:
        try:
            job.follow()
        finally:
            store.prune_visitor_runs()
            with self._lock:
                self._run_next()


def interrupted(visitor: str) -> str | None:
    """The name of the model whose training `resume` would resume; None if there is none."""
    try:
        return latest_order(visitor).name
    except NothingUnfinished:
        return None


@st.cache_resource(show_spinner=False)
def trainer() -> Trainer:
    """The server's only trainer."""
    wanted = os.environ.get("MNISTCORE_TRAININGS") or "1"
    if not wanted.isdecimal() or int(wanted) < 1:
        log.warning("MNISTCORE_TRAININGS must be a whole number of 1 or more; this is %r, so it is 1.", wanted)
        wanted = "1"
    store.prune_visitor_runs()
    return Trainer(int(wanted))
