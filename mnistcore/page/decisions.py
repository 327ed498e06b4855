"""Of what was found on paper, which is a digit: two logistic regressions say it.

Among digits a faint stroke is a 1; among letters it is an l. So the surer those beside a thing are, the less sure it
must be itself. One that stands alone is told by what the model says of it, which knows letters better.
"""

from __future__ import annotations

import numpy as np

from mnistcore.digit import probabilities
from mnistcore.page.context import FoundDigit
from mnistcore.page.lines import REACH

LEAST = -4.0  # log odds: nothing less likely is counted, or taken for a digit
LEVEL = 0.5  # heights: by how much two digits of a line may be off
MOST = 8.0  # a log odds beyond counts as this
AMONG, ALONE = 3, 4  # how many features there are


def digits_among(found: list[FoundDigit], weights: np.ndarray) -> list[FoundDigit]:
    """Those that are digits, given `weights` (AMONG,) and what was found with log odds above LEAST."""
    are = features_among(found) @ weights > 0
    return [digit for digit, is_digit in zip(found, are, strict=True) if is_digit]


def features_among(found: list[FoundDigit]) -> np.ndarray:
    """(n, AMONG) float64, by what each is told: its log odds, and how many on its line are surely digits and how many
    may be something else."""
    x, y, height, odds = np.array([(d.x, d.y, d.height, d.log_odds) for d in found]).reshape(-1, 4).T
    around = np.empty(len(found))
    for i in range(len(found)):  # one by one: of a page of text there may be thousands
        higher = np.maximum(height, height[i])
        beside = (np.abs(x - x[i]) < REACH * higher) & (np.abs(y - y[i]) < LEVEL * higher)
        beside[i] = False
        around[i] = np.log((1 + (beside & (odds > 0)).sum()) / (1 + (beside & (odds <= 0)).sum()))
    return np.stack([np.ones(len(found)), odds, around], axis=1)


def is_digit_alone(digit: FoundDigit, digit_probability: float, confidence: float, weights: np.ndarray) -> bool:
    """Whether what was found alone is a digit.

    Args:
        digit: what was found.
        digit_probability: that it is one, as the model sees it, 0-1; 1 if it cannot tell.
        confidence: the probability, 0-1, of the likeliest digit.
        weights: (ALONE,).
    """
    return bool(features_alone(digit, digit_probability, confidence) @ weights > 0)


def features_alone(digit: FoundDigit, digit_probability: float, confidence: float) -> np.ndarray:
    """(ALONE,) float64: by what it is told."""
    odds = min(digit.log_odds, MOST), np.clip(probabilities.log_odds(digit_probability), -MOST, MOST)
    return np.array([1.0, *odds, np.log(max(confidence, 1e-4))])
