"""Brightness -> how much ink, whichever of paper and ink is the darker.

The functions take a stack of pictures of one size: NumPy needs hardly longer for a hundred small ones than for one.
"""

from __future__ import annotations

import numpy as np

from mnistcore.digit.shapes import common_box

FAINTEST = 16  # of 255: a picture with less contrast than this is blank paper
GRAINY = 0.03  # of full ink, standard deviation: paper noisier than this is smoothed first
SMALL = 56  # pixels: pictures with a shorter side than this have no grain, only strokes


def find_ink(greys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tell how much ink each pixel holds, and which pictures hold any.

    Args:
        greys: (n, H, W), brightness in 0-255; light ink on dark paper or dark on light.

    Returns:
        (m, h, w) float32, 0 paper to 1 full ink: the pictures that hold any, cropped.
        (n,) bool, which they are.
    """
    ink, full, grain = _contrast(greys)
    drawn = full - 3 * grain >= FAINTEST
    grainy = drawn & (grain > GRAINY * full)
    if min(greys.shape[1:]) > SMALL and grainy.any():
        from scipy import ndimage  # here, for it takes half a second to load, and few pictures need it

        # noise swamps the strokes: look at it from further away
        greys = greys.astype(np.float32)
        greys[grainy] = ndimage.gaussian_filter(greys[grainy], max(greys.shape[1:]) / 100, axes=(1, 2))
        ink, full, grain = _contrast(greys)
        drawn &= full - 3 * grain >= FAINTEST
    if not drawn.all():
        ink, full, grain = ink[drawn], full[drawn], grain[drawn]
    # paper has grain, and compression leaves noise: neither may count as strokes
    ink /= full[:, np.newaxis, np.newaxis]
    if grain.any():
        noise_floor = (3 * (grain / full))[:, np.newaxis, np.newaxis]
        ink = (ink - noise_floor) / (1 - noise_floor)
    return np.clip(ink, np.float32(0), np.float32(1), out=ink), drawn


def _contrast(greys: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How far each pixel is from its paper, ink above 0: (n, h, w) float32, cropped to where any is.

    And of each picture, (n,) float32: how far full ink is, and the standard deviation of the paper.
    """
    n = len(greys)
    frame = np.concatenate([greys[:, 0], greys[:, -1], greys[:, :, 0], greys[:, :, -1]], axis=1)
    length = frame.shape[1]
    middle = np.sort(frame, axis=1, kind="stable")[:, (length - 1) // 2 : length // 2 + 1]
    paper = middle.mean(axis=1, dtype=np.float32, keepdims=True)  # the median
    # most of a picture is paper, which needs no arithmetic
    top, bottom, left, right = common_box(greys != paper[:, :, np.newaxis])
    pixels = (greys[:, top:bottom, left:right] - paper[:, :, np.newaxis]).reshape(n, -1)
    darker = pixels.sum(axis=1, keepdims=True) <= 0  # more than lighter
    if darker.any():
        pixels *= np.where(darker, np.float32(-1), np.float32(1))
    full = _full_ink(pixels)
    strayed = np.abs(frame - paper)
    off_strokes = strayed <= full[:, np.newaxis] / 2  # the frame without the strokes that touch it
    grain = np.float32(1.5) * _deviation(strayed, off_strokes)
    return pixels.reshape(n, bottom - top, right - left), full, grain


def _full_ink(pixels: np.ndarray) -> np.ndarray:
    """The 90th percentile of each picture's strong ink, that above half of its strongest: (n, k) -> (n,) float32."""
    strong = pixels > pixels.max(axis=1, keepdims=True, initial=0) / 2
    count = strong.sum(axis=1)
    some = np.flatnonzero(count)
    # the strong ink of all pictures in one line, each picture's in a range of 256 of its own
    apart = np.float32(256) * np.arange(len(some), dtype=np.float32)
    line = pixels[strong]
    if len(some) > 1:
        line += np.repeat(apart, count[some])
    start = (count.cumsum() - count)[some]
    rank = 0.9 * (count[some] - 1)
    below = rank.astype(np.int64)
    above = np.minimum(below + 1, count[some] - 1)
    line.partition(np.concatenate([start + below, start + above]))
    lower, upper = line[start + below] - apart, line[start + above] - apart
    full = np.zeros(len(pixels), np.float32)
    full[some] = lower + (upper - lower) * (rank - below).astype(np.float32)
    return full


def _deviation(values: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The standard deviation of each row's chosen values, 0 if there are none: (n, k), (n, k) bool -> (n,) float32."""
    values = np.where(chosen, values, 0)
    if not values.any():  # as in all pictures from a canvas
        return np.zeros(len(values), np.float32)
    count = chosen.sum(axis=1).clip(1)
    values = values.astype(np.float64)  # in which the sums of whole numbers are exact, in whatever order
    variance = (values**2).sum(axis=1) / count - (values.sum(axis=1) / count) ** 2
    return np.sqrt(variance.clip(0)).astype(np.float32)
