"""Training in a child process, one at a time, which every visitor can follow."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import streamlit as st

from mnistcore.errors import MnistCoreError
from mnistcore.home import home
from mnistcore.training.recipes import Recipe

ROOT = Path(__file__).parent.parent
# one thread for the matrix products, so that a core is left for the answers to those who draw meanwhile
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class TrainingBusy(MnistCoreError):
    """A training is running already."""


@dataclass
class Job:
    """A training, from its start to its end.

    Attributes:
        recipe: what is trained.
        state: running, finished, stopped or failed.
        messages: lines about the data.
        progress: one dictionary an epoch, as `mnistcore.training.train.Progress`.
        outcome: the new run's name if it finished, a sentence if it failed.
    """

    recipe: Recipe
    process: subprocess.Popen
    state: str = "running"
    messages: list[str] = field(default_factory=list)
    progress: list[dict] = field(default_factory=list)
    outcome: str = ""
    first_epoch_at: float = 0.0

    @property
    def remaining(self) -> float | None:
        """Estimated seconds until it ends; None before the second epoch."""
        if len(self.progress) < 2:
            return None
        first, last = self.progress[0]["share"], self.progress[-1]["share"]
        return (time.monotonic() - self.first_epoch_at) * (1 - last) / (last - first)

    def stop(self) -> None:
        """End it; no model is changed."""
        if self.state == "running":
            self.state = "stopped"
            self.process.kill()

    def follow(self) -> None:
        """Receive the child's events until it ends."""
        assert self.process.stdin
        assert self.process.stdout
        for line in self.process.stdout:
            event = json.loads(line)
            match event.pop("event"):
                case "said":
                    self.messages.append(event["line"])
                case "progress":
                    self.first_epoch_at = self.first_epoch_at or time.monotonic()
                    self.progress.append(event)
                case "finished":
                    self.state, self.outcome = "finished", event["name"]
                case "failed":
                    self.state, self.outcome = "failed", event["reason"]
        status = self.process.wait()
        self.process.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        if self.state == "running":
            self.state, self.outcome = "failed", f"The training process ended before it was done (status {status})."


class Trainer:
    """Starts trainings, one at a time, and keeps the latest."""

    def __init__(self) -> None:
        self.job: Job | None = None
        self._lock = threading.Lock()

    def start(self, recipe: Recipe, sources: list[str] | None, seed: int = 0) -> None:
        """Start a training; raises TrainingBusy while another runs."""
        with self._lock:
            if self.job and self.job.state == "running":
                raise TrainingBusy("A training is running already: wait for it, or stop it first.")
            process = subprocess.Popen(
                [sys.executable, "-m", "mnistcore.worker"],
                cwd=ROOT,
                env={**os.environ, **ENVIRONMENT, "MNISTCORE_HOME": str(home().absolute())},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            self.job = Job(recipe, process)
            job = {"recipe": asdict(recipe), "sources": sources, "seed": seed}
            assert process.stdin
            process.stdin.write(json.dumps(job) + "\n")  # it stays open: the child ends when it is closed
            process.stdin.flush()
            threading.Thread(target=self.job.follow, daemon=True).start()


@st.cache_resource(show_spinner=False)
def trainer() -> Trainer:
    """The server's only trainer."""
    return Trainer()
