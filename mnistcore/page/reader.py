"""The networks that find and read digits on paper, and the way from a picture to where they stand.

1. scan      the sliding network looks at every place in every size (`scan.py`)
2. context   a second network judges what may be a digit by what stands around it (`context.py`)
3. choose    of windows that show the same ink the likeliest (`context.py`, too), and on paper what is rather a digit
             than not among all that was found (`decisions.py`)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from mnistcore.page.context import Candidates, FoundDigit, candidates, choose
from mnistcore.page.decisions import LEAST, digits_among
from mnistcore.page.scan import scan

if TYPE_CHECKING:
    from mnistcore.digit.model import Model

SMALLEST_PAGE = 300  # pixels: what has a shorter side is no page that lies on its side
LOOKED_AT = 560  # pixels along the longer side of the copy by which it is told,
SEEN_THERE = 13.0  # and of the height of the smallest digit that is looked for there
DOUBTFUL = 5.0  # log odds: of digits that stand upright most have more
TIMES = 1.4  # a page is turned if all log odds together are so many times as much then,
SEVERAL = 30.0  # and as much as those of several digits


@dataclass(frozen=True)
class PageReader:
    """What finds digits on paper.

    Attributes:
        cascade: what rules out most windows, coarsely and finely.
        sliding: which digit stands in the middle of a window, or none.
        context: the same, given what the sliding network sees around it.
        closeup: which digit a digit is.
        doubtful: (decisions.AMONG,), by what a digit on paper is told from anything else there.
        shares: (4, 2), how much the logarithms of four probabilities count for the final reading: the context
            network's, the sliding network's, the closeup network's, and those of the model which reads the digit alone.
            And how much more for each log odds by which the model takes what is cut out for a digit.
        lone: (decisions.ALONE,), by what a digit that stands alone is told.
        number: (2, drawing.FEATURES), by what a drawn number is told.
    """

    cascade: tuple[Model, Model]
    sliding: Model
    context: Model
    closeup: Model
    doubtful: np.ndarray
    shares: np.ndarray
    lone: np.ndarray
    number: np.ndarray


def find_digits(
    darkness: np.ndarray, reader: PageReader, deadline: float = math.inf, least: float | None = None
) -> list[FoundDigit]:
    """The digits on a picture, in no order.

    Args:
        darkness: (H, W) float32, 0-1, ink above 0.
        reader: the networks.
        deadline: the `time.monotonic()` by which all must be found.
        least: pixels, the height of the smallest digit that is looked for; by default `scan.smallest`.

    Raises:
        TimeoutError: the deadline passed.
    """
    return choose(*likely(darkness, reader, deadline, least))


def find_on_paper(
    darkness: np.ndarray, reader: PageReader, deadline: float = math.inf, least: float | None = None
) -> list[FoundDigit]:
    """The same on a photo, where there may be anything beside the digits."""
    found = choose(*likely(darkness, reader, deadline, least), LEAST)
    return digits_among(found, reader.doubtful)


def likely(
    darkness: np.ndarray, reader: PageReader, deadline: float = math.inf, least: float | None = None
) -> tuple[Candidates, np.ndarray]:
    """The same before any is chosen: what may be a digit, and its scores, (n, 11)."""
    levels = scan(darkness, reader.cascade, reader.sliding, least, deadline)
    found = candidates(levels, darkness.shape)
    return found, reader.context.forward(found.seen)[-1]


def evidence(found: list[FoundDigit]) -> float:
    """The log odds of all digits together."""
    return sum(digit.log_odds for digit in found)


def find_upright(darkness: np.ndarray, reader: PageReader, deadline: float = math.inf) -> tuple[int, list[FoundDigit]]:
    """How many quarters a page must be turned to the left to be upright, and the digits on it then.

    What lies on its side looks like few digits, and doubtful ones. So where those on a small copy are, it is looked at
    in the other ways, too; and if there is more to be seen in one of them, all of the page is, in that way as well.
    """
    found = find_on_paper(darkness, reader, deadline)
    turn = _suspected(darkness, reader, deadline)
    if turn:
        turned = find_on_paper(np.rot90(darkness, turn), reader, deadline)
        if evidence(turned) > max(TIMES * evidence(found), SEVERAL):
            return turn, turned
    return 0, found


def _suspected(darkness: np.ndarray, reader: PageReader, deadline: float) -> int:
    """In which way most is to be seen on a small copy of a page, in quarters to the left."""
    if min(darkness.shape) < SMALLEST_PAGE:
        return 0
    image = Image.fromarray(darkness)
    image.thumbnail((LOOKED_AT, LOOKED_AT), Image.Resampling.BOX)
    small = np.asarray(image)
    upright = find_digits(small, reader, deadline, SEEN_THERE)
    if upright and np.median([digit.log_odds for digit in upright]) >= DOUBTFUL:
        return 0
    ways = [upright, *(find_digits(np.rot90(small, way), reader, deadline, SEEN_THERE) for way in (1, 2, 3))]
    return int(np.argmax([evidence(way) for way in ways]))
