"""The sheet to draw on, with the Undo and Clear that it lacks on a touch screen.

The component in the browser owns the strokes. It redraws itself only when its `initial_drawing` changes, so that is
touched when *we* change the drawing (Undo, Clear, coming back to the page) and never merely to repeat what the browser
has just sent: that would wipe out the stroke being drawn meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit_drawable_canvas import st_canvas

KEY = "canvas"
SIDE = 320  # pixels: with the page's margins this still fits a phone 360 px wide
BRUSHES = {"Thin": 10, "Medium": 18, "Thick": 28}  # pixels


@dataclass(frozen=True)
class Drawing:
    """What is on the sheet: its strokes as the component's JSON, and the same as a PNG."""

    strokes: dict
    png: bytes

    @property
    def empty(self) -> bool:
        """Whether there is no stroke on the sheet."""
        return not self.strokes.get("objects")


def current_drawing() -> Drawing | None:
    """The visitor's drawing, on whatever page they are; None if there is none."""
    return st.session_state.get("drawing")


def draw() -> Drawing | None:
    """Show the sheet and its tools, and return what is drawn on it, or None."""
    with st.container(horizontal=True, gap="small"):
        st.button("Undo", on_click=_undo, icon=":material/undo:")
        st.button("Clear", on_click=_clear, icon=":material/delete:")

    if KEY not in st.session_state:  # this page was just entered: the component knows nothing yet
        drawing = current_drawing()
        _show(drawing.strokes if drawing else {})
    result = st_canvas(
        key=KEY,
        initial_drawing=st.session_state.shown,
        stroke_width=BRUSHES[st.session_state.get("brush", "Medium")],
        stroke_color="#ffffff",
        background_color="#000000",  # the same in both themes: changing it would wipe the drawing
        height=SIDE,
        width=SIDE,
        return_image_data=True,
    )
    if result.image_bytes:  # absent until the component has sent something
        st.session_state.drawing = Drawing(result.json_data, result.image_bytes)
    return current_drawing()


def choose_brush() -> None:
    """Let the visitor choose how thick the pen is."""
    st.segmented_control("Brush", BRUSHES, default="Medium", required=True, key="brush", persist_state="session")


def _show(strokes: dict) -> None:
    """Have the component show these strokes; it then sends their picture of its own accord."""
    # numbered, for the component ignores an initial drawing equal to the last one: a second Clear would do nothing
    st.session_state.shown_count = st.session_state.get("shown_count", 0) + 1
    st.session_state.shown = {"objects": strokes.get("objects", []), "number": st.session_state.shown_count}


def _replace(strokes: dict) -> None:
    """Put these strokes in the place of what the component last sent, which it would otherwise send again."""
    _show(strokes)
    st.session_state[KEY] = {"drawing": {"raw": strokes, "data": None}, "backgroundFit": None}


def _clear() -> None:
    st.session_state.drawing = None
    _replace({"objects": []})


def _undo() -> None:
    drawing = current_drawing()
    if drawing is None:
        return
    strokes = {**drawing.strokes, "objects": drawing.strokes.get("objects", [])[:-1]}
    # the old picture stands for the new one during the moment until that arrives, so that the answer does not blink
    st.session_state.drawing = Drawing(strokes, drawing.png) if strokes["objects"] else None
    _replace(strokes)
