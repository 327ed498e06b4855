"""Which of what was read as a digit on a photo is one: all evidence for and against it, added up.

Strokes of letters and stains look like digits now and then, like a 1 most of all, and so do halves of letters. They
stand alone or differ in size, where digits mostly stand side by side or one below the other; and two digits that touch
are wider than a letter.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mnistcore.page.paths import Candidate
from mnistcore.page.segmentation import Piece, bounding_box

ONLY = 0.5  # what a page has nothing beside is a digit from such a probability on
SURELY = 0.9  # a digit that was not cut and is read with such a probability supports others
# the logarithm of how much likelier each of these makes it that what was found is a digit, not a part of a letter; near
# to what a logistic regression gives on made photos of MNIST's training digits, then adjusted by hand on such photos:
LOGIT = 0.6  # for each unit of its probability's logit
SUPPORT, MOST_SUPPORT = 1.0, 3  # for each digit that supports it, up to so many
LOWER, USUAL_HEIGHT = -4.0, 0.9  # for each typical height that it is lower than this share of that height
ISOLATED, SEVERAL = -1.0, 3  # for one that nothing supports, on a page with several that are surely digits
STROKE = -2.0  # for a 1
WHOLE = -1.3  # for one that was not cut
PART, WIDTH, WIDE = -5.3, 3.5, 1.6  # for one that was cut, and for each height that all cut from the same are wide
ALONE = 1.0  # for one that was cut, but from what no other digit was cut from
CERTAIN = 0.998  # probabilities beyond this count as this one
SIMILAR = 0.55  # the heights of digits that support each other, the lower to the higher one
COLUMN = 3.0  # heights: between two that stand one below the other


@dataclass(frozen=True)
class FoundDigit:
    """What was read as a digit: the number of its line, its pieces, and what the network said of them."""

    line: int
    pieces: list[Piece]
    candidate: Candidate

    @cached_property
    def box(self) -> tuple[int, int, int, int]:
        return bounding_box(self.pieces)

    @property
    def logit(self) -> float:
        """Of its probability: the logarithm of how much likelier it is that digit than not."""
        probability = float(np.clip(self.candidate.probability, 1 - CERTAIN, CERTAIN))
        return float(np.log(probability / (1 - probability)))

    @property
    def height(self) -> int:
        return self.box[3] - self.box[1]

    @property
    def origins(self) -> set[int]:
        """The numbers of the pieces that it, or a part of it, was before any was cut."""
        return {piece.origin for piece in self.pieces}

    @property
    def cut_from(self) -> set[int]:
        """The numbers of the pieces that it is a part of."""
        return {piece.origin for piece in self.pieces if piece.number != piece.origin}


def keep_likely(found: list[FoundDigit], pieces: list[Piece]) -> list[FoundDigit]:
    """Those that are likelier digits than not, given those around them and all pieces of the page."""
    if len(found) == 1 and _is_all(found[0], pieces):
        return found if found[0].candidate.probability > ONLY else []
    sure = [f for f in found if f.candidate.probability >= SURELY and not f.cut_from]
    typical = float(np.median([f.height for f in sure or found])) if found else 0.0
    return [f for f in found if _log_odds(f, found, sure, typical) > 0]


def _is_all(f: FoundDigit, pieces: list[Piece]) -> bool:
    """Whether there is nothing else on the page that is as high as a digit."""
    own = {piece.number for piece in f.pieces}
    return all(piece.number in own or piece.height < SIMILAR * f.height for piece in pieces)


def _log_odds(f: FoundDigit, found: list[FoundDigit], sure: list[FoundDigit], typical: float) -> float:
    """How much likelier it is a digit than not, as a logarithm."""
    support = sum(_supports(other, f) for other in sure if other is not f)
    lower = max(0.0, USUAL_HEIGHT - f.height / typical)
    evidence = SUPPORT * min(support, MOST_SUPPORT) + LOWER * lower
    if f.cut_from:
        together = [other for other in found if other.cut_from & f.cut_from]
        logit = min(other.logit for other in together)
        left, _, right, _ = bounding_box([piece for other in together for piece in other.pieces])
        evidence += PART + WIDTH * min((right - left) / typical, WIDE) + (ALONE if len(together) == 1 else 0.0)
    else:
        logit = f.logit
        evidence += WHOLE + (ISOLATED if not support and len(sure) >= SEVERAL else 0.0)
    if f.candidate.digit == 1 and len(sure) > 1:
        evidence += STROKE if not f.cut_from else STROKE / 2
    return evidence + LOGIT * logit


def _supports(one: FoundDigit, other: FoundDigit) -> bool:
    """Whether two are of similar size and stand in a line or one below the other."""
    low, high = sorted([one.height, other.height])
    below = min(one.box[2], other.box[2]) > max(one.box[0], other.box[0])
    apart = max(one.box[1], other.box[1]) - min(one.box[3], other.box[3])
    return low > SIMILAR * high and (one.line == other.line or (below and apart < COLUMN * high))
