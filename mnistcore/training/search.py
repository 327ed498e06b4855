"""Search for a recipe by successive halving: many candidates are trained for few epochs, and in each further round the
best third of them for three times as many (Jamieson & Talwalkar 2016, "Non-stochastic best arm identification and
hyperparameter optimization").

Each score goes to the disk as soon as it is there, and every choice follows from the scores and the seed. So a search
that was interrupted goes on by itself: it takes the same steps again, and trains only what has no score yet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from statistics import mean
from typing import TYPE_CHECKING

import joblib
import numpy as np
import sklearn

from mnistcore.errors import BadSearch
from mnistcore.training.epoch_data import epoch_data
from mnistcore.training.folds import check_digits, train_network
from mnistcore.training.parallel import results_of
from mnistcore.training.recipes import Recipe, recipe_to_json, shortened
from mnistcore.training.searches import Round, Search, Settings, Trial, path_of

if TYPE_CHECKING:
    from mnistcore.data.datasets import Dataset

SPACE: dict[str, list] = {
    # one to three layers, each half as wide as the one before
    "hidden_layers": [tuple(width >> i for i in range(n)) for n in (1, 2, 3) for width in (128, 256, 512)],
    "learning_rate": [0.0002, 0.0005, 0.001, 0.002, 0.005],  # around Adam's default
    "weight_decay": [0.00001, 0.0001, 0.001, 0.01],  # around scikit-learn's default
    "distortion": [0.0, 0.5, 1.0, 1.5],  # around that of robust
}
FACTOR = 3  # of how many candidates one comes into the next round, and by how much its epochs grow
FOLDS = 3  # each candidate is trained this many times, each time measured on another third of the rows
MOST = 500  # candidates, of the 720 that there are


@dataclass(frozen=True)
class SearchProgress:
    """Where a search is.

    Attributes:
        round: from 1, of `rounds`.
        rounds: how many there are.
        candidates: how many are in this round.
        epochs: that each of them is trained for.
        share: of the search that is done, by epochs, 0-1.
        accuracy: of the latest training, 0-1; None at the start of a round.
    """

    round: int
    rounds: int
    candidates: int
    epochs: int
    share: float
    accuracy: float | None


def search(
    base: Recipe,
    dataset: Dataset,
    candidates: int,
    name: str,
    seed: int = 0,
    on_progress: Callable[[SearchProgress], None] = lambda _: None,
) -> Search:
    """Find a recipe, and keep the search under its name after each training; resume it if it was interrupted.

    The trainings run on all cores, one thread each, or on a cluster (`bulk/cluster.py`): they return their scores to
    this process, which alone writes the file.

    Args:
        base: has the settings that are not searched for, and the epochs of the last round, at most.
        dataset: its training rows are used, its test rows are not.
        candidates: how many are drawn, 1 to 500.
        name: of the search.
        seed: of the drawing, the folds and the trainings: the same seed finds the same recipe, interrupted or not.
        on_progress: called after each training, and when a round begins.

    Raises:
        BadSearch: the search that is kept under this name is damaged or of other settings, the name is unusable, or
            the candidates are too many.
        DataUnavailable: a digit is missing, or there are too few.
    """
    found = _begin(base, dataset, candidates, name, seed)
    still_in = draw_candidates(candidates, seed)
    for round_ in found.rounds:
        trials = [Trial(settings, round_.epochs, fold) for settings in still_in for fold in range(1, FOLDS + 1)]
        missing = [trial for trial in trials if trial not in found.scores]
        if missing:
            on_progress(_progress(found, missing[0], None))
        trainings = (joblib.delayed(_train)(base, dataset, seed, trial) for trial in missing)
        with results_of(trainings, in_order=False) as results:
            for trial, accuracy in results:
                found.scores[trial] = accuracy
                found.save()
                on_progress(_progress(found, trial, accuracy))
        still_in = _best_third(still_in, round_, found.scores)
    found.best = still_in[0]
    found.save()
    return found


def draw_candidates(number: int, seed: int) -> list[Settings]:
    """So many different settings of SPACE."""
    every = [Settings(*values) for values in product(*SPACE.values())]
    return [every[i] for i in np.random.default_rng(seed).choice(len(every), number, replace=False)]


def plan_rounds(candidates: int, epochs: int) -> list[Round]:
    """The rounds until one candidate is left, the last of which has as many of these epochs as there can be, like
    scikit-learn's `HalvingRandomSearchCV` with `min_resources="exhaust"`. If the epochs are too few, more are left."""
    halvings = 0
    while FACTOR ** (halvings + 1) <= candidates:
        halvings += 1
    rounds = [Round(candidates, max(1, epochs // FACTOR**halvings))]
    while len(rounds) <= halvings and rounds[-1].epochs * FACTOR <= epochs:
        rounds.append(Round(-(-rounds[-1].candidates // FACTOR), rounds[-1].epochs * FACTOR))
    return rounds


def _best_third(candidates: list[Settings], round_: Round, scores: dict[Trial, float]) -> list[Settings]:
    """Those with the highest mean accuracy over the folds of this round, the best first."""

    def accuracy(settings: Settings) -> float:
        return mean(scores[Trial(settings, round_.epochs, fold)] for fold in range(1, FOLDS + 1))

    return sorted(candidates, key=accuracy, reverse=True)[: -(-len(candidates) // FACTOR)]


def _begin(base: Recipe, dataset: Dataset, candidates: int, name: str, seed: int) -> Search:
    """The search that is kept under this name, or a new one."""
    if not 1 <= candidates <= MOST:
        raise BadSearch(f"A search has 1 to {MOST} candidates, not {candidates}.")
    check_digits(replace(base, folds=FOLDS), dataset)
    facts = {
        "recipe": recipe_to_json(base),
        "candidates": candidates,
        "seed": seed,
        "folds": FOLDS,
        "factor": FACTOR,
        "space": SPACE | {"hidden_layers": [list(units) for units in SPACE["hidden_layers"]]},
        "sha256": dataset.sha256,
        **({"hands_sha256": dataset.hands.sha256} if dataset.hands else {}),
        "rows": len(dataset.images),
        "versions": {"numpy": np.__version__, "scikit-learn": sklearn.__version__},
    }
    found = Search.load(name) if path_of(name).exists() else Search(name, facts, dataset.source, [])
    if found.facts != facts:
        raise BadSearch(
            f"The search {name!r} is of other digits, settings or versions of the libraries: give this one another "
            f"name, or delete {path_of(name)}."
        )
    found.rounds = plan_rounds(candidates, base.epochs)
    found.save()
    return found


def _train(base: Recipe, dataset: Dataset, seed: int, trial: Trial) -> tuple[Trial, float]:
    """The trial, and its accuracy on the rows that its fold holds out, 0-1."""
    recipe = shortened(trial.settings.recipe(base, base.name), trial.epochs)  # its whole schedule within these epochs
    network = train_network(replace(recipe, folds=FOLDS, fold_epochs=0), dataset, epoch_data, seed, trial.fold)
    return trial, network.curves.accuracies[-1]


def _progress(found: Search, trial: Trial, accuracy: float | None) -> SearchProgress:
    epochs = [round_.epochs for round_ in found.rounds]
    done = sum(trial.epochs for trial in found.scores)
    total = FOLDS * sum(round_.candidates * round_.epochs for round_ in found.rounds)
    number = epochs.index(trial.epochs)
    return SearchProgress(number + 1, len(epochs), *found.rounds[number], done / total, accuracy)
