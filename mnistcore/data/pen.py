"""Write characters anew with a simulated pen, along the paths that people's pens took.

1. choose how each stroke lies to the others, and bend, slant, turn and stretch the whole, all by a little
2. scale it to MNIST's form and draw it with a round pen of some width, as `images.prepare` leaves a drawing
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mnistcore.digit.form import CENTRE, SIDE, SPAN

POINTS = 112  # samples along a character: less than 0.7 px apart on the longest digit
BATCH = 1_000  # characters written at a time: what one step touches stays in the processor's cache
FINEST, BROADEST = 1.0, 5.8  # pixels, the width of the pen on a character 20 px tall
SHORTEST = 0.03  # of the longer side, that a dot counts as, to have samples of its own
MOST_STROKES = 16  # what comes after moves with the last of these

# standard deviations of what is varied at random: people's hands vary by themselves, so these are small
MOVED = 0.02  # the place of each stroke, in boxes,
WAVE = 0.025  # how far two random waves bend the whole, in boxes,
TURN, SLANT, STRETCH = np.radians(6), 0.15, 0.18  # its rotation, its shear, and the logarithm of its width


@dataclass(frozen=True, eq=False)
class Paths:
    """Where the pen went: each character's strokes, one after the other, at even distances.

    Attributes:
        points: (n, POINTS, 2) float32, x to the right and y downwards, in boxes: the character's middle is 0, and its
            longer side 1.
        strokes: (n, POINTS) uint8, which of its strokes each point belongs to.
    """

    points: np.ndarray
    strokes: np.ndarray

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, rows: np.ndarray) -> Paths:
        return Paths(self.points[rows], self.strokes[rows])


def paths(characters: Sequence[Sequence[np.ndarray]]) -> Paths:
    """The paths of n characters, each given as its strokes: (k, 2) arrays, k at least 1, in any unit."""
    if not characters:
        return Paths(np.empty((0, POINTS, 2), np.float32), np.empty((0, POINTS), np.uint8))
    strokes = [stroke for character in characters for stroke in character]
    character_of = np.repeat(np.arange(len(characters)), [len(character) for character in characters])
    first_stroke = np.searchsorted(character_of, np.arange(len(characters)))
    lengths = np.array([len(stroke) for stroke in strokes])
    ends = np.cumsum(lengths)
    places = np.concatenate(strokes).astype(np.float64)
    first_place = (ends - lengths)[first_stroke]
    low, high = np.minimum.reduceat(places, first_place), np.maximum.reduceat(places, first_place)
    size = np.maximum((high - low).max(axis=1, keepdims=True), 1e-6)
    of_place = character_of.repeat(lengths)
    places = (places - ((low + high) / 2)[of_place]) / size[of_place]

    # how far the pen has come at each place; each stroke begins 1 after the end of the one before
    steps = np.linalg.norm(np.diff(places, axis=0), axis=1)
    steps[ends[:-1] - 1] = 1
    come = np.concatenate([[0], np.cumsum(steps)])
    start, way = come[ends - lengths], come[ends - 1] - come[ends - lengths]

    # each stroke's samples: its share of its character's, by how long it is
    counted = np.maximum(way, SHORTEST)
    before = np.cumsum(counted)
    whole = np.add.reduceat(counted, first_stroke)
    before -= (before[first_stroke] - counted[first_stroke])[character_of]
    last = np.rint(before / whole[character_of] * POINTS).astype(int)
    samples = np.diff(last, prepend=0)
    samples[first_stroke] = last[first_stroke]
    stroke_of = np.repeat(np.arange(len(strokes)), samples)
    index = np.arange(len(stroke_of)) - (np.cumsum(samples) - samples)[stroke_of]
    at = start[stroke_of] + way[stroke_of] * index / np.maximum(samples - 1, 1)[stroke_of]
    points = np.stack([np.interp(at, come, places[:, axis]) for axis in (0, 1)], axis=1)
    number = np.minimum(np.arange(len(strokes)) - first_stroke[character_of], MOST_STROKES - 1)
    return Paths(
        points.reshape(-1, POINTS, 2).astype(np.float32), number[stroke_of].reshape(-1, POINTS).astype(np.uint8)
    )


def write(
    paths: Paths, widths: np.ndarray, rng: np.random.Generator, vary: Callable[..., np.ndarray] | None = None
) -> np.ndarray:
    """Write characters, no two of them alike.

    Args:
        paths: of n characters.
        widths: (n,) pixels, how wide the pen is, FINEST to BROADEST.
        rng: the random generator; the same seed gives the same images.
        vary: function that bends k of these paths, given them and `rng`: (k, POINTS, 2) float32; by default gently.

    Returns:
        (n, 28, 28) uint8, ink bright on 0, in MNIST's form: longer side 20 px, centre of mass near index 14.
    """
    images, widths = np.empty((len(paths), SIDE, SIDE), np.uint8), widths.astype(np.float32)
    by_width = np.argsort(widths, kind="stable")  # fine pens touch fewer pixels
    for start in range(0, len(images), BATCH):
        batch = by_width[start : start + BATCH]
        images[batch] = _centre(_ink(_fit((vary or _vary)(paths[batch], rng), widths[batch]), widths[batch]))
    return images


def _vary(paths: Paths, rng: np.random.Generator) -> np.ndarray:
    """Move the strokes, then bend, stretch, slant and turn the whole: (n, POINTS, 2)."""
    n = len(paths)
    moved = rng.standard_normal((n, MOST_STROKES, 2), np.float32) * np.float32(MOVED)
    points = paths.points + moved[np.arange(n)[:, np.newaxis], paths.strokes]
    for _ in range(2):
        wave = rng.normal(0, 3.5, (n, 2, 1)).astype(np.float32)
        phase = rng.uniform(0, 2 * np.pi, (n, 1, 1)).astype(np.float32)
        push = rng.normal(0, WAVE, (n, 1, 2)).astype(np.float32)
        points = points + np.sin(points @ wave + phase) * push
    angle, slant, width = rng.normal(0, TURN, n), rng.normal(0, SLANT, n), np.exp(rng.normal(0, STRETCH, n))
    cos, sin = np.cos(angle), np.sin(angle)
    # x' and y' of a point that is stretched, then slanted, then turned
    linear = np.array([[cos * width, -cos * slant - sin], [sin * width, cos - sin * slant]])
    return np.einsum("nki,jin->nkj", points, linear.astype(np.float32), optimize=True)


def _fit(paths: np.ndarray, pens: np.ndarray) -> np.ndarray:
    """To pixel indices in the upper left 20x20, for pens of these widths (n,): (n, POINTS, 2)."""
    low, high = paths.min(axis=1, keepdims=True), paths.max(axis=1, keepdims=True)
    scale = (SPAN - pens) / np.maximum((high - low).max(axis=(1, 2)), 1e-3)  # a dot is a dot
    return (paths - low) * scale[:, np.newaxis, np.newaxis] + (pens / 2 - 0.5)[:, np.newaxis, np.newaxis]


def _ink(paths: np.ndarray, pens: np.ndarray) -> np.ndarray:
    """Draw with round pens: (n, SIDE, SIDE) uint8."""
    reach = int(pens.max() / 2 + 1)  # pixels on either side of a sample's own that its ink may touch
    n, field = len(paths), SIDE + 2 * reach
    nearest = np.full(n * field * field, np.inf, np.float32)  # squared distance from each pixel to the pen's path
    offsets = np.arange(-reach, reach + 1)
    patch = (offsets[:, np.newaxis] * field + offsets).ravel()
    origin = np.arange(n) * field * field
    for k in range(paths.shape[1]):
        x, y = paths[:, k, 0], paths[:, k, 1]
        column, row = np.rint(x).astype(int), np.rint(y).astype(int)
        across = ((column - x)[:, np.newaxis] + offsets.astype(np.float32)) ** 2
        down = ((row - y)[:, np.newaxis] + offsets.astype(np.float32)) ** 2
        distance = (down[:, :, np.newaxis] + across[:, np.newaxis]).reshape(n, -1)
        pixels = (origin + (row + reach) * field + column + reach)[:, np.newaxis] + patch
        nearest[pixels] = np.minimum(nearest[pixels], distance)
    distance = np.sqrt(nearest).reshape(n, field, field)[:, reach:-reach, reach:-reach]
    pens = pens[:, np.newaxis, np.newaxis]
    full = np.minimum(pens, 1)  # a pen finer than a pixel leaves it grey, and `prepare` makes the darkest of it full
    return np.rint(255 * np.clip(pens / 2 + 0.5 - distance, 0, full) / full).astype(np.uint8)


def _centre(corners: np.ndarray) -> np.ndarray:
    """Move digits from the upper left corner to the middle, by whole pixels, as `prepare` does."""
    index = np.arange(SIDE)
    total = corners.sum(axis=(1, 2), dtype=np.float32)
    sources = []
    for axis in (1, 2):
        profile = corners.sum(axis=3 - axis, dtype=np.float32)
        extent = SIDE - (profile[:, ::-1] > 0).argmax(axis=1)
        start = np.clip(np.rint(CENTRE - profile @ index.astype(np.float32) / total), 0, SIDE - extent).astype(int)
        sources.append((index - start[:, np.newaxis]) % SIDE)  # blank columns leave on one side, enter on the other
    rows, columns = sources
    return corners[np.arange(len(corners))[:, np.newaxis, np.newaxis], rows[:, :, np.newaxis], columns[:, np.newaxis]]
