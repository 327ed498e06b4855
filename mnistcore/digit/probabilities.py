"""Scores -> probabilities."""

from __future__ import annotations

import numpy as np

from mnistcore.digit.form import DIGITS

LEAST = 1e-4  # probability: nothing is less likely, nor more likely than all but this


def log_odds(probability: np.ndarray | float) -> np.ndarray:
    """How much likelier something is than not, on a logarithmic scale, within LEAST of certainty."""
    within = np.clip(probability, LEAST, 1 - LEAST)
    return np.log(within / (1 - within))


def softmax(scores: np.ndarray) -> np.ndarray:
    """Scores (n, k), any float -> probabilities of the same shape; the largest score is taken off against overflow."""
    exponentials = np.exp(scores - np.maximum.reduce(scores, axis=1, keepdims=True))
    return exponentials / np.add.reduce(exponentials, axis=1, keepdims=True)


def probabilities(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores (n, 10) or (n, 11) -> how probable each digit is, given that it is one, (n, 10); and that it is, (n,)."""
    if scores.shape[1] == DIGITS:
        certain = np.empty(len(scores), np.float32)
        certain.fill(1)
        return softmax(scores), certain
    # as softmax does, for the ten and for all eleven together; beyond 80 the exponential would overflow
    exponentials = np.exp(np.minimum(scores - np.maximum.reduce(scores[:, :DIGITS], axis=1, keepdims=True), 80))
    of_digits = exponentials[:, :DIGITS]
    total = np.add.reduce(of_digits, axis=1, keepdims=True)
    return of_digits / total, (total / (total + exponentials[:, DIGITS:]))[:, 0]
