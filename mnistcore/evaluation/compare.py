"""Two models on the same digits: which does one read that the other misreads?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Comparison:
    """What two models make of the same digits.

    Attributes:
        first_only: rows that only the first model reads correctly.
        second_only: rows that only the second one does.
        neither: rows that both misread.
    """

    first_only: np.ndarray
    second_only: np.ndarray
    neither: np.ndarray


def compare(labels: np.ndarray, first: np.ndarray, second: np.ndarray) -> Comparison:
    """Compare the predictions of two models with the labels, each (n,) integers 0-9. The rows are (k,) int64."""
    right, also_right = first == labels, second == labels
    return Comparison(
        np.flatnonzero(right & ~also_right), np.flatnonzero(~right & also_right), np.flatnonzero(~right & ~also_right)
    )
