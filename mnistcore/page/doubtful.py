"""Of what was found on paper, which is a digit: the surer those beside it are, the less sure a digit must be.

Among digits a faint stroke is a 1; among letters it is an l. So a logistic regression is given, beside the log odds of
each thing that was found, how many of those on its line are surely digits and how many may be something else.
"""

from __future__ import annotations

import numpy as np

from mnistcore.page.context import FoundDigit
from mnistcore.page.lines import REACH

LEAST = -4.0  # log odds: nothing less likely is counted, or taken for a digit
LEVEL = 0.5  # heights: by how much two digits of a line may be off
FEATURES = 3


def digits_among(found: list[FoundDigit], weights: np.ndarray) -> list[FoundDigit]:
    """Those that are digits, given `weights` (FEATURES,) and what was found with log odds above LEAST."""
    are = features(found) @ weights > 0
    return [digit for digit, is_digit in zip(found, are, strict=True) if is_digit]


def features(found: list[FoundDigit]) -> np.ndarray:
    """(n, FEATURES) float64: by what each is told."""
    x, y, height, odds = np.array([(d.x, d.y, d.height, d.log_odds) for d in found]).reshape(-1, 4).T
    around = np.empty(len(found))
    for i in range(len(found)):  # one by one: of a page of text there may be thousands
        higher = np.maximum(height, height[i])
        beside = (np.abs(x - x[i]) < REACH * higher) & (np.abs(y - y[i]) < LEVEL * higher)
        beside[i] = False
        around[i] = np.log((1 + (beside & (odds > 0)).sum()) / (1 + (beside & (odds <= 0)).sum()))
    return np.stack([np.ones(len(found)), odds, around], axis=1)
