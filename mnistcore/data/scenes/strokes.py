"""What writing is made of: a glyph laid on the ink, a stroke, and a slant of all."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from mnistcore.data.scenes.scene import HEIGHT, WIDTH
from mnistcore.digit.form import INK


def sized(glyph: np.ndarray, height: float, squeeze: float) -> np.ndarray:
    """A glyph's ink, so many pixels high: float32 in 0-1."""
    image = Image.fromarray(glyph)
    box = Image.fromarray((glyph > INK).view(np.uint8)).getbbox() or (0, 0, 28, 28)
    wide, high = box[2] - box[0], box[3] - box[1]
    scale = height / max(high, 0.55 * wide, 4)  # what lies, such as a dash, is not made tall
    size = max(1, round(wide * scale * squeeze)), max(2, round(high * scale))
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR, box=box), np.float32) / 255


def lay(ink: np.ndarray, shape: np.ndarray, left: int, top: int) -> None:
    """Lay a shape over the ink, as far as it lies inside."""
    rows, columns = max(0, top), max(0, left)
    part = shape[rows - top : max(0, HEIGHT - top), columns - left : max(0, WIDTH - left)]
    if part.size:
        place = ink[rows : rows + part.shape[0], columns : columns + part.shape[1]]
        np.maximum(place, part, out=place)


def draw_stroke(ink: np.ndarray, points, width: float) -> None:
    """A line with a round pen through some points (x, y)."""
    image = Image.new("L", (2 * WIDTH, 2 * HEIGHT))
    line = [(2 * x, 2 * y) for x, y in points]
    ImageDraw.Draw(image).line(line, fill=255, width=max(1, round(2 * width)), joint="curve")
    np.maximum(ink, np.asarray(image.reduce(2), np.float32) / 255, out=ink)


def slant(ink: np.ndarray, marks, shear: float) -> None:
    """Slant all writing alike, in place."""
    for y in range(HEIGHT):
        shift = round(shear * (HEIGHT / 2 - y))
        if shift > 0:
            ink[y, shift:], ink[y, :shift] = ink[y, :-shift].copy(), 0
        elif shift < 0:
            ink[y, :shift], ink[y, shift:] = ink[y, -shift:].copy(), 0
    marks[:] = [(x + shear * (HEIGHT / 2 - y), y, height, label) for x, y, height, label in marks]
