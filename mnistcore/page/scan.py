"""Every place and size of a picture, looked at by the sliding network: where digits may stand, and which.

A digit's 28x28 pixels become directions on 9x9 points (`digit/features.py`). Here the points lie STEP pixels apart over
all of a picture, are computed once, and each 9x9 of them is a window: as convolutional networks slide (Matan et al.
1992, "Multi-digit recognition using a space displacement neural network"; LeCun et al. 1998, section VII).

Directions come from differences of brightness: how bright the paper is plays no part. How strong the ink is does not
either: each window is divided by its own strength, unless it is faint beside what stands around it.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image

from mnistcore.digit.directions import DIRECTIONS, FEATURES, GRID, SIGMA, direction_planes
from mnistcore.digit.form import DIGITS, SPAN

if TYPE_CHECKING:
    from mnistcore.digit.model import Model

SMALLEST = 8.0  # pixels: the height of the smallest digit that can be read,
MOST_LINES = 60  # or, of a large page, this part of its longer side
OCTAVE = 4  # sizes that are tried from one height to twice as much
UNSEEN = -8.0  # log odds of what is not worth a look
BATCH = 2_000  # windows at a time: more would only take memory
MARGIN = 14  # pixels of paper put around a picture, so that a window may have its middle at the border


STEP = 3  # pixels between two points of the grid: about a third of a stroke's distance to the next
REACH = 5  # pixels on either side of a point whose directions are averaged in it
MIDDLE = STEP * (GRID // 2) + STEP // 2  # pixels from a window's corner to its middle
AROUND = 15  # points along the side of the square whose strongest window tells how strong ink is here
SCALE = np.float32(np.sqrt(DIRECTIONS) * GRID / 4)  # brings a window of strength 1 to numbers of about 1
FAINT = 0.35  # of that: a weaker window is divided by no less,
WEAKEST = 0.5  # nor by less than this: of a thousand digits one is weaker, but the grain of most empty paper is
GRAIN = 0.1  # nor by less than this share of the strongest windows of the picture

_KERNEL = np.exp(-0.5 * (np.arange(-REACH, REACH + 1) / SIGMA) ** 2)
_KERNEL = (_KERNEL / _KERNEL.sum()).astype(np.float32)


def heights(shape: tuple[int, int], least: float = SMALLEST) -> np.ndarray:
    """The heights of digits that are looked for in a picture, in pixels."""
    least = max(least, max(shape) / MOST_LINES)
    most = max(min(shape), least)
    steps: np.ndarray = np.arange(int(OCTAVE * np.log2(most / least)) + 1)
    return least * 2 ** (steps / OCTAVE)


@dataclass(frozen=True)
class Level:
    """A picture reduced so that digits of one height are SPAN high, and what the network says at its grid's windows.

    Attributes:
        scale: pixels of the level for one of the picture.
        rows, columns: (n,) int, the windows that it looked at.
        scores: (n, 11) float32, before the softmax.
        log_odds: (R, C) float32, of all windows: how much likelier the likeliest digit is than none; UNSEEN where it
            did not look.
    """

    scale: float
    rows: np.ndarray
    columns: np.ndarray
    scores: np.ndarray
    log_odds: np.ndarray


def scan(
    darkness: np.ndarray, cascade: Model, network: Model, least: float = SMALLEST, deadline: float = math.inf
) -> list[Level]:
    """Look at every place of a picture in every size, from digits of `least` pixels to the largest.

    Raises:
        TimeoutError: the deadline, a `time.monotonic()`, passed.
    """
    image = Image.fromarray(darkness)
    scales = SPAN / heights(darkness.shape, least)
    return [_look(_reduced(image, scale), scale, cascade, network, deadline) for scale in scales.tolist()]


def _reduced(image: Image.Image, scale: float) -> np.ndarray:
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    method = (
        Image.Resampling.BOX if scale < 0.5 else Image.Resampling.BILINEAR if scale < 1 else Image.Resampling.BICUBIC
    )
    return np.asarray(image.resize(size, method))


def _look(level: np.ndarray, scale: float, cascade: Model, network: Model, deadline: float) -> Level:
    grid = directions(extended(level, *(MARGIN,) * 4))
    strength = strengths(grid)
    rows, columns = _likely(grid, strength, cascade)
    scores = np.empty((len(rows), DIGITS + 1), np.float32)
    for start in range(0, len(rows), BATCH):
        if time.monotonic() > deadline:
            raise TimeoutError("The page could not be read in time.")
        some = slice(start, start + BATCH)
        scores[some] = network.forward(windows(grid, strength, rows[some], columns[some]))[-1]
    log_odds = np.full(strength.shape, UNSEEN, np.float32)
    log_odds[rows, columns] = scores[:, :DIGITS].max(axis=1) - scores[:, DIGITS]
    return Level(scale, rows, columns, scores, log_odds)


def _likely(grid: np.ndarray, strength: np.ndarray, cascade: Model) -> tuple[np.ndarray, np.ndarray]:
    """The windows that a much smaller network, which sees them coarsely, does not rule out (Viola & Jones 2001, "Rapid
    object detection using a boosted cascade of simple features"): (n,) rows and (n,) columns."""
    height, width = strength.shape
    coarse = np.zeros((DIRECTIONS, height + 6, width + 6), np.float32)
    for i, j in np.ndindex(3, 3):
        coarse += grid[:, i : i + height + 6, j : j + width + 6] / 9
    blocks = np.stack([coarse[:, i : i + height, j : j + width] for i in (0, 3, 6) for j in (0, 3, 6)], axis=1)
    seen = (blocks.reshape(-1, height * width) * (SCALE / strength.ravel())).T
    scores = cascade.forward(seen)[-1]
    rows, columns = np.nonzero(scores.reshape(strength.shape) > 0)
    return rows, columns


# What a window shows


def directions(darkness: np.ndarray) -> np.ndarray:
    """The directions of a picture, each averaged around points STEP pixels apart.

    Args:
        darkness: (H, W) float32, 0-1, ink above 0.

    Returns:
        (8, H // STEP, W // STEP) float32: point (i, j) lies at the pixel (STEP i + 1, STEP j + 1).
    """
    planes = direction_planes(darkness[np.newaxis])[:, 0]
    return _sampled(_sampled(planes, 2), 1)


def _sampled(planes: np.ndarray, axis: int) -> np.ndarray:
    """Averaged along an axis, at every STEP-th pixel."""
    points = planes.shape[axis] // STEP
    pads = [(0, 0)] * 3
    pads[axis] = (REACH - STEP // 2, REACH + STEP)
    padded = np.moveaxis(np.pad(planes, pads), axis, 2)
    last = STEP * points
    total = _KERNEL[0] * padded[:, :, 0:last:STEP]
    for k in range(1, len(_KERNEL)):
        total += _KERNEL[k] * padded[:, :, k : k + last : STEP]
    return np.moveaxis(total, 2, axis)


def strengths(grid: np.ndarray) -> np.ndarray:
    """What to divide each window by: (rows, columns) float32 for a grid (8, rows + 8, columns + 8)."""
    from scipy import ndimage

    energy = np.einsum("dij,dij->ij", grid, grid)
    sums = np.pad(energy.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    own = sums[GRID:, GRID:] - sums[:-GRID, GRID:] - sums[GRID:, :-GRID] + sums[:-GRID, :-GRID]
    own = np.sqrt(own.clip(1e-12)).astype(np.float32)
    around = np.maximum(FAINT * ndimage.maximum_filter(own, AROUND, mode="nearest"), GRAIN * np.percentile(own, 99.5))
    return np.maximum(own, around).clip(WEAKEST)


def windows(grid: np.ndarray, strength: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The windows at some places of a grid.

    Args:
        grid: (8, H, W), as `directions` gives it.
        strength: (H - 8, W - 8), as `strengths` gives it.
        rows, columns: (n,) int, of their upper left points.

    Returns:
        (n, 648) float32, of about unit variance where there is ink.
    """
    seen = sliding_window_view(grid, (GRID, GRID), axis=(1, 2))[:, rows, columns]  # (8, n, 9, 9)
    scale = SCALE / strength[rows, columns]
    return (seen.transpose(1, 0, 2, 3) * scale[:, np.newaxis, np.newaxis, np.newaxis]).reshape(-1, FEATURES)


def extended(picture: np.ndarray, top: int, bottom: int, left: int, right: int) -> np.ndarray:
    """A picture (H, W) float32 with so many pixels of paper more at each side, as bright as it is near the border;
    strokes that are cut off there end there."""
    from scipy import ndimage

    for axis, before, behind in ((0, top, bottom), (1, left, right)):
        first, last = picture.take([0, -1], axis) if axis == 0 else picture[:, [0, -1]].T
        paper = [ndimage.percentile_filter(line, 60, 15, mode="nearest") for line in (first, last)]
        sides = [
            np.repeat(line[np.newaxis], count, axis=0) for line, count in zip(paper, (before, behind), strict=True)
        ]
        if axis:
            sides = [side.T for side in sides]
        picture = np.concatenate([sides[0], picture, sides[1]], axis=axis)
    return picture
