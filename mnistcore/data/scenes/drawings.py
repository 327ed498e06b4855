"""Numbers as on a screen or a tablet."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from mnistcore.data.hands import Written
from mnistcore.data.scenes.scene import NO_DIGIT, Scene


def drawing(written: Written, rng: np.random.Generator, letters: float = 0.2, count: int | None = None) -> Scene:
    """A number as on a screen or a tablet: so many digits of any size, and among them a share of letters, drawn with a
    pen of any width without flaws."""
    height = float(np.exp(rng.uniform(np.log(30), np.log(230))))
    count = count or int(rng.integers(1, 6) if height < 110 else rng.integers(1, 4))
    pen_width = max(1, round(min(height * rng.uniform(0.01, 0.14), 14)))
    gap = height * (rng.uniform(0.02, 0.5) if rng.random() < 0.8 else rng.uniform(0.5, 1.2))
    margin = rng.uniform(0.02, 0.6, 4) * height
    if rng.random() < 0.3:
        margin = np.full(4, pen_width / 2 + 1)  # to the border
    shapes, x, marks = [], float(margin[0]), []
    repeat, repeated = rng.random() < 0.2, int(rng.choice((0, 1, 1, int(rng.integers(0, 10)))))
    for _ in range(count):
        letter = rng.random() < letters
        source = written.others if letter else written.digits
        at = rng.integers(len(source))
        if repeat and not letter:  # as in 11, or 100
            at = rng.choice(np.flatnonzero(written.labels == repeated))
        points = source.points[at].astype(float)
        low, high = points.min(axis=0), points.max(axis=0)
        size = np.maximum(high - low, 0.05)
        tall = height * np.exp(rng.normal(0, 0.08)) * (rng.uniform(0.5, 1.1) if letter else 1)
        scale = min(tall / size[1], 1.8 * tall)  # a box's longer side is 1
        shift = np.array([x, margin[1] + (height - scale * size[1]) / 2 + rng.normal(0, 0.04) * height])
        shapes.append(((points - low) * scale + shift, source.strokes[at]))
        middle = shift + scale * size / 2
        marks.append(
            (
                float(middle[0]),
                float(middle[1]),
                float(scale * size[1]),
                NO_DIGIT if letter else int(written.labels[at]),
            )
        )
        x += scale * size[0] + max(gap * np.exp(rng.normal(0, 0.4)), 1.5 * pen_width)
    wide, high = max(40, round(x + margin[2])), max(40, round(margin[1] + 1.1 * height + margin[3]))
    picture = Image.new("L", (wide, high))
    draw = ImageDraw.Draw(picture)
    for points, strokes in shapes:
        for stroke in np.unique(strokes):
            line = [tuple(point) for point in points[strokes == stroke].tolist()]
            draw.line(line if len(line) > 1 else line * 2, fill=255, width=pen_width, joint="curve")
            for end in (line[0], line[-1]):
                draw.ellipse(
                    [end[0] - pen_width / 2, end[1] - pen_width / 2, end[0] + pen_width / 2, end[1] + pen_width / 2],
                    fill=255,
                )
    ink = ndimage.gaussian_filter(np.asarray(picture, np.float32) / 255, rng.uniform(0, 0.6))
    return Scene((1 - ink * rng.uniform(0.4, 1)).astype(np.float32), marks)
