"""In which of eight directions the ink rises at each pixel, and how fast: steps 1 and 2 of `features.py`."""

from __future__ import annotations

import numpy as np

DIRECTIONS = 8
GRID = 9  # points along each side of the grid that a digit's directions are averaged on
SIGMA = 1.6  # pixels, standard deviation of the Gaussian around each point
FEATURES = DIRECTIONS * GRID * GRID  # 648 numbers a digit
SQRT2 = np.float32(np.sqrt(2))  # the length of an arrow that points 1 to the right and 1 down


def direction_planes(pictures: np.ndarray) -> np.ndarray:
    """The eight directions at every pixel of pictures of one size: (n, H, W) float32 -> (8, n, H, W)."""
    n, height, width = pictures.shape
    planes = _split(*_rises(pictures))
    return planes.reshape(DIRECTIONS, n, height + 2, width + 2)[:, :, :height, :width]


def gradient(image: np.ndarray) -> np.ndarray:
    """How fast the ink of an image (H, W) rises to the right, and downwards, times 1 / SOBEL: (2, H, W)."""
    height, width = image.shape
    return _rises(image[np.newaxis]).reshape(2, height + 2, width + 2)[:, :height, :width]


def _rises(pictures: np.ndarray) -> np.ndarray:
    """The gradient of all pictures: (2, n * (H + 2) * (W + 2)) float32.

    All pixels stand in one line, with a margin of paper around each picture: so a pixel's neighbours are always as far
    away, and each step is one long operation. The line of the gradient begins with the first pixel inside the margin;
    its numbers that stand for margins mean nothing.
    """
    n, height, width = pictures.shape
    padded = np.zeros((n, height + 2, width + 2), np.float32)
    padded[:, 1:-1, 1:-1] = pictures
    ink, row = padded.ravel(), width + 2
    twice = ink + ink
    smooth_down = ink[: -2 * row] + twice[row:-row] + ink[2 * row :]
    smooth_right = ink[:-2] + twice[1:-1] + ink[2:]
    rises = np.zeros((2, ink.size), np.float32)
    right, down = rises[:, : -2 * row - 2]
    np.subtract(smooth_down[2:], smooth_down[:-2], out=right)
    np.subtract(smooth_right[2 * row :], smooth_right[: -2 * row], out=down)
    return rises


def _split(right: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Each gradient, of n, as arrows along two of eight directions, by the parallelogram rule: (8, n) float32.

    An arrow (right, down) with right > down > 0 is (right - down) along direction 0, and down * sqrt(2) along 1.
    """
    left, up, flat, steep = -right, -down, np.abs(right), np.abs(down)
    planes = np.empty((DIRECTIONS, right.size), np.float32)
    np.subtract(right, steep, out=planes[0])
    np.minimum(right, down, out=planes[1])
    np.subtract(down, flat, out=planes[2])
    np.minimum(left, down, out=planes[3])
    np.subtract(left, steep, out=planes[4])
    np.minimum(left, up, out=planes[5])
    np.subtract(up, flat, out=planes[6])
    np.minimum(right, up, out=planes[7])
    planes[1::2] *= SQRT2
    no_rise = np.zeros(right.size, np.float32)  # beside a single 0 the maximum takes eight times as long
    return np.maximum(planes, no_rise, out=planes)
