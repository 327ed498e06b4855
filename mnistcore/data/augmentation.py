"""Distort digits, so that a network never sees the same one twice and learns what stays when a hand changes.

Every picture reaches the network by `images.prepare`, which crops, scales and centres it. So size and place need not be
learnt: a distorted digit is brought back to 20 px around the middle by the very step that slants, turns, stretches and
bends it (affine and elastic distortions: Simard, Steinkraus & Platt 2003, "Best practices for convolutional neural
networks applied to visual document analysis"). A few are then made such as people scan and shrink them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import numpy as np

from mnistcore.digit.form import CENTRE, INK, SIDE, SPAN

TURN = np.radians(10)  # standard deviations of a distortion at strength 1: rotation,
SLANT = 0.16  # shear, in pixels to the right per pixel upwards,
STRETCH = 0.11  # logarithm of width over height,
SHIFT = 0.45  # pixels off the middle,
SIZE = 0.035  # logarithm of size,
BEND = 1.0  # pixels that a knot of the elastic grid moves
KNOTS = 6  # along each side of the elastic grid; the field between them is a smooth curve
WIDTH_VARIED = 0.4  # share of images whose strokes are made thicker or thinner, at strength 1

BATCH = 1_000  # images at a time: what one step touches stays in the processor's cache
COARSE = (7, 8, 10, 12, 14)  # pixels that an image's side is reduced to when it is made coarse


def distort(
    images: np.ndarray, rng: np.random.Generator, strength: float = 1.0, width_varied: float = WIDTH_VARIED
) -> np.ndarray:
    """Distort each image at random, and keep MNIST's form: about 20 px, about the middle.

    Args:
        images: (n, 28, 28) uint8, ink bright on 0.
        rng: the random generator; the same seed gives the same distortions.
        strength: 0 leaves the images nearly as they are, 1 is as far as a digit stays readable.
        width_varied: share of images, at strength 1, whose strokes are made thicker or thinner.

    Returns:
        (n, 28, 28) uint8.
    """
    return _in_batches(
        images, lambda batch: _vary_stroke_width(_warp(batch, rng, strength), rng, width_varied * strength)
    )


def degrade(images: np.ndarray, rng: np.random.Generator, share: float) -> np.ndarray:
    """Make a share of the images as people scan and shrink them: squeezed into a square, coarse, or with hard edges.

    Args:
        images: (n, 28, 28) uint8, ink bright on 0.
        rng: the random generator.
        share: 0-1, how many of the images are touched.

    Returns:
        (n, 28, 28) uint8.
    """
    images = images.copy()
    kind = np.floor(rng.random(len(images)) * 3 / max(share, 1e-9))
    for k, worsen in enumerate((_square, _coarsen, _threshold)):
        images[kind == k] = _in_batches(images[kind == k], partial(worsen, rng=rng))
    return images


def _in_batches(images: np.ndarray, change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """`change` applied to a few images at a time."""
    changed = np.empty_like(images)
    for start in range(0, len(images), BATCH):
        changed[start : start + BATCH] = change(images[start : start + BATCH])
    return changed


def _warp(images: np.ndarray, rng: np.random.Generator, strength: float) -> np.ndarray:
    """Turn, slant, stretch, bend, then fit into MNIST's form again, all in one resampling."""
    n = len(images)

    def normal(deviation: float) -> np.ndarray:
        return rng.standard_normal(n, np.float32) * np.float32(deviation * strength)

    angle, slant, stretch = normal(TURN), normal(SLANT), np.exp(normal(STRETCH / 2))
    cos, sin = np.cos(angle), np.sin(angle)
    linear = np.array([[cos * stretch, -cos * slant - sin / stretch], [sin * stretch, cos / stretch - sin * slant]])
    size, shift = np.exp(normal(SIZE)), np.stack([normal(SHIFT), normal(SHIFT)], axis=1)
    bend = rng.standard_normal((n, 2, KNOTS, KNOTS), np.float32) * np.float32(BEND * strength)
    smooth = _smooth()
    return _resample(images, linear.transpose(2, 0, 1).astype(np.float32), size, shift, smooth @ bend @ smooth.T)


def _square(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Stretch the shorter side to the longer, as a program does that asks for a square; a 1 at most threefold."""
    ink = images > INK
    height, width = np.ptp(_extent(np.any(ink, axis=2)), axis=0) + 1, np.ptp(_extent(np.any(ink, axis=1)), axis=0) + 1
    ratio = np.clip(height / width, 1 / 3, 3) ** rng.uniform(0.4, 1, len(images))
    linear = np.zeros((len(images), 2, 2), np.float32)
    linear[:, 0, 0], linear[:, 1, 1] = np.sqrt(ratio), 1 / np.sqrt(ratio)
    return _resample(images, linear, np.float32(1), np.zeros((1, 2), np.float32), None)


def _extent(occupied: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, 28) bool -> the first and the last occupied index, each (n,)."""
    return occupied.argmax(axis=1), SIDE - 1 - occupied[:, ::-1].argmax(axis=1)


def _resample(images: np.ndarray, linear: np.ndarray, size, shift: np.ndarray, bend: np.ndarray | None) -> np.ndarray:
    """Apply `linear` (n, 2, 2), fit to SPAN x `size` pixels, put the mass `shift` off CENTRE, and move by `bend`."""
    n = len(images)
    index = np.arange(SIDE, dtype=np.float32)
    grid = np.stack(np.meshgrid(index, index)).reshape(2, -1)  # x and y of each pixel
    flat = images.reshape(n, -1)
    ink = flat > INK
    total = np.maximum(flat.sum(axis=1, dtype=np.float32), 1)
    middle = flat.astype(np.float32) @ grid.T / total[:, np.newaxis]
    # how far the ink reaches once it is transformed, and so how much it must shrink or grow
    spans = [
        np.where(ink, at, -np.inf).max(axis=1) - np.where(ink, at, np.inf).min(axis=1)
        for at in (linear[:, axis] @ grid for axis in (0, 1))
    ]
    scale = np.maximum(np.maximum(*spans), 1) / ((SPAN - 1) * size)
    back = np.linalg.inv(linear) * scale[:, np.newaxis, np.newaxis]
    source = back @ (grid - CENTRE - shift[..., np.newaxis]) + middle[..., np.newaxis]
    if bend is not None:
        source += bend.reshape(n, 2, -1)
    return _bilinear(images, source[:, 0], source[:, 1]).reshape(n, SIDE, SIDE)


def _bilinear(images: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Brightness at (x, y), each (n, k), of each image; blank outside of it: (n, k) uint8."""
    side = SIDE + 2
    padded = np.zeros((len(images), side, side), np.float32)
    padded[:, 1:-1, 1:-1] = images
    flat = padded.ravel()
    x, y = np.clip(x + 1, 0, side - 1.01), np.clip(y + 1, 0, side - 1.01)
    column, row = x.astype(np.int32), y.astype(np.int32)
    x, y = x - column, y - row
    at = row * side + column + (np.arange(len(images), dtype=np.int32) * side * side)[:, np.newaxis]
    upper = flat[at] * (1 - x) + flat[at + 1] * x
    lower = flat[at + side] * (1 - x) + flat[at + side + 1] * x
    return (upper * (1 - y) + lower * y + 0.5).astype(np.uint8)


@cache
def _smooth() -> np.ndarray:
    """(28, KNOTS): the weights that draw a smooth curve (a cubic B-spline) near the knots."""
    distance = np.abs(np.linspace(0, KNOTS - 1, SIDE)[:, np.newaxis] - np.arange(KNOTS))
    near, far = 2 / 3 - distance**2 + distance**3 / 2, (2 - distance).clip(0) ** 3 / 6
    return np.where(distance < 1, near, far).astype(np.float32)


def _vary_stroke_width(images: np.ndarray, rng: np.random.Generator, share: float) -> np.ndarray:
    """Make the strokes of a share of the images thicker, up to two pixels on each side, or thinner, up to 0.7."""
    chosen = np.flatnonzero(rng.random(len(images)) < share)
    thicker, thinner = np.array_split(chosen, 2)
    steps = ((thicker, np.maximum, 1.0), (thicker, np.maximum, 1.0), (thinner, np.minimum, 0.7))
    for some, extreme, most in steps:
        original = images[some].astype(np.float32)
        wide = original.copy()
        extreme(wide[:, 1:], original[:, :-1], out=wide[:, 1:])
        extreme(wide[:, :-1], original[:, 1:], out=wide[:, :-1])
        extreme(wide[:, :, 1:], original[:, :, :-1], out=wide[:, :, 1:])
        extreme(wide[:, :, :-1], original[:, :, 1:], out=wide[:, :, :-1])
        amount = rng.uniform(0, most, (len(some), 1, 1)).astype(np.float32)
        images[some] = original + amount * (wide - original)
    return images


def _coarsen(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Reduce to few pixels, and enlarge again."""
    sides = rng.choice(COARSE, len(images))
    coarse = np.empty_like(images)
    for side in COARSE:
        resampling = _resampling_matrix(side)
        some = resampling @ images[sides == side].astype(np.float32) @ resampling.T
        some *= 255 / np.maximum(some.max(axis=(1, 2), keepdims=True), 1)
        coarse[sides == side] = some
    return coarse


@cache
def _resampling_matrix(side: int) -> np.ndarray:
    """(28, 28): the mean over each of `side` cells, then straight lines between the cells' middles."""
    fine, edges = np.arange(SIDE), np.arange(side) * SIDE / side
    overlap = np.minimum(fine + 1, edges[:, np.newaxis] + SIDE / side) - np.maximum(fine, edges[:, np.newaxis])
    down = overlap.clip(0) * side / SIDE
    at = np.clip((fine + 0.5) * side / SIDE - 0.5, 0, side - 1)
    up = (1 - np.abs(at[:, np.newaxis] - np.arange(side))).clip(0)
    return (up @ down).astype(np.float32)


def _threshold(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Every pixel either full ink or none."""
    return np.where(images > rng.integers(60, 180, (len(images), 1, 1)), 255, 0).astype(np.uint8)
