"""A second look at what may be digits: what the network sees around each of them, at its size and at others.

One window does not tell a 0 from the loop of a larger 8, nor a 1 from a 4's upright. But around an 8's loop the network
sees the 8. So for each window that may show a digit the network's verdicts around it are the input of a second, smaller
network, which learns what stands together. It says anew which digit each window shows, or none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mnistcore.digit.form import DIGITS, SPAN
from mnistcore.digit.probabilities import softmax
from mnistcore.page.scan import MARGIN, MIDDLE, STEP, UNSEEN, Level, above_none

LEAST = -1.5  # log odds of the least likely windows that a second look is taken at
# where it looks, in heights of the digit
BESIDE = (-1.8, -1.4, -1.1, -0.9, -0.75, -0.6, -0.45, -0.3, 0.3, 0.45, 0.6, 0.75, 0.9, 1.1, 1.4, 1.8)
ACROSS = [(x, y) for y in (-0.3, 0.0, 0.3) for x in BESIDE] + [(0.0, -0.3), (0.0, 0.3)]
ABOVE = [(x, y) for y in (-1.5, -1.0, -0.6, 0.6, 1.0, 1.5) for x in (-0.5, 0.0, 0.5)]
OFFSETS = np.array(ACROSS + ABOVE, np.float32)
SIZES = (-4, -3, -2, -1, 0, 1, 2, 3, 4)  # quarters of an octave from the digit's own size
SMALLER, OWN, LARGER = slice(0, 3), slice(3, 6), slice(6, 9)
MOST = 12.0  # log probabilities below minus this count as this
MANY = 12  # digits: more on a picture count as this
# and, in the same steps, how much larger or smaller a digit may be of which it is a part, or which it has as parts
OVER = ((2, 4), (5, 8), (9, 18))
WITHIN = (-14, -5)
# in heights: two windows nearer to each other than this show the same ink
NEAR_ACROSS, NEAR_DOWN = 0.45, 0.5
NEAR_ONES = 0.3  # across, of two 1s, which are narrow

INPUTS = 3 * (DIGITS + 1) + len(SIZES) + 3 * len(OFFSETS) + 10


@dataclass(frozen=True)
class Candidates:
    """Windows that may show a digit, in pixels of the picture.

    Attributes:
        x, y: (n,) float32, their middles.
        height: (n,) float32, of a digit that would fill them.
        seen: (n, INPUTS) float32, what the second network is given of each.
    """

    x: np.ndarray
    y: np.ndarray
    height: np.ndarray
    seen: np.ndarray

    def __len__(self) -> int:
        return len(self.x)


def candidates(levels: list[Level], shape: tuple[int, int]) -> Candidates:
    """The windows of a scan that may show a digit: at each level those that are likelier than all beside them."""
    from scipy import ndimage

    peaks = [ndimage.maximum_filter(level.log_odds, 3, mode="constant", cval=UNSEEN) for level in levels]
    # the likeliest of the windows whose digit would cover a place
    over = [ndimage.maximum_filter(level.log_odds, (7, 5), mode="constant", cval=UNSEEN) for level in levels]
    found = []
    for number, level in enumerate(levels):
        own = level.log_odds[level.rows, level.columns]
        chosen = (own >= LEAST) & (own >= peaks[number][level.rows, level.columns])
        rows, columns = level.rows[chosen], level.columns[chosen]
        x, y = (((STEP * at + MIDDLE - MARGIN + 0.5) / level.scale).astype(np.float32) for at in (columns, rows))
        height = np.full(len(x), SPAN / level.scale, np.float32)
        scores = level.scores[chosen]
        own_scores = np.log(softmax(scores) + 1e-9)
        seen = [own_scores.clip(-MOST)]
        for step in (-1, 1):
            seen.append(_scores_at(levels, number + step, x, y))
        there = np.stack([_log_odds_at(levels, peaks, number + size, x, y) for size in SIZES])
        seen.append(there.T)
        at_x = x[:, np.newaxis] + OFFSETS[:, 0] * height[:, np.newaxis]
        at_y = y[:, np.newaxis] + OFFSETS[:, 1] * height[:, np.newaxis]
        around = np.stack([_log_odds_at(levels, peaks, number + size, at_x, at_y) for size in SIZES])
        seen += [around[sizes].max(axis=0) for sizes in (SMALLER, OWN, LARGER)]
        for least, most in OVER:
            seen.append(_best(levels, over, range(number + least, number + most + 1), x, y)[:, np.newaxis])
        seen.append(_best(levels, over, range(number + WITHIN[0], number + WITHIN[1] + 1), x, y)[:, np.newaxis])
        border = np.stack([x, y, shape[1] - x, shape[0] - y], axis=1) / height[:, np.newaxis]
        seen.append(border.clip(0, 2))
        found.append((x, y, height, *seen, own[chosen]))
    x, y, height, *seen, own = (np.concatenate(parts) for parts in zip(*found, strict=True))
    if not len(x):
        return Candidates(x, y, height, np.empty((0, INPUTS), np.float32))
    surely = own > 3
    sizes = np.log(height)
    usual = sizes[surely] @ own[surely] / own[surely].sum() if surely.any() else sizes.mean()
    seen.append(np.stack([(sizes - usual).clip(-2, 2), np.full(len(x), np.log1p(min(surely.sum(), MANY)))], axis=1))
    return Candidates(x, y, height, np.concatenate(seen, axis=1).astype(np.float32))


def _place(level: Level, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The windows of a level whose middles are nearest to some places; and which places lie beyond it."""
    columns = np.rint((x * level.scale - 0.5 + MARGIN - MIDDLE) / STEP).astype(int)
    rows = np.rint((y * level.scale - 0.5 + MARGIN - MIDDLE) / STEP).astype(int)
    height, width = level.log_odds.shape
    beyond = (rows < 0) | (rows >= height) | (columns < 0) | (columns >= width)
    return rows.clip(0, height - 1), columns.clip(0, width - 1), beyond


def _log_odds_at(levels: list[Level], peaks: list[np.ndarray], number: int, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The largest log odds at or beside some places (...) of a level: an array like them."""
    if not 0 <= number < len(levels):
        return np.full(x.shape, UNSEEN, np.float32)
    rows, columns, beyond = _place(levels[number], x, y)
    return np.where(beyond, np.float32(UNSEEN), peaks[number][rows, columns].clip(UNSEEN, -UNSEEN))


def _best(levels: list[Level], maps: list[np.ndarray], numbers: range, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The largest log odds at some places of several levels' maps."""
    best = np.full(x.shape, UNSEEN, np.float32)
    for number in numbers:
        np.maximum(best, _log_odds_at(levels, maps, number, x, y), out=best)
    return best


def _scores_at(levels: list[Level], number: int, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The log probabilities (n, 11) at some places (n,) of a level."""
    out = np.full((len(x), DIGITS + 1), -MOST, np.float32)
    out[:, DIGITS] = 0
    if 0 <= number < len(levels):
        level = levels[number]
        index = np.full(level.log_odds.shape, -1)
        index[level.rows, level.columns] = np.arange(len(level.rows))
        rows, columns, beyond = _place(level, x, y)
        at = np.where(beyond, -1, index[rows, columns])
        there = at >= 0
        out[there] = np.log(softmax(level.scores[at[there]]) + 1e-9).clip(-MOST)
    return out


@dataclass(frozen=True)
class FoundDigit:
    """A digit on a picture, in its pixels.

    Attributes:
        x, y: its middle.
        height: as the network judges it.
        probabilities: (10,) float32, of each digit, given that it is one, by the second look.
        first: (10,) float32, the same by the first.
        log_odds: how much likelier the likeliest digit is than none.
    """

    x: float
    y: float
    height: float
    probabilities: np.ndarray
    first: np.ndarray
    log_odds: float

    @property
    def digit(self) -> int:
        return int(self.probabilities.argmax())


def choose(found: Candidates, scores: np.ndarray, least: float = 0.0) -> list[FoundDigit]:
    """The digits among candidates: the likeliest first, then what shares no ink with those before (non-maximum
    suppression), as long as their log odds are above `least`. All that share a digit's ink say where it is and which,
    each as much as it is likely to show a digit."""
    digits, first = softmax(scores[:, :DIGITS]), softmax(found.seen[:, :DIGITS])
    ones = digits.argmax(axis=1) == 1
    log_odds = above_none(scores)
    likely = 1 / (1 + np.exp(-log_odds.clip(-MOST, MOST)))
    free = np.ones(len(found), bool)
    chosen = []
    for i in np.argsort(-log_odds, kind="stable"):
        if free[i] and log_odds[i] > least:
            same = free & _same_ink(found, i, ones)
            weights = likely[same] / likely[same].sum()
            x, y, height = (float(weights @ values[same]) for values in (found.x, found.y, found.height))
            looks = weights @ digits[same], weights @ first[same]
            chosen.append(FoundDigit(x, y, height, *looks, float(log_odds[i])))
            free &= ~same
    return chosen


def _same_ink(found: Candidates, i: int, ones: np.ndarray) -> np.ndarray:
    """Which candidates show the ink of the i-th, given which of them are 1s: (n,) bool."""
    lower, higher = np.minimum(found.height, found.height[i]), np.maximum(found.height, found.height[i])
    across = np.where(ones & ones[i], NEAR_ONES, NEAR_ACROSS) * lower
    return (np.abs(found.x - found.x[i]) < across) & (np.abs(found.y - found.y[i]) < NEAR_DOWN * higher)
