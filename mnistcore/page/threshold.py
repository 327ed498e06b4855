"""The level that tells ink from paper."""

from __future__ import annotations

import numpy as np


def otsu(values: np.ndarray) -> float:
    """The level that parts values in 0-1 best into two (Otsu 1979, "A threshold selection method from grey-level
    histograms")."""
    counts, edges = np.histogram(values, 256, (0, 1))
    below, weight = counts.cumsum(), (counts * np.arange(256)).cumsum()
    above = below[-1] - below
    apart = weight / np.maximum(below, 1) - (weight[-1] - weight) / np.maximum(above, 1)
    between = below * above * apart**2
    return float(edges[1 + int(np.argmax(between))])
