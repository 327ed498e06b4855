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
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import sklearn

from mnistcore.data.datasets import Dataset
from mnistcore.home import atomic_path
from mnistcore.training.fitting import State, make_scaler
from mnistcore.training.recipes import Recipe
from mnistcore.training.unfinished import ORDER, prune, unfinished_directory

SHARE_OF_TIME = 0.02  # that writing may take of a training: where epochs are short, not each of them is written


@dataclass
class Curves:
    """What the training of one network has measured so far, one number an epoch.

    Attributes:
        losses: mean training loss.
        training_accuracies: on some of the rows trained on, 0-1; empty in the folds.
        accuracies: on the rows held out, 0-1; empty if there are none.
    """

    losses: list[float] = field(default_factory=list)
    training_accuracies: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)

    def until(self, epoch: int) -> Curves:
        """What had been measured after that epoch, from 1."""
        return Curves(self.losses[:epoch], self.training_accuracies[:epoch], self.accuracies[:epoch])


class Checkpoints:
    """The checkpoints of one training."""

    def __init__(
        self,
        recipe: Recipe,
        dataset: Dataset,
        seed: int,
        owner: str | None = None,
        log: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Args:
        recipe: what is trained,
        dataset: on which digits,
        seed: and with which random choices.
        owner: who trains; the trainings of different owners have nothing to do with each other.
        log: called with one sentence for each checkpoint that cannot be used.
        """
        pens = dataset.hands and dataset.hands.sha256
        facts = [asdict(recipe), seed, dataset.sha256, len(dataset.images), pens, np.__version__, sklearn.__version__]
        facts.append(owner)
        self._key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
        self._owner, self._log = owner, log
        self.directory = unfinished_directory() / self._key
        self._next: dict[Path, float] = {}  # when each file may be written again

    def begin(self, order: dict, resume: bool = False) -> None:
        """Start the training.

        Args:
            order: plain JSON that says how to start it again.
            resume: whether to go on from what there is, rather than anew.
        """
        prune()
        if not resume:
            self.delete()
        elif not self.directory.exists():
            self._log(
                "The digits or the versions of the libraries are not those of before, so the training starts anew."
            )
        with atomic_path(self.directory / ORDER) as temporary:
            temporary.write_text(json.dumps({"owner": self._owner, "order": order}), encoding="utf-8")

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
        rest |= {"shuffling": state.shuffling, "making": state.making}
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
                rest["epoch"], rest["loss"], weights, biases, scaler, total, rest["shuffling"], rest["making"]
            )
            return state, Curves(**rest["curves"])
        except FileNotFoundError:
            return None
        except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
            self._log(f"The checkpoint {path} cannot be used ({error}): this network is trained from the beginning.")
            return None

    def _path(self, fold: int | None) -> Path:
        return self.directory / (f"fold-{fold}.npz" if fold else "network.npz")
