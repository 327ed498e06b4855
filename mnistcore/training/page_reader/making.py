"""Training data that are made anew while the network learns, in other processes; and networks that learn from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from mnistcore.data import datasets
from mnistcore.data.hands import Written, gather
from mnistcore.data.scenes.glyphs import make_glyphs
from mnistcore.digit.model import Model
from mnistcore.training.epoch_data import EpochData
from mnistcore.training.fitting import fit_from
from mnistcore.training.recipes import Recipe

KEPT = 5_000  # digits at the end of MNIST's training set that are not trained on
ALLOGRAPHS = 0.15  # share of the pens' digits that no person wrote
AT_ONCE = 500  # scenes that one process makes at a time


@cache
def material(data: Path | None, hands: tuple[Path, ...]) -> dict[str, tuple[np.ndarray, np.ndarray, Written]]:
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
        material(data, hands)  # before the processes fork, so that they share it
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
    images, labels, written = material(*source)[part]
    glyphs = make_glyphs(images, labels, written, 6_000, rng, ALLOGRAPHS if part == "train" else 0)
    inputs, classes = zip(*make(glyphs, written, count, rng), strict=True)
    return np.concatenate(inputs), np.concatenate(classes)


def fitted(recipe: Recipe, inputs: np.ndarray, classes: np.ndarray, seed: int) -> Model:
    data = EpochData(inputs, classes)
    *_, state = fit_from(None, recipe, (data for _ in range(recipe.epochs)), seed)
    return state.model(recipe)


def fitted_anew(
    recipe: Recipe,
    scenes: int,
    maker: Maker,
    data: Callable[[list[Model]], Callable],
    seed: int,
    log: Callable[[str], None],
) -> Model:
    """A network that learns in each epoch from so many new scenes, made as `data` says given the networks so far."""
    so_far: list[Model] = []

    def epochs() -> Iterator[EpochData]:
        jobs = maker.start(data(so_far), scenes)
        for epoch in range(recipe.epochs):
            inputs, classes = joined(jobs)
            if epoch + 1 < recipe.epochs:  # made while this epoch's are learnt
                jobs = maker.start(data(so_far), scenes)
            yield EpochData(inputs.astype(np.float32), classes)

    for state in fit_from(None, recipe, epochs(), seed):
        so_far.append(state.model(recipe))
        log(f"{recipe.name}: epoch {state.epoch} of {recipe.epochs}, loss {state.loss:.4f}")
    return so_far[-1]
