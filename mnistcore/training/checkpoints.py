"""Where the networks of a training are, kept on the disk, so that an interrupted one goes on from its last epoch.

Every network has a file of its own in the training's directory (`unfinished.py`): the arrays of its `State`, and the
rest as JSON. Nothing is unpickled. The directory's name is taken from the recipe, the seed, the digits and the versions
of the libraries: whatever differs is another training.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import sklearn

from mnistcore.arrays import read_arrays, write_arrays
from mnistcore.errors import AlreadyRunning
from mnistcore.home import atomic_path, lock, write_file
from mnistcore.training.fitting import State, make_scaler
from mnistcore.training.folds import Curves
from mnistcore.training.unfinished import LOCK, ORDER, prune, unfinished_directory

if TYPE_CHECKING:
    from mnistcore.data.datasets import Dataset
    from mnistcore.training.order import Order

MOST_BYTES = 1024 * 1024 * 1024  # of a network's file: four layers of 4096 units, and as much for their average
SHARE_OF_TIME = 0.02  # that writing may take of a training: where epochs are short, not each of them is written


class Checkpoints:
    """The checkpoints of one training."""

    def __init__(self, order: Order, dataset: Dataset, log: Callable[[str], None] = lambda _: None) -> None:
        """Args:
        order: what is trained, and for whom: the trainings of different visitors have nothing to do with each other.
        dataset: on which digits.
        log: called with one sentence for each checkpoint that cannot be used.
        """
        digits = dataset.sha256, len(dataset.images), dataset.hands and dataset.hands.sha256
        facts = [asdict(order.recipe), order.seed, *digits, np.__version__, sklearn.__version__, order.visitor]
        self._key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
        self._order, self._log = order, log
        self.directory = unfinished_directory() / self._key
        self._lock: BinaryIO | None = None
        self._kept = True
        self._next: dict[Path, float] = {}  # when each file may be written again

    def begin(self, resume: bool = False) -> None:
        """Start the training, from what there is or, unless it is resumed, anew. While another process does the same
        training, this one keeps nothing.

        Raises:
            AlreadyRunning: another process does the training that is to be resumed.
        """
        prune()
        if resume and not self.directory.exists():
            self._log(
                "The digits or the versions of the libraries are not those of before, so the training starts anew."
            )
        self.directory.mkdir(parents=True, exist_ok=True)
        path, sentence = self.directory / LOCK, f"Another process does the same training, in {self.directory}."
        try:
            self._lock = path.open("ab")
            lock(self._lock, path, sentence)
        except (AlreadyRunning, FileNotFoundError):  # it is being done, or was done this moment
            self.close()
            if resume:
                raise AlreadyRunning(sentence) from None
            self._kept = False
            self._log(f"{sentence} So this one keeps nothing that could be resumed until it is done.")
            return
        if not resume:
            for path in self.directory.glob("*.npz"):
                path.unlink()
        write_file(self.directory / ORDER, json.dumps(self._order.as_json()))

    def close(self) -> None:
        """Leave the training to whoever resumes it."""
        if self._lock:
            self._lock.close()
            self._lock = None

    def delete(self) -> None:
        """The training is done: nothing of it need be kept here."""
        if self._kept:
            shutil.rmtree(self.directory, ignore_errors=True)
        self.close()

    def save(self, fold: int | None, state: State, curves: Curves, last: bool) -> None:
        """Keep where the training of a network is, unless that would take too much time.

        Args:
            fold: the network's, from 1; None for the final network.
            state: after the latest epoch.
            curves: up to that epoch.
            last: whether it was its last epoch, which is always written.
        """
        path, started = self._path(fold), time.monotonic()
        if not self._kept or (started < self._next.get(path, 0) and not last):
            return
        arrays = {f"weights_{i}": array for i, array in enumerate(state.weights)}
        arrays |= {f"biases_{i}": array for i, array in enumerate(state.biases)}
        arrays |= {f"total_{i}": array for i, array in enumerate(state.total)}
        if state.scaler is not None:
            arrays |= {"mean": state.scaler.mean_, "scale": state.scaler.scale_}
        rest = {"key": self._key, "epoch": state.epoch, "loss": state.loss, "curves": asdict(curves)}
        rest |= {"shuffle_rng": state.shuffle_rng, "data_rng": state.data_rng}
        arrays["rest"] = np.array(json.dumps(rest, default=np.ndarray.tolist))
        with atomic_path(path) as temporary:
            write_arrays(temporary, arrays, compressed=False)
        now = time.monotonic()
        self._next[path] = now + (now - started) / SHARE_OF_TIME

    def load(self, fold: int | None) -> tuple[State, Curves] | None:
        """Where the training of a network was when it was last kept; None if it has to start from the beginning."""
        path = self._path(fold)
        if not self._kept:
            return None
        try:
            file = read_arrays(path, MOST_BYTES)
            rest = json.loads(str(file["rest"]))
            if rest["key"] != self._key:
                raise ValueError("it is of another training")
            weights, biases, total = (
                [file[f"{kind}_{i}"] for i in range(sum(name.startswith(kind) for name in file))]
                for kind in ("weights", "biases", "total")
            )
            scaler = make_scaler(file["mean"], file["scale"]) if "mean" in file else None
            state = State(
                rest["epoch"], rest["loss"], weights, biases, scaler, total, rest["shuffle_rng"], rest["data_rng"]
            )
            return state, Curves(**rest["curves"])
        except FileNotFoundError:
            return None
        except Exception as error:  # a damaged file fails in more ways than can be listed
            self._log(f"The checkpoint {path} cannot be used ({error}): this network is trained from the beginning.")
            return None

    def _path(self, fold: int | None) -> Path:
        return self.directory / (f"fold-{fold}.npz" if fold else "network.npz")
