"""A bit of paper and what stands on it. While it is put together a digit of its line is SPAN pixels high."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HEIGHT, WIDTH = 84, 180  # pixels of a scene that is put together
NO_DIGIT, LIKE_DIGIT = 10, 11  # classes beside 0-9: what is none, and what is none but looks like one


@dataclass
class Scene:
    """A bit of paper.

    Attributes:
        picture: (H, W) float32 in 0-1, 0 black: its brightness.
        marks: one (x, y, height, class) a character: its middle and height in pixels, and the digit that it is, or
            NO_DIGIT or LIKE_DIGIT.
    """

    picture: np.ndarray
    marks: list[tuple[float, float, float, int]]
