"""A recipe and a dataset -> a trained Model and a Report of what was measured.

1. cross-validate   the accuracy of networks of this recipe on rows that they were not trained on, fold by fold
2. fit              the network itself; where there are several cores, beside the folds
3. calibrate        on validation rows, if the recipe keeps some
4. evaluate         on the test rows, which nothing before has used
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import scipy
import sklearn

from mnistcore.data import augmentation, non_digits, pen
from mnistcore.data.hands import Hands
from mnistcore.digit.model import Model
from mnistcore.evaluation.evaluate import evaluate
from mnistcore.models.report import Report
from mnistcore.training.calibration import calibrated, digit_threshold, rejection_threshold
from mnistcore.training.epoch_data import epoch_data
from mnistcore.training.fitting import one_thread
from mnistcore.training.folds import Curves, check_digits, rows_of, train_networks
from mnistcore.training.recipes import Recipe, recipe_to_json

if TYPE_CHECKING:
    from mnistcore.data.datasets import Dataset
    from mnistcore.training.checkpoints import Checkpoints

ORDINARY = 3.0  # pixels: the broadest pen, of a digit 20 px tall, that a model is calibrated with


@dataclass(frozen=True)
class Progress:
    """One epoch is done. Where networks are trained side by side, their epochs alternate.

    Attributes:
        fold: which of `folds` is being trained, from 1; None while the final network is.
        epoch: of `epochs`, from 1.
        loss: mean training loss of this epoch.
        training_accuracy: on some of the rows trained on, as they are in the dataset, 0-1; None in the folds.
        accuracy: on the rows held out, 0-1, in the folds on some of them until the last epoch; None if there are none.
        share: of the whole training that is done, 0-1.
        model: the network as it is now.
        resumed: whether the epoch was done before the training was interrupted.
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
    resumed: bool = False


@one_thread  # calibration, too, adds up in one order on any number of cores
def train(
    recipe: Recipe,
    dataset: Dataset,
    seed: int = 0,
    name: str | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
    checkpoints: Checkpoints | None = None,
    n_jobs: int | None = None,
) -> tuple[Model, Report]:
    """Cross-validate the recipe, train on all training rows, and evaluate on the test rows.

    Args:
        recipe: the settings.
        dataset: the digits.
        seed: 0 to 2**32 - 1, of every random choice; the same seed, data and versions give the same model.
        name: of the model; by default the recipe's name and the time.
        on_progress: called after every epoch.
        checkpoints: where the training is kept while it is under way, and goes on from; None keeps nothing.
        n_jobs: how many networks are trained at a time; None takes as many as the cores allow. It does not change them.

    Returns:
        The model, and the report of the run.

    Raises:
        DataUnavailable: a digit is missing, or there are too few for the folds, or what people wrote is missing.
    """
    check_digits(recipe, dataset)
    started = time.perf_counter()
    now = datetime.now(UTC)

    hands = dataset.hands if recipe.needs_hands else None
    fold_epochs = recipe.fold_epochs or recipe.epochs
    all_epochs = recipe.folds * fold_epochs + recipe.epochs
    done = 0

    def show(fold: int | None, model: Model, curves: Curves, resumed: bool) -> None:
        nonlocal done
        first = 1 if resumed else len(curves.losses)
        for epoch in range(first, len(curves.losses) + 1):
            done += 1
            known, new = (
                curve[epoch - 1] if curve else None for curve in (curves.training_accuracies, curves.accuracies)
            )
            epochs = fold_epochs if fold else recipe.epochs
            loss, share = curves.losses[epoch - 1], done / all_epochs
            on_progress(Progress(fold, recipe.folds, epoch, epochs, loss, known, new, share, model, resumed))

    *of_folds, final = train_networks(recipe, dataset, epoch_data, seed, show, checkpoints, n_jobs)
    model, curves = final.model, final.curves
    fold_curves = [network.curves.accuracies for network in of_folds]
    training_rows, validation_rows = rows_of(recipe, dataset, seed, None)
    thresholds: dict[str, float] = {}
    if len(validation_rows):
        model, thresholds = _calibrate(
            recipe, model, dataset.images[validation_rows], dataset.labels[validation_rows], hands, seed
        )

    evaluation = evaluate(model, dataset.test_images, dataset.test_labels, dataset.source)
    report = Report(
        name=name or f"{recipe.name}-{now:%Y%m%d-%H%M%S}",
        recipe=recipe_to_json(recipe),
        seed=seed,
        data={
            "source": dataset.source,
            "sha256": dataset.sha256,
            "training_rows": len(training_rows),
            "validation_rows": len(validation_rows),
            "test_rows": len(dataset.test_images),
        }
        | ({"hands": hands.source, "hands_sha256": hands.sha256} if hands else {}),
        versions={
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
        },
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds={
            "cross_validation": round(sum(network.seconds for network in of_folds), 1),
            "fit": round(final.seconds, 1),
            "total": round(time.perf_counter() - started, 1),
        },
        cv_scores=[curve[-1] for curve in fold_curves],
        loss_curve=curves.losses,
        validation_curve=curves.accuracies or (np.mean(fold_curves, axis=0).tolist() if fold_curves else []),
        evaluation=evaluation,
        training_curve=curves.training_accuracies,
    )
    return replace(model, card=_card(report) | thresholds), report


def _calibrate(
    recipe: Recipe, model: Model, images: np.ndarray, labels: np.ndarray, hands: Hands | None, seed: int
) -> tuple[Model, dict[str, float]]:
    """Calibrate on the validation digits and, if the recipe learns from what people wrote, on what others of them
    wrote with ordinary pens: digits, and letters and signs. If it degrades digits, then on degraded ones too.

    Returns:
        The model, and its thresholds by their names in the card.
    """
    rng = np.random.default_rng([seed, 1])  # another stream than that of the epochs' data
    kinds = [images]
    others = degraded = None
    if hands and recipe.pen_digits:
        written = hands.validation.digits
        kinds.append(pen.write(written, rng.uniform(pen.FINEST, ORDINARY, len(written)), rng))
        labels = np.concatenate([labels, hands.validation.labels])
    every_digit = np.concatenate(kinds)
    if hands and recipe.non_digits:
        pool = non_digits.make_pool(len(labels) // 2, images, labels[: len(images)], rng)
        others = non_digits.generate(len(labels), pool, rng, hands.validation.others)
    model = calibrated(model, every_digit, labels, others)
    thresholds = {"rejection_threshold": round(rejection_threshold(model, every_digit), 3)}
    if others is not None:
        if recipe.degraded_fraction:
            degraded = augmentation.degrade(every_digit, rng, share=1.0)
        thresholds["digit_threshold"] = float(f"{digit_threshold(model, *kinds, degraded=degraded):.3g}")
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
