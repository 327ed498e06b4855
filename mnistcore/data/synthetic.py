"""Generate synthetic handwritten digits, in ways of writing that MNIST hardly contains.

MNIST's writers were a few hundred Americans. A 1 with a flag and a foot, a barred 7, a hooked 9 or a small open 4 is
rare among them, and some ways of writing are rare among those whose pen strokes `hands.py` loads. So the project
generates them. Each digit has a few dozen *allographs* (ways of forming it), which `allographs.toml` lists as strokes
of control points. Of each digit:

    1. choose an allograph, and move its points, its strokes and their ends at random
    2. draw a curve near the points: through them, cutting their corners, or straight between them
    3. bend, slant, rotate and stretch the whole
    4. scale it to MNIST's form and draw it with a pen of random width (`pen.py`)
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from functools import cache, lru_cache
from importlib.resources import files

import numpy as np

from mnistcore.data import pen
from mnistcore.data.pen import POINTS, Paths

# standard deviations, in boxes or as shares, of what is varied at random:
WOBBLE = 0.045  # the place of a control point,
ENDS = 0.22  # the length of a stroke's first and last step,
STROKE_SIZE, STROKE_PLACE = 0.12, 0.045  # the size and place of each stroke,
ARCH = 0.04  # how far a stroke is bent to one side


@cache
def allographs() -> dict[int, list[str]]:
    """The allographs of each digit, 0-9: those of `allographs.toml`, and each of several strokes once more in one
    stroke, as by a pen that is not lifted."""
    text = files("mnistcore.data").joinpath("allographs.toml").read_text("utf-8")
    return {int(digit): [*lines, *joined(lines)] for digit, lines in tomllib.loads(text)["digits"].items()}


def joined(lines: list[str]) -> list[str]:
    """The allographs of several strokes written in one stroke."""
    return [line.replace(" / ", " ") for line in lines if "/" in line]


def generate(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Generate digits in MNIST's form, no two of them alike.

    Args:
        labels: (n,) integers 0-9, which digit to generate.
        rng: the random generator; the same seed gives the same digits.

    Returns:
        (n, 28, 28) uint8, ink bright on 0, longer side 20 px, centre of mass near index 14.
    """
    forms = [allographs()[digit] for digit in np.asarray(labels).tolist()]
    lines = [some[int(choice * len(some))] for some, choice in zip(forms, rng.random(len(forms)), strict=True)]
    return write(lines, rng.uniform(pen.FINEST, pen.BROADEST, len(lines)), rng)


def write(lines: list[str], widths: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Write characters, each after its own allograph: n of them with pens of these widths (n,), as `pen.write`."""
    paths = Paths(_trace(lines, rng), np.zeros((len(lines), POINTS), np.uint8))
    return pen.write(paths, widths, rng, _deform)


def _trace(lines: list[str], rng: np.random.Generator) -> np.ndarray:
    """The pen's path after each allograph: (n, POINTS, 2) float32, in boxes."""
    rows_of = defaultdict(list)
    for row, line in enumerate(lines):
        rows_of[line].append(row)
    paths = np.empty((len(lines), POINTS, 2), np.float32)
    for line, rows in rows_of.items():
        paths[rows] = np.concatenate([_stroke(stroke, len(rows), rng) for stroke in control_points(line)], axis=1)
    return paths


@lru_cache(maxsize=2000)
def control_points(allograph: str) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Each stroke's control points (k, 2), in boxes, and the `_curves` (3, samples, k) of its share of POINTS."""
    strokes = [np.array([p.split(",") for p in s.split()], np.float32) / 100 for s in allograph.split("/")]
    lengths = np.array([np.linalg.norm(np.diff(s, axis=0), axis=1).sum() for s in strokes])
    ends = np.rint(np.cumsum(lengths) / lengths.sum() * POINTS).astype(int)
    return tuple((s, _curves(s, n)) for s, n in zip(strokes, np.diff(ends, prepend=0), strict=True))


def _curves(points: np.ndarray, samples: int) -> np.ndarray:
    """Three matrices (samples, k) from control points to samples at even distances: spline through the points
    (Catmull & Rom 1974), uniform cubic B-spline, and straight lines."""
    steps = np.maximum(np.linalg.norm(np.diff(points, axis=0), axis=1), 1e-3)
    length = np.concatenate([[0], np.cumsum(steps)])
    at = np.linspace(0, length[-1], samples)
    first = np.clip(np.searchsorted(length, at, side="right") - 1, 0, len(points) - 2)
    t = (at - length[first]) / steps[first]
    powers = np.stack([np.ones_like(t), t, t**2, t**3], axis=1)
    weights = (
        np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]]) / 2,
        np.array([[1, 4, 1, 0], [-3, 0, 3, 0], [3, -6, 3, 0], [-1, 3, -3, 1]]) / 6,
        np.array([[0, 1, 0, 0], [0, -1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]),
    )
    matrices = np.zeros((3, samples, len(points)), np.float32)
    for curve, weight in zip(matrices, weights, strict=True):
        for neighbour, share in enumerate((powers @ weight).T, start=-1):
            np.add.at(curve, (np.arange(samples), np.clip(first + neighbour, 0, len(points) - 1)), share)
    return matrices


def _stroke(stroke: tuple[np.ndarray, np.ndarray], n: int, rng: np.random.Generator) -> np.ndarray:
    """n variations of one stroke: (n, samples, 2)."""
    points, matrices = stroke

    def normal(*shape: int) -> np.ndarray:
        return rng.standard_normal((n, *shape), np.float32)

    varied = points + WOBBLE * normal(*points.shape)
    corners = np.flatnonzero((points[1:] == points[:-1]).all(axis=1))
    # the two points of a corner stay close together
    varied[:, corners + 1] = varied[:, corners] + 0.3 * (varied[:, corners + 1] - varied[:, corners])
    # the pen comes down early or late, and lifts early or late
    varied[:, 0] += ENDS * normal(1) * (varied[:, 0] - varied[:, 1])
    varied[:, -1] += ENDS * normal(1) * (varied[:, -1] - varied[:, -2])
    middle = varied.mean(axis=1, keepdims=True)
    varied = middle + (varied - middle) * (1 + STROKE_SIZE * normal(1, 2)) + STROKE_PLACE * normal(1, 2)
    varied += ARCH * normal(1, 2) * np.sin(np.pi * np.linspace(0, 1, len(points), dtype=np.float32))[:, np.newaxis]
    cut, straight = rng.uniform(-0.1, 0.8, (n, 1, 1)), rng.uniform(0, 0.4, (n, 1, 1))
    through, near, lines = (curve @ varied for curve in matrices)
    return through + cut.astype(np.float32) * (near - through) + straight.astype(np.float32) * (lines - through)


def _deform(written: Paths, rng: np.random.Generator) -> np.ndarray:
    """Bend, stretch, slant and turn whole digits."""
    n = len(written)
    paths = written.points - 0.5
    for _ in range(2):  # two random waves bend it
        wave = rng.normal(0, 3.5, (n, 2, 1)).astype(np.float32)
        phase = rng.uniform(0, 2 * np.pi, (n, 1, 1)).astype(np.float32)
        push = rng.normal(0, 0.035, (n, 1, 2)).astype(np.float32)
        paths = paths + np.sin(paths @ wave + phase) * push
    angle, slant = rng.normal(0, np.radians(7), n), rng.normal(0.05, 0.2, n)
    width = np.exp(rng.normal(-0.25, 0.3, n))
    cos, sin = np.cos(angle), np.sin(angle)
    # x' and y' of a point that is stretched, then slanted, then turned
    linear = np.array([[cos * width, -cos * slant - sin], [sin * width, cos - sin * slant]])
    return np.einsum("nki,jin->nkj", paths, linear.astype(np.float32), optimize=True)
