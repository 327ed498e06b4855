"""The visitor's drawing, which every page can use."""

from dataclasses import dataclass

import streamlit as st
from PIL import Image

from mnistcore.digit.files import as_png


@dataclass(frozen=True)
class Drawing:
    """What is on the canvas: its strokes as the component's JSON, the same as a PNG, and which digit it is if known."""

    strokes: dict
    png: bytes
    label: int | None = None

    @property
    def empty(self) -> bool:
        """Whether there is no stroke on the canvas."""
        return not self.strokes.get("objects")

    @property
    def ready_made(self) -> bool:
        """Whether it is an MNIST digit with nothing added to it."""
        return [thing.get("type", "").lower() for thing in self.strokes.get("objects", [])] == ["image"]


def current_drawing() -> Drawing | None:
    """The visitor's drawing, on whatever page they are; None if there is none."""
    return st.session_state.get("drawing")


def cut_out(picture: Image.Image, box: tuple[int, int, int, int]) -> bytes:
    """What is in a box (x, y, width, height) of a picture, with some of what is around it, as a PNG."""
    x, y, width, height = box
    margin = max(width, height) // 4
    right, bottom = min(x + width + margin, picture.width), min(y + height + margin, picture.height)
    return as_png(picture.crop((max(x - margin, 0), max(y - margin, 0), right, bottom)).convert("RGB"))
