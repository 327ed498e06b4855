"""A piece of several digits that touch -> its parts: cut wherever two digits may touch, more often than needed.

Which parts make up a digit is not decided here: `paths` asks the network.
"""

from __future__ import annotations

import numpy as np

from mnistcore.page.segmentation import Piece

THIN = 0.5  # heights: how much ink a cut may go through
CUTS_APART = 0.04  # of the ink in a height of a piece's width: between two cuts
ASIDE = 0.4  # pixels of ink: what a step to the side costs a cut
THROUGH = (0.25, 0.5, 0.75)  # of a piece's height: rows in each of which cuts begin, to either side
MOST_CUTS = 10  # for each height of a piece's width


def cut(labels: np.ndarray, piece: Piece, height: float) -> list[Piece]:
    """Cut a piece wherever two digits may touch in it, and number its parts in `labels`.

    A cut runs from top to bottom along the way that passes through least ink, given the place where it passes one of
    three rows. Of all such ways those through the least ink are taken that leave different ink on their left.

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
