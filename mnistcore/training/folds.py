"""The networks of a training, one for each fold of the cross-validation and the final one, several at a time.

They are trained in threads, which report and keep every epoch, unless joblib's backend is set to other processes, as
`bulk/cluster.py` does. No callback and no file can follow a network there: what is kept of it goes with its task, and
it is reported and kept when it is done.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import joblib
import numpy as np
from joblib.parallel import get_active_backend
from sklearn.model_selection import StratifiedKFold

from mnistcore.digit.form import DIGITS
from mnistcore.digit.model import Model
from mnistcore.errors import DataUnavailable
from mnistcore.evaluation.metrics import accuracy
from mnistcore.training.fitting import State, fit_from, one_thread
from mnistcore.training.parallel import results_of
from mnistcore.training.recipes import Recipe, shortened

if TYPE_CHECKING:
    from mnistcore.data.datasets import Dataset
    from mnistcore.training.checkpoints import Checkpoints
    from mnistcore.training.epoch_data import EpochData

TRAINING_SAMPLE = 2_000  # rows that the training accuracy is measured on: all would take as long as the epoch
FOLD_SAMPLE = 3_000  # held-out rows that a fold is measured on until its last epoch: all would take a tenth of its time


def check_digits(recipe: Recipe, dataset: Dataset) -> None:
    """Raise DataUnavailable if a recipe cannot be trained on these digits."""
    if recipe.needs_hands and dataset.hands is None:
        raise DataUnavailable(
            f"The recipe {recipe.name} learns from what people wrote with a pen: give it with --hands; docs/data.md "
            "says where it can be had."
        )
    least = max(recipe.folds, 2)
    counts = np.bincount(dataset.labels, minlength=DIGITS)
    if counts.min() < least:
        raise DataUnavailable(
            f"Each digit must be there at least {least} times to be trained on; the {counts.argmin()} is there "
            f"{counts.min()} times."
        )


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


@dataclass(frozen=True)
class TrainedNetwork:
    """A network of a training.

    Attributes:
        fold: its fold, from 1; None for the final network.
        model: the network as it is after its last epoch.
        state: the same with all that a further epoch would need.
        curves: what was measured after each epoch.
        seconds: how long its training took, since it was begun or resumed.
    """

    fold: int | None
    model: Model
    state: State
    curves: Curves
    seconds: float


# Called with the fold, the network and its curves after each epoch; if it is resumed, also before the first, with True.
OnEpoch = Callable[[int | None, Model, Curves, bool], None]

# `epoch_data`: the training set of each epoch. It is handed in, so that fitting knows nothing of how digits are made.
MakeEpochs = Callable[..., "Iterator[EpochData]"]


def train_networks(
    recipe: Recipe,
    dataset: Dataset,
    make_epochs: MakeEpochs,
    seed: int,
    on_epoch: OnEpoch,
    checkpoints: Checkpoints | None = None,
    n_jobs: int | None = None,
) -> list[TrainedNetwork]:
    """Train the network of each fold, then the final one. They do not depend on where, or how many at a time.

    Args:
        recipe: the settings.
        dataset: the digits.
        make_epochs: the training set of each epoch.
        seed: of every random choice.
        on_epoch: called after each epoch of each network, by one thread at a time; for a network of another process
            when it is done, with the finished network for all of its epochs.
        checkpoints: where to keep what is done, and to go on from.
        n_jobs: how many networks are trained at a time here; None takes one a core, or one for two cores if the recipe
            makes new data in every epoch, which keeps a second core busy.
    """
    folds = [*range(1, recipe.folds + 1), None]
    if not getattr(get_active_backend(prefer="threads")[0], "supports_sharedmem", False):  # joblib asks so too
        return _in_other_processes(recipe, dataset, make_epochs, seed, folds, on_epoch, checkpoints)
    if n_jobs is None:
        n_jobs = max(1, joblib.cpu_count() // (2 if recipe.augments else 1))
    return _in_threads(recipe, dataset, make_epochs, seed, folds, on_epoch, checkpoints, n_jobs)


def _in_threads(
    recipe: Recipe,
    dataset: Dataset,
    make_epochs: MakeEpochs,
    seed: int,
    folds: list[int | None],
    on_epoch: OnEpoch,
    checkpoints: Checkpoints | None,
    n_jobs: int,
) -> list[TrainedNetwork]:
    """Threads share the digits, and NumPy lets go of Python's lock while it computes: on two cores processes were no
    faster."""
    lock = threading.Lock()
    interrupted = threading.Event()

    def one_at_a_time(fold: int | None, model: Model, curves: Curves, resumed: bool) -> None:
        with lock:
            if interrupted.is_set():
                raise RuntimeError("The training was interrupted.")  # in a thread that nobody waits for any more
            on_epoch(fold, model, curves, resumed)

    try:
        return joblib.Parallel(min(n_jobs, len(folds)), prefer="threads")(
            joblib.delayed(train_network)(recipe, dataset, make_epochs, seed, fold, one_at_a_time, checkpoints)
            for fold in folds
        )
    except BaseException:
        with lock:  # nobody is just writing to a terminal that the process may be about to leave
            interrupted.set()  # joblib leaves running threads alone: they end with their epoch
        raise


def _in_other_processes(
    recipe: Recipe,
    dataset: Dataset,
    make_epochs: MakeEpochs,
    seed: int,
    folds: list[int | None],
    on_epoch: OnEpoch,
    checkpoints: Checkpoints | None,
) -> list[TrainedNetwork]:
    """Each network is a task. If its process dies, it is trained again from where the task began."""
    kept = {fold: (checkpoints.load(fold) if checkpoints else None) for fold in folds}
    resumed = {fold: found[0].epoch if found else 0 for fold, found in kept.items()}
    tasks = (joblib.delayed(train_network)(recipe, dataset, make_epochs, seed, fold, kept=kept[fold]) for fold in folds)
    done = {}
    with results_of(tasks, in_order=False) as networks:
        for network in networks:
            fold, curves = network.fold, network.curves
            if checkpoints:
                checkpoints.save(fold, network.state, curves, last=True)
            for epoch in range(resumed[fold] or 1, len(curves.losses) + 1):
                on_epoch(fold, network.model, curves.until(epoch), epoch == resumed[fold])
            done[fold] = network
    return [done[fold] for fold in folds]


@one_thread
def train_network(
    recipe: Recipe,
    dataset: Dataset,
    make_epochs: MakeEpochs,
    seed: int,
    fold: int | None,
    on_epoch: OnEpoch = lambda *_: None,
    checkpoints: Checkpoints | None = None,
    kept: tuple[State, Curves] | None = None,
) -> TrainedNetwork:
    """Train one network and measure it after every epoch; as `train_networks`, which calls it.

    Args:
        fold: from 1; None for the final network.
        kept: where its training was when it was interrupted; None asks the checkpoints.
    """
    started = time.perf_counter()
    rows, held_out = rows_of(recipe, dataset, seed, fold)
    if fold and recipe.fold_epochs:
        recipe = shortened(recipe, recipe.fold_epochs)
    sample = rows[:: -(-len(rows) // TRAINING_SAMPLE)]  # spread over the writers, who follow one another
    few = held_out[:: -(-len(held_out) // FOLD_SAMPLE)] if fold else held_out
    begun, curves = kept or (checkpoints and checkpoints.load(fold)) or (None, Curves())
    done, data_rng = (begun.epoch, begun.data_rng) if begun else (0, None)
    if state := begun:
        on_epoch(fold, model := state.model(recipe), curves, True)
    epochs = make_epochs(recipe, dataset.images[rows], dataset.labels[rows], dataset.hands, seed, done, data_rng)
    for state in fit_from(begun, recipe, epochs, seed):
        model = state.model(recipe)
        last = state.epoch == recipe.epochs
        curves.losses.append(state.loss)
        if not fold:
            curves.training_accuracies.append(_accuracy(model, dataset, sample))
        if len(held_out):
            curves.accuracies.append(_accuracy(model, dataset, held_out if last else few))
        if checkpoints:
            checkpoints.save(fold, state, curves, last)
        on_epoch(fold, model, curves, False)
    assert state
    return TrainedNetwork(fold, model, state, curves, time.perf_counter() - started)


def rows_of(recipe: Recipe, dataset: Dataset, seed: int, fold: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Row indices to train a network on, and to hold out.

    Each fold holds out another part, with each digit in equal shares. The final network is validated and calibrated on
    the rows that are held out from it: the last of each digit, for MNIST's writers follow one another, and one writer's
    digits on both sides would flatter it.
    """
    if fold:
        splitter = StratifiedKFold(recipe.folds, shuffle=True, random_state=seed)
        return list(splitter.split(dataset.images, dataset.labels))[fold - 1]
    of_each = [np.flatnonzero(dataset.labels == digit) for digit in range(DIGITS)]
    held_out = np.concatenate([rows[len(rows) - round(recipe.validation_fraction * len(rows)) :] for rows in of_each])
    return np.setdiff1d(np.arange(len(dataset.labels)), held_out), np.sort(held_out)


def _accuracy(model: Model, dataset: Dataset, rows: np.ndarray) -> float:
    """On these rows, a thousand at a time, which takes little memory and stays in the processor's cache."""
    batches = np.split(rows, range(1000, len(rows), 1000))
    return accuracy(dataset.labels[rows], np.concatenate([model.predict(dataset.images[some]) for some in batches]))
