"""The visitor's drawing, as every page can have it."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import streamlit as st
from PIL import Image


@dataclass(frozen=True)
class Drawing:
    """What is on the sheet: its strokes as the component's JSON, the same as a PNG, and which digit it is if known."""

    strokes: dict
    png: bytes
    label: int | None = None

    @property
    def empty(self) -> bool:
        """Whether there is no stroke on the sheet."""
        return not self.strokes.get("objects")

    @property
    def ready_made(self) -> bool:
        """Whether it is one of MNIST's digits, and nothing was added to it."""
        return [thing.get("type", "").lower() for thing in self.strokes.get("objects", [])] == ["image"]


def current_drawing() -> Drawing | None:
    """The visitor's drawing, on whatever page they are; None if there is none."""
    return st.session_state.get("drawing")


def as_png(image: np.ndarray, enlarged: int = 1) -> bytes:
    """Grey pixels (height, width) uint8 as a PNG, each made a square of `enlarged` pixels' side."""
    file = io.BytesIO()
    Image.fromarray(np.kron(image, np.ones((enlarged, enlarged), np.uint8))).save(file, "PNG")
    return file.getvalue()
