"""Printed or drawn rules on a photo -> where they are, on a picture on which they are level and upright.

A rule may be as faint as the paper's grain, but it is long: averaged along it, its pixels stand out. For that it must
be nearly level or upright, so the picture is straightened first.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

WORKING_SIDE = 1600  # pixels: rules are looked for in a picture of at most this size
AROUND = 0.04  # of the longer side: the side of the surroundings from which ink stands out
COARSER, THICK = 4, 5  # to tell how level rules are, of so many pixels one is looked at; a rule has not so many then
SLOPES = np.arange(-0.2, 0.2025, 0.0025)  # that rules of a photographed sheet may have
FAINTEST = 0.08  # of the strongest ink nearby: a rule is not fainter
GRAIN = 0.05  # of the strongest ink on the page: weaker is paper
AVERAGED, EVERY = 9, 3  # pixels along a rule: so many are averaged, around each third
RULE = 0.04  # of the longer side: a rule is straight for longer than this
LONGEST_GAP = 0.02  # of the longer side: gaps of a rule that are closed
DARKER = 0.2, 0.35, 0.5, 0.6  # of most of the darkest rules: a paper's own rules are fainter than a table's


def find_rules(darkness: np.ndarray) -> tuple[list[np.ndarray], np.ndarray, float]:
    """The rules on a picture (H, W) float32, 0-1, ink above 0.

    Returns:
        masks, each (H, W) bool: where they are, all of them, and only those of some darkness or more; none without any.
        (2, 3) float, which makes x, y and 1 of the picture x and y of one on which its rules are level and upright.
        pixels of that one for one of the masks.
    """
    from scipy import ndimage

    image = Image.fromarray(darkness)
    image.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.BOX)
    small, scale = np.asarray(image), max(darkness.shape) / max(image.size)
    around = max(3, int(AROUND * max(small.shape)))
    straighten, stands_out = _straightened(small - ndimage.uniform_filter(small, around))
    faint = np.maximum(FAINTEST * ndimage.maximum_filter(stands_out, around), GRAIN * stands_out.max())
    averaged = tuple(ndimage.uniform_filter1d(some, AVERAGED)[:, ::EVERY] for some in (stands_out, stands_out.T))
    rules = _rules(averaged, faint)
    masks = []
    if rules.any():
        usual = np.percentile(stands_out[rules & (stands_out > faint)], 90)
        masks = [rules, *(_rules(averaged, np.maximum(faint, share * usual)) for share in DARKER)]
    return masks, straighten * [1, 1, scale], scale


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
