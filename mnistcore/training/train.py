"""A recipe and a dataset -> a trained Model and a Report of what was measured.

1. cross-validate   the accuracy of networks of this recipe on rows that they were not trained on, fold by fold
2. fit              the network itself
3. calibrate        on validation rows, if the recipe keeps some
4. evaluate         on the test rows, which nothing before has used
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

import numpy as np
import scipy
import sklearn
from sklearn.model_selection import StratifiedKFold

from mnistcore.data import non_digits, synthetic
from mnistcore.data.datasets import Dataset
from mnistcore.evaluation.evaluate import evaluate
from mnistcore.evaluation.metrics import accuracy
from mnistcore.evaluation.report import Report
from mnistcore.model import Model
from mnistcore.training.calibration import calibrated, digit_threshold, rejection_threshold
from mnistcore.training.fitting import fit
from mnistcore.training.recipes import Recipe, shortened

TRAINING_SAMPLE = 2_000  # rows that the training accuracy is measured on: all would take as long as the epoch


@dataclass(frozen=True)
class Progress:
    """One epoch is done.

    Attributes:
        fold: which of `folds` is being trained, from 1; None while the final network is.
        epoch: of `epochs`, from 1.
        loss: mean training loss of this epoch.
        training_accuracy: on some of the rows trained on, as they are in the dataset, 0-1; None in the folds.
        accuracy: on the rows held out, 0-1; None if there are none.
        share: of the whole training that is done, 0-1.
        model: the network as it is now.
    """

    fold: int | None
    folds: int
    epoch: int
    epochs: int
    loss: float
    training_accuracy: float | None
    accuracy: float | None
    share: float
    model: Model


def train(
    recipe: Recipe,
    dataset: Dataset,
    seed: int = 0,
    name: str | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> tuple[Model, Report]:
    """Cross-validate the recipe, train on all training rows, and evaluate on the test rows.

    Args:
        recipe: the settings.
        dataset: the digits.
        seed: 0 to 2**32 - 1, of every random choice; the same seed, data and versions give the same model.
        name: of the model; by default the recipe's name and the time.
        on_progress: called after every epoch.

    Returns:
        The model, and the report of the run.
    """
    started = time.perf_counter()
    now = datetime.now(UTC)

    fold_recipe = shortened(recipe, recipe.fold_epochs) if recipe.fold_epochs else recipe
    all_epochs = recipe.folds * fold_recipe.epochs + recipe.epochs

    def fit_and_validate(
        recipe: Recipe, rows: np.ndarray, held_out: np.ndarray, fold: int | None
    ) -> tuple[Model, list[float], list[float], list[float]]:
        """Train on some rows and validate on others: the model, and of each epoch the loss, the training accuracy but
        in the folds, and the accuracy if rows are held out."""
        losses, training_accuracies, accuracies = [], [], []
        before = fold_recipe.epochs * (recipe.folds if fold is None else fold - 1)
        images, labels = dataset.images[held_out], dataset.labels[held_out]
        sample = rows[:: -(-len(rows) // TRAINING_SAMPLE)]  # spread over the writers, who follow one another
        for model, loss in fit(recipe, dataset.images[rows], dataset.labels[rows], seed):
            losses.append(loss)
            if fold is None:
                training_accuracies.append(accuracy(dataset.labels[sample], model.predict(dataset.images[sample])))
            if len(held_out):
                accuracies.append(accuracy(labels, model.predict(images)))
            share = (before + len(losses)) / all_epochs
            known, new = (curve[-1] if curve else None for curve in (training_accuracies, accuracies))
            on_progress(Progress(fold, recipe.folds, len(losses), recipe.epochs, loss, known, new, share, model))
        return model, losses, training_accuracies, accuracies

    fold_curves = [
        fit_and_validate(fold_recipe, *rows, fold)[-1]
        for fold, rows in enumerate(_folds(recipe, dataset, seed), start=1)
    ]
    validated = time.perf_counter()

    training_rows, validation_rows = _split(recipe, dataset, seed)
    model, losses, training_curve, validation_curve = fit_and_validate(recipe, training_rows, validation_rows, None)
    thresholds: dict[str, float] = {}
    if len(validation_rows):
        model, thresholds = _calibrate(
            recipe, model, dataset.images[validation_rows], dataset.labels[validation_rows], seed
        )
    fitted = time.perf_counter()

    evaluation = evaluate(model, dataset.test_images, dataset.test_labels, dataset.source)
    report = Report(
        name=name or f"{recipe.name}-{now:%Y%m%d-%H%M%S}",
        recipe=asdict(recipe) | {"hidden_layers": list(recipe.hidden_layers)},  # as JSON has it
        seed=seed,
        data={
            "source": dataset.source,
            "sha256": dataset.sha256,
            "training_rows": len(training_rows),
            "validation_rows": len(validation_rows),
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
        validation_curve=validation_curve or (np.mean(fold_curves, axis=0).tolist() if fold_curves else []),
        evaluation=evaluation,
        training_curve=training_curve,
    )
    return replace(model, card=_card(report) | thresholds), report


def _folds(recipe: Recipe, dataset: Dataset, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Row indices to train on and to hold out, fold by fold, each digit in equal shares."""
    if recipe.folds:
        splitter = StratifiedKFold(recipe.folds, shuffle=True, random_state=seed)
        yield from splitter.split(dataset.images, dataset.labels)


def _split(recipe: Recipe, dataset: Dataset, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Row indices to train the final network on, and to validate and calibrate it on."""
    rows = np.random.default_rng(seed).permutation(len(dataset.images))
    count = round(recipe.validation_fraction * len(rows))
    return np.sort(rows[count:]), np.sort(rows[:count])


def _calibrate(
    recipe: Recipe, model: Model, images: np.ndarray, labels: np.ndarray, seed: int
) -> tuple[Model, dict[str, float]]:
    """Calibrate on the validation digits and, if the recipe adds them, on as many new synthetic digits and non-digits.

    Returns:
        The model, and its thresholds by their names in the card.
    """
    rng = np.random.default_rng([seed, 1])  # another stream than that of the epochs' data
    kinds = [images]
    if recipe.synthetic_digits:
        digits = rng.integers(0, 10, len(labels))
        kinds.append(synthetic.generate(digits, rng))
        labels = np.concatenate([labels, digits])
    others = None
    if recipe.non_digits:
        pool = non_digits.make_pool(len(labels) // 2, images, labels[: len(images)], rng)
        others = non_digits.generate(len(labels), pool, rng)
    every_digit = np.concatenate(kinds)
    model = calibrated(model, every_digit, labels, others)
    thresholds = {"rejection_threshold": round(rejection_threshold(model, every_digit), 3)}
    if others is not None:
        thresholds["digit_threshold"] = round(digit_threshold(model, *kinds), 4)
    return model, thresholds


def _card(report: Report) -> dict:
    """The short form of the report, which a model carries in its file: without times, so that a seed gives one file."""
    return {
        "name": report.name,
        "recipe": report.recipe,
        "seed": report.seed,
        "data": report.data,
        "versions": report.versions,
        "figures": {
            "cv_mean": round(report.cv_mean, 5) if report.cv_scores else None,
            "cv_spread": round(report.cv_spread, 5) if report.cv_scores else None,
            "test_accuracy": report.evaluation.accuracy,
        },
    }
