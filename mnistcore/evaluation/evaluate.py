"""Evaluate a model on labelled digits: its accuracy, its calibration, and what it misreads."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mnistcore.digit.model import Model
from mnistcore.evaluation import metrics

NON_DIGITS = 1_000  # made to measure how many are taken for a digit
REJECTED = (0.005, 0.01, 0.02, 0.05, 0.1)  # shares of the answers, at which risk against coverage is measured


@dataclass(frozen=True)
class Evaluation:
    """What was measured of one model on one set of digits. All shares are 0-1.

    Attributes:
        source: where the digits come from.
        count: how many digits there were.
        accuracy: share of correct predictions.
        confusion: (10, 10) counts, row = label, column = prediction.
        calibration: the bins of `metrics.reliability`.
        calibration_error: mean gap between confidence and accuracy over these bins; None in reports of version 1.0.
        risk_coverage: as `metrics.risk_coverage` gives it.
        misread: the wrong predictions: index, label, prediction, probabilities, pixels (see `misread_pixels`).
        robustness: as `distortions.robustness` gives it; empty where it was not measured.
        rejection: of digits and non-digits, as `measure_rejection` gives it; None for models that know no non-digits.
    """

    source: str
    count: int
    accuracy: float
    confusion: list[list[int]]
    calibration: list[dict]
    calibration_error: float | None
    risk_coverage: list[dict]
    misread: list[dict]
    robustness: dict[str, dict]
    rejection: dict | None = None

    def precision_recall(self) -> list[dict]:
        """`metrics.precision_recall` of its confusion matrix."""
        return metrics.precision_recall(self.confusion)

    def misread_pixels(self) -> np.ndarray:
        """The misread digits, (n, 28, 28) uint8."""
        raw = b"".join(base64.b64decode(digit["pixels"]) for digit in self.misread)
        return np.frombuffer(raw, np.uint8).reshape(-1, 28, 28)

    def as_text(self) -> str:
        """The figures for a terminal."""
        lines = [
            f"accuracy           {self.accuracy:7.2%}   {len(self.misread)} misread",
            f"calibration error  {self.calibration_error:7.2%}   {metrics.CALIBRATION_BINS} bins of equal mass",
            *(
                f"rejecting {point['rejected']:5.1%}    {point['errors_removed']:7.1%}   of the errors removed"
                for point in self.risk_coverage
            ),
            *self._rejection_lines(),
            "digit  precision   recall",
            *(f"{d['digit']}      {d['precision']:9.2%} {d['recall']:8.2%}" for d in self.precision_recall()),
        ]
        for kind, curve in self.robustness.items():
            points = (f"{s:g}: {a:.1%}" for s, a in zip(curve["strengths"], curve["accuracy"], strict=True))
            lines.append(f"{kind:8s} {'  '.join(points)}   ({curve['unit']})")
        return "\n".join(lines)

    def _rejection_lines(self) -> list[str]:
        if not self.rejection:
            return []
        r = self.rejection
        return [
            f"digits refused     {r['digits_refused']:7.2%}   taken for no digit",
            f"non-digits passed  {r['non_digits_accepted']:7.2%}   of {r['non_digits']:,} made ones taken for a digit",
            f"area under ROC     {r['auc']:7.4f}   digits against non-digits",
        ]


def evaluate(
    model: Model,
    images: np.ndarray,
    labels: np.ndarray,
    source: str,
    distorted: int = 0,
    log: Callable[[str], None] = lambda _: None,
) -> Evaluation:
    """Measure a model.

    Args:
        model: what is measured.
        images: (n, 28, 28) uint8 in MNIST's form.
        labels: (n,) integers 0-9.
        source: one line that says where they come from.
        distorted: how many of the digits, from the first, to distort in each way too; 0 leaves that out.
        log: called with the name of each distortion before it is measured.

    Returns:
        The figures.
    """
    probabilities, digit_probability = model.probabilities(images)
    predictions, confidences = probabilities.argmax(axis=1), probabilities.max(axis=1)
    correct = predictions == labels
    bins = metrics.reliability(confidences, correct)
    robustness = {}
    if distorted:
        from mnistcore.evaluation import distortions  # SciPy's filters, which nothing else here needs

        robustness = distortions.robustness(model, images[:distorted], labels[:distorted], log)
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
        rejection=_measure_rejection(model, images, labels, digit_probability) if model.knows_non_digits else None,
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
