"""Any picture of a digit -> the 28x28 form that MNIST's own digits have.

MNIST's makers cropped each digit, scaled its longer side to 20 pixels and moved its centre of mass to the middle of a
28x28 field (LeCun et al. 1998, "Gradient-based learning applied to document recognition", section III-A).
A network that was trained on such digits reads nothing else well, so every picture, wherever it comes from, passes
through `prepare`, which takes the same steps:

    1. grey      any mode, size or orientation -> brightness, transparent parts as paper
    2. ink       brightness -> how much ink, whichever of paper and ink is the darker
    3. clean     stray specks out; a dot alone is no digit
    4. fit       crop, longer side to 20 px, centre of mass to the middle
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image

from mnistcore.digit.form import CENTRE, INK, SIDE, SPAN
from mnistcore.digit.grey import to_grey
from mnistcore.digit.ink import find_ink
from mnistcore.digit.pixels import to_bytes
from mnistcore.digit.shapes import boxes_of, holds_circle, specks
from mnistcore.errors import BlankImage

TOLERANCE = 0.55  # pixels that a prepared digit's centre may be off: half a pixel of rounding, and a little
SPECK = 0.02  # parts smaller than this share of the largest part are dirt, not writing
BATCH = 250  # images at a time, of which the form is told: their pixels as float32 stay in the processor's cache
DASH = 0.05  # a line's mean square across by that along it: a stroke four times as long as it is wide is below
DOT = 0.7  # a shape whose inscribed circle is this much of its longer side is a dot; the stoutest digits stay below

NOTHING_DRAWN = "There is nothing drawn: the picture has no ink."
ONLY_A_DOT = "There is only a dot: draw a whole digit."

# one matrix product gives the pixels' moments about the centre, down and to the right, and their sum
_FROM_CENTRE = np.arange(SIDE, dtype=np.float32) - np.float32(CENTRE)
_MOMENTS = np.stack([np.repeat(_FROM_CENTRE, SIDE), np.tile(_FROM_CENTRE, SIDE), np.ones(SIDE**2, np.float32)], axis=1)
_MOMENTS_OF_ONE = _MOMENTS.T.copy()
_DOWN, _ACROSS, _ONE = _MOMENTS_OF_ONE
_SQUARES = np.stack([_DOWN, _ACROSS, _ONE, _DOWN * _DOWN, _ACROSS * _ACROSS, _DOWN * _ACROSS], axis=1)
_IS_INK = bytes(value > INK for value in range(256))  # for bytes.translate


def prepare(image: Image.Image | np.ndarray) -> np.ndarray:
    """Bring a picture of one digit to MNIST's form.

    Args:
        image: a PIL image of any mode, or an array (H, W) or (H, W, 1|3|4): uint8 0-255, bool, or numbers in 0-1 or
            0-255. Light ink on dark paper or dark on light; a fourth channel is opacity.

    Returns:
        (28, 28) uint8, ink bright on 0: longer side 20 px, centre of mass at index 14.0 as nearly as whole pixels
        allow (a lopsided digit is kept inside the frame instead). An image that has this form already is returned
        unchanged, so `prepare(prepare(x))` equals `prepare(x)`.

    Raises:
        BlankImage: nothing is drawn, or only a dot.
        BadImage: the input is not a picture.
    """
    greys = to_grey(image)[np.newaxis]
    if greys.shape[1:] == (SIDE, SIDE):
        as_mnist = np.rint(greys).astype(np.uint8)
        if is_prepared(as_mnist)[0]:
            return as_mnist[0]
    prepared, blank = _prepare(greys)
    if blank:
        raise BlankImage(blank[0])
    return prepared[0]


def prepare_batch(images: np.ndarray) -> tuple[np.ndarray, dict[int, str]]:
    """Bring many small pictures to MNIST's form: to each the answer that `prepare` gives, in less time.

    Args:
        images: (n, 28, 28), prepared or not, numbers as `to_bytes` takes them.

    Returns:
        (n, 28, 28) uint8; a blank image is passed on as its bytes are.
        Index of each blank image -> the sentence that says so.
    """
    if images.dtype.char == "B" and _all_prepared(images):  # as most are; numbers within 0-1 hold no ink as they are
        return images, {}
    images = to_bytes(images)
    others = (~is_prepared(images)).nonzero()[0]
    if not others.size:
        return images, {}
    images = images.copy()
    prepared, blank = _prepare(images[others])
    there = [i for i in range(len(others)) if i not in blank] if blank else slice(None)
    images[others[there]] = prepared
    return images, {int(others[i]): sentence for i, sentence in blank.items()}


def is_prepared(images: np.ndarray) -> np.ndarray:
    """Tell which images have MNIST's form already: the cheap check that lets most pixel data pass untouched.

    Args:
        images: (n, 28, 28) uint8.

    Returns:
        (n,) bool.
    """
    if len(images) > BATCH:
        return np.concatenate([is_prepared(images[i : i + BATCH]) for i in range(0, len(images), BATCH)])
    occupied = _occupied(images > INK)
    first, end = occupied.argmax(axis=2), SIDE - occupied[:, :, ::-1].argmax(axis=2)
    moments = (images.reshape(-1, SIDE * SIDE).astype(np.float32) @ _MOMENTS).T  # down, right, and the sum
    prepared = (end - first).max(axis=0) == SPAN
    centred = np.abs(moments[:2]) <= TOLERANCE * moments[2]
    if not centred.all():  # a digit whose mass lies far to one side stops at the frame, short of the middle
        centred |= np.where(moments[:2] > 0, first == 0, end == SIDE)
    return prepared & centred.all(axis=0)


def is_dash(images: np.ndarray) -> np.ndarray:
    """Tell which images are one straight line flatter than 30 degrees: a dash, for nobody's 1 lies so low.

    Args:
        images: (n, 28, 28) uint8 in MNIST's form; of no ink at all none is.

    Returns:
        (n,) bool.
    """
    down, across, ink, *squares = (images.reshape(-1, SIDE * SIDE).astype(np.float32) @ _SQUARES).T
    ink = np.maximum(ink, 1)
    down, across = down / ink, across / ink
    high, wide, both = squares[0] / ink - down**2, squares[1] / ink - across**2, squares[2] / ink - down * across
    # of the ellipse with these moments: `length` is the difference of its axes' squares, (wide - high) / length the
    # cosine of twice the angle of the longer one
    length = np.hypot(wide - high, 2 * both)
    return (wide + high - length < DASH * (wide + high + length)) & (wide - high > length / 2)


def _all_prepared(images: np.ndarray) -> bool:
    """Whether `is_prepared` holds of all of them. Of one image it is told in a third of the time, for NumPy takes
    longer to begin with so few numbers than to be done with them."""
    if len(images) != 1:
        return bool(is_prepared(images).all())
    by_row, by_column = images[0].tobytes().translate(_IS_INK), images[0].T.tobytes().translate(_IS_INK)
    top, bottom = by_row.find(True) // SIDE, by_row.rfind(True) // SIDE + 1
    left, right = by_column.find(True) // SIDE, by_column.rfind(True) // SIDE + 1
    if max(bottom - top, right - left) != SPAN:
        return False
    # whole numbers, so exact
    down, across, total = _MOMENTS_OF_ONE.dot(images.reshape(SIDE**2).astype(np.float32)).tolist()
    centred_down = abs(down) <= TOLERANCE * total or (top == 0 if down > 0 else bottom == SIDE)
    return centred_down and (abs(across) <= TOLERANCE * total or (left == 0 if across > 0 else right == SIDE))


def _occupied(ink: np.ndarray) -> np.ndarray:
    """(2, n, 28) bool, which rows and which columns of each image (n, 28, 28) bool hold ink.

    The same as `any` along each axis in a tenth of the time: NumPy is slow where it joins 28 bytes at a time, and fast
    where it joins as many numbers as there are images.
    """
    words = ink.reshape(-1, SIDE**2).view(np.uint32).reshape(-1, SIDE, SIDE // 4)  # four pixels of a row in one number
    words = words.transpose(1, 2, 0).copy()
    rows = np.bitwise_or.reduce(words, axis=1).astype(bool).T
    columns = np.bitwise_or.reduce(words, axis=0).T.copy().view(bool)
    return np.array([rows, columns])


def _prepare(greys: np.ndarray) -> tuple[np.ndarray, dict[int, str]]:
    """All steps for a stack of pictures of one size.

    Args:
        greys: (n, H, W), brightness in 0-255.

    Returns:
        (m, 28, 28) uint8: those that are not blank.
        Index of each blank picture -> the sentence that says so.
    """
    ink, drawn = find_ink(greys)
    blank = dict.fromkeys(np.flatnonzero(~drawn).tolist(), NOTHING_DRAWN)
    if not len(ink):
        return np.empty((0, SIDE, SIDE), np.uint8), blank
    ink, boxes = _without_specks(ink)
    dots = _dots(ink, boxes)
    if dots.any():
        blank |= dict.fromkeys(np.flatnonzero(drawn)[dots].tolist(), ONLY_A_DOT)
        ink, boxes = ink[~dots], boxes[:, ~dots]
    return _fit(ink, boxes), blank


def _without_specks(ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The digits without the specks of dirt around them, and the box around each."""
    written = ink > INK / 255
    dirt = specks(written, SPECK)
    if dirt.any():
        ink = np.where(dirt, 0, ink)
        written &= ~dirt
    return ink, boxes_of(written)


def _dots(ink: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """(n,) bool, which shapes are round and full enough to be dots."""
    top, left = boxes[:2].min(axis=1)
    step = max(1, boxes[2:].max() // 200)  # a large picture's every second or third pixel is enough
    solid = ink[:, top::step, left::step] > 0.5
    radius = DOT * boxes[2:].max(axis=0) / (2 * step)  # pixels, of the smallest circle that makes it a dot
    # such a circle has more than 3 radius^2 - 7 pixels, which few digits have
    dots = solid.sum(axis=(1, 2)) > 3 * radius**2 - 7
    if dots.any():
        dots[dots] = holds_circle(solid[dots], radius[dots])
    return dots


def _fit(ink: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Longer side to 20 px, strongest ink to 255, centre of mass to the middle: (n, 28, 28) uint8."""
    field = np.zeros((len(ink), SIDE, SIDE), np.uint8)
    for members, cut in _cut(ink, boxes):
        shrinking = max(cut.shape[1:]) > SPAN
        scaled = _scale(cut, Image.Resampling.BOX if shrinking else Image.Resampling.BICUBIC).clip(0)
        digits = np.rint(scaled * (255 / scaled.max(axis=(1, 2), keepdims=True))).astype(np.uint8)
        # a tip that faded to nothing leaves a digit short: stretching the rest by whole pixels makes up for it
        for those, tipless in _cut(digits, boxes_of(digits > INK)):
            field[members[those]] = _centre(_scale(tipless, Image.Resampling.NEAREST).astype(np.uint8))
    return field


def _cut(pictures: np.ndarray, boxes: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The pictures' boxes, those of one size together: (m,) their indices, and (m, height, width) their pixels."""
    top, left, heights, widths = boxes
    for height, width in set(zip(heights.tolist(), widths.tolist(), strict=True)):
        members = np.flatnonzero((heights == height) & (widths == width))
        if (height, width) == pictures.shape[1:]:
            yield members, pictures[members]
        else:
            windows = sliding_window_view(pictures, (height, width), axis=(1, 2))
            yield members, windows[members, top[members], left[members]]


def _scale(pictures: np.ndarray, method: Image.Resampling) -> np.ndarray:
    """Pictures of one size with a longer side of 20 px, their proportions kept: (n, H, W) -> (n, h, w) float32.

    Pillow scales one picture at a time, so several are given to it as one: below each other for the width, side by
    side for the height.
    """
    n, old_height, old_width = pictures.shape
    height, width = (max(1, round(SPAN * side / max(old_height, old_width))) for side in (old_height, old_width))
    pictures = pictures.astype(np.float32)
    if (height, width) == (old_height, old_width):
        return pictures
    if n == 1:
        return np.asarray(Image.fromarray(pictures[0]).resize((width, height), method))[np.newaxis]
    # as Pillow does it: a tall picture is made lower first, which leaves less to be made narrower
    lower_first = old_height > height and old_height - height > 2 * (old_width - width)
    for down in (lower_first, not lower_first):
        line = pictures.swapaxes(0, 1) if down else pictures
        image = Image.fromarray(line.reshape(line.shape[0], -1) if down else line.reshape(-1, line.shape[2]))
        image = image.resize((image.width, height) if down else (width, image.height), method)
        pictures = np.asarray(image).reshape((height, n, -1) if down else (n, -1, width))
        pictures = pictures.swapaxes(0, 1) if down else pictures
    return pictures


def _centre(digits: np.ndarray) -> np.ndarray:
    """Digits of one size, each with its centre of mass as near to the middle as whole pixels allow: (n, 28, 28)."""
    n, height, width = digits.shape
    top, left = (_start(digits.sum(axis=axis, dtype=np.float64)) for axis in (2, 1))
    field = np.zeros((n, SIDE, SIDE), np.uint8)
    rows, columns = top[:, np.newaxis] + np.arange(height), left[:, np.newaxis] + np.arange(width)
    field[np.arange(n)[:, np.newaxis, np.newaxis], rows[:, :, np.newaxis], columns[:, np.newaxis]] = digits
    return field


def _start(profiles: np.ndarray) -> np.ndarray:
    """Where along one axis each digit begins: its ink in each row or column, (n, k) -> (n,) int."""
    centre_of_mass = profiles @ np.arange(profiles.shape[1]) / profiles.sum(axis=1)
    return np.rint(CENTRE - centre_of_mass).clip(0, SIDE - profiles.shape[1]).astype(np.int64)
