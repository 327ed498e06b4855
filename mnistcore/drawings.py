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

# of 223 synthetic pairs of digits that `read_page` read right these keep 217, and of 64 drawings of something else that
# it cut into several digits they refuse 50:
PROBABLE = 0.3  # each digit of a number is more probable than this,
PROBABLE_TOGETHER = 0.5  # and than this where no two are apart,
NARROWEST = 0.35  # where each is on average wider than this, in heights of its line


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
    return len(page.digits) > 1 and all(_is_of_digits(line) for line in lines.values())


def _is_of_digits(line: list[PageDigit]) -> bool:
    """Whether the digits of a line are probable, and wide enough if there is free paper between no two of them."""
    boxes = np.array(sorted(digit.box for digit in line))
    left, right = boxes[:, 0], boxes[:, 0] + boxes[:, 2]
    height = (boxes[:, 1] + boxes[:, 3]).max() - boxes[:, 1].min()
    apart = len(line) == 1 or bool((left[1:] > np.maximum.accumulate(right)[:-1]).any())
    wide = bool(right.max() - left[0] > NARROWEST * height * len(line))
    probable = min(digit.reading.confidence * digit.reading.digit_probability for digit in line)
    return probable > PROBABLE if apart else wide and probable > PROBABLE_TOGETHER
