"""Which rectangle holds a shape, which pixels belong together, and whether a circle fits among them.

The functions take a stack of pictures of one size: NumPy needs hardly longer for a hundred small ones than for one.
"""

from __future__ import annotations

import math

import numpy as np
from PIL import Image


def boxes_of(occupied: np.ndarray) -> np.ndarray:
    """The smallest rectangle around what is occupied of each picture: (n, H, W) bool -> (4, n) int.

    The four are top, left, height and width.
    """
    rows, columns = (np.logical_or.reduce(occupied, axis=axis) for axis in (2, 1))
    top, left = rows.argmax(axis=1), columns.argmax(axis=1)
    bottom, right = (lines.shape[1] - lines[:, ::-1].argmax(axis=1) for lines in (rows, columns))
    return np.array([top, left, bottom - top, right - left])


def common_box(occupied: np.ndarray) -> tuple[int, int, int, int]:
    """The smallest rectangle around what is occupied of any picture: top, bottom, left, right."""
    # Pillow takes a fifth of the time that NumPy does
    left, top, right, bottom = Image.fromarray(occupied.any(axis=0).view(np.uint8)).getbbox() or (0, 0, 0, 0)
    return top, bottom, left, right


def specks(written: np.ndarray, share: float) -> np.ndarray:
    """Find the small parts of each picture; pixels that touch at a side or at a corner are one part.

    Args:
        written: (n, H, W) bool, at least one pixel of every picture.
        share: 0-1; a part with fewer pixels than this share of the picture's largest part is a speck.

    Returns:
        (n, H, W) bool, the pixels of specks.
    """
    n, height, width = written.shape
    # a free row above each picture and a free column before each row: as one line, no run of pixels goes on in the next
    line = np.zeros(n * (height + 1) * (width + 1) + 1, bool)
    line[:-1].reshape(n, height + 1, width + 1)[:, 1:, 1:] = written
    edges = np.flatnonzero(line[1:] != line[:-1]) + 1
    starts, ends = edges[::2], edges[1::2]
    parts = _join(starts, ends, width + 1)
    if np.count_nonzero(parts == np.arange(len(parts))) == n:  # each picture is one part
        return np.zeros_like(written)
    sizes = np.bincount(parts, weights=ends - starts, minlength=len(parts))
    picture = starts // ((height + 1) * (width + 1))
    largest = np.maximum.reduceat(sizes, np.searchsorted(picture, np.arange(n)))
    small = sizes[parts] < share * largest[picture]
    change = np.zeros(len(line), np.int8)
    change[starts[small]], change[ends[small]] = 1, -1
    return change.cumsum(dtype=np.int8)[:-1].view(bool).reshape(n, height + 1, width + 1)[:, 1:, 1:]


def _join(starts: np.ndarray, ends: np.ndarray, width: int) -> np.ndarray:
    """The part that each horizontal run of pixels belongs to: the index of the part's first run.

    Args:
        starts, ends: (m,) int, ascending: where each run begins, and the first place behind it, all rows as one line.
        width: of a row.
    """
    index = np.arange(len(starts))
    # the runs one row further up that touch a run follow each other
    first = np.searchsorted(ends + width, starts)
    touching = np.searchsorted(starts + width, ends, side="right") - first
    parts = np.where(touching > 0, first, index)
    others = np.maximum(touching - 1, 0)
    lower = np.repeat(index, others)
    upper = np.arange(len(lower)) + np.repeat(first + 1 - (others.cumsum() - others), others)
    while True:
        while not np.array_equal(further := parts[parts], parts):
            parts = further
        one, other = parts[lower], parts[upper]
        if np.array_equal(one, other):
            return parts
        np.minimum.at(parts, np.maximum(one, other), np.minimum(one, other))


def holds_circle(solid: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Tell in which pictures all pixels within `radius` of some pixel are solid.

    Args:
        solid: (n, H, W) bool; nothing is solid outside.
        radius: (n,) float, pixels.

    Returns:
        (n,) bool.
    """
    height, width = solid.shape[1:]
    column = np.arange(width)
    before = np.maximum.accumulate(np.where(solid, -1, column), axis=2)
    behind = np.minimum.accumulate(np.where(solid, width, column)[:, :, ::-1], axis=2)[:, :, ::-1]
    across = np.minimum(column - before, behind - column) ** 2  # squared, from each pixel to the next that is not solid
    within = np.ones(solid.shape, bool)
    squared = radius[:, np.newaxis, np.newaxis] ** 2
    for down in range(min(math.floor(radius.max()), height) + 1):
        # in the row so far below or above, all pixels within the circle must be solid; outside of the picture none is
        beyond = down**2 > squared
        wide = (across + down**2 > squared) | beyond
        within[:, : height - down] &= wide[:, down:]
        within[:, height - down :] &= beyond
        within[:, down:] &= wide[:, : height - down]
        within[:, :down] &= beyond
        if not within.any():
            break
    return np.any(within, axis=(1, 2))
