"""What was found alone on a picture of paper: a digit, or a letter or a sign that looks like one.

Among others a digit is told by what stands beside it. Of one alone the model has a say, which knows letters better, and
a logistic regression that was fitted on cuttings of either kind decides.
"""

from __future__ import annotations

import numpy as np

from mnistcore.digit import probabilities

FEATURES = 4
MOST = 8.0  # a log odds beyond counts as this


def is_digit(log_odds: float, digit_probability: float, confidence: float, weights: np.ndarray) -> bool:
    """Whether it is a digit.

    Args:
        log_odds: by how much it is likelier to be a digit than none, as the page's networks see it.
        digit_probability: the same as the model sees it, 0-1; 1 if it cannot tell.
        confidence: the probability, 0-1, of the likeliest digit.
        weights: (FEATURES,).
    """
    return bool(features(log_odds, digit_probability, confidence) @ weights > 0)


def features(log_odds: float, digit_probability: float, confidence: float) -> np.ndarray:
    """(FEATURES,) float64: by what it is told."""
    odds = min(log_odds, MOST), np.clip(probabilities.log_odds(digit_probability), -MOST, MOST)
    return np.array([1.0, *odds, np.log(max(confidence, 1e-4))])
