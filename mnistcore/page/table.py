"""Rules that cross -> the cells of a table, in rows and columns."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np

from mnistcore.page.rules import find_rules

ALIKE = 1.1  # times a table's area: that of the same one
REACH = 0.6  # sides of a cell, from its middle: what is as near as this stands in it
FILLED = 0.7  # of the places in a table's rows and columns: so many cells at least are seen
NARROWEST = 0.6  # heights of a digit: a cell's sides are longer
ASTRAY = 0.3  # of a cell's side, that an edge may be from where the others would have it
SMALLEST, LARGEST = 0.4, 2.5  # a cell's sides, in medians of all cells


@dataclass(frozen=True)
class Cells:
    """The cells of a table.

    Attributes:
        boxes: (rows, columns, 4) float, each one's inside: left, top, right and bottom, in pixels of a picture on which
            the rules are level and upright.
        straighten: (2, 3) float, makes x, y and 1 of the photo x and y of that picture.
    """

    boxes: np.ndarray
    straighten: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and columns."""
        return self.boxes.shape[:2]

    @property
    def side(self) -> float:
        """The shorter side of most cells, in pixels."""
        return float(np.median(self.boxes[..., 2:] - self.boxes[..., :2], axis=(0, 1)).min())

    def at(self, x: float, y: float) -> tuple[int, int] | None:
        """The row and the column of the cell in which a place of the photo lies; None if it lies in none."""
        x, y = self.straighten @ (x, y, 1)
        left, top, right, bottom = np.moveaxis(self.boxes, 2, 0)
        across, down = (
            (x - (left + right) / 2) / np.maximum(right - left, 1),
            (y - (top + bottom) / 2) / np.maximum(bottom - top, 1),
        )
        away = np.maximum(np.abs(across), np.abs(down))  # 0.5 at the edges
        row, column = np.unravel_index(int(away.argmin()), away.shape)
        return (int(row), int(column)) if away[row, column] < REACH else None


def find_cells(darkness: np.ndarray, height: float) -> Cells | None:
    """The cells of the largest table on a picture, or None if there is no table.

    Args:
        darkness: (H, W) float32, 0-1, ink above 0.
        height: pixels, of most digits: most cells are higher. The squares of squared paper are not.
    """
    masks, straighten, scale = find_rules(darkness)
    seen = [grid for rules in masks if (grid := _grid(_enclosed(rules, NARROWEST * height / scale), height / scale))]
    if not seen:
        return None
    # on ruled or squared paper the table's own rules are the darker ones: what most degrees of darkness say is taken,
    # and each the more, the more cells it shows where they should be
    boxes, _ = max(seen, key=lambda grid: grid[1] * sum(clear * _same(grid[0], other) for other, clear in seen))
    return Cells(scale * boxes, straighten)


def _same(grid: np.ndarray, other: np.ndarray) -> bool:
    """Whether another grid has the rows and columns of this one, or fewer that this one's divide, as a sudoku's do."""
    if grid.shape == other.shape:
        return True
    shares = np.divide(grid.shape[:2], other.shape[:2])
    return bool((shares % 1 == 0).all() and 1 / ALIKE < _area(grid) / _area(other) < ALIKE)


def _area(boxes: np.ndarray) -> float:
    """Of all that boxes (rows, columns, 4) reach over, in square pixels."""
    left, top, right, bottom = np.moveaxis(boxes, 2, 0)
    return float((right.max() - left.min()) * (bottom.max() - top.min()))


def _enclosed(rules: np.ndarray, narrowest: float) -> np.ndarray:
    """What rules enclose on all sides: (n, 4) float, left, top, right and bottom of each that is not too narrow."""
    from scipy import ndimage

    labels, count = ndimage.label(~rules)
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    boxes = [(box[1].start, box[0].start, box[1].stop, box[0].stop) for box in ndimage.find_objects(labels)]
    inside = np.array(boxes, float).reshape(-1, 4)
    size = inside[:, 2:] - inside[:, :2]
    return inside[(areas > 0.5 * size.prod(axis=1)) & (size.min(axis=1) > narrowest)]


def _grid(boxes: np.ndarray, least: float) -> tuple[np.ndarray, float] | None:
    """Boxes (n, 4) that lie beside and below each other as the cells of a table, in rows and columns; and how many of
    its cells are seen where they should be, 0-1. None if most are lower than `least`."""
    tall = boxes[:, 3] - boxes[:, 1]
    if len(boxes) < 4 or np.median(tall) < least:
        return None
    boxes = boxes[(tall > SMALLEST * np.median(tall)) & (tall < LARGEST * np.median(tall))]
    if len(boxes) < 4:
        return None
    places = _numbered(boxes)
    numbers = np.array(list(places.values()))
    (top, height), (left, width) = _span(numbers[:, 0]), _span(numbers[:, 1])
    numbers -= [top, left]
    inside = ((numbers >= 0) & (numbers < [height, width])).all(axis=1)
    if height < 2 or inside.sum() < FILLED * height * width:
        return None
    table, seen = _filled(boxes[list(places)][inside], numbers[inside], height, width)
    return (table, seen) if (table[..., :2] < table[..., 2:]).all() else None


def _numbered(boxes: np.ndarray) -> dict[int, tuple[int, int]]:
    """Of the most boxes (n, 4) that hang together, wall to wall, the row and the column of each, from any number on."""
    x, y = boxes[:, [0, 2]].mean(axis=1), boxes[:, [1, 3]].mean(axis=1)
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    right = [_next(x, y, width, height, i) for i in range(len(x))]
    below = [_next(y, x, height, width, i) for i in range(len(x))]
    near: list[list[tuple[int, int, int]]] = [[] for _ in x]  # of each cell its neighbours, how far down and across
    for following, down, across in ((right, 0, 1), (below, 1, 0)):
        for i, j in enumerate(following):
            if j >= 0:
                near[i].append((j, down, across))
                near[j].append((i, -down, -across))
    # from any cell step by step: to the right a column more, below a row more. First to those that are most alike: one
    # that a stroke divides, or that is one with its neighbour, shows the way to no other
    most: dict[int, tuple[int, int]] = {}
    unseen = set(range(len(x)))
    while unseen:
        places: dict[int, tuple[int, int]] = {}
        queue = [(0.0, unseen.pop(), 0, 0)]
        while queue:
            _, i, row, column = heappop(queue)
            if i not in places:
                places[i] = row, column
                for j, down, across in near[i]:
                    unlike = abs(np.log(width[i] / width[j])) + abs(np.log(height[i] / height[j]))
                    heappush(queue, (unlike, j, row + down, column + across))
        unseen -= set(places)
        if len(places) > len(most):
            most = places
    return most


def _span(numbers: np.ndarray) -> tuple[int, int]:
    """The first of the rows (or columns) with cells of these numbers, and how many there are, without those beyond
    either end with less than a third as many cells as the fullest has."""
    counts = np.bincount(numbers - numbers.min())
    full = np.flatnonzero(counts >= counts.max() / 3)
    return int(full[0] + numbers.min()), int(full[-1] - full[0] + 1)


def _filled(known: np.ndarray, numbers: np.ndarray, height: int, width: int) -> tuple[np.ndarray, float]:
    """Boxes (n, 4), whose rows and columns (n, 2) are known, as a table, (height, width, 4), and the share of it that
    they fill. Where one is missing, it is where the others would have it, as on a page that is seen at an angle: each
    edge rises with the row, the column, and both together."""
    edges, *_ = np.linalg.lstsq(_terms(*numbers.T), known, rcond=None)
    # a cell that a stroke divides, or that is one with its neighbour, lies elsewhere than all others say
    size = np.median([known[:, 2] - known[:, 0], known[:, 3] - known[:, 1]], axis=1)
    off = np.abs(known - _terms(*numbers.T) @ edges).max(axis=1)
    fits = off < ASTRAY * size.min()
    numbers, known = numbers[fits], known[fits]
    edges, *_ = np.linalg.lstsq(_terms(*numbers.T), known, rcond=None)
    whole = np.indices((height, width)).reshape(2, -1)
    table = (_terms(*whole) @ edges).reshape(height, width, 4)
    rows, columns = numbers.T
    table[rows, columns] = known
    return table, len(known) / (height * width)


def _terms(row: np.ndarray, column: np.ndarray) -> np.ndarray:
    return np.stack([np.ones(len(row)), row, column, row * column], axis=1)


def _next(along: np.ndarray, across: np.ndarray, length: np.ndarray, breadth: np.ndarray, i: int) -> int:
    """The box that follows the i-th along an axis, wall to wall; -1 if there is none."""
    level = np.abs(across - across[i]) < 0.35 * np.minimum(breadth, breadth[i])
    ahead = level & (along > along[i]) & (along - along[i] < 0.75 * (length + length[i]))
    return int(np.flatnonzero(ahead)[along[ahead].argmin()]) if ahead.any() else -1
