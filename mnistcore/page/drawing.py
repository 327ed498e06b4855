"""A drawing on a screen: one digit as a whole, a number, or something else.

A 4 or a 5 of two strokes may look like two digits, and so may a tick or a wave. But a drawing is mostly of one thing.
So all of its ink is read as one digit, too, and a logistic regression that was fitted on drawings of either kind
decides whether it is rather a number.
"""

from __future__ import annotations

import numpy as np

from mnistcore.digit.model import Model
from mnistcore.digit.probabilities import log_odds
from mnistcore.digit.reading import Reading
from mnistcore.page.context import FoundDigit

NARROW = 1.1  # width over height: two digits that touch are wider, if they look like one
DOT = 0.03  # of the ink: what is less is a dot
MOST = 8.0  # a log odds beyond counts as this
FEATURES = 9


def extent(ink: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of all ink (H, W) bool, in pixels."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def parts(ink: np.ndarray) -> list[tuple[int, int, int, int]]:
    """Left, top, right and bottom of the parts of a drawing between which there are columns without ink, in pixels."""
    edges = np.flatnonzero(np.diff(np.pad(ink.any(axis=0), 1).astype(int)))
    boxes = []
    for left, right in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        rows = np.flatnonzero(ink[:, left:right].any(axis=1))
        boxes.append((left, int(rows[0]), right, int(rows[-1]) + 1))
    return boxes


def may_be_number(ink: np.ndarray) -> bool:
    """Whether a drawing is wide enough for a number, or in several pieces."""
    left, top, right, bottom = extent(ink)
    return right - left > NARROW * (bottom - top) or pieces(ink) > 1


def pieces(ink: np.ndarray) -> int:
    """How many pieces of a drawing are more than dots."""
    from scipy import ndimage

    labels, _ = ndimage.label(ink, np.ones((3, 3)))
    sizes = np.bincount(labels.ravel())[1:]
    return int((sizes > DOT * sizes.sum()).sum())


def is_number(whole: Reading, found: list[FoundDigit], ink: np.ndarray, model: Model, weights: np.ndarray) -> bool:
    """Whether a drawing is rather a number than one digit or something else.

    Args:
        whole: all of it read as one digit.
        found: the digits that were found on it.
        ink: (H, W) bool.
        model: which has read it.
        weights: (2, FEATURES), for models that do not know what is no digit, and for those that do.
    """
    if len(found) < 2:
        return False
    return bool(features(whole, found, ink) @ weights[int(model.knows_non_digits)] > 0)


def features(whole: Reading, found: list[FoundDigit], ink: np.ndarray) -> np.ndarray:
    """(FEATURES,) float64: by what a number is told."""
    count = pieces(ink)
    start, top, end, bottom = extent(ink)
    wide, high = end - start, bottom - top
    odds = np.array([digit.log_odds for digit in found])
    left = min(digit.x - digit.height / 2 for digit in found)
    right = max(digit.x + digit.height / 2 for digit in found)
    return np.array(
        [
            1.0,
            log_odds(whole.digit_probability),
            np.log(max(whole.confidence, 1e-4)),
            min(odds.min(), MOST),
            min(odds.mean(), MOST),
            float(np.log(wide / high)),
            float(count >= len(found)),
            float(count == 1),
            min(right - left, wide) / wide,
        ]
    )
