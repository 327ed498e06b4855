"""A recipe and a dataset -> a trained Model and a Report of what was measured, telling its progress as it goes.

1. cross-validate   how good networks of this recipe are on rows that they have not seen, fold by fold
2. fit              the network itself
3. calibrate        on rows set aside, if the recipe sets some aside
4. test             on rows that nothing before has seen
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import numpy as np
import scipy
import sklearn
from sklearn.model_selection import StratifiedKFold

from mnistcore import pen
from mnistcore.calibration import calibrated, least_sure
from mnistcore.datasets import Dataset
from mnistcore.fitting import fit
from mnistcore.model import Model
from mnistcore.recipes import Recipe
from mnistcore.report import Report, confusion_matrix, list_misread


@dataclass(frozen=True)
class Progress:
    """One epoch is done.

    Attributes:
        fold: which of `folds` is being trained, from 1; None while the final network is.
        epoch: of `epochs`, from 1.
        loss: mean training loss of this epoch.
        accuracy: on the rows held out, 0-1; None if there are none.
        share: of the whole training that is done, 0-1.
    """

    fold: int | None
    folds: int
    epoch: int
    epochs: int
    loss: float
    accuracy: float | None
    share: float


def train(
    recipe: Recipe,
    dataset: Dataset,
    seed: int = 0,
    name: str | None = None,
    tell: Callable[[Progress], None] = lambda _: None,
) -> tuple[Model, Report]:
    """Cross-validate the recipe, train on all training rows, and test on rows that nothing has seen.

    Args:
        recipe: the settings.
        dataset: the digits.
        seed: 0 to 2**32 - 1, of every random choice; the same seed, data and versions give the same model.
        name: of the model; by default the recipe's name and the time.
        tell: called after every epoch.

    Returns:
        The model, and the report of the run.
    """
    started = time.perf_counter()
    now = datetime.now(UTC)

    def learn(seen: np.ndarray, held_out: np.ndarray, fold: int | None) -> tuple[Model, list[float], list[float]]:
        """Train on some rows and follow it on others: the model, the losses, and the accuracies if there are any."""
        losses, accuracies = [], []
        before = recipe.epochs * (recipe.folds if fold is None else fold - 1)
        unseen, answers = dataset.images[held_out], dataset.labels[held_out]
        for model, loss in fit(recipe, dataset.images[seen], dataset.labels[seen], seed):
            losses.append(loss)
            if len(held_out):
                accuracies.append(accuracy(model, unseen, answers))
            epoch, share = len(losses), (before + len(losses)) / (recipe.epochs * (recipe.folds + 1))
            latest = accuracies[-1] if accuracies else None
            tell(Progress(fold, recipe.folds, epoch, recipe.epochs, loss, latest, share))
        return model, losses, accuracies

    fold_curves = [learn(*rows, fold)[2] for fold, rows in enumerate(_folds(recipe, dataset, seed), start=1)]
    validated = time.perf_counter()

    kept, set_aside = _set_aside(recipe, dataset, seed)
    model, losses, validation_curve = learn(kept, set_aside, None)
    certainty = {}
    if len(set_aside):
        images, labels = _never_learnt(recipe, dataset.images[set_aside], dataset.labels[set_aside], seed)
        model = calibrated(model, images, labels)
        certainty["unsure_below"] = round(least_sure(model, images), 3)
    fitted = time.perf_counter()

    probabilities = model.predict_proba(dataset.test_images)
    predictions = probabilities.argmax(axis=1)
    report = Report(
        name=name or f"{recipe.name}-{now:%Y%m%d-%H%M%S}",
        recipe=asdict(recipe) | {"hidden_layers": list(recipe.hidden_layers)},  # as JSON has it
        seed=seed,
        data={
            "source": dataset.source,
            "sha256": dataset.sha256,
            "training_rows": len(kept),
            "set_aside_rows": len(set_aside),
            "test_rows": len(dataset.test_images),
        },
        versions={
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
        },
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds={
            "cross_validation": round(validated - started, 1),
            "fit": round(fitted - validated, 1),
            "total": round(time.perf_counter() - started, 1),
        },
        cv_scores=[curve[-1] for curve in fold_curves],
        loss_curve=losses,
        validation_curve=np.mean(fold_curves, axis=0).tolist() if fold_curves else validation_curve,
        test_accuracy=float(np.mean(predictions == dataset.test_labels)),
        confusion=confusion_matrix(dataset.test_labels, predictions).tolist(),
        misread=list_misread(dataset.test_images, dataset.test_labels, probabilities),
    )
    return Model(model.weights, model.biases, _card(report) | certainty), report


def accuracy(model: Model, images: np.ndarray, labels: np.ndarray) -> float:
    """The share, 0-1, of the images (n, 28, 28) that the model reads as their labels (n,) say."""
    return float(np.mean(model.predict(images) == labels))


def _folds(recipe: Recipe, dataset: Dataset, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Row indices to train on and to hold out, fold by fold, each digit in equal shares."""
    if recipe.folds:
        splitter = StratifiedKFold(recipe.folds, shuffle=True, random_state=seed)
        yield from splitter.split(dataset.images, dataset.labels)


def _set_aside(recipe: Recipe, dataset: Dataset, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Row indices for the final network to learn from, and to be followed and calibrated on."""
    rows = np.random.default_rng(seed).permutation(len(dataset.images))
    count = round(recipe.set_aside * len(rows))
    return np.sort(rows[count:]), np.sort(rows[:count])


def _never_learnt(recipe: Recipe, images: np.ndarray, labels: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The digits to calibrate on: those set aside and, if the network learnt from the pen, as many new pen digits."""
    if not recipe.pen_digits:
        return images, labels
    rng = np.random.default_rng([seed, 1])  # another stream than that of the lessons
    digits = rng.integers(0, 10, len(labels))
    return np.concatenate([images, pen.write(digits, rng)]), np.concatenate([labels, digits])


def _card(report: Report) -> dict:
    """What a model says of itself wherever it goes: the short form of its report."""
    return {
        "name": report.name,
        "recipe": report.recipe,
        "seed": report.seed,
        "data": report.data,
        "versions": report.versions,
        "finished": report.finished,
        "figures": {
            "cv_mean": round(report.cv_mean, 5) if report.cv_scores else None,
            "cv_spread": round(report.cv_spread, 5) if report.cv_scores else None,
            "test_accuracy": report.test_accuracy,
        },
    }
