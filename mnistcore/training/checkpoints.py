"""Trainings that are under way, kept on the disk, so that one that was interrupted goes on from its last epoch.

Each has a directory of its own under `MNISTCORE_HOME`, which goes when the training is done:

    unfinished/5f0c9d2e81b7a634/order.json    what was to be trained, by whom
                                fold-1.npz    where the training of each network is: `State` and curves
                                network.npz   of the final one

Its name is taken from the recipe, the seed, the digits and the versions of the libraries: whatever differs is another
training. Nothing is unpickled.
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
from mnistcore.home import atomic_path, home
from mnistcore.training.fitting import Scaler, State
from mnistcore.training.recipes import Recipe

DAYS = 30  # that an unfinished training is kept
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
        facts = [asdict(recipe), seed, dataset.sha256, len(dataset.images), np.__version__, sklearn.__version__, owner]
        self._key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
        self._owner, self._log = owner, log
        self.directory = _root() / self._key
        self._next: dict[Path, float] = {}  # when each file may be written again

    def begin(self, order: dict) -> None:
        """Start anew, with this order, plain JSON that says how to start the training again."""
        self.delete()
        with atomic_path(self.directory / "order.json") as temporary:
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
        if state.scaler:
            arrays |= {"mean": state.scaler.mean, "spread": state.scaler.spread}
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
                scaler = Scaler(file["mean"], file["spread"]) if "mean" in file.files else None
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


def latest_order(owner: str | None = None, log: Callable[[str], None] = lambda _: None) -> dict | None:
    """The order of the owner's unfinished training that was under way last; None if there is none.

    Args:
        owner: who trains.
        log: called with one sentence for each that is damaged.
    """
    for directory in sorted(_root().glob("[!.]*"), key=_last_written, reverse=True):
        try:
            kept = json.loads((directory / "order.json").read_text(encoding="utf-8"))
            if kept["owner"] == owner:
                return dict(kept["order"])
        except FileNotFoundError:  # deleted meanwhile
            continue
        except (OSError, ValueError, TypeError, KeyError) as error:
            log(f"The unfinished training in {directory} cannot be used ({type(error).__name__}): it is passed over.")
    return None


def forget(owner: str) -> None:
    """Delete the owner's unfinished trainings, and everybody's that nobody has gone on with for `DAYS`."""
    oldest = time.time() - 24 * 3600 * DAYS
    for directory in _root().glob("[!.]*"):
        try:
            is_owners = json.loads((directory / "order.json").read_text(encoding="utf-8"))["owner"] == owner
        except (OSError, ValueError, TypeError, KeyError):
            is_owners = False
        if is_owners or _last_written(directory) < oldest:
            shutil.rmtree(directory, ignore_errors=True)


def _root() -> Path:
    return home() / "unfinished"


def _last_written(directory: Path) -> float:
    """When something in it was last written, in seconds since 1970; 0 if it was deleted meanwhile."""
    try:
        return max(path.stat().st_mtime for path in (directory, *directory.iterdir()))
    except OSError:
        return 0.0
