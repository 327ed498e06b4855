"""A drawing that may be of one digit: all of its ink as one, against the best way to divide it.

A 4 or a 5 of two strokes, or a digit that is written unusually, may look like two where it is divided. But all of the
ink together is then read as one digit, and is hardly wider than high. On a photo there is always more than one digit's
ink to be expected; there this is not asked.
"""

from __future__ import annotations

import numpy as np

from mnistcore.reading import Reading
from mnistcore.segmentation import Piece, bounding_box

# from what synthetic drawings of one digit and of several differ in; as logarithms of probabilities:
ONE = 1.5  # that a drawing is of one digit rather than of several, if its ink lies above itself everywhere,
APART = -5.0  # and for each place where the ink on the left is parted from that on the right by free paper
WIDEST = 2.0  # heights: no digit is wider


def may_be_one(pieces: list[Piece]) -> bool:
    """Whether a drawing is narrow enough for one digit."""
    left, top, right, bottom = bounding_box(pieces)
    return right - left <= WIDEST * (bottom - top)


def is_one(reading: Reading, pieces: list[Piece], divided: float) -> bool:
    """Whether a drawing is rather of one digit than of what it is divided into.

    Args:
        reading: of all the drawing as one digit.
        pieces: of the drawing, before any was cut.
        divided: the logarithm of the probability of the best way to divide it.
    """
    if reading.status == "blank":
        return False
    ordered = sorted(pieces, key=lambda piece: piece.box[0])
    reached = np.maximum.accumulate([piece.box[2] for piece in ordered])
    parted = sum(piece.box[0] > right for piece, right in zip(ordered[1:], reached[:-1], strict=True))
    one = np.log(max(reading.confidence * reading.digit_probability, 1e-9))
    return bool(one + (APART * parted if parted else ONE) >= divided)
