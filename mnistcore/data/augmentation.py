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
BESIDE, JAGGED = 0.25, 1 / 3  # shares of the photographed images with something beside them, and with hard edges
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
    """Make a share of the images as cameras, scanners, thresholds and small sizes leave them.

    Of four of these one is squeezed into a square, made coarse, or given hard edges. The others are blurred, their
    ink is uneven and grainy, some have specks beside them or a bit of what stood next to them, and some go through a
    noisy threshold.

    Args:
        images: (n, 28, 28) uint8, ink bright on 0.
        rng: the random generator.
        share: 0-1, how many of the images are touched.

    Returns:
        (n, 28, 28) uint8.
    """
    images = images.copy()
    (chosen,) = np.nonzero(rng.random(len(images)) < share)
    kind = rng.integers(0, 12, len(chosen))
    for k, worsen in enumerate((_square, _coarsen, _threshold)):
        some = chosen[kind == k]
        images[some] = _in_batches(images[some], partial(worsen, rng=rng))
    some = chosen[kind >= 3]
    images[some] = _in_batches(images[some], partial(_photograph, rng=rng))
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


def _photograph(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blurred, uneven, grainy ink, in a third of the images with the edges of a noisy threshold."""
    n = len(images)
    beside = rng.random(n) < BESIDE
    images = images.copy()
    images[beside] = _with_something_beside(images[beside], images[rng.permutation(n)[: beside.sum()]], rng)
    ink = _blur(images.astype(np.float32), rng.uniform(0.2, 1.0, n))
    knots = rng.standard_normal((n, KNOTS, KNOTS), np.float32)
    uneven = (_smooth() @ knots @ _smooth().T).clip(-1.5, 1.5) / 3 + 0.5  # 0-1
    ink *= 1 - rng.uniform(0, 0.5, (n, 1, 1)).astype(np.float32) * uneven
    grain = rng.standard_normal(ink.shape, np.float32) * rng.uniform(0, 0.15, (n, 1, 1)).astype(np.float32)
    jagged = rng.random(n) < JAGGED
    darkest = ink.max(axis=(1, 2), keepdims=True)
    level = darkest * rng.uniform(0.25, 0.55, (n, 1, 1)).astype(np.float32)
    hard = np.where(ink + 1.5 * darkest * grain * (ink > 0.05 * darkest) > level, np.float32(255), np.float32(0))
    hard = _blur(hard, rng.uniform(0.2, 0.6, n))
    ink += ink * grain
    ink[jagged] = hard[jagged]
    ink *= 255 / np.maximum(ink.max(axis=(1, 2), keepdims=True), 1)
    return np.clip(ink, 0, 255).astype(np.uint8)


def _blur(images: np.ndarray, deviations: np.ndarray) -> np.ndarray:
    """Each image (n, 28, 28) float32 blurred by a Gaussian of its own standard deviation (n,), in pixels, at most 1."""
    offsets = np.arange(-3, 4)
    weights = np.exp(-0.5 * (offsets / deviations[:, np.newaxis]) ** 2)
    weights = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)[:, :, np.newaxis, np.newaxis]
    for axis in (1, 2):
        padded = np.pad(images, [(0, 0), *((3, 3) if axis == a else (0, 0) for a in (1, 2))])
        images = sum(
            weights[:, k] * (padded[:, k : k + SIDE] if axis == 1 else padded[:, :, k : k + SIDE]) for k in range(7)
        )
    return images


def _with_something_beside(images: np.ndarray, others: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Specks, or the edge of another image's ink at one side; then brought to MNIST's form again."""
    n = len(images)
    images, rows = images.copy(), np.arange(n)
    speck = rng.random(n) < 0.5
    for _ in range(2):
        y, x = rng.integers(2, SIDE - 3, (2, n))
        for dy, dx in ((0, 0), (0, 1), (1, 0), (1, 1)):
            some = speck & ((rng.random(n) < 0.7) | (dy + dx == 0))
            spot = images[rows[some], y[some] + dy, x[some] + dx]
            images[rows[some], y[some] + dy, x[some] + dx] = np.maximum(spot, rng.integers(80, 256, len(spot)))
    turns = rng.integers(0, 4, n)  # which side it is at: left, top, right, bottom
    for turn in range(4):
        chosen = np.flatnonzero(~speck & (turns == turn))
        wide = int(rng.integers(1, 4))
        edge = np.zeros((len(chosen), SIDE, SIDE), np.uint8)
        turned, beside = np.rot90(images[chosen], turn, (1, 2)), others[chosen]
        last = SIDE - (beside.max(axis=1) > INK)[:, ::-1].argmax(axis=1)  # one past the last column with ink
        columns = last[:, np.newaxis] - wide + np.arange(wide)
        edge[:, :, :wide] = np.take_along_axis(beside, columns[:, np.newaxis].clip(0, SIDE - 1), axis=2)
        images[chosen] = np.rot90(np.maximum(turned, edge), -turn, (1, 2))
    still = np.repeat(np.eye(2, dtype=np.float32)[np.newaxis], n, axis=0)
    return _resample(images, still, np.float32(1), np.zeros((1, 2), np.float32), None)
