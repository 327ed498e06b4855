"""The level that tells ink from paper."""

from __future__ import annotations

import numpy as np


def ink_of(darkness: np.ndarray) -> np.ndarray:
    """Which pixels of a picture (H, W), float32 in 0-1, ink above 0, are ink: (H, W) bool. The level parts them best
    into two (Otsu 1979, "A threshold selection method from grey-level histograms")."""
    counts = np.bincount(np.minimum(256 * darkness.ravel(), 255).astype(np.uint8), minlength=256)
    below, weight = counts.cumsum(), (counts * np.arange(256)).cumsum()
    above = below[-1] - below
    apart = weight / np.maximum(below, 1) - (weight[-1] - weight) / np.maximum(above, 1)
    return darkness >= (1 + int(np.argmax(below * above * apart**2))) / 256
