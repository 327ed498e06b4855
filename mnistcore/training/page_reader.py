"""Train what finds digits on paper (`page/reader.py`), on bits of paper that `data/scenes.py` puts together.

    python -m mnistcore.training.page_reader --data mnist.npz --hands unipen_digits.jsonl.gz unipen_letters.jsonl.gz

    1. sliding    a network tells which digit stands in the middle of a window. From the fourth epoch on it is shown
                  what the last epoch's network wrongly takes for a digit (Sung & Poggio 1998, "Example-based learning
                  for view-based human face detection": bootstrapping)
    2. cascade    two small networks learn which windows are not worth its look
    3. context    a second network learns from the first one's verdicts all around a window
    4. closeup    a third one learns which digit a digit is
    5. shares     how much these three and `robust`, which reads each digit alone, count for the answer
    6. number     a logistic regression tells a drawn number from a drawing of one digit or of something else

MNIST's last 5,000 training digits and the writers who are kept for validation play no part in 1-4 and 6; 5 is fitted
on them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from PIL import Image
from threadpoolctl import threadpool_limits

from mnistcore.data import datasets, scenes
from mnistcore.data.hands import Written, gather
from mnistcore.data.scenes import NO_DIGIT, Glyphs, Scene
from mnistcore.digit.directions import DIRECTIONS, GRID
from mnistcore.digit.form import DIGITS, SPAN
from mnistcore.digit.model import Model
from mnistcore.digit.reading import read
from mnistcore.models.answering import load_model
from mnistcore.models.files import SHIPPED_DIRECTORY
from mnistcore.models.readers import write_reader
from mnistcore.page import drawing
from mnistcore.page.closeup import views
from mnistcore.page.context import LEAST, candidates
from mnistcore.page.cutting import cut_out
from mnistcore.page.reader import PageReader, find_digits, looks, weighed
from mnistcore.page.scan import (
    MIDDLE,
    STEP,
    directions,
    extended,
    gridded,
    heights,
    likely,
    scan,
    strengths,
    windows,
)
from mnistcore.page.threshold import ink_of
from mnistcore.training.epoch_data import EpochData
from mnistcore.training.fitting import fit_from
from mnistcore.training.recipes import Recipe

KEPT = 5_000  # digits at the end of MNIST's training set that are not trained on
ALLOGRAPHS = 0.15  # share of the pens' digits that no person wrote
AT_ONCE = 500  # scenes that one process makes at a time

SLIDING = Recipe(
    "sliding", "stroke directions", (640, 320), epochs=22, folds=0, scale_pixels=False, cosine_decay=True
)  # fmt: skip
COARSE = replace(SLIDING, name="coarse", hidden_layers=(48,), epochs=25, batch_size=500, learning_rate=0.002)
CLOSEUP = replace(SLIDING, name="closeup", hidden_layers=(700, 350), epochs=24)
FINE = replace(COARSE, name="fine", hidden_layers=(32,), epochs=12)
CONTEXT = Recipe("context", hidden_layers=(160, 80), epochs=20, batch_size=500, folds=0, cosine_decay=True)
# an epoch, or in all
SCENES = {
    "sliding": 4_500,
    "coarse": 2_000,
    "fine": 6_000,
    "context": 12_000,
    "closeup": 8_000,
    "shares": 1_000,
    "number": 2_000,
}
BOOTSTRAPPED = 3  # epochs before the network's own mistakes are shown to it
KEEPS = 0.97  # of the windows that it shall keep each network of the cascade keeps so many; each digit has several

# pixels at a digit's height of SPAN: within NEAR of its middle a window shows it, beyond FAR it does not
NEAR, FAR, BESIDE = 2.2, 3.7, 13.0
VIEWED, VIEWS = 8, 2  # digits of a picture that are viewed, and how often each
ASTRAY = np.array([0.06, 0.06, 0.09])  # heights: how far from its middle a digit is found, and how much too large
SHOWN, UNCLEAR = (0.86, 1.17), (0.74, 1.36)  # heights, of SPAN, that a window shows, and those of which nothing is said


@cache
def _material(data: Path | None, hands: tuple[Path, ...]) -> dict[str, tuple[np.ndarray, np.ndarray, Written]]:
    """Digits, labels and what people wrote, to train on and to validate on."""
    mnist = datasets.load(None if data else ["openml", "keras"], data, log=lambda _: None)
    people = gather(hands, log=lambda _: None)
    return {
        "train": (mnist.images[:-KEPT], mnist.labels[:-KEPT], people.training),
        "validate": (mnist.images[-KEPT:], mnist.labels[-KEPT:], people.validation),
    }


class Maker:
    """Makes training data in other processes, AT_ONCE scenes at a time."""

    def __init__(self, data: Path | None, hands: tuple[Path, ...], seed: int) -> None:
        self.source, self.seed, self.batches = (data, hands), seed, 0
        _material(data, hands)  # before the processes fork, so that they share it
        self.pool = ProcessPoolExecutor(2, get_context("fork"), threadpool_limits, (1,))

    def start(self, make: Callable, count: int, part: str = "train") -> list:
        """Begin to make so many scenes' data."""
        jobs = []
        for _ in range(-(-count // AT_ONCE)):
            self.batches += 1
            jobs.append(
                self.pool.submit(_made, make, self.source, part, min(count, AT_ONCE), [self.seed, self.batches])
            )
        return jobs

    def make(self, make: Callable, count: int, part: str = "train") -> tuple[np.ndarray, np.ndarray]:
        """Inputs and classes of so many scenes."""
        return joined(self.start(make, count, part))


def joined(jobs: list) -> tuple[np.ndarray, np.ndarray]:
    parts = [job.result() for job in jobs]
    inputs, classes = zip(*parts, strict=True)
    return np.concatenate(inputs), np.concatenate(classes)


def _made(make: Callable, source: tuple, part: str, count: int, seed: list[int]) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    images, labels, written = _material(*source)[part]
    glyphs = scenes.make_glyphs(images, labels, written, 6_000, rng, ALLOGRAPHS if part == "train" else 0)
    inputs, classes = zip(*make(glyphs, written, count, rng), strict=True)
    return np.concatenate(inputs), np.concatenate(classes)


# 1 and 2: windows


def window_data(glyphs: Glyphs, _: Written, count: int, rng: np.random.Generator, network: Model | None) -> Iterator:
    """Of each scene some windows (n, 648) and what they show (n,): all that show a digit, some beside one, some of
    other writing, some of anything, and of these the ones that the network, if there is one, takes for a digit."""
    for scene in scenes.scenes(glyphs, count, rng):
        if rng.random() < 0.25:
            scene = _zoomed(scene, rng)
        grid = directions(1 - scene.picture)
        strength = strengths(grid)
        classes, clear, near, other = _shown(scene, strength.shape)
        digits, nothing = classes < NO_DIGIT, (classes == NO_DIGIT) & clear
        chosen = [
            np.argwhere(digits),
            _some(near & nothing, 12 + int(digits.sum()) // 2, rng),
            _some(other & nothing, 14, rng),
            _some(nothing, 8, rng),
        ]
        if network:
            places = _some(nothing, 260, rng)
            scores = network.forward(windows(grid, strength, *places.T))[-1]
            log_odds = scores[:, :DIGITS].max(axis=1) - scores[:, DIGITS]
            worst = np.argsort(-log_odds)[:14]
            chosen.append(places[worst[log_odds[worst] > -1.5]])
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


def _some(mask: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    places = np.argwhere(mask)
    return places[rng.permutation(len(places))[:count]]


def _zoomed(scene: Scene, rng: np.random.Generator) -> Scene:
    """The scene with writing that is far too large or too small for a window."""
    zoom = rng.uniform(1.45, 3.2) if rng.random() < 0.65 else rng.uniform(0.35, 0.65)
    high, wide = scene.picture.shape
    picture, marks = resized(scene, zoom)
    if zoom < 1:
        down, right = high - picture.shape[0], wide - picture.shape[1]
        picture = extended(picture, down // 2, down - down // 2, right // 2, right - right // 2)
        return Scene(picture, [(x + right // 2, y + down // 2, h, label) for x, y, h, label in marks])
    x, y, *_ = marks[rng.integers(len(marks))] if marks else (wide, high, 0, 0)
    left = int(np.clip(x - rng.uniform(40, wide - 40), 0, picture.shape[1] - wide))
    top = int(np.clip(y - high / 2 + rng.normal(0, 10), 0, picture.shape[0] - high))
    return _cut(picture, marks, left, top, wide, high)


def resized(scene: Scene, zoom: float) -> tuple[np.ndarray, list]:
    """Its picture and marks, so many times as large."""
    image = Image.fromarray(scene.picture)
    method = Image.Resampling.BICUBIC if zoom > 1 else Image.Resampling.BOX
    image = image.resize((round(image.width * zoom), round(image.height * zoom)), method)
    marks = [(x * zoom, y * zoom, height * zoom, label) for x, y, height, label in scene.marks]
    return np.asarray(image).clip(0, 1), marks


def _cut(picture: np.ndarray, marks: list, left: int, top: int, wide: int, high: int) -> Scene:
    inside = [(x - left, y - top, height, label) for x, y, height, label in marks]
    inside = [mark for mark in inside if 0 <= mark[0] < wide and 0 <= mark[1] < high]
    return Scene(picture[top : top + high, left : left + wide], inside)


def train_sliding(maker: Maker, seed: int, log: Callable[[str], None]) -> Model:
    def data(so_far: list[Model]) -> Callable:
        return partial(window_data, network=so_far[-1] if len(so_far) >= BOOTSTRAPPED else None)

    return _fitted_anew(SLIDING, maker, data, seed, log)


def _fitted_anew(
    recipe: Recipe, maker: Maker, data: Callable[[list[Model]], Callable], seed: int, log: Callable[[str], None]
) -> Model:
    """A network that learns in each epoch from what is made anew, as `data` says given the networks so far."""
    so_far: list[Model] = []

    def epochs() -> Iterator[EpochData]:
        jobs = maker.start(data(so_far), SCENES[recipe.name])
        for epoch in range(recipe.epochs):
            inputs, classes = joined(jobs)
            if epoch + 1 < recipe.epochs:  # made while this epoch's are learnt
                jobs = maker.start(data(so_far), SCENES[recipe.name])
            yield EpochData(inputs.astype(np.float32), classes)

    for state in fit_from(None, recipe, epochs(), seed):
        so_far.append(state.model(recipe))
        log(f"{recipe.name}: epoch {state.epoch} of {recipe.epochs}, loss {state.loss:.4f}")
    return so_far[-1]


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
        wanted = scores[:, :DIGITS].max(axis=1) - scores[:, DIGITS] > LEAST
        wanted_or_some = wanted | (rng.random(len(seen)) < 100 / max(len(seen), 1))
        yield seen[wanted_or_some].astype(np.float16), wanted[wanted_or_some]


def _sieve(recipe: Recipe, inputs: np.ndarray, wanted: np.ndarray, seed: int) -> Model:
    """A network whose one score is above 0 for KEEPS of what is wanted."""
    model = _fitted(recipe, inputs, wanted.astype(int), seed)
    level = np.quantile(model.forward(inputs[wanted])[-1], 1 - KEEPS)
    return replace(model, biases=(*model.biases[:-1], (model.biases[-1] - level).astype(np.float32)))


def _blocks(inputs: np.ndarray) -> np.ndarray:
    """Windows (n, 648) as the cascade sees them: means of 3x3 points, (n, 72) float32."""
    third = GRID // 3
    shape = (-1, DIRECTIONS, third, 3, third, 3)
    return inputs.astype(np.float32).reshape(shape).mean(axis=(3, 5)).reshape(len(inputs), -1)


def _fitted(recipe: Recipe, inputs: np.ndarray, classes: np.ndarray, seed: int) -> Model:
    data = EpochData(inputs, classes)
    *_, state = fit_from(None, recipe, (data for _ in range(recipe.epochs)), seed)
    return state.model(recipe)


# 3: context


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


def pictures(glyphs: Glyphs, written: Written, count: int, rng: np.random.Generator) -> Iterator[Scene]:
    """Bits of paper in any resolution, most of them with one line or one digit, and drawings."""
    for scene in scenes.scenes(glyphs, count, rng):
        kind = rng.random()
        if kind < 0.25:
            yield scenes.drawing(written, rng)
            continue
        if kind < 0.4:
            scene = scenes.sparse(glyphs, rng)
            yield Scene(*resized(scene, float(np.exp(rng.uniform(np.log(0.4), np.log(1.5))))))
            continue
        zoom = float(np.exp(rng.uniform(np.log(0.75), np.log(2.6))))
        picture, marks = resized(scene, zoom)
        digits = [mark for mark in marks if mark[3] < NO_DIGIT]
        if kind < 0.5 and digits:  # cut out closely
            x, y, height, _ = digits[rng.integers(len(digits))]
            wide, high = (round(height * rng.uniform(*between)) for between in ((0.7, 1.6), (1.02, 1.7)))
            left, top = (round(m - s / 2 + rng.normal(0, 0.06) * height) for m, s in ((x, wide), (y, high)))
            yield _cut(picture, marks, max(0, left), max(0, top), wide, high)
        elif rng.random() < 0.85:
            high = min(picture.shape[0], int(rng.uniform(1.2, 4) * SPAN * zoom))
            wide = min(picture.shape[1], int(np.exp(rng.uniform(np.log(1.2), np.log(9))) * SPAN * zoom))
            x, y, *_ = marks[0] if marks else (picture.shape[1] / 2, picture.shape[0] / 2)
            top = int(np.clip(y - high / 2 + rng.normal(0, 3) * zoom, 0, picture.shape[0] - high))
            left = int(np.clip(x - rng.uniform(0.6, 3) * SPAN / 2 * zoom, 0, picture.shape[1] - wide))
            yield _cut(picture, marks, left, top, wide, high)
        else:
            yield Scene(picture, marks)


# 4: closeup


def closeup_data(glyphs: Glyphs, written: Written, count: int, rng: np.random.Generator) -> Iterator:
    """Of each of so many pictures some digits, seen from about where they are found (n, INPUTS), and which they are."""
    for _ in range(count):
        one = scenes.scenes(glyphs, 1, rng) if rng.random() < 0.6 else pictures(glyphs, written, 1, rng)
        scene = next(one)
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
    return _fitted_anew(CLOSEUP, maker, lambda _: closeup_data, seed, log)


# 5: shares


def shares_data(glyphs: Glyphs, written: Written, count: int, rng: np.random.Generator, reader: PageReader) -> Iterator:
    """Of each digit that was found what all say of it, (1, 4, 10), and which digit it is."""
    model = load_model("robust")
    for scene in pictures(glyphs, written, count, rng):
        darkness = 1 - scene.picture
        found = find_digits(darkness, reader)
        if not found:
            continue
        cut = np.stack([cut_out(darkness, digit, found)[0] for digit in found])
        said = looks(found, darkness, cut, model, reader.closeup).transpose(1, 0, 2)
        for digit, of_digit in zip(found, said, strict=True):
            for x, y, height, label in scene.marks:
                if label < NO_DIGIT and abs(digit.x - x) < 0.2 * height and abs(digit.y - y) < 0.25 * height:
                    yield of_digit[np.newaxis], np.array([label])


def fit_shares(said: np.ndarray, classes: np.ndarray) -> tuple[float, ...]:
    """How much each of k probabilities (n, k, 10) counts: what makes the digits (n,) the likeliest."""
    from scipy import optimize

    def loss(shares: np.ndarray) -> float:
        right = weighed(said.transpose(1, 0, 2), shares)[np.arange(len(said)), classes]
        return -float(np.log(right + 1e-9).mean())

    return tuple(optimize.minimize(loss, [0.3] * said.shape[1], method="Nelder-Mead").x.round(3).tolist())


# 6: number


def number_data(glyphs: Glyphs, written: Written, count: int, rng: np.random.Generator, reader: PageReader) -> Iterator:
    """Of each drawing on which several digits are found the features with each of two models, and whether it is a
    number."""
    del glyphs  # drawings are of strokes
    models = load_model("classic"), load_model("robust")
    for _ in range(count):
        kind = rng.random()
        if kind < 0.4:
            scene = scenes.drawing(written, rng, letters=0.0)
        else:  # one digit, or one letter
            scene = scenes.drawing(written, rng, letters=float(kind > 0.7), count=1)
        number = len(scene.marks) > 1
        darkness = 1 - scene.picture
        found = find_digits(darkness, reader)
        if len(found) > 1:
            wholes = [read(np.rint(255 * scene.picture).astype(np.uint8), model) for model in models]
            both = [drawing.features(whole, found, ink_of(darkness)) for whole in wholes]
            yield np.concatenate(both)[np.newaxis], np.array([number])


def fit_number(features: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """The weights of a logistic regression, (features,)."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(fit_intercept=False, max_iter=1_000).fit(features, numbers).coef_[0]


def train(data: Path | None, hands: tuple[Path, ...], seed: int, log: Callable[[str], None]) -> PageReader:
    """All six steps."""
    maker = Maker(data, hands, seed)
    sliding = train_sliding(maker, seed, log)
    cascade = train_cascade(maker, sliding, seed)
    log("cascade: done")
    seen, classes = maker.make(partial(context_data, cascade=cascade, sliding=sliding), SCENES["context"])
    context = _fitted(CONTEXT, seen, classes, seed)
    log(f"context: {len(seen):,} candidates, {np.mean(classes < NO_DIGIT):.1%} of them digits")
    closeup = train_closeup(maker, seed, log)
    number = np.zeros((2, drawing.FEATURES))
    reader = PageReader(cascade, sliding, context, closeup, (0.25,) * 4, number)
    said, digits = maker.make(partial(shares_data, reader=reader), SCENES["shares"], "validate")
    reader = replace(reader, shares=fit_shares(said, digits))
    log(f"shares: {reader.shares}")
    both, numbers = maker.make(partial(number_data, reader=reader), SCENES["number"])
    for weights, features in zip(number, np.split(both, 2, axis=1), strict=True):
        weights[:] = fit_number(features, numbers)
        log(f"number: {np.mean((features @ weights > 0) == numbers):.2%} of {len(numbers):,} drawings are told")
    return reader


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--data", type=Path, help="MNIST as a file; by default it is downloaded")
    cli.add_argument("--hands", type=Path, nargs="+", required=True, help="what people wrote, as for mnistcore train")
    cli.add_argument("--seed", type=int, default=0)
    cli.add_argument("--out", type=Path, default=SHIPPED_DIRECTORY / "page.npz")
    options = cli.parse_args()
    write_reader(train(options.data, tuple(options.hands), options.seed, print), options.out)


if __name__ == "__main__":
    main()
