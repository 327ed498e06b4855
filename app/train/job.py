"""A training in a child process of its own: what it is told, and what it tells."""

import base64
import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mnistcore.digit.form import SIDE
from mnistcore.home import home
from mnistcore.training.order import Order

ROOT = Path(__file__).parents[2]
# one thread for the matrix products, so that a core is left for the answers to those who draw meanwhile
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass
class Job:
    """A training, from its place in the queue to its end.

    Attributes:
        order: what is trained, and for which visitor.
        resume: whether it goes on from its last epoch.
        state: waiting, running, finished, stopped or failed.
        progress: one dictionary an epoch, as `training/child.py` sends it, without the filters; the epochs from before
            an interruption have no probabilities.
        filters: those of each epoch, (units, 28, 28) int8; None for epochs from before an interruption.
        outcome: the new run's name if it finished, a sentence if it failed.
        first_epoch_at: the `time.monotonic()` of its first epoch, 0 before that.
        child: the process that trains; None while it is waiting.
    """

    order: Order
    resume: bool
    state: str = "waiting"
    progress: list[dict] = field(default_factory=list)
    filters: list[np.ndarray | None] = field(default_factory=list)
    outcome: str = ""
    first_epoch_at: float = 0.0
    child: subprocess.Popen | None = None

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
        self.child = subprocess.Popen(
            [sys.executable, "-m", "mnistcore.training.child"],
            cwd=ROOT,
            env={**os.environ, **ENVIRONMENT, "MNISTCORE_HOME": str(home().absolute())},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def follow(self) -> None:
        """Give the running child its order, and receive its events until it ends."""
        assert self.child
        with contextlib.suppress(BrokenPipeError), self.child as child:
            assert child.stdin
            assert child.stdout
            job = {"order": self.order.as_json(), "resume": self.resume}
            child.stdin.write(json.dumps(job) + "\n")  # it stays open: the child ends when it is closed
            child.stdin.flush()
            for line in child.stdout:
                self._receive(json.loads(line))
        status = child.returncode
        if self.state == "running":
            self.state, self.outcome = "failed", f"The training process ended before it was done (status {status})."

    def _receive(self, event: dict) -> None:
        match event.pop("event"):
            case "progress":
                filters = None
                if not event["resumed"]:
                    self.first_epoch_at = self.first_epoch_at or time.monotonic()
                    filters = np.frombuffer(base64.b64decode(event.pop("filters")), np.int8).reshape(-1, SIDE, SIDE)
                self.filters.append(filters)
                self.progress.append(event)
            case "finished":
                self.state, self.outcome = "finished", event["name"]
            case "failed":
                self.state, self.outcome = "failed", event["reason"]
