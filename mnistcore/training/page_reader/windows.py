"""1 and 2. What windows show: the sliding network, and the cascade before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
from PIL import Image

from mnistcore.data.hands import Written
from mnistcore.data.scenes.glyphs import Glyphs
from mnistcore.data.scenes.pictures import pictures, scenes, zoomed
from mnistcore.data.scenes.scene import NO_DIGIT, Scene
from mnistcore.digit.directions import DIRECTIONS, GRID
from mnistcore.digit.form import SPAN
from mnistcore.digit.model import Model
from mnistcore.page.context import LEAST
from mnistcore.page.scan import MIDDLE, STEP, above_none, directions, gridded, heights, likely, strengths, windows
from mnistcore.training.page_reader.making import Maker, fitted, fitted_anew
from mnistcore.training.recipes import Recipe

SLIDING = Recipe("sliding", "stroke directions", (640, 320), epochs=22, folds=0, scale_pixels=False, cosine_decay=True)
COARSE = replace(SLIDING, name="coarse", hidden_layers=(48,), epochs=25, batch_size=500, learning_rate=0.002)
FINE = replace(COARSE, name="fine", hidden_layers=(32,), epochs=12)
SCENES = {"sliding": 4_500, "coarse": 2_000, "fine": 6_000}  # the first in each epoch
BOOTSTRAPPED = 3  # networks there are before mistakes are shown: a network's are made while the next epoch is learnt
KEEPS = 0.97  # of the windows that it shall keep each network of the cascade keeps so many; each digit has several

# pixels at a digit's height of SPAN: within NEAR of its middle a window shows it, beyond FAR it does not
NEAR, FAR, BESIDE = 2.2, 3.7, 13.0
SHOWN, UNCLEAR = (0.86, 1.17), (0.74, 1.36)  # heights, of SPAN, that a window shows, and those of which nothing is said


def window_data(glyphs: Glyphs, _: Written, count: int, rng: np.random.Generator, network: Model | None) -> Iterator:
    """Of each scene some windows (n, 648) and what they show (n,): all that show a digit, some beside one, some of
    other writing, some of anything, and of these the ones that the network, if there is one, takes for a digit."""
    for scene in scenes(glyphs, count, rng):
        if rng.random() < 0.25:
            scene = zoomed(scene, rng)
        grid = directions(1 - scene.picture)
        strength = strengths(grid)
        classes, clear, near, other = _shown(scene, strength.shape)
        digits, nothing = classes < NO_DIGIT, (classes == NO_DIGIT) & clear
        chosen = [
            np.argwhere(digits),
            some_of(near & nothing, 12 + int(digits.sum()) // 2, rng),
            some_of(other & nothing, 14, rng),
            some_of(nothing, 8, rng),
        ]
        if network:
            places = some_of(nothing, 260, rng)
            scores = network.forward(windows(grid, strength, *places.T))[-1]
            log_odds = above_none(scores)
            worst = np.argsort(-log_odds)[:14]
            chosen.append(places[worst[log_odds[worst] > LEAST]])
        rows, columns = np.concatenate(chosen).T
        yield windows(grid, strength, rows, columns).astype(np.float16), classes[rows, columns]


def _shown(scene: Scene, shape: tuple[int, int]) -> tuple[np.ndarray, ...]:
    """Of each window of a scene what it shows, 0-10; whether that is clear; whether it is beside a digit; and whether
    it is in the middle of something else."""
    y, x = (STEP * np.arange(side) + MIDDLE for side in shape)
    classes, clear = np.full(shape, NO_DIGIT), np.ones(shape, bool)
    near, other = np.zeros((2, *shape), bool)
    for right, down, height, label in scene.marks:
        size = height / SPAN
        distance = np.hypot(x - right, (y - down)[:, np.newaxis])
        if label == NO_DIGIT or (label < NO_DIGIT and not UNCLEAR[0] < size < UNCLEAR[1]):
            other |= distance < FAR
        else:
            clear &= distance >= FAR
        if label < NO_DIGIT:
            near |= (distance >= FAR) & (distance < BESIDE)
    for right, down, height, label in scene.marks:
        if label < NO_DIGIT and SHOWN[0] < height / SPAN < SHOWN[1]:
            inside = np.hypot(x - right, (y - down)[:, np.newaxis]) < NEAR
            classes[inside], clear[inside] = label, True
    return classes, clear, near, other


def some_of(mask: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    places = np.argwhere(mask)
    return places[rng.permutation(len(places))[:count]]


def train_sliding(maker: Maker, seed: int, log: Callable[[str], None]) -> Model:
    def data(so_far: list[Model]) -> Callable:
        return partial(window_data, network=so_far[-1] if len(so_far) >= BOOTSTRAPPED else None)

    return fitted_anew(SLIDING, SCENES["sliding"], maker, data, seed, log)


def train_cascade(maker: Maker, sliding: Model, seed: int) -> tuple[Model, Model]:
    """The first network keeps what shows a digit, the second what the sliding network may take for one."""
    inputs, classes = maker.make(partial(window_data, network=sliding), SCENES["coarse"])
    coarse = _sieve(COARSE, _blocks(inputs), classes < NO_DIGIT, seed)
    inputs, likely = maker.make(partial(kept_data, coarse=coarse, sliding=sliding), SCENES["fine"])
    return coarse, _sieve(FINE, inputs.astype(np.float32), likely, seed)


def kept_data(
    glyphs: Glyphs, written: Written, count: int, rng: np.random.Generator, coarse: Model, sliding: Model
) -> Iterator:
    """Of pictures in one of their sizes windows (n, 648) that the first network keeps, and whether the sliding one may
    take them for a digit: all of these, and some of the others."""
    for scene in pictures(glyphs, written, count, rng):
        height = rng.choice(heights(scene.picture.shape))
        grid, strength = gridded(Image.fromarray(1 - scene.picture), SPAN / height)
        seen = windows(grid, strength, *np.nonzero(likely(grid, strength, coarse)))
        scores = sliding.forward(seen)[-1]
        wanted = above_none(scores) > LEAST
        wanted_or_some = wanted | (rng.random(len(seen)) < 100 / max(len(seen), 1))
        yield seen[wanted_or_some].astype(np.float16), wanted[wanted_or_some]


def _sieve(recipe: Recipe, inputs: np.ndarray, wanted: np.ndarray, seed: int) -> Model:
    """A network whose one score is above 0 for KEEPS of what is wanted."""
    model = fitted(recipe, inputs, wanted.astype(int), seed)
    level = np.quantile(model.forward(inputs[wanted])[-1], 1 - KEEPS)
    return replace(model, biases=(*model.biases[:-1], (model.biases[-1] - level).astype(np.float32)))


def _blocks(inputs: np.ndarray) -> np.ndarray:
    """Windows (n, 648) as the cascade sees them: means of 3x3 points, (n, 72) float32."""
    third = GRID // 3
    shape = (-1, DIRECTIONS, third, 3, third, 3)
    return inputs.astype(np.float32).reshape(shape).mean(axis=(3, 5)).reshape(len(inputs), -1)
