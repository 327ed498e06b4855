"""Printed or drawn rules that cross -> the cells of a table, in rows and columns."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
from PIL import Image

WORKING_SIDE = 1600  # pixels: rules are looked for in a picture of at most this size
LONGEST_GAP = 0.02  # of the longer side: gaps of a rule that are closed
FAINTEST = 0.08  # of the strongest ink nearby: a rule is not fainter
GRAIN = 0.05  # of the strongest ink on the page: weaker is paper
DARKER = 0.2, 0.35, 0.5, 0.6  # of most of the darkest rules: a paper's own rules are fainter than a table's
AVERAGED, EVERY = (
    9,
    3,
)  # pixels along a rule are averaged, around every so many: what is as faint as the grain stands out
COARSER, THICK = 4, 5  # to tell how level rules are, of so many pixels one is looked at; a rule has not so many then
SLOPES = np.arange(-0.2, 0.2025, 0.0025)  # that rules of a photographed sheet may have
ALIKE = 1.1  # times a table's area: that of the same one
RULE = 0.04  # of the longer side: a rule is straight for longer than this
REACH = 0.6  # sides of a cell, from its middle: what is as near as this stands in it
FILLED = 0.7  # of the places in a table's rows and columns: so many cells at least are seen
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


def find_cells(darkness: np.ndarray, narrowest: float) -> Cells | None:
    """The cells of the largest table on a picture, or None if there is no table.

    Args:
        darkness: (H, W) float32, 0-1, ink above 0.
        narrowest: pixels: a cell's sides are longer. Those of the squares of squared paper are not, if this is the
            height of the digits.
    """
    from scipy import ndimage

    image = Image.fromarray(darkness)
    image.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.BOX)
    small, scale = np.asarray(image), max(darkness.shape) / max(image.size)
    around = max(3, max(small.shape) // 25)
    straighten, stands_out = _straightened(small - ndimage.uniform_filter(small, around))
    faint = np.maximum(FAINTEST * ndimage.maximum_filter(stands_out, around), GRAIN * stands_out.max())
    averaged = tuple(ndimage.uniform_filter1d(some, AVERAGED)[:, ::EVERY] for some in (stands_out, stands_out.T))
    rules = _rules(averaged, faint)
    if not rules.any():
        return None
    # a table on ruled or squared paper: its own rules are the darker ones. What most degrees of darkness say is taken
    usual = np.percentile(stands_out[rules & (stands_out > faint)], 90)
    darker = [_rules(averaged, np.maximum(faint, share * usual)) for share in DARKER]
    seen = [grid for some in (rules, *darker) if (grid := _grid(_enclosed(some, narrowest / scale)))]
    if not seen:
        return None
    boxes, _ = max(seen, key=lambda grid: grid[1] * sum(clear * _same(grid[0], other) for other, clear in seen))
    return Cells(scale * boxes, straighten * [1, 1, scale])


def _straightened(stands_out: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What makes the rules of a picture level and upright, (2, 3), and the picture made so, without anything wide."""
    from scipy import ndimage

    height, width = stands_out.shape
    coarse = Image.fromarray(stands_out.clip(0)).reduce(COARSER)
    wide = Image.fromarray(ndimage.grey_opening(np.asarray(coarse), THICK))  # such as what lies beside the sheet
    thin = np.asarray(coarse) - np.asarray(wide)
    y, x = np.nonzero(thin > GRAIN * thin.max())
    falls, leans = _slope(x, y), _slope(y, x)
    turn = np.array([[1, -leans], [-falls, 1]])
    corners = turn @ [[0, width, 0, width], [0, 0, height, height]]
    start = corners.min(axis=1)
    size = np.ceil(corners.max(axis=1) - start).astype(int)
    back = np.linalg.inv(turn)
    straight = Image.fromarray(stands_out - np.asarray(wide.resize((width, height)))).transform(
        tuple(size.tolist()), Image.Transform.AFFINE, np.column_stack([back, back @ start]).ravel().tolist()
    )
    return np.column_stack([turn, -start]), np.asarray(straight)


def _slope(along: np.ndarray, across: np.ndarray) -> float:
    """How far ink at these places moves across for each pixel along an axis: where it gathers in the fewest lines
    (Postl 1986, "Detection of linear oblique structures and skew scan in digitized documents")."""

    def gathered(slope: float) -> int:
        line = np.rint(across - slope * along).astype(int)
        return int((np.bincount(line - line.min()).astype(float) ** 2).sum()) if len(line) else 0

    return float(max(SLOPES, key=gathered))


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


def _rules(averaged: tuple[np.ndarray, ...], faint: np.ndarray) -> np.ndarray:
    """Where there are level and upright rules on a picture: (H, W) bool. Of each direction it is given how much
    darkness stands out from the paper, averaged along it; and of each pixel, how little is too little."""
    level, upright = (_level(some > least[:, ::EVERY]) for some, least in zip(averaged, (faint, faint.T), strict=True))
    height, width = faint.shape
    return np.repeat(level, EVERY, axis=1)[:, :width] | np.repeat(upright.T, EVERY, axis=0)[:height]


def _level(ink: np.ndarray) -> np.ndarray:
    """Ink that goes on, nearly level, for longer than any stroke, and its small gaps closed."""
    from scipy import ndimage

    side = max(ink.shape[0], EVERY * ink.shape[1])
    gap, length = ((1, 2 * round(share * side / EVERY / 2) + 1) for share in (LONGEST_GAP, RULE))
    # a rule that is not quite level leaves a row of pixels: look at it a few pixels thick
    thick = ndimage.maximum_filter1d(ink.view(np.uint8), 5, axis=0)
    runs = ndimage.grey_opening(thick, length, mode="constant")
    return (runs | ndimage.grey_closing(runs, gap, mode="constant")).view(bool)


def _grid(boxes: np.ndarray) -> tuple[np.ndarray, float] | None:
    """Boxes (n, 4) that lie beside and below each other as the cells of a table, in rows and columns; and how many of
    its cells are seen where they should be, 0-1."""
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
    # from any cell step by step: to the right a column more, below a row more. First to those that are most alike: one
    # that a stroke divides, or that is one with its neighbour, shows the way to no other
    best: dict[int, tuple[int, int]] = {}
    unseen = set(range(len(x)))
    while unseen:
        place: dict[int, tuple[int, int]] = {}
        queue = [(0.0, unseen.pop(), 0, 0)]
        while queue:
            _, i, row, column = heappop(queue)
            if i not in place:
                place[i] = row, column
                for j, down, across in near[i]:
                    unlike = abs(np.log(width[i] / width[j])) + abs(np.log(height[i] / height[j]))
                    heappush(queue, (unlike, j, row + down, column + across))
        unseen -= set(place)
        if len(place) > len(best):
            best = place
    numbers = np.array(list(best.values()))
    (top, height), (left, width) = _span(numbers[:, 0]), _span(numbers[:, 1])
    inside = {i: place for i, place in best.items() if 0 <= place[0] - top < height and 0 <= place[1] - left < width}
    if height < 2 or len(inside) < FILLED * height * width:
        return None
    table, seen = _filled(boxes, inside, height, width, top, left)
    return (table, seen) if (table[..., :2] < table[..., 2:]).all() else None


def _span(numbers: np.ndarray) -> tuple[int, int]:
    """The first of the rows (or columns) with cells of these numbers, and how many there are, without those beyond
    either end with less than a third as many cells as the fullest has."""
    counts = np.bincount(numbers - numbers.min())
    full = np.flatnonzero(counts >= counts.max() / 3)
    return int(full[0] + numbers.min()), int(full[-1] - full[0] + 1)


def _filled(
    boxes: np.ndarray, places: dict[int, tuple[int, int]], height: int, width: int, top: int, left: int
) -> tuple[np.ndarray, float]:
    """The boxes in rows and columns, (height, width, 4), and the share of them that is known; where one is missing, where the others would have it, as a
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
    return table, len(known) / (height * width)


def _terms(row: np.ndarray, column: np.ndarray) -> np.ndarray:
    return np.stack([np.ones_like(row), row, column, row * column], axis=1)


def _next(along: np.ndarray, across: np.ndarray, length: np.ndarray, breadth: np.ndarray, i: int) -> int:
    """The box that follows the i-th along an axis, wall to wall; -1 if there is none."""
    level = np.abs(across - across[i]) < 0.35 * np.minimum(breadth, breadth[i])
    ahead = level & (along > along[i]) & (along - along[i] < 0.75 * (length + length[i]))
    return int(np.flatnonzero(ahead)[along[ahead].argmin()]) if ahead.any() else -1
