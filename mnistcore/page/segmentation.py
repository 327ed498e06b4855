"""The ink on a page -> pieces in lines: digits, parts of digits, and digits that touch.

    1. pieces     ink that hangs together; specks and what is far too large for writing left out
    2. lines      chains of neighbours side by side; the chains of one row joined

Which pieces make up a digit is not decided here: `paths` asks the network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mnistcore.page.paper import Ink

SMALLEST = 10  # pixels: the longer side of the smallest digit
SPECK = 0.15  # of the typical height: smaller pieces are dirt
FAINT = 0.3  # of the typical strength: fainter pieces are stains, or lines that show through
LARGEST = 4.0  # typical heights: taller pieces are no digits of this page
MOST_PIECES = 1000  # of a page; beyond that, the smallest are left out
MARGIN = 3  # pixels around a piece when it is looked at alone
EDGE = 2  # pixels that a stroke's soft edge reaches beyond what counts as written
FULL = 95  # percentile of a piece's strength that counts as full ink

OVERLAP = 0.5  # of the lower of two neighbours' heights: side by side in a line
REACH = 4.0  # heights: how far apart neighbours may be
SIMILAR = 0.4  # neighbours' heights: the lower to the higher one
PART_GAP = 0.35  # heights: how far above or below its digit a part may be, such as the bar of a 5
HALVES_GAP = 0.1  # heights: how far apart two halves of a digit may be, one above the other
SAME_ROW = 0.45  # heights: by how much the chains of one row may be off


@dataclass(frozen=True)
class Piece:
    """Ink that hangs together, or what a cut has left of it.

    Attributes:
        number: that its pixels have in the page's labels.
        origin: the number of the piece that it was cut from; its own, if it is whole.
        box: left, top, right, bottom in pixels; right and bottom are the first beyond it.
        mass: the sum of its strength.
    """

    number: int
    origin: int
    box: tuple[int, int, int, int]
    mass: float

    @property
    def width(self) -> int:
        return self.box[2] - self.box[0]

    @property
    def height(self) -> int:
        return self.box[3] - self.box[1]

    @property
    def x(self) -> float:
        return (self.box[0] + self.box[2]) / 2

    @property
    def y(self) -> float:
        return (self.box[1] + self.box[3]) / 2


def find_pieces(ink: Ink) -> tuple[np.ndarray, list[Piece]]:
    """Number the ink that hangs together.

    Returns:
        (H, W) int32, the number of the piece at each pixel, 0 where there is none; and the pieces.
    """
    from scipy import ndimage

    labels, count = ndimage.label(ink.written, structure=np.ones((3, 3), bool))
    if not count:
        return labels, []
    numbered = labels.ravel()
    areas = np.bincount(numbered, minlength=count + 1)[1:]
    masses = np.bincount(numbered, ink.strength.ravel(), minlength=count + 1)[1:]
    slices = ndimage.find_objects(labels)
    boxes = np.array([(box[1].start, box[0].start, box[1].stop, box[0].stop) for box in slices])
    widths, heights = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]

    longer = np.maximum(widths, heights)
    likely = longer >= SMALLEST
    if ink.photo:  # there it is the table beside the sheet, or what was cut off
        likely &= ~_at_the_border(boxes, labels.shape)
    if not likely.any():
        return np.zeros_like(labels), []
    typical = _weighted_median(longer[likely], masses[likely])
    strength = _weighted_median((masses / areas)[likely], masses[likely])
    kept = (longer >= SPECK * typical) & (heights <= LARGEST * typical) & (masses / areas >= FAINT * strength)
    kept &= areas >= (SPECK * typical) ** 2 / 4
    kept &= likely | (not ink.photo)
    (chosen,) = np.nonzero(kept)
    chosen = chosen[np.argsort(masses[chosen])[::-1][:MOST_PIECES]]
    labels[~np.isin(labels, chosen + 1)] = 0
    return labels, [Piece(int(i) + 1, int(i) + 1, tuple(boxes[i].tolist()), float(masses[i])) for i in chosen]


def _at_the_border(boxes: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Which pieces lie at the picture's border: (n,) bool."""
    height, width = shape
    return (boxes[:, :2] <= 1).any(axis=1) | (boxes[:, 2] >= width - 1) | (boxes[:, 3] >= height - 1)


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(values)
    total = weights[order].cumsum()
    return float(values[order][np.searchsorted(total, total[-1] / 2)])


def picture(labels: np.ndarray, strength: np.ndarray, pieces: list[Piece]) -> np.ndarray:
    """Some pieces alone: (h, w) uint8, ink bright on 0, with their soft edges and a margin."""
    from scipy import ndimage

    left, top, right, bottom = bounding_box(pieces)
    window = slice(max(0, top - EDGE), bottom + EDGE), slice(max(0, left - EDGE), right + EDGE)
    numbers = labels[window]
    wanted = np.logical_or.reduce([numbers == piece.number for piece in pieces])
    near = ndimage.maximum_filter(wanted.view(np.uint8), 2 * EDGE + 1, mode="constant").view(bool)
    shown = np.where(near & (wanted | (numbers == 0)), strength[window], 0)
    full = np.percentile(shown[wanted], FULL)
    whole = np.zeros((shown.shape[0] + 2 * MARGIN, shown.shape[1] + 2 * MARGIN), np.uint8)
    whole[MARGIN:-MARGIN, MARGIN:-MARGIN] = np.rint(255 * np.minimum(shown / full, 1))
    return whole


def bounding_box(pieces: list[Piece]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of several pieces."""
    lefts, tops, rights, bottoms = zip(*(piece.box for piece in pieces), strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def group_lines(pieces: list[Piece]) -> list[list[Piece]]:
    """Pieces in lines from top to bottom, each from left to right."""
    if not pieces:
        return []
    pieces = sorted(pieces, key=lambda piece: piece.x)
    boxes = np.array([piece.box for piece in pieces], float)
    heights, widths = boxes[:, 3] - boxes[:, 1], boxes[:, 2] - boxes[:, 0]
    x, y = boxes[:, [0, 2]].mean(axis=1), boxes[:, [1, 3]].mean(axis=1)
    chain = list(range(len(pieces)))

    def first(i: int) -> int:
        while chain[i] != i:
            i = chain[i]
        return i

    slopes = []
    for i in range(len(pieces)):
        lower = np.minimum(heights, heights[i])
        higher = np.maximum(heights, heights[i])
        shared = np.minimum(boxes[:, 3], boxes[i, 3]) - np.maximum(boxes[:, 1], boxes[i, 1])
        across = boxes[:, 0] - boxes[i, 2]
        beside = (shared > OVERLAP * lower) & (lower > SIMILAR * higher) & (across < REACH * higher) & (x > x[i])
        if beside.any():
            j = int(np.flatnonzero(beside)[x[beside].argmin()])
            chain[first(j)] = first(i)
            slopes.append((y[j] - y[i]) / max(x[j] - x[i], heights[i] / 2))
        # a part of a digit lies above, below or inside it
        common = np.minimum(boxes[:, 2], boxes[i, 2]) - np.maximum(boxes[:, 0], boxes[i, 0])
        near = (common > -0.2 * heights[i]) & (shared > -PART_GAP * heights[i]) & (heights <= heights[i])
        near &= (heights < 0.6 * heights[i]) | (common > 0.5 * np.minimum(widths, widths[i])) & (shared > 0)
        # or they are two halves of it, such as the circles of an 8
        narrower = np.minimum(widths, widths[i])
        near |= (common > 0.7 * narrower) & (narrower > 0.6 * widths) & (shared > -HALVES_GAP * heights[i])
        near[i] = False
        for part in np.flatnonzero(near).tolist():
            chain[first(part)] = first(i)
    slope = float(np.median(slopes)) if len(slopes) > 2 else 0.0

    groups: dict[int, list[int]] = {}
    for i in range(len(pieces)):
        groups.setdefault(first(i), []).append(i)
    rows = [np.array(group) for group in groups.values()]
    return [[pieces[i] for i in row] for row in _join_rows(rows, x, y - slope * x, heights)]


def _join_rows(rows: list[np.ndarray], x: np.ndarray, y: np.ndarray, heights: np.ndarray) -> list[np.ndarray]:
    """The chains of one row joined, such as the numbers in a table's columns, from top to bottom."""
    joined: list[np.ndarray] = []
    middle = [np.average(y[row], weights=heights[row]) for row in rows]
    for index in np.argsort(middle).tolist():
        row = rows[index]
        for k, other in enumerate(joined):
            tall = min(heights[row].max(), heights[other].max())
            apart = x[row].min() > x[other].max() or x[other].min() > x[row].max()
            level = abs(np.average(y[other], weights=heights[other]) - middle[index]) < SAME_ROW * tall
            if apart and level:
                joined[k] = np.sort(np.concatenate([other, row]))  # pieces are numbered from left to right
                break
        else:
            joined.append(row)
    return joined
