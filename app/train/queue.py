"""The queue of trainings: a few run at once, the others wait for their turn, one of each visitor."""

import base64
import logging
import os
import threading
from functools import cache

import numpy as np
import streamlit as st

from app.train.job import Job
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.errors import MnistCoreError, NothingUnfinished
from mnistcore.models import catalogue
from mnistcore.training.order import Order
from mnistcore.training.recipes import Recipe
from mnistcore.training.unfinished import forget, latest_order

EXAMPLE = 8  # of MNIST's test digits: a 5 that is not read at once
ENDED_KEPT = 20  # trainings that have ended, whose curves can still be looked at

log = logging.getLogger("mnistcore")


class TrainingBusy(MnistCoreError):
    """A training of this visitor is waiting or running already."""


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
    ) -> Job:
        """Put a training into the queue.

        Args:
            visitor: whose model it will be.
            name: of the model.
            recipe: how to train it.
            sources: of the training digits, as `datasets.load` takes them.
            image: (28, 28) uint8, the visitor's drawing, to be read after every epoch; without one, a test digit is.

        Raises:
            TrainingBusy: one of this visitor is waiting or running.
        """
        own_image = image is not None
        if image is None:
            image, _ = example()
        bytes_ = base64.b64encode(image.tobytes()).decode("ascii")
        order = Order(recipe, 0, sources, name=name, visitor=visitor, image=bytes_, own_image=own_image)
        return self._queue(visitor, order, resume=False)

    def resume(self, visitor: str) -> Job:
        """Put the visitor's training that was interrupted last into the queue, to go on from its last epoch.

        Raises:
            NothingUnfinished: there is none.
            TrainingBusy: one of this visitor is waiting or running.
        """
        return self._queue(visitor, latest_order(visitor), resume=True)

    def _queue(self, visitor: str, order: Order, resume: bool) -> Job:
        catalogue.prune_visitor_runs()
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
                if job.child:
                    job.child.kill()

    def job_of(self, visitor: str | None) -> Job | None:
        """The visitor's latest training."""
        return next((job for job in self._jobs if job.order.visitor == visitor), None)

    def place(self, job: Job) -> int:
        """How many are to be started before it, and itself: 1 is the next one."""
        waiting = [other for other in self._jobs if other.state == "waiting"]
        return waiting.index(job) + 1 if job in waiting else 0

    @property
    def names(self) -> list[str]:
        """Of the models that are waiting or running: no other may have one of these names."""
        return [job.name for job in self._jobs if job.active]

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
            catalogue.prune_visitor_runs()
            with self._lock:
                self._run_next()


@cache
def example() -> tuple[np.ndarray, int]:
    """The digit that is read after every epoch where the visitor has drawn none: (28, 28) uint8, and which it is."""
    images, labels = shipped_test_digits()
    return images[EXAMPLE].copy(), int(labels[EXAMPLE])


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
    catalogue.prune_visitor_runs()
    return Trainer(int(wanted))
