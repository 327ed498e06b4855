"""The visitor's drawing, which every page can use."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np
import streamlit as st
from PIL import Image


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


def as_png(image: np.ndarray, enlarged: int = 1) -> bytes:
    """Grey pixels (height, width) uint8 as a PNG, each enlarged to a square of that many pixels' side."""
    file = io.BytesIO()
    Image.fromarray(np.kron(image, np.ones((enlarged, enlarged), np.uint8))).save(file, "PNG")
    return file.getvalue()


def cut_out(picture: Image.Image, box: tuple[int, int, int, int]) -> bytes:
    """What is in a box (x, y, width, height) of a picture, with some of what is around it, as a PNG."""
    x, y, width, height = box
    margin = max(width, height) // 4
    right, bottom = min(x + width + margin, picture.width), min(y + height + margin, picture.height)
    file = io.BytesIO()
    picture.crop((max(x - margin, 0), max(y - margin, 0), right, bottom)).convert("RGB").save(file, "PNG")
    return file.getvalue()


def png_url(image: np.ndarray, enlarged: int = 1) -> str:
    """The same as a `data:` URL."""
    return "data:image/png;base64," + base64.b64encode(as_png(image, enlarged)).decode("ascii")
