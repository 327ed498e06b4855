"""Evaluate a model on labelled digits: its accuracy, its calibration, and what it misreads."""

from __future__ import annotations

import base64
from collections.abc import Callable

import numpy as np

from mnistcore.digit.model import Model
from mnistcore.evaluation import metrics
from mnistcore.models.report import Evaluation

NON_DIGITS = 1_000  # made to measure how many are taken for a digit
REJECTED = (0.005, 0.01, 0.02, 0.05, 0.1)  # shares of the answers, at which risk against coverage is measured


def evaluate(
    model: Model,
    images: np.ndarray,
    labels: np.ndarray,
    source: str,
    distorted: int = 0,
    on_progress: Callable[[float], None] = lambda _: None,
) -> Evaluation:
    """Measure a model.

    Args:
        model: what is measured.
        images: (n, 28, 28) uint8 in MNIST's form.
        labels: (n,) integers 0-9.
        source: one line that says where they come from.
        distorted: how many of the digits, from the first, to distort in each way too; 0 leaves that out.
        on_progress: called with the share of the work that is done, 0-1.

    Returns:
        The figures.
    """
    probabilities, digit_probability = model.probabilities(images)
    on_progress(0.05)
    predictions, confidences = probabilities.argmax(axis=1), probabilities.max(axis=1)
    correct = predictions == labels
    bins = metrics.reliability(confidences, correct)
    robustness = {}
    if distorted:
        from mnistcore.evaluation import distortions  # SciPy's filters, which nothing else here needs

        robustness = distortions.robustness(
            model, images[:distorted], labels[:distorted], lambda done: on_progress(0.05 + 0.85 * done)
        )
    rejection = _measure_rejection(model, images, labels, digit_probability) if model.knows_non_digits else None
    on_progress(1.0)
    return Evaluation(
        source=source,
        count=len(images),
        accuracy=metrics.accuracy(labels, predictions),
        confusion=metrics.confusion_matrix(labels, predictions).tolist(),
        calibration=bins,
        calibration_error=metrics.calibration_error(bins),
        risk_coverage=metrics.risk_coverage(confidences, correct, REJECTED),
        misread=_list_misread(images, labels, probabilities),
        robustness=robustness,
        rejection=rejection,
    )


def _measure_rejection(model: Model, images: np.ndarray, labels: np.ndarray, digit_probability: np.ndarray) -> dict:
    """How well the model tells digits from non-digits, which are made here.

    Returns:
        non_digits, how many were made; digits_refused and non_digits_accepted, shares in 0-1; auc, the area under the
        ROC curve.
    """
    from mnistcore.data import non_digits  # SciPy's filters, which nothing else here needs

    rng = np.random.default_rng(0)
    pool = non_digits.make_pool(NON_DIGITS // 2, images, labels, rng)
    others = model.digit_probability(non_digits.generate(NON_DIGITS, pool, rng))
    return {
        "non_digits": len(others),
        "digits_refused": float(np.mean(digit_probability < model.digit_threshold)),
        "non_digits_accepted": float(np.mean(others >= model.digit_threshold)),
        "auc": metrics.roc_auc(digit_probability, others),
    }


def _list_misread(images: np.ndarray, labels: np.ndarray, probabilities: np.ndarray) -> list[dict]:
    """The digits with a wrong prediction, as an evaluation keeps them."""
    predictions = probabilities.argmax(axis=1)
    return [
        {
            "index": int(i),
            "label": int(labels[i]),
            "prediction": int(predictions[i]),
            "probabilities": [round(float(p), 4) for p in probabilities[i]],
            "pixels": base64.b64encode(images[i].tobytes()).decode("ascii"),
        }
        for i in np.flatnonzero(predictions != labels)
    ]
