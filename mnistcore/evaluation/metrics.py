"""The measures of a classifier: accuracy, confusion, precision and recall, calibration, risk against coverage, ROC."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

CALIBRATION_BINS = 15  # of equally many answers each


def accuracy(labels: np.ndarray, predictions: np.ndarray) -> float:
    """The share, 0-1, of the predictions (n,) that equal the labels (n,)."""
    return float(np.mean(predictions == labels))


def accuracy_interval(share: float, count: int) -> tuple[float, float]:
    """The 95% confidence interval, both ends 0-1, of an accuracy measured on `count` digits: where the accuracy on
    endlessly many such digits lies (Wilson 1927, "Probable inference, the law of succession, and statistical
    inference")."""
    z = 1.96  # standard deviations
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return float(middle - half), float(middle + half)


def confusion_matrix(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Counts (10, 10) int64 of two (n,) arrays of digits: row = label, column = prediction."""
    counts = np.zeros((10, 10), np.int64)
    np.add.at(counts, (labels, predictions), 1)
    return counts


def reliability(confidences: np.ndarray, correct: np.ndarray) -> list[dict]:
    """Confidence against accuracy, in bins of equally many answers.

    Args:
        confidences: (n,) the probability of each answer, 0-1.
        correct: (n,) bool, whether the answer was correct.

    Returns:
        Of each bin: mean confidence, accuracy, count; the least confident first. Of a calibrated model confidence and
        accuracy are equal in all of them (Guo et al. 2017, "On calibration of modern neural networks").
    """
    order = np.argsort(confidences, kind="stable")
    return [
        {"confidence": float(confidences[rows].mean()), "accuracy": float(correct[rows].mean()), "count": len(rows)}
        for rows in np.array_split(order, CALIBRATION_BINS)
        if len(rows)
    ]


def calibration_error(bins: list[dict]) -> float:
    """The expected calibration error, 0-1: the mean gap between confidence and accuracy over `reliability`'s bins."""
    gaps = [abs(b["confidence"] - b["accuracy"]) * b["count"] for b in bins]
    return float(np.sum(gaps) / np.sum([b["count"] for b in bins]))


def risk_coverage(confidences: np.ndarray, correct: np.ndarray, rejected: Sequence[float]) -> list[dict]:
    """What rejecting the least confident answers gains (El-Yaniv & Wiener 2010, "On the foundations of noise-free
    selective classification").

    Args:
        confidences: (n,) the probability of each answer, 0-1.
        correct: (n,) bool, whether the answer was correct.
        rejected: shares of the answers, 0-1.

    Returns:
        For each share: rejected, and errors_removed, the share of all errors that is among the rejected answers.
    """
    errors = ~correct[np.argsort(confidences, kind="stable")]
    return [
        {
            "rejected": share,
            "errors_removed": float(errors[: round(share * len(errors))].sum() / max(errors.sum(), 1)),
        }
        for share in rejected
    ]


def roc_auc(positives: np.ndarray, negatives: np.ndarray) -> float:
    """The area under the ROC curve, 0-1: how often a positive (n,) has a higher score than a negative (m,)."""
    from scipy.stats import rankdata  # here, for it takes 70 MB, and whoever reads digits needs none of it

    ranks = rankdata(np.concatenate([positives, negatives]))[: len(positives)]
    return float((ranks.sum() / len(positives) - (len(positives) + 1) / 2) / len(negatives))
