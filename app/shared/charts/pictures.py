"""Small pictures of numbers, as `data:` URLs: ink is white on black, weights are green and orange."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from app.shared.charts import AGAINST, FOR


def ink_url(ink: np.ndarray, most: float = 1.0) -> str:
    """Ink (height, width), 0 black to `most` white, one pixel each."""
    return _png_url(Image.fromarray((255 * np.clip(ink / (most or 1.0), 0, 1)).astype(np.uint8)))


def weights_url(weights: np.ndarray, most: float | None = None) -> str:
    """Numbers (height, width) in the colours FOR (above 0) and AGAINST (below), one pixel each on a clear ground.

    Args:
        weights: any float.
        most: the number whose colour is full; by default the largest one here.
    """
    strength = np.clip(np.abs(weights) / (most or float(np.abs(weights).max()) or 1.0), 0, 1)
    colours = np.where(weights[..., np.newaxis] > 0, _rgb(FOR), _rgb(AGAINST))
    return _png_url(Image.fromarray(np.dstack([colours, 255 * strength]).astype(np.uint8)))


def _png_url(picture: Image.Image) -> str:
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)  # they are a few hundred bytes: time matters more
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def _rgb(colour: str) -> np.ndarray:
    return np.frombuffer(bytes.fromhex(colour[1:]), np.uint8)
