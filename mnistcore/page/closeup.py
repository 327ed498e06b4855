"""Each digit that was found, looked at by itself: cut out of its paper, and from its very middle with what stands
beside it.

The sliding network must tell digits from all else, at places that lie up to half a grid's step from a digit's middle.
The closeup network is shown nothing but digits, so it knows them better, and sees wider: a neighbour's stroke is seen
as such. The model reads what is cut out; what all of them say is weighed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from mnistcore.digit.directions import DIRECTIONS, GRID
from mnistcore.digit.form import SIDE, SPAN
from mnistcore.digit.images import prepare
from mnistcore.digit.probabilities import log_odds, softmax
from mnistcore.errors import BlankImage
from mnistcore.page.scan import STEP, WEAKEST, directions, extended
from mnistcore.page.threshold import ink_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mnistcore.digit.model import Model
    from mnistcore.page.context import FoundDigit

UNLIKELY = 1e-4  # probability: nothing is ruled out by one look alone
HALF_HEIGHT, HALF_WIDTH = 0.68, 0.75  # heights: how far from its middle a digit may reach
WIDE = 13  # points along a view's width; its height is GRID
BEYOND = 2  # points more at each side, whose directions the averages reach into
INPUTS = DIRECTIONS * GRID * WIDE
SCALE = np.float32(np.sqrt(INPUTS) / 4)  # brings a view of strength 1 to numbers of about 1


def cut_out(
    darkness: np.ndarray, digit: FoundDigit, others: list[FoundDigit]
) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """A digit alone, without its paper and its neighbours.

    Returns:
        (28, 28) uint8, as `prepare` leaves it; all 0 if there is no ink.
        left, top, right and bottom of its ink in pixels.
    """
    from scipy import ndimage

    left, right = digit.x - HALF_WIDTH * digit.height, digit.x + HALF_WIDTH * digit.height
    for other in others:  # half way to the neighbours
        if other is not digit and abs(other.y - digit.y) < 0.6 * digit.height:
            middle = (other.x + digit.x) / 2
            left, right = (max(left, middle), right) if other.x < digit.x else (left, min(right, middle))
    top, bottom = digit.y - HALF_HEIGHT * digit.height, digit.y + HALF_HEIGHT * digit.height
    left, top = max(0, int(left)), max(0, int(top))
    right, bottom = min(darkness.shape[1], int(right) + 1), min(darkness.shape[0], int(bottom) + 1)
    part = darkness[top:bottom, left:right]
    if min(part.shape) < 2:
        return np.zeros((SIDE, SIDE), np.uint8), (left, top, right, bottom)
    ink = ink_of(part)
    labels, _ = ndimage.label(ink, np.ones((3, 3)))
    # what reaches into the middle is the digit
    y, x = np.ogrid[top:bottom, left:right]
    core = (np.abs(x - digit.x) < 0.3 * digit.height) & (np.abs(y - digit.y) < 0.5 * digit.height)
    own = np.isin(labels, np.unique(labels[core & ink])) & ink
    if not own.any():
        return np.zeros((SIDE, SIDE), np.uint8), (left, top, right, bottom)
    rows, columns = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
    paper = np.median(part[~ink]) if (~ink).any() else 0.0
    full = np.percentile(part[own], 90)
    soft = np.where(ndimage.binary_dilation(own) & (own | ~ink), (part - paper) / max(full - paper, 1e-3), 0).clip(0, 1)
    try:
        image = prepare(np.pad(np.rint(255 * soft).astype(np.uint8), 3))
    except BlankImage:
        image = np.zeros((SIDE, SIDE), np.uint8)
    return image, (left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1)


def views(darkness: np.ndarray, places: Iterable[tuple[float, float, float]]) -> np.ndarray:
    """What stands at some places of a picture.

    Args:
        darkness: (H, W) float32, 0-1, ink above 0.
        places: the x and y of a digit's middle and its height, in pixels.

    Returns:
        (n, INPUTS) float32: the directions on GRID x WIDE points, of about unit variance.
    """
    grids = [_grid(darkness, *place) for place in places]
    return np.stack(grids) if grids else np.empty((0, INPUTS), np.float32)


def _grid(darkness: np.ndarray, x: float, y: float, height: float) -> np.ndarray:
    size = STEP * (WIDE + 2 * BEYOND), STEP * (GRID + 2 * BEYOND)
    half_width, half_height = (side / 2 * height / SPAN for side in size)
    box = np.array([x - half_width, y - half_height, x + half_width, y + half_height])
    left, top = np.floor(box[:2]).astype(int)
    right, bottom = np.ceil(box[2:]).astype(int)
    high, wide = darkness.shape
    inside = darkness[max(top, 0) : max(bottom, 1), max(left, 0) : max(right, 1)]
    inside = extended(inside, max(-top, 0), max(bottom - high, 0), max(-left, 0), max(right - wide, 0))
    image = Image.fromarray(inside).resize(size, Image.Resampling.BILINEAR, tuple(box - (left, top, left, top)))
    grid = directions(np.asarray(image))[:, BEYOND:-BEYOND, BEYOND:-BEYOND]
    side = (WIDE - GRID) // 2
    strength = np.sqrt((grid[:, :, side:-side] ** 2).sum())
    return (grid * (SCALE / max(strength, WEAKEST))).reshape(-1)


def looks(found: list[FoundDigit], darkness: np.ndarray, alone: np.ndarray, closeup: Model) -> np.ndarray:
    """What all say of digits that were found on a picture, (4, n, 10) float32, in the order of `PageReader.shares`;
    `alone`, (n, 10), is what the model says of each that is cut out."""
    near = closeup.forward(views(darkness, [(digit.x, digit.y, digit.height) for digit in found]))[-1]
    return np.stack([[d.probabilities for d in found], [d.first for d in found], softmax(near), alone])


def weighed(said: np.ndarray, shares: np.ndarray, digit_probability: np.ndarray) -> np.ndarray:
    """Several probabilities of the same digits as one: the logarithm of each counts for its share (Hinton 2002,
    "Training products of experts by minimizing contrastive divergence"). What the model reads in a clean cut counts
    for more than in one of which it says that it is no digit.

    Args:
        said: (k, n, 10) float32, as `looks` gives them.
        shares: (k, 2), as `PageReader` has them.
        digit_probability: (n,), 0-1, of what was cut out, as the model sees it.

    Returns:
        (n, 10) float32.
    """
    clean = log_odds(digit_probability)
    of_each = shares[:, :1] + shares[:, 1:] * clean
    return softmax((of_each[..., np.newaxis] * np.log(said + UNLIKELY)).sum(axis=0).astype(np.float32))
