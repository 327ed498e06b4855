"""4. Which digit a digit is: the closeup network."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from mnistcore.data.hands import Written
from mnistcore.data.scenes.glyphs import Glyphs
from mnistcore.data.scenes.pictures import pictures, scenes
from mnistcore.data.scenes.scene import NO_DIGIT
from mnistcore.digit.model import Model
from mnistcore.page.closeup import views
from mnistcore.training.page_reader.making import Maker, fitted_anew
from mnistcore.training.recipes import Recipe

CLOSEUP = Recipe("closeup", "stroke directions", (700, 350), epochs=24, folds=0, scale_pixels=False, cosine_decay=True)
SCENES = 8_000  # an epoch
VIEWED, VIEWS = 8, 2  # digits of a picture that are viewed, and how often each
ASTRAY = np.array([0.06, 0.06, 0.09])  # heights: how far from its middle a digit is found, and how much too large


def closeup_data(glyphs: Glyphs, written: Written, count: int, rng: np.random.Generator) -> Iterator:
    """Of each of so many pictures some digits, seen from about where they are found (n, INPUTS), and which they are."""
    for _ in range(count):
        scene = next(scenes(glyphs, 1, rng) if rng.random() < 0.6 else pictures(glyphs, written, 1, rng))
        high, wide = scene.picture.shape
        marks = [m for m in scene.marks if m[3] < NO_DIGIT and 0 < m[0] < wide - 1 and 0 < m[1] < high - 1]
        marks = [marks[i] for i in rng.permutation(len(marks))[:VIEWED]] * VIEWS
        if marks:
            off = ASTRAY * rng.standard_normal((len(marks), 3))
            places = [
                (np.clip(x + dx * h, 0, wide - 1), np.clip(y + dy * h, 0, high - 1), h * np.exp(dh))
                for (x, y, h, _), (dx, dy, dh) in zip(marks, off, strict=True)
            ]
            yield views(1 - scene.picture, places).astype(np.float16), np.array([m[3] for m in marks])


def train_closeup(maker: Maker, seed: int, log: Callable[[str], None]) -> Model:
    return fitted_anew(CLOSEUP, SCENES, maker, lambda _: closeup_data, seed, log)
