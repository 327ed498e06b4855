"""The visitor's drawing, which every page can use."""

from dataclasses import dataclass

import streamlit as st
from PIL import Image

from mnistcore.digit.files import as_png

DRAWING = "drawing"  # session key: what is on the sheet of Draw


@dataclass(frozen=True)
class Drawing:
    """What is on a sheet.

    Attributes:
        strokes: the objects of streamlit-drawable-canvas (of Fabric.js): {"type": "Path", ...} in pixels of the
            picture, or an MNIST digit, {"type": "Image", "src": its address, ..., "label": 0-9}.
        png: their picture.
        id: of this state of the sheet: the browser gives it another one with every change.
    """

    strokes: list[dict]
    png: bytes
    id: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is no stroke on the sheet."""
        return not self.strokes

    @property
    def label(self) -> int | None:
        """Which digit it is, if it is one of MNIST's with nothing added to it."""
        match self.strokes:
            case [{"label": int(label)}] if 0 <= label <= 9:
                return label
        return None


def current_drawing(sheet: str = DRAWING) -> Drawing | None:
    """The visitor's drawing, on whatever page they are; None if they have not touched the sheet yet."""
    return st.session_state.get(sheet)


def cut_out(picture: Image.Image, box: tuple[int, int, int, int]) -> bytes:
    """What is in a box (x, y, width, height) of a picture, with some of what is around it, as a PNG."""
    x, y, width, height = box
    margin = max(width, height) // 4
    right, bottom = min(x + width + margin, picture.width), min(y + height + margin, picture.height)
    return as_png(picture.crop((max(x - margin, 0), max(y - margin, 0), right, bottom)).convert("RGB"))
