"""A digit that was found, cut out of its paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mnistcore.digit.form import SIDE
from mnistcore.digit.images import prepare
from mnistcore.errors import BlankImage
from mnistcore.page.threshold import ink_of

if TYPE_CHECKING:
    from mnistcore.page.context import FoundDigit

HALF_HEIGHT, HALF_WIDTH = 0.68, 0.75  # heights: how far from its middle a digit may reach


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
