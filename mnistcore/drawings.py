"""A drawing -> its digit, or its number: whether it is one digit or several is decided here, for all who show it."""

from __future__ import annotations

import numpy as np
from PIL import Image

from mnistcore.grey import to_grey
from mnistcore.ink import find_ink
from mnistcore.model import Model
from mnistcore.pages import Page, read_page
from mnistcore.paper import SHARE_OF_STRONGEST
from mnistcore.paths import SURE, USUAL_WIDTH
from mnistcore.reading import Reading, read
from mnistcore.shapes import boxes_of, specks
from mnistcore.store import load_model


def read_drawing(image: Image.Image | np.ndarray, model: Model | None = None) -> Reading | Page:
    """Read what is drawn on a sheet: a digit, or a number.

    Args:
        image: whatever `prepare` takes.
        model: by default `load_model()`, which is loaded anew at every call.

    Returns:
        The page, as `read_page` gives it, if it has several digits; else what `read` gives, which also says what it is
        if it is no digit.

    Raises:
        BadImage: the input is not a picture.
        BadModelFile, DataUnavailable: as `load_model` does, if no model is given.
    """
    model = model or load_model()
    reading = read(image, model)
    if reading.status == "blank" or _is_surely_one(image, reading):
        return reading
    page = read_page(image, model)
    return page if len(page.digits) > 1 else reading


def _is_surely_one(image: Image.Image | np.ndarray, reading: Reading) -> bool:
    """Whether `read_page`, which takes fifty times as long as `read`, need not be asked: it never cuts ink that hangs
    together, is no wider than a digit and is read as one with such a probability."""
    if reading.confidence * reading.digit_probability <= SURE:
        return False
    written = find_ink(to_grey(image)[np.newaxis])[0] > SHARE_OF_STRONGEST
    _, _, (height,), (width,) = boxes_of(written)
    # of several parts each is smaller than twice the largest; one alone is never a speck
    return bool(width <= USUAL_WIDTH * height and not specks(written, 2.0).any())
