"""Small pictures of numbers, as `data:` URLs: ink is white on black, weights are green and orange."""

import numpy as np

from app.shared.charts import AGAINST, FOR
from mnistcore.digit.files import as_png, data_url


def ink_url(ink: np.ndarray, most: float = 255) -> str:
    """Ink (height, width), 0 black to `most` white, one pixel each."""
    return data_url(as_png((255 * np.clip(ink / (most or 1.0), 0, 1)).astype(np.uint8)))


def weights_url(weights: np.ndarray, most: float | None = None) -> str:
    """Numbers (height, width) in the colours FOR (above 0) and AGAINST (below), one pixel each on a clear ground.

    Args:
        weights: any float.
        most: the number whose colour is full; by default the largest one here.
    """
    strength = np.clip(np.abs(weights) / (most or float(np.abs(weights).max()) or 1.0), 0, 1)
    colours = np.where(weights[..., np.newaxis] > 0, _rgb(FOR), _rgb(AGAINST))
    return data_url(as_png(np.dstack([colours, 255 * strength]).astype(np.uint8)))


def _rgb(colour: str) -> np.ndarray:
    return np.frombuffer(bytes.fromhex(colour[1:]), np.uint8)
