"""The sheet to draw on, with Undo and Clear.

The component in the browser owns the strokes. It redraws itself only when its `initial_drawing` changes, so that is
touched when *we* change the drawing (Undo, Clear, coming back to the page) and never merely to repeat what the browser
has just sent: that would wipe out the stroke being drawn meanwhile.
"""

import numpy as np
import streamlit as st
import streamlit_drawable_canvas

from app.shared.drawing import Drawing, current_drawing
from mnistcore.digit.files import as_png, data_url, open_image

KEY = "canvas"
ENLARGED = 13  # times, when an MNIST digit is put on the canvas
SIDE = 420  # pixels of the picture; style.css shows it smaller where the screen is, and the component follows
WIDE = 840  # pixels: how wide the picture of a wide sheet is
BRUSHES = {"Thin": 13, "Medium": 24, "Thick": 37}  # pixels of the picture

# The same component as in its package, but for its styles, which are not isolated from the page's. The component's own
# toolbar lies invisible over a corner of the canvas, where it takes the pointer: style.css hides it.
streamlit_drawable_canvas.out = st.components.v2.component(
    "streamlit-drawable-canvas.streamlit_drawable_canvas",
    js="index-*.js",
    css="index-*.css",
    html='<div class="canvas-root"></div>',
    isolate_styles=False,
)


def offer_tools() -> None:
    """Undo, Clear, and whether the sheet is wide."""
    st.button("Undo", on_click=undo, icon=":material/undo:", shortcut="Ctrl+Z", help="Ctrl+Z")
    # not Esc, which also closes lists; and Undo brings back what was cleared
    st.button("Clear", on_click=_clear, icon=":material/delete:", shortcut="Delete", help="Delete")
    st.toggle("Wide sheet", key="wide", on_change=_fit, persist_state="session")


def draw() -> Drawing | None:
    """Show the canvas, and return what is drawn on it, or None."""
    if KEY not in st.session_state:  # this page was just entered: the component knows nothing yet
        drawing = current_drawing()
        _show(drawing.strokes if drawing else {})
    result = streamlit_drawable_canvas.st_canvas(
        key=KEY,
        initial_drawing=st.session_state.shown,
        stroke_width=BRUSHES[st.session_state.get("brush", "Medium")],
        stroke_color="#ffffff",
        background_color="#000000",  # the same in both themes: changing it would wipe the drawing
        height=SIDE,
        width=_width(),
        return_image_data=True,
    )
    if result.image_bytes:  # absent until the component has sent something
        known = current_drawing()
        label = known.label if known and known.ready_made and Drawing(result.json_data, b"").ready_made else None
        st.session_state.drawing = Drawing(result.json_data, result.image_bytes, label)
    return current_drawing()


def choose_brush() -> None:
    """Let the visitor choose how thick the pen is."""
    st.segmented_control("Brush", BRUSHES, default="Medium", required=True, key="brush", persist_state="session")


def put_digit(image: np.ndarray, label: int) -> None:
    """Put a digit (28, 28) uint8, known to be a `label`, on the canvas as if it had been drawn. For `on_click`."""
    png = as_png(image.repeat(ENLARGED, axis=0).repeat(ENLARGED, axis=1))
    strokes = {
        "objects": [
            {
                "type": "Image",
                "src": data_url(png),
                "left": (_width() - 28 * ENLARGED) // 2,
                "top": (SIDE - 28 * ENLARGED) // 2,
                "originX": "left",
                "originY": "top",
                "selectable": False,
            }
        ]
    }
    st.session_state.drawing = Drawing(strokes, png, label)
    _replace(strokes)


def _width() -> int:
    return WIDE if st.session_state.get("wide") else SIDE


def _fit() -> None:
    """Keep the drawing when the sheet becomes wider or narrower; smaller, if it would not fit."""
    drawing = current_drawing()
    if drawing is None or drawing.empty:
        return
    strokes, outside = drawing.strokes, np.asarray(open_image(drawing.png).convert("L"))[:, _width() :]
    if not drawing.ready_made and outside.any():
        share = SIDE / WIDE
        strokes = {**strokes, "objects": [_smaller(thing, share) for thing in strokes["objects"]]}
    st.session_state.drawing = Drawing(strokes, drawing.png, drawing.label)
    _replace(strokes)


def _smaller(thing: dict, share: float) -> dict:
    """A stroke on the whole sheet, made smaller with the sheet and moved to half its height."""
    smaller = {side: share * thing.get(side, 1) for side in ("left", "top", "scaleX", "scaleY")}
    return {**thing, **smaller, "top": smaller["top"] + (1 - share) * SIDE / 2}


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
    drawing = current_drawing()
    if drawing and not drawing.empty:  # so that clearing twice loses nothing
        st.session_state.cleared = drawing
    st.session_state.drawing = None
    _replace({"objects": []})


def renew() -> None:
    """Give the visitor an empty square sheet; Undo does not bring back what was on the old one."""
    st.session_state.wide = False
    st.session_state.drawing = None
    st.session_state.pop("cleared", None)
    _replace({"objects": []})


def undo() -> None:
    """Remove the last stroke, or bring back what was cleared. For `on_click`."""
    drawing = current_drawing()
    if drawing is None or drawing.empty:
        if cleared := st.session_state.pop("cleared", None):
            st.session_state.drawing = cleared
            _replace(cleared.strokes)
        return
    strokes = {**drawing.strokes, "objects": drawing.strokes.get("objects", [])[:-1]}
    # the old picture stands for the new one during the moment until that arrives, so that the answer does not blink
    st.session_state.drawing = Drawing(strokes, drawing.png) if strokes["objects"] else None
    _replace(strokes)
