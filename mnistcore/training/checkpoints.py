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
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import sklearn

from mnistcore.home import atomic_path, write_file
from mnistcore.training.fitting import State, make_scaler
from mnistcore.training.folds import Curves
from mnistcore.training.unfinished import ORDER, prune, unfinished_directory

if TYPE_CHECKING:
    from mnistcore.data.datasets import Dataset
    from mnistcore.training.order import Order

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
        self._next: dict[Path, float] = {}  # when each file may be written again

    def begin(self, resume: bool = False) -> None:
        """Start the training, from what there is or, unless it is resumed, anew."""
        prune()
        if not resume:
            self.delete()
        elif not self.directory.exists():
            self._log(
                "The digits or the versions of the libraries are not those of before, so the training starts anew."
            )
        write_file(self.directory / ORDER, json.dumps(self._order.as_json()))

    def delete(self) -> None:
        """The training is done: nothing of it need be kept here."""
        shutil.rmtree(self.directory, ignore_errors=True)

    def save(self, fold: int | None, state: State, curves: Curves, last: bool) -> None:
        """Keep where the training of a network is, unless that would take too much time.

        Args:
            fold: the network's, from 1; None for the final network.
            state: after the latest epoch.
            curves: up to that epoch.
            last: whether it was its last epoch, which is always written.
        """
        path, started = self._path(fold), time.monotonic()
        if started < self._next.get(path, 0) and not last:
            return
        arrays = {f"weights_{i}": array for i, array in enumerate(state.weights)}
        arrays |= {f"biases_{i}": array for i, array in enumerate(state.biases)}
        arrays |= {f"total_{i}": array for i, array in enumerate(state.total)}
        if state.scaler is not None:
            arrays |= {"mean": state.scaler.mean_, "scale": state.scaler.scale_}
        rest = {"key": self._key, "epoch": state.epoch, "loss": state.loss, "curves": asdict(curves)}
        rest |= {"shuffle_rng": state.shuffle_rng, "data_rng": state.data_rng}
        with atomic_path(path) as temporary:
            np.savez(
                temporary, allow_pickle=False, rest=np.array(json.dumps(rest, default=np.ndarray.tolist)), **arrays
            )
        now = time.monotonic()
        self._next[path] = now + (now - started) / SHARE_OF_TIME

    def load(self, fold: int | None) -> tuple[State, Curves] | None:
        """Where the training of a network was when it was last kept; None if it has to start from the beginning."""
        path = self._path(fold)
        try:
            with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                rest = json.loads(str(file["rest"]))
                if rest["key"] != self._key:
                    raise ValueError("it is of another training")
                weights, biases, total = (
                    [file[f"{kind}_{i}"] for i in range(sum(name.startswith(kind) for name in file.files))]
                    for kind in ("weights", "biases", "total")
                )
                scaler = make_scaler(file["mean"], file["scale"]) if "mean" in file.files else None
            state = State(
                rest["epoch"], rest["loss"], weights, biases, scaler, total, rest["shuffle_rng"], rest["data_rng"]
            )
            return state, Curves(**rest["curves"])
        except FileNotFoundError:
            return None
        except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
            self._log(f"The checkpoint {path} cannot be used ({error}): this network is trained from the beginning.")
            return None

    def _path(self, fold: int | None) -> Path:
        return self.directory / (f"fold-{fold}.npz" if fold else "network.npz")
