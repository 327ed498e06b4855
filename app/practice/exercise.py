"""An exercise: digits that are asked for one after the other, and what the visitor has written for each."""

from dataclasses import dataclass, field

import numpy as np
import streamlit as st

from mnistcore.digit.files import open_image
from mnistcore.digit.model import Model
from mnistcore.digit.reading import read

EXERCISE = "exercise"  # session key
COUNTS = (10, 20, 30, 50)  # digits that can be asked for


@dataclass(frozen=True)
class Written:
    """A digit that was written when it was asked for.

    Attributes:
        label: 0-9, what was asked for.
        picture: the sheet as a PNG file.
        image: (28, 28) uint8, the same as a network is given it.
    """

    label: int
    picture: bytes
    image: np.ndarray


@dataclass
class Exercise:
    """The digits asked for, and an answer to each so far: None if it was skipped."""

    asked: list[int]
    answers: list[Written | None] = field(default_factory=list)

    @property
    def number(self) -> int:
        """How many are written or skipped."""
        return len(self.answers)

    @property
    def wanted(self) -> int | None:
        """The digit to be written next; None at the end."""
        return self.asked[self.number] if self.number < len(self.asked) else None

    @property
    def written(self) -> list[Written]:
        """What was written, in order."""
        return [answer for answer in self.answers if answer]

    def write(self, picture: bytes, image: np.ndarray) -> None:
        """Take what was written, and go on to the next digit."""
        if self.wanted is not None:
            self.answers.append(Written(self.wanted, picture, image))

    def skip(self) -> None:
        """Go on without the digit that is asked for."""
        if self.wanted is not None:
            self.answers.append(None)

    def back(self) -> None:
        """Ask for the last digit once more."""
        if self.answers:
            self.answers.pop()

    def leave_out(self, numbers: list[int]) -> None:
        """Forget some of what was written.

        Args:
            numbers: their places in `written`.
        """
        left = [answer for place, answer in enumerate(self.written) if place not in numbers]
        self.asked, self.answers = [answer.label for answer in left], list(left)


def is_read_as(picture: bytes, label: int, model: Model | None) -> bool:
    """Whether a model reads that digit, without a doubt, in what is written so far; half a 4 is none."""
    if model is None:
        return False
    reading = read(open_image(picture), model)
    return reading.status == "digit" and reading.digit == label


def begin(count: int, random: np.random.Generator) -> Exercise:
    """A new exercise: each ten digits have every digit once, and none is asked for twice in succession."""
    asked: list[int] = []
    while len(asked) < count:
        ten = random.permutation(10).tolist()
        if asked[-1:] != ten[:1]:
            asked += ten
    return Exercise(asked)


def current() -> Exercise | None:
    """The visitor's exercise; None before they begin one."""
    return st.session_state.get(EXERCISE)
