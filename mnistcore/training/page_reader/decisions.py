"""5 to 8. What tells a digit from anything else and a number from one digit, and how much each look counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial

import numpy as np

from mnistcore.data.hands import Written
from mnistcore.data.scenes.drawings import drawing
from mnistcore.data.scenes.glyphs import Glyphs
from mnistcore.data.scenes.pictures import cutting, pictures
from mnistcore.data.scenes.scene import NO_DIGIT, Scene
from mnistcore.digit.form import DIGITS
from mnistcore.digit.model import Model
from mnistcore.digit.reading import read
from mnistcore.models.answering import load_model
from mnistcore.page import decisions
from mnistcore.page.closeup import cut_out, looks, weighed
from mnistcore.page.context import FoundDigit, choose
from mnistcore.page.drawing import FEATURES, features
from mnistcore.page.reader import PageReader, find_digits, find_on_paper, likely
from mnistcore.page.threshold import ink_of
from mnistcore.training.page_reader.making import Maker

SCENES = {"doubtful": 3_000, "shares": 2_000, "lone": 3_000, "number": 2_000}


def doubtful_data(
    glyphs: Glyphs, written: Written, count: int, rng: np.random.Generator, reader: PageReader
) -> Iterator:
    """Of all that was found on each picture by what each is told, and which of it are digits."""
    for scene in pictures(glyphs, written, count, rng):
        if found := choose(*likely(1 - scene.picture, reader), decisions.LEAST):
            yield decisions.features_among(found), np.array([_label(digit, scene) < NO_DIGIT for digit in found])


def train_doubtful(maker: Maker, reader: PageReader, log: Callable[[str], None]) -> np.ndarray:
    return _told("doubtful", doubtful_data, maker, reader, log)


def shares_data(glyphs: Glyphs, written: Written, count: int, rng: np.random.Generator, reader: PageReader) -> Iterator:
    """Of each digit that was found what all say of it and its digit probability, (1, 41), and which digit it is."""
    for scene in pictures(glyphs, written, count, rng):
        found, said, by_model = _found(scene, reader)
        for digit, of_digit, probability in zip(found, said, by_model, strict=True):
            label = _label(digit, scene)
            if label < NO_DIGIT:
                yield np.append(of_digit, probability)[np.newaxis], np.array([label])


def lone_data(glyphs: Glyphs, written: Written, count: int, rng: np.random.Generator, reader: PageReader) -> Iterator:
    """Of each cutting on which one digit is found by what it is told, and whether it is one."""
    del written
    for _ in range(count):
        scene = cutting(glyphs, rng)
        found, said, by_model = _found(scene, reader)
        if len(found) == 1:
            confidence = weighed(said.transpose(1, 0, 2), reader.shares, by_model).max()
            seen = decisions.features_alone(found[0], by_model[0], confidence)
            yield seen[np.newaxis], np.array([_label(found[0], scene) < NO_DIGIT])


def _found(scene: Scene, reader: PageReader) -> tuple[list[FoundDigit], np.ndarray, np.ndarray]:
    """The n digits found on a picture, what all say of them, (n, 4, 10), and `robust`'s digit probabilities."""
    darkness = 1 - scene.picture
    found = find_on_paper(darkness, reader)
    if not found:
        return found, np.empty((0, 4, 10)), np.empty(0)
    images = np.stack([cut_out(darkness, digit, found)[0] for digit in found])
    alone, by_model = _robust().probabilities(images)
    return found, looks(found, darkness, alone, reader.closeup).transpose(1, 0, 2), by_model


@cache
def _robust() -> Model:
    return load_model("robust")


def _label(digit: FoundDigit, scene: Scene) -> int:
    """Which digit stands where one was found; NO_DIGIT if none does."""
    for x, y, height, label in scene.marks:
        if label < NO_DIGIT and abs(digit.x - x) < 0.2 * height and abs(digit.y - y) < 0.25 * height:
            return label
    return NO_DIGIT


def fit_shares(seen: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """The shares (k, 2) which make the digits (n,) the likeliest, given k probabilities of each and that it is a digit,
    (n, 10 k + 1)."""
    from scipy import optimize

    said = seen[:, :-1].reshape(len(seen), -1, DIGITS).transpose(1, 0, 2)

    def loss(shares: np.ndarray) -> float:
        right = weighed(said, shares.reshape(-1, 2), seen[:, -1])[np.arange(len(seen)), classes]
        return -float(np.log(right + 1e-9).mean())

    start = np.repeat([[0.3, 0.0]], len(said), axis=0)
    return optimize.minimize(loss, start.ravel(), method="Powell").x.round(3).reshape(-1, 2)


def train_shares(maker: Maker, reader: PageReader, log: Callable[[str], None]) -> np.ndarray:
    shares = fit_shares(*maker.make(partial(shares_data, reader=reader), SCENES["shares"], "validate"))
    log(f"shares: {shares.tolist()}")
    return shares


def train_lone(maker: Maker, reader: PageReader, log: Callable[[str], None]) -> np.ndarray:
    return _told("lone", lone_data, maker, reader, log)


def _told(name: str, data: Callable, maker: Maker, reader: PageReader, log: Callable[[str], None]) -> np.ndarray:
    """The weights by which digits are told from anything else."""
    seen, digits = maker.make(partial(data, reader=reader), SCENES[name], "validate")
    weights = _logistic(seen, digits)
    log(f"{name}: {np.mean((seen @ weights > 0) == digits):.2%} of {len(digits):,} that were found are told")
    return weights


def _logistic(inputs: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The weights of a logistic regression: (features,)."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(fit_intercept=False, max_iter=1_000).fit(inputs, wanted).coef_[0]


def number_data(glyphs: Glyphs, written: Written, count: int, rng: np.random.Generator, reader: PageReader) -> Iterator:
    """Of each drawing on which several digits are found the features with each of two models, and whether it is a
    number."""
    del glyphs  # drawings are of strokes
    models = load_model("classic"), load_model("robust")
    for _ in range(count):
        kind = rng.random()
        # a number; or one digit, or one letter
        scene = drawing(written, rng, letters=float(kind > 0.7), count=None if kind < 0.4 else 1)
        number = len(scene.marks) > 1
        darkness = 1 - scene.picture
        found = find_digits(darkness, reader)
        if len(found) > 1:
            wholes = [read(np.rint(255 * scene.picture).astype(np.uint8), model) for model in models]
            both = [features(whole, found, ink_of(darkness)) for whole in wholes]
            yield np.concatenate(both)[np.newaxis], np.array([number])


def train_number(maker: Maker, reader: PageReader, log: Callable[[str], None]) -> np.ndarray:
    """The weights of two logistic regressions, (2, FEATURES): for models like either of the two."""
    both, numbers = maker.make(partial(number_data, reader=reader), SCENES["number"])
    weights = np.zeros((2, FEATURES))
    for row, seen in zip(weights, np.split(both, 2, axis=1), strict=True):
        row[:] = _logistic(seen, numbers)
        log(f"number: {np.mean((seen @ row > 0) == numbers):.2%} of {len(numbers):,} drawings are told")
    return weights
