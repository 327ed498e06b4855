"""A picture of one digit that may be a photo: a cell of a form, a cutting with a bit of a neighbour, a digit in one
corner.

`digit.images.prepare` takes all ink for the digit's. On paper there may be other ink, so there the digit is looked for
first, and cut out.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext, suppress

import numpy as np
from PIL import Image

from mnistcore.digit import images, reading
from mnistcore.digit.form import SIDE
from mnistcore.digit.model import Model
from mnistcore.digit.reading import Reading
from mnistcore.errors import BlankImage
from mnistcore.page.closeup import cut_out
from mnistcore.page.context import FoundDigit, choose
from mnistcore.page.darkness import brightness, darkness, is_plain
from mnistcore.page.reader import PageReader, likely
from mnistcore.page.scan import smallest

LARGE = 1 / 20  # of the longer side: the height of a digit that is alone. If there is none, smaller ones are looked for
LEAST = -1.2  # log odds of the most doubtful digit: on empty paper hardly anything has more
CERTAIN = 0.24  # squared heights that one more of log odds is worth


def prepare(
    image: Image.Image | np.ndarray, reader: PageReader, search: AbstractContextManager[None] | None = None
) -> np.ndarray:
    """Bring a picture of one digit to MNIST's form, as `digit.images.prepare` does; on a photo, only the digit.

    Args:
        image: as it takes it.
        reader: what finds digits on paper.
        search: entered while they are looked for, which takes a hundred times as long as all else.

    Returns:
        (28, 28) uint8.

    Raises:
        BlankImage, BadImage: as it does.
    """
    bright = brightness(image)
    if is_plain(bright) or bright.shape == (SIDE, SIDE):
        return images.prepare(image)
    with search or nullcontext():
        return _found(image, darkness(bright), reader)


def _found(image: Image.Image | np.ndarray, dark: np.ndarray, reader: PageReader) -> np.ndarray:
    """The digit of a photo, prepared."""
    tiny = smallest(dark.shape)
    for least in sorted({tiny, max(tiny, LARGE * max(dark.shape))}, reverse=True):
        candidates, scores = likely(dark, reader, least=least)
        if found := choose(candidates, scores):
            break
    else:  # that there is a digit is known, unless the paper is blank: a doubtful one is taken, too
        found = choose(candidates, scores, LEAST)
    if found:
        digit = min(found, key=lambda f: _away(f, dark.shape))
        alone, _ = cut_out(dark, digit, found)
        if alone.any():
            return alone
    return images.prepare(image)


def _away(digit: FoundDigit, shape: tuple[int, int]) -> float:
    """How far a digit is from the middle of a picture, squared, in heights; less for one that is certain."""
    across, down = digit.x - shape[1] / 2, digit.y - shape[0] / 2
    return (across**2 + down**2) / digit.height**2 - CERTAIN * digit.log_odds


def read(image: Image.Image | np.ndarray, model: Model, reader: PageReader) -> Reading:
    """`digit.reading.read`, but of a photo only the digit on it.

    Raises:
        BadImage: the input is not a picture.
    """
    with suppress(BlankImage):  # the reading will say it
        image = prepare(image, reader)
    return reading.read(image, model)
