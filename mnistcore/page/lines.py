"""The digits of a page -> its lines, from top to bottom, each from left to right."""

from __future__ import annotations

import numpy as np

# in heights of a digit
REACH = 4.0  # how far to the right the next digit of a line may be
SHARED = 0.5  # how much of the lower one's height two neighbours have in common
SAME_ROW = 0.45  # by how much two parts of one line, such as the cells of a row, may be off


def in_lines(x: np.ndarray, y: np.ndarray, height: np.ndarray) -> list[list[int]]:
    """Which digits stand in each line.

    Args:
        x, y, height: (n,) float, middles and heights in pixels.

    Returns:
        Indices: the lines from top to bottom, each from left to right.
    """
    of, slopes = np.arange(len(x)), []  # which digits hang together: those of one chain have one number
    for i in range(len(x)):
        lower, higher = np.minimum(height, height[i]), np.maximum(height, height[i])
        level = np.abs(y - y[i]) < (lower + higher) / 2 - SHARED * lower
        beside = level & (x > x[i]) & (x - x[i] < REACH * higher)
        if beside.any():
            j = int(np.flatnonzero(beside)[x[beside].argmin()])
            of[of == of[j]] = of[i]
            slopes.append((y[j] - y[i]) / max(x[j] - x[i], height[i] / 2))
    slope = float(np.median(slopes)) if len(slopes) > 2 else 0.0  # of a page that was photographed aslant
    chains = [np.flatnonzero(of == first).tolist() for first in dict.fromkeys(of.tolist())]
    middles = [float(np.mean((y - slope * x)[chain])) for chain in chains]
    lines: list[list[int]] = []
    of_lines: list[float] = []
    for number in np.argsort(middles, kind="stable"):
        chain = chains[number]
        for k, line in enumerate(lines):
            tall = min(height[chain].max(), height[line].max())
            apart = x[chain].min() > x[line].max() or x[line].min() > x[chain].max()
            if apart and abs(of_lines[k] - middles[number]) < SAME_ROW * tall:
                line += chain
                break
        else:
            lines.append(list(chain))
            of_lines.append(middles[number])
    return [sorted(line, key=lambda i: x[i]) for line in lines]
