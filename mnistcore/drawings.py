"""A drawing -> its digit, or its number: whether it is one digit or several is decided here, for all who show it."""

from __future__ import annotations

import numpy as np
from PIL import Image

from mnistcore.grey import to_grey
from mnistcore.ink import find_ink
from mnistcore.model import Model
from mnistcore.pages import Page, PageDigit, read_page
from mnistcore.paper import SHARE_OF_STRONGEST
from mnistcore.reading import Reading, read
from mnistcore.shapes import boxes_of
from mnistcore.sheet import ONE, WIDEST
from mnistcore.store import load_model

# of synthetic pairs of digits that `read_page` reads right these keep 98%, and of what is no digit and yet can be cut
# into several they refuse three quarters:
LEAST_PROBABLE = 0.3  # each digit of a number is more probable than this,
NARROWEST = 0.35  # heights of its line: the width of a digit, on average, where no two are apart


def read_drawing(image: Image.Image | np.ndarray, model: Model | None = None) -> Reading | Page:
    """Read what is drawn on a sheet: a digit, or a number.

    Args:
        image: whatever `prepare` takes.
        model: by default `load_model()`, which is loaded anew at every call.

    Returns:
        The page, as `read_page` gives it, if it is a number; else what `read` gives, which also says if it is no digit.

    Raises:
        BadImage: the input is not a picture.
        BadModelFile, DataUnavailable: as `load_model` does, if no model is given.
    """
    model = model or load_model()
    reading = read(image, model)
    if reading.status == "blank" or _is_surely_no_number(image, reading):
        return reading
    page = read_page(image, model)
    return page if _is_number(page) else reading


def _is_surely_no_number(image: Image.Image | np.ndarray, reading: Reading) -> bool:
    """Whether `read_page`, which takes fifty times as long as `read`, need not be asked.

    Ink without free paper between its left and its right is never divided by it if it is this probable as one digit
    (`sheet.is_one`); and if there is none between its top and its bottom either, two digits need a certain width.
    """
    written = find_ink(to_grey(image)[np.newaxis])[0][0] > SHARE_OF_STRONGEST
    (top,), (left,), (height,), (width,) = boxes_of(written[np.newaxis])
    written = written[top : top + height, left : left + width]
    one = bool(np.log(reading.confidence * reading.digit_probability + 1e-9) + ONE >= 0) and width <= WIDEST * height
    narrow = width <= 2 * NARROWEST * height and bool(written.any(axis=1).all())
    return (one or narrow) and bool(written.any(axis=0).all())


def _is_number(page: Page) -> bool:
    """Whether several digits were found, and not a letter or a scribble that can be cut into such."""
    lines: dict[int, list[PageDigit]] = {}
    for digit in page.digits:
        lines.setdefault(digit.line, []).append(digit)
    probable = all(d.reading.confidence * d.reading.digit_probability > LEAST_PROBABLE for d in page.digits)
    return len(page.digits) > 1 and probable and all(_is_wide_enough(line) for line in lines.values())


def _is_wide_enough(line: list[PageDigit]) -> bool:
    """Whether there is free paper between digits of a line, or else as much ink across as so many digits need."""
    boxes = np.array(sorted(digit.box for digit in line))
    left, right = boxes[:, 0], boxes[:, 0] + boxes[:, 2]
    parted = (left[1:] > np.maximum.accumulate(right)[:-1]).any()
    height = (boxes[:, 1] + boxes[:, 3]).max() - boxes[:, 1].min()
    return bool(len(line) == 1 or parted or right.max() - left[0] > NARROWEST * height * len(line))
