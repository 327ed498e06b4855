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
BATCH = 2_000  # windows at a time: more leave the processor's cache
MARGIN = 14  # pixels of paper put around a picture, so that a window may have its middle at the border


STEP = 3  # pixels between two points of the grid: about a third of a stroke's distance to the next
BAND = 16 * STEP  # rows of pixels whose directions are computed at a time
REACH = 5  # pixels on either side of a point whose directions are averaged in it
MIDDLE = STEP * (GRID // 2) + STEP // 2  # pixels from a window's corner to its middle
AROUND = 15  # points along the side of the square whose strongest window tells how strong ink is here
SCALE = np.float32(np.sqrt(DIRECTIONS) * GRID / 4)  # brings a window of strength 1 to numbers of about 1
FAINT = 0.35  # of that: a weaker window is divided by no less,
WEAKEST = 0.5  # nor by less than this: of a thousand digits one is weaker, but the grain of most empty paper is
GRAIN = 0.1  # nor by less than this share of the strongest windows of the picture

_KERNEL = np.exp(-0.5 * (np.arange(-REACH, REACH + 1) / SIGMA) ** 2)
_KERNEL = (_KERNEL / _KERNEL.sum()).astype(np.float32)


def smallest(shape: tuple[int, int]) -> float:
    """Pixels: the height of the smallest digits that are looked for in a picture, if nothing else is known of it."""
    return max(SMALLEST, max(shape) / MOST_LINES)


def heights(shape: tuple[int, int], least: float | None = None) -> np.ndarray:
    """The heights of digits that are looked for in a picture, in pixels, from `smallest` or from another."""
    least = least or smallest(shape)
    most = max(shape[0], least)
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
    darkness: np.ndarray,
    cascade: tuple[Model, Model],
    network: Model,
    least: float | None = None,
    deadline: float = math.inf,
) -> list[Level]:
    """Look at every place of a picture in every size, from digits of `least` pixels, or else the `smallest`, to the
    largest.

    Two much smaller networks rule out most windows before: the first sees them coarsely, the second what that one
    leaves (Viola & Jones 2001, "Rapid object detection using a boosted cascade of simple features").

    Raises:
        TimeoutError: the deadline, a `time.monotonic()`, passed.
    """
    image = Image.fromarray(darkness)
    scales = SPAN / heights(darkness.shape, least)
    return [_look(image, scale, cascade, network, deadline) for scale in scales.tolist()]


def gridded(image: Image.Image, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """The grid of a picture that is made so many times as large, and the strengths of its windows."""
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    method = (
        Image.Resampling.BOX if scale < 0.5 else Image.Resampling.BILINEAR if scale < 1 else Image.Resampling.BICUBIC
    )
    grid = directions(extended(np.asarray(image.resize(size, method)), *(MARGIN,) * 4))
    return grid, strengths(grid)


def _look(image: Image.Image, scale: float, cascade: tuple[Model, Model], network: Model, deadline: float) -> Level:
    coarse, fine = cascade
    grid, strength = gridded(image, scale)
    places = np.argwhere(likely(grid, strength, coarse))
    kept, scores = [places[:0]], [np.empty((0, DIGITS + 1), np.float32)]
    for start in range(0, len(places), BATCH):
        if time.monotonic() > deadline:
            raise TimeoutError("The page could not be read in time.")
        some = places[start : start + BATCH]
        seen = windows(grid, strength, *some.T)
        left = fine.forward(seen)[-1][:, 0] > 0
        kept.append(some[left])
        scores.append(network.forward(seen[left])[-1])
    (rows, columns), of_digits = np.concatenate(kept).T, np.concatenate(scores)
    log_odds = np.full(strength.shape, UNSEEN, np.float32)
    log_odds[rows, columns] = above_none(of_digits)
    return Level(scale, rows, columns, of_digits, log_odds)


def above_none(scores: np.ndarray) -> np.ndarray:
    """How much likelier the likeliest digit is than none, given scores (n, 11): log odds, (n,)."""
    return scores[:, :DIGITS].max(axis=1) - scores[:, DIGITS]


def likely(grid: np.ndarray, strength: np.ndarray, coarse: Model) -> np.ndarray:
    """Which windows a network that sees means of 3x3 points does not rule out: bool, like `strength`."""
    height, width = strength.shape
    means = np.zeros((DIRECTIONS, height + 6, width + 6), np.float32)
    for i, j in np.ndindex(3, 3):
        means += grid[:, i : i + height + 6, j : j + width + 6] / 9
    kept = np.empty((height, width), bool)
    many = max(1, BATCH // width)
    for top in range(0, height, many):  # rows at a time
        rows = min(many, height - top)
        blocks = np.stack(
            [means[:, top + i : top + i + rows, j : j + width] for i in (0, 3, 6) for j in (0, 3, 6)], axis=1
        )
        seen = blocks.reshape(-1, rows * width) * (SCALE / strength[top : top + rows].ravel())
        kept[top : top + rows] = coarse.forward(seen.T)[-1].reshape(rows, width) > 0
    return kept


# What a window shows


def directions(darkness: np.ndarray) -> np.ndarray:
    """The directions of a picture, each averaged around points STEP pixels apart.

    Args:
        darkness: (H, W) float32, 0-1, ink above 0.

    Returns:
        (8, H // STEP, W // STEP) float32: point (i, j) lies at the pixel (STEP i + 1, STEP j + 1).
    """
    beyond = REACH + 1  # pixels: a point's directions come from so far around it
    high, wide = (STEP * (side // STEP - 1) + 1 + 2 * beyond for side in darkness.shape)
    padded = np.pad(darkness, (beyond - STEP // 2, beyond), mode="edge")[:high, :wide]
    grid = []
    for top in range(0, high - 2 * beyond, BAND):  # in bands, which stay in the processor's cache
        band = padded[top : top + BAND - STEP + 1 + 2 * beyond]
        planes = direction_planes(band[np.newaxis])[:, 0, 1:-1, 1:-1]
        grid.append(_sampled(_sampled(planes, 1), 2))
    return np.concatenate(grid, axis=1)


def _sampled(planes: np.ndarray, axis: int) -> np.ndarray:
    """Averaged along an axis, at every STEP-th pixel around which there is enough."""
    last = planes.shape[axis] - 2 * REACH
    averaged: np.ndarray = np.zeros(1, np.float32)
    for k, weight in enumerate(_KERNEL):
        some = slice(k, k + last, STEP)
        averaged = averaged + weight * (planes[:, some] if axis == 1 else planes[:, :, some])
    return averaged


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
        if not before and not behind:
            continue
        first, last = picture.take([0, -1], axis) if axis == 0 else picture[:, [0, -1]].T
        paper = [ndimage.percentile_filter(line, 60, 15, mode="nearest") for line in (first, last)]
        sides = [
            np.repeat(line[np.newaxis], count, axis=0) for line, count in zip(paper, (before, behind), strict=True)
        ]
        if axis:
            sides = [side.T for side in sides]
        picture = np.concatenate([sides[0], picture, sides[1]], axis=axis)
    return picture
