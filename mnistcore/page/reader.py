"""The networks that find digits on paper, and the way from a picture to its digits.

1. scan      the sliding network looks at every place in every size (`scan.py`)
2. context   a second network judges what may be a digit by what stands around it (`context.py`)
3. choose    of windows that show the same ink the likeliest (`context.py`, too)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from mnistcore.page.context import Candidates, FoundDigit, candidates, choose, reconsider
from mnistcore.page.scan import SMALLEST, scan

if TYPE_CHECKING:
    from mnistcore.digit.model import Model

SMALLEST_PAGE = 300  # pixels: what has a shorter side is no page that lies on its side
LOOKED_AT = 800  # pixels along the longer side of the picture by which it is told
DOUBTFUL = 6.0  # log odds: of digits that stand upright most have more


@dataclass(frozen=True)
class PageReader:
    """What finds digits on paper.

    Attributes:
        cascade: what rules out most windows.
        sliding: which digit stands in the middle of a window, or none.
        context: the same, given what the sliding network sees around it.
        shares: how much the logarithm of the context network's probabilities counts for the final reading, and that of
            the model which reads the digit alone.
        number: (2, drawing.FEATURES), by what a drawn number is told.
    """

    cascade: Model
    sliding: Model
    context: Model
    shares: tuple[float, float]
    number: np.ndarray


def find_digits(
    darkness: np.ndarray, reader: PageReader, deadline: float = math.inf, least: float = SMALLEST
) -> list[FoundDigit]:
    """The digits on a picture, in no order.

    Args:
        darkness: (H, W) float32, 0-1, ink above 0.
        reader: the networks.
        deadline: the `time.monotonic()` by which all must be found.
        least: pixels, the height of the smallest digit that is looked for.

    Raises:
        TimeoutError: the deadline passed.
    """
    return choose(*likely(darkness, reader, deadline, least))


def likely(
    darkness: np.ndarray, reader: PageReader, deadline: float = math.inf, least: float = SMALLEST
) -> tuple[Candidates, np.ndarray]:
    """The same before any is chosen: what may be a digit, and its scores, (n, 11)."""
    levels = scan(darkness, reader.cascade, reader.sliding, least, deadline)
    found = candidates(levels, darkness.shape)
    return found, reconsider(found, reader.context)


def find_upright(darkness: np.ndarray, reader: PageReader, deadline: float = math.inf) -> tuple[int, list[FoundDigit]]:
    """How many quarters a page must be turned to the left to be upright, and the digits on it then.

    What lies on its side looks like few digits, and doubtful ones. Then all four ways are looked at, and the one with
    most evidence is taken.
    """
    found = find_digits(darkness, reader, deadline)
    if min(darkness.shape) < SMALLEST_PAGE or (found and np.median([digit.log_odds for digit in found]) > DOUBTFUL):
        return 0, found
    small = Image.fromarray(darkness)
    small.thumbnail((LOOKED_AT, LOOKED_AT), Image.Resampling.BOX)
    ways = [find_digits(np.rot90(np.asarray(small), turn), reader, deadline) for turn in range(4)]
    turn = int(np.argmax([sum(digit.log_odds for digit in way) for way in ways]))
    return turn, find_digits(np.rot90(darkness, turn), reader, deadline) if turn else found
