"""A photo, scan or drawing of a page -> how much ink each of its pixels holds.

A drawing has one colour of paper. A photo has light that varies, shadows, and paper with grain and printed lines; so
ink is what is darker than the paper *around it*:

    1. paper      how bright the paper is at each place: the page with everything dark and narrow filled up
    2. strength   by how much of that each pixel is darker; the same for ink in light and in shadow
    3. threshold  at each place, above the paper's noise and a share of the strongest ink nearby
    4. lines      ruled and squared lines and frames: straight, thin and longer than anything written
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

BLOCKS = 200  # along the longer side of the coarse picture, in which paper and noise are looked at
NARROW = 0.13  # of the longer side: darkness narrower than this is on the paper, wider is a shadow or the table
UNIFORM = 0.4  # share of pixels that have one and the same brightness in a drawing or screenshot
SAME = 2  # of 255: brightness that counts as the same there
FAINTEST = 0.07  # of the paper's brightness: ink weaker than this is not told from paper
NOISE = 5.0  # ink is stronger than this many of the noise's standard deviations
SHARE_OF_STRONGEST = 0.35  # ink is stronger than this share of the strongest ink nearby
NEARBY = 0.03  # of the longer side
LINE_LENGTH = 0.12  # of the longer side: printed lines are longer,
LINE_WIDTH = 1 / 30  # and narrower than this share of that length
ON_LINE = 1.6  # ink that is stronger than a line by this factor lies over it


@dataclass(frozen=True)
class Ink:
    """The ink on a page.

    Attributes:
        strength: (H, W) float32, 0 paper to 1: the share of the paper's light that the ink takes away.
        written: (H, W) bool, where that is enough to be writing.
    """

    strength: np.ndarray
    written: np.ndarray


def find_ink(grey: np.ndarray) -> Ink:
    """Find the ink on a page, whichever of ink and paper is the darker.

    Args:
        grey: (H, W) float32 in 0-255, as `images.brightness` gives it.
    """
    from scipy import ndimage

    paper, uniform = _uniform_paper(grey)
    if not uniform:
        paper = _local_median(grey)
    if (grey - paper).sum() > 0:  # light ink on dark paper
        grey, paper = 255 - grey, 255 - paper
    if not uniform:
        paper = _paper(grey)
    strength = np.maximum(1 - grey / np.maximum(paper, 1), 0, dtype=np.float32)

    block = _block(strength)
    strongest = ndimage.maximum_filter(_blockwise(strength, block, np.max), max(3, round(NEARBY * BLOCKS)))
    floor = np.float32(FAINTEST) if uniform else np.maximum(FAINTEST, _noise(strength, block))
    level = np.maximum(floor, SHARE_OF_STRONGEST * strongest)
    written = strength > _enlarge(level, strength.shape)
    return Ink(strength, _without_lines(strength, written))


def _uniform_paper(grey: np.ndarray) -> tuple[np.ndarray, bool]:
    """The most frequent brightness, and whether it is that of a drawing's paper."""
    counts = np.bincount(grey.ravel().astype(np.uint8), minlength=256)
    paper = int(counts.argmax())
    same = counts[max(0, paper - SAME) : paper + SAME + 1].sum()
    return np.float32(paper), bool(same > UNIFORM * grey.size)


def _local_median(grey: np.ndarray) -> np.ndarray:
    """What most of the surroundings are, which is paper, (H, W)."""
    from scipy import ndimage

    coarse = _blockwise(grey, 2 * _block(grey), np.mean)
    return _enlarge(ndimage.median_filter(coarse, max(3, round(NARROW * BLOCKS / 2))), grey.shape)


def _paper(grey: np.ndarray) -> np.ndarray:
    """How bright the paper is at each pixel: all that is dark and narrow filled up by a morphological closing."""
    from scipy import ndimage

    coarse = _blockwise(grey, _block(grey), np.mean)
    filled = ndimage.grey_closing(coarse, max(3, round(NARROW * BLOCKS)), mode="nearest")
    return _enlarge(ndimage.gaussian_filter(filled, 1), grey.shape)


def _noise(strength: np.ndarray, block: int) -> np.ndarray:
    """The strength that paper reaches by its noise and grain, coarse."""
    from scipy import ndimage

    side = max(3, round(NARROW / 2 * BLOCKS))
    middle, spread = _blockwise(strength, block, np.mean), _blockwise(strength, block, np.std)
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
    """`written` without printed lines, first those that run across, then those that run down."""
    length = LINE_LENGTH * max(written.shape)
    if length * LINE_WIDTH < 1:  # the picture is too small for lines to be told from strokes
        return written
    written = _without_level_lines(strength, written, length)
    return _without_level_lines(strength.T, written.T, length).T


def _without_level_lines(strength: np.ndarray, written: np.ndarray, length: float) -> np.ndarray:
    """`written` without straight, thin, long lines that are nearly level."""
    from scipy import ndimage

    widest = int(length * LINE_WIDTH)
    thin = written & ~ndimage.binary_opening(written, np.ones((widest + 1, 1), bool))
    reach = max(3, int(length / 8))
    joined = ndimage.binary_closing(thin, np.ones((1, reach), bool))
    parts, _ = ndimage.label(joined, structure=np.ones((3, 3), bool))
    cleared = written.copy()
    for number, box in enumerate(ndimage.find_objects(parts), start=1):
        if box[1].stop - box[1].start < length:
            continue
        rows, columns = np.nonzero((parts[box] == number) & thin[box])
        line = _straight_line(rows + box[0].start, columns + box[1].start, widest, length)
        if line is not None:
            _clear_line(cleared, strength, written, line)
    return cleared


def _straight_line(rows: np.ndarray, columns: np.ndarray, widest: int, length: float):
    """First and end column, the coefficients of row = f(column), and the width of a line; None if it is not straight."""
    trusted = np.ones(len(rows), bool)
    for tolerance in (4 * widest, 2 * widest, widest):  # strokes that run along a part of it are left out step by step
        if trusted.sum() < length / 2:
            return None
        curve = np.polynomial.Polynomial.fit(columns[trusted], rows[trusted], 2)
        trusted = np.abs(rows - curve(columns)) <= tolerance / 2 + 1
    on_line = np.unique(columns[trusted])
    if len(on_line) < max(length / 2, 0.6 * (columns.max() - columns.min() + 1)):
        return None
    return int(columns.min()), int(columns.max()) + 1, curve, trusted.sum() / len(on_line)


def _clear_line(cleared: np.ndarray, strength: np.ndarray, written: np.ndarray, line) -> None:
    """Take a line out of `cleared`, but not where a stroke crosses it or lies over it."""
    first, end, curve, width = line
    columns = np.arange(first, end)
    middle = curve(columns)
    half = width / 2 + 1
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
