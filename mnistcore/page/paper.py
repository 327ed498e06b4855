"""A photo, scan or drawing of a page -> how much ink each of its pixels holds.

A drawing has one colour of paper. A photo has light that varies, shadows, and paper with grain and printed lines; so
ink is what is darker than the paper *around it*:

    1. paper      how bright the paper is at each place: the page with everything dark and narrow filled up
    2. strength   by how much of that each pixel is darker; the same for ink in light and in shadow
    3. threshold  at each place, above the paper's noise and a share of the strongest ink nearby
    4. lines      ruled and squared lines and frames: straight, thin and longer than anything written
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

BLOCKS = 200  # along the longer side of the coarse picture, in which paper and noise are looked at
NARROW = 0.13  # of the longer side: darkness narrower than this is on the paper, wider is a shadow or the table
UNIFORM = 0.4  # share of pixels that have one and the same brightness in a drawing or screenshot
SAME = 2  # of 255: brightness that counts as the same there
SHADES, DISTINCT = 0.1, 100  # at most this share of its pixels differs from that, but by less than so many of 255
STANDS_OUT = 6.0  # times the median difference from the surroundings: what is ink rather than noise
FAINTEST = 0.07  # of the paper's brightness: ink weaker than this is not told from paper
NOISE = 5.0  # ink is stronger than this many of the noise's standard deviations
SHARE_OF_STRONGEST = 0.35  # ink is stronger than this share of the strongest ink nearby
NEARBY = 0.03  # of the longer side
LINE_LENGTH = 0.12  # of the longer side: printed lines are longer,
LINE_WIDTH = 1 / 30  # and narrower than this share of that length
BEYOND = 3.0  # of LINE_LENGTH: how far a line is followed over what interrupts it
SHORT_LINE = 0.3  # of LINE_LENGTH: lines that end at other lines may be as short as this
SEVERAL_LINES = 20  # widths of a line: what is as high as this has several lines, if it has any,
CROWDED = 0.2  # and these fill no more than this share of it
SLOPES = np.linspace(-0.16, 0.16, 17)  # of nearly level lines
ON_LINE = 1.6  # ink that is stronger than a line by this factor lies over it


@dataclass(frozen=True)
class Ink:
    """The ink on a page.

    Attributes:
        strength: (H, W) float32, 0 paper to 1: the share of the paper's light that the ink takes away.
        written: (H, W) bool, where that is enough to be writing.
        photo: whether it was photographed or scanned; otherwise it was drawn on a screen.
    """

    strength: np.ndarray
    written: np.ndarray
    photo: bool


def page_ink(grey: np.ndarray) -> Ink:
    """Find the ink on a page, whichever of ink and paper is the darker.

    Args:
        grey: (H, W) float32 in 0-255, as `images.brightness` gives it.
    """
    from scipy import ndimage

    colour, uniform = _uniform_paper(grey)
    if _brighter_than_most(grey, colour if uniform else None):  # light ink on dark paper
        grey, colour = 255 - grey, 255 - colour
    paper = np.float32(colour) if uniform else _paper(grey)
    strength = np.maximum(1 - grey / np.maximum(paper, 1), 0, dtype=np.float32)

    block = _block(strength)
    strongest = ndimage.maximum_filter(_blockwise(strength, block, np.max), max(3, round(NEARBY * BLOCKS)))
    floor = FAINTEST if uniform else np.maximum(FAINTEST, _enlarge(_noise(strength, block), strongest.shape))
    level = np.maximum(floor, SHARE_OF_STRONGEST * strongest)
    written = strength > _enlarge(level, strength.shape)
    return Ink(strength, _without_lines(strength, written), not uniform)


def _uniform_paper(grey: np.ndarray) -> tuple[float, bool]:
    """The most frequent brightness, and whether it is that of a drawing's paper."""
    levels = grey.astype(np.uint8)
    counts = np.bincount(levels.ravel(), minlength=256)
    paper = int(counts.argmax())
    away = np.abs(np.arange(256) - paper)
    same, shades = counts[away <= SAME].sum(), counts[(away > SAME) & (away < DISTINCT)].sum()
    return float(paper), bool(same > UNIFORM * grey.size and shades < SHADES * grey.size)


def _brighter_than_most(grey: np.ndarray, colour: float | None) -> bool:
    """Whether what differs from most of its surroundings, which are the paper, is rather brighter than darker."""
    from scipy import ndimage

    if colour is not None:
        bright, dark = np.maximum(grey - colour, 0), np.maximum(colour - grey, 0)
    else:
        step = 2 * _block(grey)
        some = grey[::step, ::step]  # pixels, not means, in which thin lines would make all of the paper darker
        size = max(3, round(NARROW * BLOCKS / 2))
        most = ndimage.median_filter(some, size)
        # the corners of a sheet that lies on a table differ from most, but are not narrow
        bright = np.minimum(some - most, some - ndimage.grey_opening(some, size)).clip(0)
        dark = np.minimum(most - some, ndimage.grey_closing(some, size) - some).clip(0)
    least = STANDS_OUT * np.median(bright + dark)
    return bool(bright[bright > least].sum(dtype=np.float64) > dark[dark > least].sum(dtype=np.float64))


def _paper(grey: np.ndarray) -> np.ndarray:
    """How bright the paper is at each pixel: all that is dark and narrow filled up by a morphological closing."""
    from scipy import ndimage

    coarse = _blockwise(grey, _block(grey), np.mean)
    filled = ndimage.grey_closing(coarse, max(3, round(NARROW * BLOCKS)), mode="nearest")
    return _enlarge(ndimage.gaussian_filter(filled, 1), grey.shape)


def _noise(strength: np.ndarray, block: int) -> np.ndarray:
    """The strength that paper reaches by its noise and grain, of every fourth block across and down."""
    from scipy import ndimage

    side = max(3, round(1.5 * NARROW * BLOCKS / 4))  # wide enough for paper beside the widest stroke
    middle, spread = (_blockwise(strength, block, measure)[::4, ::4] for measure in (np.mean, np.std))
    # in most blocks around there is no ink, so that a low percentile is of paper alone
    return ndimage.percentile_filter(middle, 30, side) + NOISE * ndimage.percentile_filter(spread, 30, side)


def _block(page: np.ndarray) -> int:
    """The side of a block of pixels that is one of the coarse picture."""
    return max(1, round(max(page.shape) / BLOCKS))


def _blockwise(page: np.ndarray, block: int, measure) -> np.ndarray:
    """One number for each block of pixels, as `measure` computes it along two axes; the last blocks are filled up."""
    height, width = (-(-side // block) for side in page.shape)
    padded = np.pad(page, ((0, height * block - page.shape[0]), (0, width * block - page.shape[1])), mode="edge")
    return measure(padded.reshape(height, block, width, block), axis=(1, 3))


def _enlarge(coarse: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A coarse picture on the pixels of the page."""
    image = Image.fromarray(coarse.astype(np.float32))
    return np.asarray(image.resize((shape[1], shape[0]), Image.Resampling.BILINEAR))


def _without_lines(strength: np.ndarray, written: np.ndarray) -> np.ndarray:
    """`written` without printed lines: long ones, and short ones from one line to the next, as in a table's frame."""
    length = LINE_LENGTH * max(written.shape)
    if length * LINE_WIDTH < 1:  # the picture is too small for lines to be told from strokes
        return written
    widest = int(length * LINE_WIDTH)
    cleared = _without_level_lines(strength, written, widest, length)
    cleared = _without_level_lines(strength.T, cleared.T, widest, length).T
    if (written & ~cleared).any():
        for _ in range(2):  # across, then down
            held = _near(written & ~cleared, widest + 2)
            cleared = _without_level_lines(strength, cleared, widest, SHORT_LINE * length, held).T
            strength, written = strength.T, written.T
    return cleared


def _near(mask: np.ndarray, distance: int) -> np.ndarray:
    """What lies at most so many pixels from a mask or from the page's border."""
    from scipy import ndimage

    return ndimage.maximum_filter(mask.view(np.uint8), 2 * distance + 1, mode="constant", cval=1).view(bool)


def _without_level_lines(
    strength: np.ndarray, written: np.ndarray, widest: int, length: float, held: np.ndarray | None = None
) -> np.ndarray:
    """`written` without straight, thin, long lines that are nearly level; if `held` is given, only those of them of
    which both ends lie there."""
    from scipy import ndimage

    thin = written & ~_opened(written, widest + 1)
    reach = max(3, int(length / 8))
    joined = ~_opened(~thin.T, reach).T  # over the strokes that cross a line
    parts, _ = ndimage.label(joined, structure=np.ones((3, 3), bool))
    cleared = written.copy()
    for number, box in enumerate(ndimage.find_objects(parts), start=1):
        if box[1].stop - box[1].start < length:
            continue
        rows, columns = np.nonzero((parts[box] == number) & thin[box])
        high, wide = parts[box].shape
        if high > SEVERAL_LINES * widest and len(rows) > CROWDED * high * wide:
            continue  # noise, or a picture
        for line in _straight_lines(rows + box[0].start, columns + box[1].start, widest, length):
            ends = np.array([line.first, line.end - 1])
            places = np.rint(line.curve(ends)).astype(int).clip(0, len(written) - 1), ends
            if held is None or held[places].all():
                _clear_line(cleared, strength, written, line, 0 if held is not None else round(BEYOND * length))
    return cleared


def _opened(mask: np.ndarray, length: int) -> np.ndarray:
    """What of a mask belongs to upright runs of at least so many pixels (a morphological opening)."""
    from scipy import ndimage

    eroded = ndimage.minimum_filter1d(mask.view(np.uint8), length, axis=0, mode="nearest")
    return ndimage.maximum_filter1d(eroded, length, axis=0, mode="nearest", origin=-1 if length % 2 == 0 else 0) > 0


@dataclass(frozen=True)
class _PrintedLine:
    """A nearly level line: its first and end column, row = curve(column), and how many pixels it is wide."""

    first: int
    end: int
    curve: np.polynomial.Polynomial
    width: float


def _straight_lines(rows: np.ndarray, columns: np.ndarray, widest: int, length: float) -> Iterator[_PrintedLine]:
    """The straight lines among pixels (n,), the longest first."""
    while len(rows) > length / 2:
        best, near = 0, np.zeros(0, bool)
        for slope in SLOPES:  # where do most pixels lie on one line? (as Hough's transform asks)
            offset = np.floor((rows - slope * columns) / (2 * widest)).astype(int)
            counts = np.bincount(offset - offset.min())
            if counts.max() > best:
                best, near = counts.max(), np.abs(offset - offset.min() - counts.argmax()) <= 1
        for tolerance in (widest, widest / 2):  # strokes that run along a part of it are left out
            if np.count_nonzero(near) < length / 2:
                return
            curve = np.polynomial.Polynomial.fit(columns[near], rows[near], 2)
            near = np.abs(rows - curve(columns)) <= tolerance + 1
        on_line = np.unique(columns[near])
        if len(on_line) < max(length / 2, 0.6 * (on_line[-1] - on_line[0] + 1)) or on_line[-1] - on_line[0] < length:
            return
        yield _PrintedLine(int(on_line[0]), int(on_line[-1]) + 1, curve, np.count_nonzero(near) / len(on_line))
        rows, columns = rows[~near], columns[~near]


def _clear_line(
    cleared: np.ndarray, strength: np.ndarray, written: np.ndarray, line: _PrintedLine, beyond: int
) -> None:
    """Take a line out of `cleared`, and what is left of it so far beyond its ends, but not where a stroke crosses it or
    lies over it."""
    columns = np.arange(max(0, line.first - beyond), min(written.shape[1], line.end + beyond))
    middle = line.curve(columns)
    half = line.width / 2 + 1
    height = written.shape[0]
    offsets = np.arange(-int(half) - 2, int(half) + 3)
    rows = np.rint(middle).astype(int)[:, np.newaxis] + offsets
    inside = (rows >= 0) & (rows < height)
    rows = rows.clip(0, height - 1)
    band = inside & (np.abs(rows - middle[:, np.newaxis]) <= half)
    beside = inside & ~band
    crossed = (written[rows, columns[:, np.newaxis]] & beside).any(axis=1)
    ink = strength[rows, columns[:, np.newaxis]]
    stronger = ink > ON_LINE * np.median(ink[band & written[rows, columns[:, np.newaxis]]])
    erased = band & ~crossed[:, np.newaxis] & ~stronger
    at = rows[erased], np.broadcast_to(columns[:, np.newaxis], rows.shape)[erased]
    cleared[at] = False
