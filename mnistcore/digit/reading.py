"""From a picture to an answer: the one path that the app, the API and the command line share.

An answer has a status:

    "digit"          the network reads a digit
    "uncertain"      it does, but its probability is below the model's rejection threshold
    "not a digit"    the probability that it is a digit at all is below the model's digit threshold; that of a dash is 0
    "blank"          there is no ink in the picture, or only a dot
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from PIL import Image

from mnistcore.digit.form import NON_DIGIT_CLASS, SIDE
from mnistcore.digit.images import is_dash, is_prepared, prepare, prepare_batch
from mnistcore.digit.model import Model, probabilities
from mnistcore.errors import BadImage, BlankImage

BLANK = -1  # stands for no digit where digits are an array and an image is blank
CHUNK = 500  # images read at a time: more leave the processor's cache, with fewer threads wait for each other
NON_DIGIT_MESSAGE = "This does not look like a digit."


@dataclass(frozen=True)
class Reading:
    """What a model reads in one picture.

    Attributes:
        status: "digit", "uncertain", "not a digit" or "blank".
        digit: 0-9, the most probable digit (the closest one, if it is not a digit); None if blank.
        confidence: its probability, 0-1.
        runner_up: 0-9, the second most probable digit.
        probabilities: (10,) float32, of each digit, given that it is one. Of a blank picture: what the network answers
            to no ink.
        digit_probability: 0-1, that it is a digit; 1 if the model cannot tell.
        image: (28, 28) uint8, the picture as the network sees it; all 0 if it is blank.
        message: one sentence for people if the status is not "digit", else None.
        layers: what the network computed on the way, as `Model.activations` gives it for this one picture; empty if it
            was read together with others.
        uncertain: whether the confidence is below the model's rejection threshold, whatever the status is.
    """

    status: str
    digit: int | None
    confidence: float
    runner_up: int
    probabilities: np.ndarray
    digit_probability: float
    image: np.ndarray
    message: str | None
    layers: Sequence[np.ndarray] = ()
    uncertain: bool = False

    @property
    def answer(self) -> int | None:
        """The digit; NON_DIGIT_CLASS if it is not one; None if blank."""
        return NON_DIGIT_CLASS if self.status == "not a digit" else self.digit


@dataclass(frozen=True)
class Readings:
    """What a model reads in n pictures: the fields of `Reading` as arrays.

    Attributes:
        image: (n, 28, 28) uint8, as the network sees them. A blank one is passed on as it was given.
        probabilities: (n, 10) float32.
        digit_probability: (n,) float32.
        blank: index of each blank image -> the sentence that says so.
        rejection_threshold: the probability, 0-1, below which an answer is uncertain.
        digit_threshold: the digit probability, 0-1, below which an image is not a digit.
    """

    image: np.ndarray
    probabilities: np.ndarray
    digit_probability: np.ndarray
    blank: dict[int, str]
    rejection_threshold: float
    digit_threshold: float

    def __len__(self) -> int:
        return len(self.image)

    def __getitem__(self, index: int) -> Reading:
        status = str(self.status[index])
        return Reading(
            status=status,
            digit=None if status == "blank" else int(self.digit[index]),
            confidence=float(self.confidence[index]),
            runner_up=int(self.runner_up[index]),
            probabilities=self.probabilities[index],
            digit_probability=float(self.digit_probability[index]),
            image=self.image[index],
            message=self.message[index],
            uncertain=bool(self.uncertain[index]),
        )

    @cached_property
    def digit(self) -> np.ndarray:
        """(n,) int64, 0-9, or -1 where the image is blank."""
        digits = self.probabilities.argmax(axis=1)
        digits[list(self.blank)] = BLANK
        return digits

    @cached_property
    def answer(self) -> np.ndarray:
        """(n,) int64, the digit; NON_DIGIT_CLASS where it is not one, -1 where the image is blank."""
        return np.where(self.not_a_digit, NON_DIGIT_CLASS, self.digit)

    @cached_property
    def confidence(self) -> np.ndarray:
        """(n,) float32, 0-1."""
        return np.maximum.reduce(self.probabilities, axis=1)

    @cached_property
    def runner_up(self) -> np.ndarray:
        """(n,) int64, 0-9."""
        return np.argsort(self.probabilities, axis=1)[:, -2]

    @cached_property
    def uncertain(self) -> np.ndarray:
        """(n,) bool, whether the confidence is below the rejection threshold, whatever the status is."""
        return self.confidence < self.rejection_threshold

    @cached_property
    def not_a_digit(self) -> np.ndarray:
        """(n,) bool, whether the status is "not a digit"."""
        not_a_digit = self.digit_probability < self.digit_threshold
        if self.blank:
            not_a_digit[list(self.blank)] = False
        return not_a_digit

    @cached_property
    def status(self) -> np.ndarray:
        """(n,) str."""
        status = np.where(self.uncertain, "uncertain", "digit").astype("<U11")
        status[self.not_a_digit] = "not a digit"
        status[list(self.blank)] = "blank"
        return status

    @cached_property
    def warnings(self) -> dict[int, str]:
        """Index of each image that is blank or not a digit -> the sentence that says so."""
        others = self.not_a_digit.nonzero()[0]
        return dict.fromkeys(others.tolist(), NON_DIGIT_MESSAGE) | self.blank if others.size else self.blank

    @cached_property
    def message(self) -> list[str | None]:
        """n sentences, None where the status is "digit"."""
        messages: list[str | None] = [None] * len(self)
        for i in np.flatnonzero(self.status == "uncertain"):
            messages[i] = f"Uncertain: it may be a {self.digit[i]} or a {self.runner_up[i]}."
        for index, sentence in self.warnings.items():
            messages[index] = sentence
        return messages


def read(image: Image.Image | np.ndarray, model: Model) -> Reading:
    """Read the digit in a picture.

    Args:
        image: whatever `prepare` takes.
        model: which reads it.

    Raises:
        BadImage: the input is not a picture.
    """
    blank: dict[int, str] = {}
    try:
        prepared = prepare(image)
    except BlankImage as error:
        prepared, blank[0] = np.zeros((SIDE, SIDE), np.uint8), str(error)
    layers = model.activations(prepared[np.newaxis])
    return replace(_readings(model, prepared[np.newaxis], blank, layers[-1])[0], layers=layers)


def read_batch(images: np.ndarray, model: Model, deadline: float = math.inf) -> Readings:
    """Read the digit in each of many small images.

    Args:
        images: (n, 28, 28), prepared or not: uint8, or other numbers, as `to_bytes` takes them.
        model: which reads them.
        deadline: the `time.monotonic()` by which all must be prepared; looked at every CHUNK images.

    Raises:
        BadImage: the images have another shape, or are no pixels.
        TimeoutError: the deadline passed.
    """
    images = np.asarray(images)
    if images.shape[1:] != (SIDE, SIDE):
        raise BadImage(f"The images must be (n, 28, 28); these are {images.shape}.")
    if len(images) <= CHUNK:
        return _read_chunk(images, model, deadline)
    chunks = [_read_chunk(images[i : i + CHUNK], model, deadline) for i in range(0, len(images), CHUNK)]
    return Readings(
        np.concatenate([chunk.image for chunk in chunks]),
        np.concatenate([chunk.probabilities for chunk in chunks]),
        np.concatenate([chunk.digit_probability for chunk in chunks]),
        {i * CHUNK + index: sentence for i, chunk in enumerate(chunks) for index, sentence in chunk.blank.items()},
        model.rejection_threshold,
        model.digit_threshold,
    )


def _read_chunk(images: np.ndarray, model: Model, deadline: float) -> Readings:
    if time.monotonic() > deadline and not is_prepared(images).all():
        raise TimeoutError("The images could not be prepared in time.")
    prepared, blank = prepare_batch(images)
    return _readings(model, prepared, blank, model.activations(prepared)[-1])


def _readings(model: Model, images: np.ndarray, blank: dict[int, str], scores: np.ndarray) -> Readings:
    of_digits, of_any = probabilities(scores)
    if model.knows_non_digits and (ones := (of_digits.argmax(axis=1) == 1).nonzero()[0]).size:
        of_any[ones[is_dash(images[ones])]] = 0
    return Readings(images, of_digits, of_any, blank, model.rejection_threshold, model.digit_threshold)
