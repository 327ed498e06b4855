"""A picture of one digit that may be a photo: a cell of a form, a cutting with a bit of a neighbour, a digit in one
corner.

`digit.images.prepare` takes all ink for the digit's. On paper there may be other ink, so there the digit is looked for
first, and cut out.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PIL import Image

from mnistcore.digit import images, reading
from mnistcore.digit.form import SIDE
from mnistcore.digit.model import Model
from mnistcore.digit.reading import Reading, Readings, read_batch
from mnistcore.errors import BlankImage
from mnistcore.page.context import FoundDigit, choose
from mnistcore.page.cutting import cut_out
from mnistcore.page.darkness import brightness, darkness, is_plain
from mnistcore.page.reader import PageReader, likely, looks, weighed

LEAST = -5.0  # log odds of the most doubtful digit
CERTAIN = 0.12  # squared heights that one more of log odds is worth


def prepare(image: Image.Image | np.ndarray, reader: PageReader) -> np.ndarray:
    """Bring a picture of one digit to MNIST's form, as `digit.images.prepare` does; on a photo, only the digit.

    Args:
        image: as it takes it.
        reader: what finds digits on paper.

    Returns:
        (28, 28) uint8.

    Raises:
        BlankImage, BadImage: as it does.
    """
    found = _find(image, reader)
    return found[0] if found else images.prepare(image)


def _find(image: Image.Image | np.ndarray, reader: PageReader) -> tuple[np.ndarray, FoundDigit, np.ndarray] | None:
    """The digit on a photo, cut out; where it stands; and the photo's darkness. None if it is no photo, or has none.

    Raises:
        BlankImage, BadImage: as `prepare`.
    """
    bright = brightness(image)
    if is_plain(bright) or min(bright.shape) <= SIDE:
        return None
    dark = darkness(bright)
    candidates, scores = likely(dark, reader)
    found = choose(candidates, scores)
    if not found:  # that there is a digit is known, unless the paper is blank: a doubtful one is taken, too
        images.prepare(image)
        found = choose(candidates, scores, LEAST)
    if not found:
        return None
    digit = min(found, key=lambda f: _away(f, dark.shape))
    alone, _ = cut_out(dark, digit, found)
    return (alone, digit, dark) if alone.any() else None


def _away(digit: FoundDigit, shape: tuple[int, int]) -> float:
    """How far a digit is from the middle of a picture, squared, in heights; less for one that is certain."""
    across, down = digit.x - shape[1] / 2, digit.y - shape[0] / 2
    return (across**2 + down**2) / digit.height**2 - CERTAIN * digit.log_odds


def readings(image: Image.Image | np.ndarray, model: Model, reader: PageReader) -> Readings:
    """What is read in one picture. Which digit it is on a photo is told by all who see it there; whether it is one, by
    the model.

    Raises:
        BlankImage, BadImage: as `prepare`.
    """
    found = _find(image, reader)
    if found is None:
        return read_batch(images.prepare(image)[np.newaxis], model)
    alone, digit, dark = found
    by_model = read_batch(alone[np.newaxis], model)
    said = looks([digit], dark, alone[np.newaxis], model, reader.closeup)
    return replace(by_model, probabilities=weighed(said, reader.shares))


def read(image: Image.Image | np.ndarray, model: Model, reader: PageReader) -> Reading:
    """The same as one reading, with what the model computed on the way; it says so if the picture is blank.

    Raises:
        BadImage: the input is not a picture.
    """
    try:
        found = readings(image, model, reader)
    except BlankImage:
        return reading.read(image, model)
    return replace(found[0], layers=model.activations(found.image))
