"""A drawing -> its digit, or its number: whether it is one digit or several is decided here, for all who show it."""

from __future__ import annotations

import numpy as np
from PIL import Image

from mnistcore.model import Model
from mnistcore.pages import Page, read_page
from mnistcore.reading import Reading, read
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
    if reading.status == "blank":
        return reading
    page = read_page(image, model)
    return page if len(page.digits) > 1 else reading
