"""What is drawn on a sheet: one digit as a whole, a number, or something else.

A 4 or a 5 of two strokes, or a digit that is written unusually, may look like two where it is divided; and a letter or
a scribble may be cut into what look like digits. But a drawing is mostly of one thing: all of its ink is read as one
unless it is likelier a number. On a photo there is always more than one digit's ink to be expected; there this is not
asked.
"""

from __future__ import annotations

import numpy as np

from mnistcore.digit.reading import Reading
from mnistcore.page.evidence import FoundDigit
from mnistcore.page.segmentation import Piece, bounding_box

# from what synthetic drawings of one digit and of several differ in; as logarithms of probabilities:
ONE = 1.5  # that a drawing is of one digit rather than of several, if its ink lies above itself everywhere,
APART = -5.0  # and for each place where the ink on the left is parted from that on the right by free paper
WIDEST = 2.0  # heights: no digit is wider
# the logarithm of how much likelier each of these makes it that what was found in a line is a number, not parts of a
# letter or a scribble; near to what a logistic regression gives on drawings of both, made for it:
LOGIT = 0.35  # for each unit of the logit of each digit's probability,
WIDTH = 6.0  # for each height of the line that its digits are wide on average, as parts of a letter are narrow,
WHOLE = 1.0  # for each digit that no other was cut from,
REMAINDER = -5.0  # and if digits were cut from what has other parts besides
NUMBER = 5.8  # with more evidence it is one; this keeps 98% of those numbers, and 20% of the others that can be cut
USUAL_WIDTH = 0.6  # heights; digits of which none was cut count as no narrower
NEARLY_ALL = 0.97  # of the ink: the rest is dust


def is_one(reading: Reading, pieces: list[Piece], divided: float) -> bool:
    """Whether a drawing is rather of one digit than of what it is divided into.

    Args:
        reading: of all the drawing as one digit.
        pieces: of the drawing, before any was cut.
        divided: the logarithm of the probability of the best way to divide it; 0 if that is not known.
    """
    if reading.status == "blank" or not may_be_one(pieces):
        return False
    parted = sum(_parted([piece.box for piece in pieces]))
    one = np.log(max(reading.confidence * reading.digit_probability, 1e-9))
    return bool(one + (APART * parted if parted else ONE) >= divided)


def may_be_one(pieces: list[Piece]) -> bool:
    """Whether a drawing is narrow enough for one digit."""
    left, top, right, bottom = bounding_box(pieces)
    return right - left <= WIDEST * (bottom - top)


def of_numbers(found: list[FoundDigit], pieces: list[Piece]) -> list[FoundDigit]:
    """Those of what was found in a drawing whose line is rather a number than parts of a letter or a scribble; none if
    there is but one and the whole drawing may be one digit.

    Args:
        found: the digits.
        pieces: of the drawing, before any was cut.
    """
    lines = {f.line: [other for other in found if other.line == f.line] for f in found}
    numbers = {number for number, line in lines.items() if _is_number(line, pieces)}
    kept = [f for f in found if f.line in numbers]
    return [] if len(kept) == 1 and may_be_one(pieces) else kept


def _is_number(line: list[FoundDigit], pieces: list[Piece]) -> bool:
    """Whether what was found in a line is rather a number: all evidence added up."""
    ink = {piece.number: piece.mass for piece in pieces}
    own = np.array([sum(piece.mass for piece in f.pieces) for f in line])
    whole = own > NEARLY_ALL * np.array([sum(ink[number] for number in f.origins) for f in line])
    remainder = own.sum() < NEARLY_ALL * sum(ink[number] for number in set().union(*(f.origins for f in line)))
    left, top, right, bottom = bounding_box([piece for f in line for piece in f.pieces])
    width = max((right - left) / (bottom - top) / len(line), USUAL_WIDTH if whole.all() else 0)
    evidence = LOGIT * sum(f.logit for f in line) + WIDTH * width + WHOLE * whole.sum() + REMAINDER * remainder
    return bool(evidence > NUMBER)


def _parted(boxes: list[tuple[int, int, int, int]]) -> list[bool]:
    """Of each box but the first, from left to right, whether there is free paper between it and all before."""
    ordered = np.array(sorted(boxes))
    return (ordered[1:, 0] > np.maximum.accumulate(ordered[:, 2])[:-1]).tolist()
