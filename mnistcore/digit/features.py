"""28x28 pixels -> what the network is given: in which directions edges run, and where.

A network that is given pixels learns which pixels a digit covers. What makes a digit is rather which strokes it has,
and roughly where. So each image becomes eight small pictures, one a direction:

    1. gradient    how fast the ink rises at each pixel, to the right and downwards (Sobel's filters)
    2. split       this gradient, an arrow, becomes the sum of two arrows, along the nearest two of eight directions
    3. blur        each direction's picture is averaged around the points of a 9x9 grid (a Gaussian)

    direction       0  1  2  3  4  5  6  7
    ink rises to    →  ↘  ↓  ↙  ←  ↖  ↑  ↗

A vertical stroke has its left edge in direction 0 and its right edge in direction 4. Source: Liu, Nakashima, Sako &
Fujisawa 2004, "Handwritten digit recognition: investigation of normalization and feature extraction techniques",
Pattern Recognition 37, 265-279.

Each step adds, or takes the larger of two numbers, as ReLU does. So twice the ink gives twice the features, and what a
feature adds to a score can be traced back to the pixels exactly (`to_pixels`).
"""

from __future__ import annotations

import numpy as np

from mnistcore.digit.directions import DIRECTIONS, FEATURES, GRID, SIGMA, SQRT2, direction_planes, gradient
from mnistcore.digit.form import PIXELS, SIDE
from mnistcore.digit.pixels import within_one
from mnistcore.errors import BadImage

# Weights far from a point, which add nothing to float32 sums. Products of two of them would be denormal numbers, below
# 1e-38, with which processors are many times slower: the network's first layer took twice the time.
NOTHING = 1e-15
UNIT = 4.0  # brings them to the order of 1, from where training starts well
SOBEL = 1 / 8  # makes the gradient of a rise of 1 a pixel 1

# what a network may be given -> how many numbers that is for one image
INPUTS = {"pixels": PIXELS, "stroke directions": FEATURES}

FULL = np.float32(1) / np.float32(255)  # brings 0-255 to 0-1
BATCH = 64  # images at a time: what one step touches stays in the processor's cache
# how far each direction goes to the right, and downwards: arrows of length 1
ARROWS = np.array([np.cos(np.arange(8) * np.pi / 4), np.sin(np.arange(8) * np.pi / 4)], np.float32)


def _blur() -> np.ndarray:
    """(GRID, SIDE) float32: in row k the weights of the pixels around the k-th point, adding up to 1."""
    points = (np.arange(GRID) + 0.5) * SIDE / GRID - 0.5
    weights = np.exp(-((np.arange(SIDE) - points[:, np.newaxis]) ** 2) / (2 * SIGMA**2))
    weights /= weights.sum(axis=1, keepdims=True)
    return np.where(weights < NOTHING, 0, weights).astype(np.float32)


BLUR = _blur()
BLUR_RIGHT = np.ascontiguousarray(BLUR.T * np.float32(UNIT * SOBEL))  # one multiplication for all


def stroke_directions(images: np.ndarray) -> np.ndarray:
    """The eight directions of each image.

    Args:
        images: (n, 28, 28) float32, 0 (paper) to 1 (ink).

    Returns:
        (n, 8, 9, 9) float32, 0 to about 1: direction, row, column.
    """
    blurred = (BLUR @ direction_planes(images)).reshape(-1, SIDE) @ BLUR_RIGHT
    return blurred.reshape(DIRECTIONS, -1, GRID, GRID).swapaxes(0, 1)


def network_input(images: np.ndarray, kind: str) -> np.ndarray:
    """What a network is given of each image.

    Args:
        images: (n, 28, 28) or (n, 784): 0-255 as `prepare` gives them, or floating point within 0-1.
        kind: one of INPUTS.

    Returns:
        (n, 784) float32 in 0-1, or (n, 648) float32.

    Raises:
        BadImage: the images have another shape.
    """
    images = np.asarray(images)
    if images.ndim not in (2, 3) or images.shape[1:] not in ((PIXELS,), (SIDE, SIDE)):
        raise BadImage(f"Images must be (n, 28, 28) or (n, 784); these are {images.shape}.")
    rows = images.reshape(len(images), PIXELS)
    if kind == "pixels":
        return _scaled(rows)
    features = np.empty((len(rows), DIRECTIONS, GRID, GRID), np.float32)
    for start in range(0, len(rows), BATCH):
        batch = slice(start, start + BATCH)
        features[batch] = stroke_directions(_scaled(rows[batch]).reshape(-1, SIDE, SIDE))
    return features.reshape(-1, FEATURES)


def _scaled(rows: np.ndarray) -> np.ndarray:
    """Pixels in 0-255, or in 0-1 already, as float32 in 0-1."""
    scale = np.where(within_one(rows), np.float32(1), FULL)[:, np.newaxis] if rows.dtype.kind == "f" else FULL
    return (rows * scale).astype(np.float32, copy=False)


def to_pixels(image: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """From how much scores rise with each feature to how much they rise with each pixel: the steps backwards.

    Args:
        image: (28, 28) float32, 0-1, at which the slopes are taken.
        slopes: (k, 648) float32, of k scores.

    Returns:
        (k, 28, 28) float32. Multiplied by the image and added up, it is what all features add to each score.
    """
    right, down = gradient(image)
    planes = BLUR.T @ slopes.reshape(-1, DIRECTIONS, GRID, GRID) @ BLUR_RIGHT.T  # (k, 8, 28, 28)
    per_right, per_down = _split_slopes(right, down)
    return _gradient_transposed((planes * per_right).sum(axis=1), (planes * per_down).sum(axis=1))


def to_picture(slopes: np.ndarray) -> np.ndarray:
    """The ink that slopes ask for, whatever is drawn: where ink makes scores rise, and where it makes them fall.

    `to_pixels` is exact for one image, but says nothing of paper that is flat. Here each direction's slope is an arrow,
    the arrows at a pixel are added up, and the gradient is taken backwards: ink towards which the arrows point is above
    0. So two opposite directions that ask for as much at the same place cancel out.

    Args:
        slopes: (k, 648) float32, of k scores.

    Returns:
        (k, 28, 28) float32.
    """
    planes = BLUR.T @ slopes.reshape(-1, DIRECTIONS, GRID, GRID) @ BLUR_RIGHT.T  # (k, 8, 28, 28)
    right, down = (np.tensordot(planes, along, (1, 0)) for along in ARROWS)
    return _gradient_transposed(right, down)


def _gradient_transposed(right: np.ndarray, down: np.ndarray) -> np.ndarray:
    """`gradient` backwards: slopes by the two gradients, each (k, 28, 28), to slopes by the pixels, (k, 28, 28)."""
    across = np.zeros((len(right), SIDE, SIDE + 2), np.float32)
    across[:, :, 2:] += right
    across[:, :, :-2] -= right
    along = np.zeros((len(right), SIDE + 2, SIDE), np.float32)
    along[:, 2:] += down
    along[:, :-2] -= down
    padded = np.zeros((len(right), SIDE + 2, SIDE + 2), np.float32)
    for shift, weight in enumerate((1, 2, 1)):
        padded[:, shift : shift + SIDE] += weight * across
        padded[:, :, shift : shift + SIDE] += weight * along
    return padded[:, 1:-1, 1:-1]


def _split_slopes(right: np.ndarray, down: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """By how much each of the eight planes rises with the gradient to the right, and downwards: two (8, 28, 28)."""
    sign_right, sign_down = np.sign(right), np.sign(down)
    wide = np.abs(right) > np.abs(down)  # nearer to the horizontal than to the vertical
    per_right, per_down = np.zeros((2, DIRECTIONS, SIDE, SIDE), np.float32)
    for direction, (x, y) in enumerate([(1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1)]):
        if y == 0:
            there = wide & (sign_right == x)
            per_right[direction], per_down[direction] = x * there, -sign_down * there
        elif x == 0:
            there = ~wide & (sign_down == y)
            per_right[direction], per_down[direction] = -sign_right * there, y * there
        else:
            there = (sign_right == x) & (sign_down == y)
            per_right[direction], per_down[direction] = SQRT2 * x * (there & ~wide), SQRT2 * y * (there & wide)
    return per_right, per_down
