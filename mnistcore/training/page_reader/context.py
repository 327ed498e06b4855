"""3. What stands around a window: the context network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from mnistcore.data.hands import Written
from mnistcore.data.scenes.glyphs import Glyphs
from mnistcore.data.scenes.pictures import pictures
from mnistcore.data.scenes.scene import NO_DIGIT
from mnistcore.digit.model import Model
from mnistcore.page.context import candidates
from mnistcore.page.scan import scan
from mnistcore.training.page_reader.making import Maker, fitted
from mnistcore.training.recipes import Recipe

# candidates are many and alike: with less decay, or in more epochs, it learns them by heart (docs/experiments.md)
CONTEXT = Recipe(
    "context", hidden_layers=(160, 80), epochs=8, batch_size=500, weight_decay=0.3, folds=0, cosine_decay=True
)
SCENES = 21_000


def context_data(
    glyphs: Glyphs, written: Written, count: int, rng: np.random.Generator, cascade: tuple[Model, Model], sliding: Model
) -> Iterator:
    """Of each of so many pictures what the second network is given of its candidates, and what they show."""
    for scene in pictures(glyphs, written, count, rng):
        levels = scan(1 - scene.picture, cascade, sliding)
        found = candidates(levels, scene.picture.shape)
        classes, clear = np.full(len(found), NO_DIGIT), np.ones(len(found), bool)
        for x, y, height, label in scene.marks:
            if label < NO_DIGIT:
                across, down = np.abs(found.x - x) / height, np.abs(found.y - y) / height
                size = found.height / height
                inside = (across < 0.2) & (down < 0.22) & (size > 0.78) & (size < 1.28)
                around = (across < 0.28) & (down < 0.32) & (size > 0.66) & (size < 1.5)
                classes[inside], clear[around], clear[inside] = label, False, True
        yield found.seen[clear], classes[clear]


def train_context(
    maker: Maker, cascade: tuple[Model, Model], sliding: Model, seed: int, log: Callable[[str], None]
) -> Model:
    seen, classes = maker.make(partial(context_data, cascade=cascade, sliding=sliding), SCENES)
    log(f"context: {len(seen):,} candidates, {np.mean(classes < NO_DIGIT):.1%} of them digits")
    return fitted(CONTEXT, seen, classes, seed)
