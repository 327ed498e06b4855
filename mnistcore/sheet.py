"""What is drawn on a sheet: one digit as a whole, a number, or something else.

A 4 or a 5 of two strokes, or a digit that is written unusually, may look like two where it is divided; and a letter or
a scribble may be cut into what look like digits. But a drawing is mostly of one thing: all of its ink is read as one
unless it is likelier a number. On a photo there is always more than one digit's ink to be expected; there this is not
asked.
"""

from __future__ import annotations

import numpy as np

from mnistcore.evidence import Found
from mnistcore.reading import Reading
from mnistcore.segmentation import Piece, bounding_box

# from what synthetic drawings of one digit and of several differ in; as logarithms of probabilities:
ONE = 1.5  # that a drawing is of one digit rather than of several, if its ink lies above itself everywhere,
APART = -5.0  # and for each place where the ink on the left is parted from that on the right by free paper
WIDEST = 2.0  # heights: no digit is wider
# of 225 synthetic numbers that were divided right these keep 223, and of 126 drawings of something else that were cut
# into several digits they refuse 99:
PROBABLE = 0.5  # the digits of a number are on average more probable than this,
PROBABLE_TOGETHER = 0.75  # and than this where they were cut and no two are apart,
NARROWEST = 0.4  # where each is on average wider than this, in heights of its line


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


def of_numbers(found: list[Found], pieces: list[Piece]) -> list[Found]:
    """Those of what was found in a drawing that are in lines of digits, and not parts of a letter or a scribble; none
    if there is but one and the whole drawing may be one digit."""
    lines = {f.line: [other for other in found if other.line == f.line] for f in found}
    kept = [f for f in found if _is_number(lines[f.line])]
    return [] if len(kept) == 1 and may_be_one(pieces) else kept


def _is_number(line: list[Found]) -> bool:
    """Whether the digits of a line are probable, and wide enough if they were cut and none stands apart."""
    left, top, right, bottom = bounding_box([piece for f in line for piece in f.pieces])
    probable = np.mean([f.candidate.probability for f in line])
    if not any(f.cut_from for f in line) or any(_parted([f.box for f in line])):
        return bool(probable > PROBABLE)
    return bool(probable > PROBABLE_TOGETHER) and right - left > NARROWEST * (bottom - top) * len(line)


def _parted(boxes: list[tuple[int, int, int, int]]) -> list[bool]:
    """Of each box but the first, from left to right, whether there is free paper between it and all before."""
    ordered = np.array(sorted(boxes))
    return (ordered[1:, 0] > np.maximum.accumulate(ordered[:, 2])[:-1]).tolist()
