"""A third look, at each digit that was found: from its very middle, in its own size, with what stands beside it.

The sliding network must tell digits from all else, at places that lie up to half a grid's step from a digit's middle.
This one is shown nothing but digits, so it knows them better, and sees wider: a neighbour's stroke is seen as such.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from mnistcore.digit.directions import DIRECTIONS, GRID
from mnistcore.digit.form import SPAN
from mnistcore.page.scan import STEP, WEAKEST, directions, extended

if TYPE_CHECKING:
    from collections.abc import Iterable

WIDE = 13  # points along a view's width; its height is GRID
BEYOND = 2  # points more at each side, whose directions the averages reach into
INPUTS = DIRECTIONS * GRID * WIDE
SCALE = np.float32(np.sqrt(INPUTS) / 4)  # brings a view of strength 1 to numbers of about 1


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
