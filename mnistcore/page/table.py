"""Printed or drawn rules that cross -> the cells of a table, in rows and columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

WORKING_SIDE = 1300  # pixels: rules are looked for in a picture of at most this size
LONGEST_GAP = 0.02  # of the longer side: gaps of a rule that are closed
FAINTEST = 0.12  # of the strongest ink nearby: a rule is not fainter
GRAIN = 0.07  # of the strongest ink on the page: weaker is paper
DARKER = 0.4, 0.55  # of most of the darkest rules: a paper's own rules are fainter than a table's
ALIKE = 1.1  # times a table's area: that of the same one
NARROWEST = 0.012  # of the longer side: a cell is wider, and higher
RULE = 0.04  # of the longer side: a rule is straight for longer than this
REACH = 0.6  # sides of a cell, from its middle: what is as near as this stands in it
FILLED = 0.7  # of the places in a table's rows and columns: so many cells at least are seen
ASTRAY = 0.3  # of a cell's side, that an edge may be from where the others would have it
SMALLEST, LARGEST = 0.4, 2.5  # a cell's sides, in medians of all cells


@dataclass(frozen=True)
class Cells:
    """The cells of a table: (rows, columns, 4) float, each one's inside: left, top, right and bottom, in pixels."""

    boxes: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and columns."""
        return self.boxes.shape[:2]

    def at(self, x: float, y: float) -> tuple[int, int] | None:
        """The row and the column of the cell in which a place lies; None if it lies in none."""
        left, top, right, bottom = np.moveaxis(self.boxes, 2, 0)
        across, down = (
            (x - (left + right) / 2) / np.maximum(right - left, 1),
            (y - (top + bottom) / 2) / np.maximum(bottom - top, 1),
        )
        away = np.maximum(np.abs(across), np.abs(down))  # 0.5 at the edges
        row, column = np.unravel_index(int(away.argmin()), away.shape)
        return (int(row), int(column)) if away[row, column] < REACH else None


def find_cells(darkness: np.ndarray) -> Cells | None:
    """The cells of the largest table on a picture, or None if there is no table.

    Args:
        darkness: (H, W) float32, 0-1, ink above 0.
    """
    from scipy import ndimage

    step = -(-max(darkness.shape) // WORKING_SIDE)
    small = darkness[: darkness.shape[0] // step * step, : darkness.shape[1] // step * step]
    small = small.reshape(small.shape[0] // step, step, small.shape[1] // step, step).max(axis=(1, 3))
    side = max(small.shape)
    local = ndimage.uniform_filter(small, max(3, side // 25))
    stands_out = small - local
    strongest = ndimage.maximum_filter(small, max(3, side // 25)) - local
    ink = stands_out > np.maximum(FAINTEST * strongest, GRAIN * stands_out.max())
    rules = _rules(ink, side)
    if not rules.any():
        return None
    # a table on ruled or squared paper: its own rules are the darker ones. What most degrees of darkness say is taken
    usual = np.percentile(stands_out[rules & ink], 90)
    darker = [_rules(ink & (stands_out > share * usual), side) for share in DARKER]
    grids = [_grid(_enclosed(some)) for some in (rules, *darker)]
    seen = [grid for grid in grids if grid is not None]
    return Cells(step * max(seen, key=lambda grid: sum(_same(grid, other) for other in seen))) if seen else None


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


def _enclosed(rules: np.ndarray) -> np.ndarray:
    """What rules enclose on all sides: (n, 4) float, left, top, right and bottom of each."""
    from scipy import ndimage

    labels, count = ndimage.label(~rules)
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    boxes = [(box[1].start, box[0].start, box[1].stop, box[0].stop) for box in ndimage.find_objects(labels)]
    inside = np.array(boxes, float).reshape(-1, 4)
    size = inside[:, 2:] - inside[:, :2]
    return inside[(areas > 0.5 * size.prod(axis=1)) & (size.min(axis=1) > NARROWEST * max(rules.shape))]


def _rules(ink: np.ndarray, side: int) -> np.ndarray:
    """Level and upright rules among the ink (H, W) bool of a picture whose longer side is so many pixels."""
    return _level(ink, side) | _level(ink.T, side).T


def _level(ink: np.ndarray, side: int) -> np.ndarray:
    """Ink that goes on, nearly level, for longer than any stroke, and its small gaps closed."""
    from scipy import ndimage

    gap, length = ((1, 2 * round(share * side / 2) + 1) for share in (LONGEST_GAP, RULE))
    # a rule that is not quite level leaves a row of pixels: look at it a few pixels thick
    thick = ndimage.maximum_filter1d(ink.view(np.uint8), 5, axis=0)
    runs = ndimage.grey_opening(thick, length, mode="constant")
    return (runs | ndimage.grey_closing(runs, gap, mode="constant")).view(bool)


def _grid(boxes: np.ndarray) -> np.ndarray | None:
    """Boxes (n, 4) that lie beside and below each other as the cells of a table, in rows and columns."""
    if len(boxes) < 4:
        return None
    size = np.stack([boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]], axis=1)
    usual = np.median(size, axis=0)
    heights_fit = (size[:, 1] > SMALLEST * usual[1]) & (size[:, 1] < LARGEST * usual[1])
    boxes = boxes[heights_fit]
    if len(boxes) < 4:
        return None
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
    # from any cell step by step: to the right a column more, below a row more
    best: dict[int, tuple[int, int]] = {}
    unseen = set(range(len(x)))
    while unseen:
        start = unseen.pop()
        place, queue = {start: (0, 0)}, [start]
        while queue:
            i = queue.pop()
            for j, down, across in near[i]:
                if j not in place:
                    place[j] = (place[i][0] + down, place[i][1] + across)
                    queue.append(j)
        unseen -= set(place)
        if len(place) > len(best):
            best = place
    numbers = np.array(list(best.values()))
    (top, height), (left, width) = _span(numbers[:, 0]), _span(numbers[:, 1])
    inside = {i: place for i, place in best.items() if 0 <= place[0] - top < height and 0 <= place[1] - left < width}
    if height < 2 or len(inside) < FILLED * height * width:
        return None
    return _filled(boxes, inside, height, width, top, left)


def _span(numbers: np.ndarray) -> tuple[int, int]:
    """The first of the rows (or columns) with cells of these numbers, and how many there are, without those beyond
    either end with less than a third as many cells as the fullest has."""
    counts = np.bincount(numbers - numbers.min())
    full = np.flatnonzero(counts >= counts.max() / 3)
    return int(full[0] + numbers.min()), int(full[-1] - full[0] + 1)


def _filled(
    boxes: np.ndarray, places: dict[int, tuple[int, int]], height: int, width: int, top: int, left: int
) -> np.ndarray:
    """The boxes in rows and columns, (height, width, 4); where one is missing, where the others would have it, as a
    page that is seen at an angle has it: each edge rises with the row, the column, and both together."""
    numbers = np.array([(row - top, column - left) for row, column in places.values()], float)
    known = boxes[list(places)]
    edges, *_ = np.linalg.lstsq(_terms(*numbers.T), known, rcond=None)
    # a cell that a stroke divides, or that is one with its neighbour, lies elsewhere than all others say
    size = np.median([known[:, 2] - known[:, 0], known[:, 3] - known[:, 1]], axis=1)
    off = np.abs(known - _terms(*numbers.T) @ edges).max(axis=1)
    fits = off < ASTRAY * size.min()
    numbers, known = numbers[fits], known[fits]
    edges, *_ = np.linalg.lstsq(_terms(*numbers.T), known, rcond=None)
    whole = np.indices((height, width)).reshape(2, -1).astype(float)
    table = (_terms(*whole) @ edges).reshape(height, width, 4)
    rows, columns = numbers.astype(int).T
    table[rows, columns] = known
    return table


def _terms(row: np.ndarray, column: np.ndarray) -> np.ndarray:
    return np.stack([np.ones_like(row), row, column, row * column], axis=1)


def _next(along: np.ndarray, across: np.ndarray, length: np.ndarray, breadth: np.ndarray, i: int) -> int:
    """The box that follows the i-th along an axis, wall to wall; -1 if there is none."""
    level = np.abs(across - across[i]) < 0.35 * np.minimum(breadth, breadth[i])
    ahead = level & (along > along[i]) & (along - along[i] < 0.75 * (length + length[i]))
    return int(np.flatnonzero(ahead)[along[ahead].argmin()]) if ahead.any() else -1
