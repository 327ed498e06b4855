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
    return _split(*gradient(pictures))


def gradient(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How fast the ink rises to the right and downwards, times 1 / SOBEL: two arrays like `images`, (n, H, W)."""
    n, height, width = images.shape
    padded = np.zeros((n, height + 2, width + 2), np.float32)
    padded[:, 1:-1, 1:-1] = images
    twice = padded + padded
    smooth_down = padded[:, :-2] + twice[:, 1:-1] + padded[:, 2:]
    smooth_right = padded[:, :, :-2] + twice[:, :, 1:-1] + padded[:, :, 2:]
    return smooth_down[:, :, 2:] - smooth_down[:, :, :-2], smooth_right[:, 2:] - smooth_right[:, :-2]


def _split(right: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Each gradient (n, H, W) as arrows along two of eight directions, by the parallelogram rule: (8, n, H, W).

    An arrow (right, down) with right > down > 0 is (right - down) along direction 0, and down * sqrt(2) along 1.
    """
    left, up, flat, steep = -right, -down, np.abs(right), np.abs(down)
    planes = np.empty((DIRECTIONS, *right.shape), np.float32)  # a direction's all in one piece, which is faster
    np.subtract(right, steep, out=planes[0])
    np.minimum(right, down, out=planes[1])
    np.subtract(down, flat, out=planes[2])
    np.minimum(left, down, out=planes[3])
    np.subtract(left, steep, out=planes[4])
    np.minimum(left, up, out=planes[5])
    np.subtract(up, flat, out=planes[6])
    np.minimum(right, up, out=planes[7])
    planes[1::2] *= SQRT2
    return np.maximum(planes, 0, out=planes)
