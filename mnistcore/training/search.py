"""Search for a recipe by successive halving: many candidates are trained for few epochs, and in each further round the
best third of them for three times as many (Jamieson & Talwalkar 2016, "Non-stochastic best arm identification and
hyperparameter optimization").

scikit-learn decides which candidates there are and which of them come into the next round. It is asked anew whenever a
round is done, and given the scores of all trainings so far; what it then wants to know, and is not there, is trained
next. So a search that was interrupted goes on by itself: its scores are on the disk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import joblib
import numpy as np
import sklearn
from sklearn.base import BaseEstimator
from sklearn.experimental import enable_halving_search_cv  # noqa: F401  the halving is marked so, and changes rarely
from sklearn.model_selection import HalvingRandomSearchCV, LeaveOneOut

from mnistcore.data.datasets import Dataset
from mnistcore.errors import BadSearch
from mnistcore.parallel import results_of
from mnistcore.training.folds import train_network
from mnistcore.training.recipes import Recipe, recipe_to_json, shortened
from mnistcore.training.searches import Round, Search, Settings, Trial, path_of

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


class Candidate(BaseEstimator):
    """What scikit-learn draws and halves: settings and epochs. It is trained elsewhere, so `fit` does nothing."""

    def __init__(
        self,
        hidden_layers: tuple[int, ...] = (128,),
        learning_rate: float = 0.001,
        weight_decay: float = 0.0001,
        distortion: float = 0.0,
        epochs: int = 1,
    ) -> None:
        self.hidden_layers = hidden_layers
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.distortion = distortion
        self.epochs = epochs

    def fit(self, *_: object) -> Candidate:
        """Do nothing: its score is asked for elsewhere."""
        return self

    def trial(self, fold: int) -> Trial:
        """Its training that holds out this fold."""
        settings = {name: getattr(self, name) for name in Settings._fields}
        return Trial(Settings(**settings), self.epochs, fold)


def search(
    base: Recipe,
    dataset: Dataset,
    candidates: int,
    name: str,
    seed: int = 0,
    on_progress: Callable[[SearchProgress], None] = lambda _: None,
) -> Search:
    """Find a recipe, and keep the search under its name after each training; go on with it if it was interrupted.

    The trainings run on all cores, one thread each, or on a cluster (`mnistcore.cluster`): they return their scores to
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
    """
    found = _begin(base, dataset, candidates, name, seed)
    while True:
        halving, missing = _ask(found, base.epochs, seed)
        if not missing:
            break
        on_progress(_progress(found, missing[0], None))
        trainings = (joblib.delayed(_train)(base, dataset, seed, trial) for trial in missing)
        with results_of(trainings, in_order=False) as results:
            for trial, accuracy in results:
                found.scores[trial] = accuracy
                found.save()
                on_progress(_progress(found, trial, accuracy))
    found.best = Candidate(**halving.best_params_).trial(1).settings
    found.save()
    return found


def _begin(base: Recipe, dataset: Dataset, candidates: int, name: str, seed: int) -> Search:
    """The search that is kept under this name, or a new one."""
    if not 1 <= candidates <= MOST:
        raise BadSearch(f"A search has 1 to {MOST} candidates, not {candidates}.")
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
    halving, _ = _ask(found, base.epochs, seed)
    found.rounds = [Round(*sizes) for sizes in zip(halving.n_candidates_, halving.n_resources_, strict=True)]
    found.save()
    return found


def _ask(found: Search, epochs: int, seed: int) -> tuple[HalvingRandomSearchCV, list[Trial]]:
    """Let scikit-learn search with the scores there are; and the trainings of the first round whose scores it lacks.

    The rows that it divides into folds are the folds' numbers: each split is measured on one of them.
    """
    missing: list[Trial] = []

    def score(candidate: Candidate, fold: np.ndarray, _: None = None) -> float:
        trial = candidate.trial(int(fold[0, 0]))
        if trial not in found.scores:
            missing.append(trial)
        return found.scores.get(trial, 0.0)

    halving = HalvingRandomSearchCV(
        Candidate(),
        SPACE,
        n_candidates=found.facts["candidates"],
        factor=FACTOR,
        resource="epochs",
        min_resources="exhaust",
        max_resources=epochs,
        cv=LeaveOneOut(),
        scoring=score,
        refit=False,
        return_train_score=False,
        error_score="raise",
        random_state=seed,
    )
    with joblib.parallel_config("sequential"):  # nothing is trained here, so nothing need go to other processes
        halving.fit(np.arange(1, FOLDS + 1)[:, np.newaxis])
    # who comes into a later round is not known before this one is done
    return halving, [trial for trial in missing if trial.epochs == missing[0].epochs]


def _train(base: Recipe, dataset: Dataset, seed: int, trial: Trial) -> tuple[Trial, float]:
    """The trial, and its accuracy on the rows that its fold holds out, 0-1."""
    recipe = shortened(trial.settings.recipe(base, base.name), trial.epochs)  # its whole schedule within these epochs
    network = train_network(replace(recipe, folds=FOLDS, fold_epochs=0), dataset, seed, trial.fold)
    return trial, network.curves.accuracies[-1]


def _progress(found: Search, trial: Trial, accuracy: float | None) -> SearchProgress:
    epochs = [round_.epochs for round_ in found.rounds]
    done = sum(trial.epochs for trial in found.scores)
    total = FOLDS * sum(round_.candidates * round_.epochs for round_ in found.rounds)
    number = epochs.index(trial.epochs)
    return SearchProgress(number + 1, len(epochs), *found.rounds[number], done / total, accuracy)
