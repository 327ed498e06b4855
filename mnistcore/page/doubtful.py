"""Of what was found on paper, which is a digit: the surer the others are, the less sure a digit must be.

Among digits a faint stroke is a 1; among letters it is an l. So a logistic regression is given, beside the log odds of
each thing that was found, how many of the others are surely digits and how many may be something else.
"""

from __future__ import annotations

import numpy as np

from mnistcore.page.context import FoundDigit

LEAST = -4.0  # log odds: nothing less likely is counted, or taken for a digit
FEATURES = 3


def digits_among(found: list[FoundDigit], weights: np.ndarray) -> list[FoundDigit]:
    """Those that are digits, given `weights` (FEATURES,) and what was found with log odds above LEAST."""
    are = features(found) @ weights > 0
    return [digit for digit, is_digit in zip(found, are, strict=True) if is_digit]


def features(found: list[FoundDigit]) -> np.ndarray:
    """(n, FEATURES) float64: by what each is told."""
    odds = np.array([digit.log_odds for digit in found])
    sure = odds > 0
    others_sure, others_not = sure.sum() - sure, (~sure).sum() - ~sure
    return np.stack([np.ones(len(found)), odds, np.log((others_sure + 1) / (others_not + 1))], axis=1)
