"""The ink on a page -> pieces in lines: digits, and parts of digits that belong together or touch.

    1. pieces     ink that hangs together; specks and what is far too large for writing left out
    2. lines      chains of neighbours side by side; the chains of one row joined
    3. cuts       a piece of several digits that touch is cut wherever they might, more often than needed

Which pieces make up a digit is not decided here: `pages` asks the network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mnistcore.paper import Ink

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

THIN = 0.5  # heights: how much ink a cut may go through
CUTS_APART = 0.06  # of the ink in a height of a piece's width: between two cuts
ASIDE = 0.15  # pixels of ink: what a step to the side costs a cut
THROUGH = (0.25, 0.5, 0.75)  # of a piece's height: rows in each of which cuts begin, to either side
MOST_CUTS = 7  # for each height of a piece's width


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


def cut(labels: np.ndarray, piece: Piece, height: float) -> list[Piece]:
    """Cut a piece wherever two digits may touch in it, and number its parts in `labels`.

    A cut runs from top to bottom along the way that passes through least ink. Of all such ways those are taken that
    pass through less than their neighbours do.

    Args:
        labels: (H, W), as `find_pieces` gives them; changed in place.
        piece: what to cut.
        height: pixels, of a digit in its line.

    Returns:
        Its parts from left to right, or the piece itself alone.
    """
    left, top, right, bottom = piece.box
    window = labels[top:bottom, left:right]
    ink = window == piece.number
    seams = _seams(ink, height)
    if not seams:
        return [piece]
    columns = np.arange(ink.shape[1])
    part = sum((columns >= seam[:, np.newaxis]).astype(np.int32) for seam in seams)
    number = int(labels.max()) + 1
    parts = []
    for k in range(len(seams) + 1):
        rows, across = np.nonzero(ink & (part == k))
        if len(rows) < 4:
            continue
        window[rows, across] = number
        box = left + across.min(), top + rows.min(), left + across.max() + 1, top + rows.max() + 1
        share = len(rows) / np.count_nonzero(ink)
        parts.append(
            Piece(number, piece.number, (int(box[0]), int(box[1]), int(box[2]), int(box[3])), piece.mass * share)
        )
        number += 1
    return parts if len(parts) > 1 else [piece]


def _seams(ink: np.ndarray, height: float) -> list[np.ndarray]:
    """Cuts through `ink` (h, w) bool: the first column to the right of each, (h,) int, from left to right."""
    h, w = ink.shape
    before = np.pad(ink.cumsum(axis=1), ((0, 0), (1, 0)))  # pixels of ink before each column, row by row
    down, from_above = _cheapest_ways(ink)
    up, from_below = (ways[::-1] for ways in _cheapest_ways(ink[::-1]))
    through = down + up - ink  # of the cheapest way through each pixel
    ways = []
    for row in sorted({round(share * (h - 1)) for share in THROUGH}):
        seams = np.empty((h, w), int)  # one for each column that it passes in that row
        seams[row] = np.arange(w)
        for y in range(row, 0, -1):
            seams[y - 1] = from_above[y, seams[y]]
        for y in range(row, h - 1):
            seams[y + 1] = from_below[y, seams[y]]
        ways += list(zip(through[row].tolist(), seams.T, strict=True))
    ways.sort(key=lambda way: (way[0], abs(way[1].mean() - w / 2)))
    apart = CUTS_APART * np.count_nonzero(ink) * height / w  # pixels of ink between two cuts
    taken: list[np.ndarray] = []
    lefts = [before[:, 0], before[:, -1]]
    for cost, seam in ways:
        if cost > THIN * height or len(taken) >= MOST_CUTS * w / height:
            break
        left = before[np.arange(h), seam]
        if np.abs(left - lefts).sum(axis=1).min() >= apart:
            taken.append(seam)
            lefts.append(left)
    return sorted(taken, key=lambda seam: seam.mean())


def _cheapest_ways(ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the cheapest way from the top to each pixel costs, and the column from which it comes in the row above.

    A way goes straight down, aslant, or along a row as far as it likes; it costs a pixel for each pixel of ink, and
    ASIDE for each column to the side.
    """
    h, w = ink.shape
    columns = np.arange(w)
    total, origin = np.zeros((h, w)), np.zeros((h, w), int)
    total[0] = ink[0]
    for y in range(1, h):
        above = np.pad(total[y - 1], 1, constant_values=np.inf)
        options = np.stack([above[1:-1], above[:-2] + ASIDE, above[2:] + ASIDE])
        best = options.argmin(axis=0)
        row, come = options.min(axis=0) + ink[y], columns + np.array([0, -1, 1])[best]
        for turn in (slice(None), slice(None, None, -1)):  # to the right, to the left
            row, come = _along(row, come, ink[y] + ASIDE, turn)
        total[y], origin[y] = row, come
    return total, origin


def _along(row: np.ndarray, come: np.ndarray, step: np.ndarray, turn: slice) -> tuple[np.ndarray, np.ndarray]:
    """What each pixel of a row costs if it may also be reached along the row, and from which column above."""
    row, come = row[turn], come[turn]
    along = np.cumsum(step[turn])
    start = row - along
    cheapest = np.minimum.accumulate(start)
    first = np.maximum.accumulate(np.where(start <= cheapest, np.arange(len(row)), 0))
    return (cheapest + along)[turn], come[first][turn]
