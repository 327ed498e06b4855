"""The sheet to draw on, with Undo and Clear.

streamlit-drawable-canvas is what one draws on, but the strokes are the browser's: canvas.js calls that package's
JavaScript, keeps what it draws, sends every change with its picture, and is told which change is known here. The other
way go only strokes that are put in their place: an MNIST digit, or an empty sheet.
"""

import base64
import binascii
import secrets
from contextlib import suppress

import numpy as np
import streamlit as st
import streamlit_drawable_canvas  # noqa: F401  # declares the component whose files Streamlit then serves

from app.shared import canvas_module
from app.shared.component import component
from app.shared.drawing import DRAWING, Drawing, current_drawing
from mnistcore.digit.files import as_png, data_url

ENLARGED = 13  # times, when an MNIST digit is put on the canvas
SIDE = 420  # pixels of the picture; style.css shows it smaller where the screen is
WIDE = 840  # pixels: how wide the picture of a wide sheet is
BRUSHES = {"Thin": 13, "Medium": 24, "Thick": 37}  # pixels of the picture
PNG = data_url(b"")  # how the address of a picture begins

_sheet = component(
    __file__,
    '<div class="sheet-place"><canvas class="sheet" aria-label="Sheet to draw on"></canvas>'
    '<div class="canvas-root"></div></div>',
)


def offer_width() -> None:
    """Let the visitor draw on a wide sheet."""
    st.toggle("Wide sheet", key="wide", persist_state="session")


def draw(sheet: str = DRAWING) -> Drawing | None:
    """Show a sheet, and return what is drawn on it; None before it is touched.

    Args:
        sheet: which one: the session key of its drawing.
    """
    _receive(sheet)
    drawing, put = current_drawing(sheet), st.session_state.get(f"{sheet}-put")
    wide = sheet == DRAWING and st.session_state.get("wide")
    _sheet(
        key=f"{sheet}-canvas",
        data={
            "module": canvas_module.ADDRESS,
            "sheet": sheet,
            "known": drawing.id if drawing else None,
            "put": put and {"id": put.id, "strokes": put.strokes},
            "width": WIDE if wide else SIDE,
            "height": SIDE,
            "brush": BRUSHES[st.session_state.get("brush", "Medium")],
        },
        on_drawing_change=lambda: None,
    )
    return drawing


def choose_brush() -> None:
    """Let the visitor choose how thick the pen is."""
    st.segmented_control(
        "Brush",
        BRUSHES,
        label_visibility="collapsed",
        default="Medium",
        required=True,
        key="brush",
        persist_state="session",
    )


def put_digit(image: np.ndarray, label: int) -> None:
    """Put a digit (28, 28) uint8, known to be a `label`, on the canvas as if it had been drawn. For `on_click`."""
    _put(DRAWING, of_digit(image, label))


def of_digit(image: np.ndarray, label: int) -> Drawing:
    """The drawing that has this digit on it."""
    png = as_png(image.repeat(ENLARGED, axis=0).repeat(ENLARGED, axis=1))
    side = 28 * ENLARGED
    stroke = {
        "type": "Image",
        "src": data_url(png),
        "left": ((WIDE if st.session_state.get("wide") else SIDE) - side) // 2,
        "top": (SIDE - side) // 2,
        "width": side,
        "height": side,
        "originX": "left",
        "originY": "top",
        "label": label,
    }
    return Drawing([stroke], png, secrets.token_hex(8))


def renew(sheet: str) -> None:
    """Give the visitor an empty sheet; Undo does not bring back what was on the old one."""
    _put(sheet, Drawing([], b"", secrets.token_hex(8)))


def _put(sheet: str, drawing: Drawing) -> None:
    st.session_state[sheet] = st.session_state[f"{sheet}-put"] = drawing


def _receive(sheet: str) -> None:
    """Take what the browser has sent last, unless it was taken before: something else may stand there since."""
    sent = st.session_state.get(f"{sheet}-canvas", {}).get("drawing")
    match sent:
        case {"id": str(name), "strokes": list(strokes), "png": str(png)} if all(
            isinstance(one, dict) for one in strokes
        ):
            if name == st.session_state.get(f"{sheet}-sent"):
                return
            st.session_state[f"{sheet}-sent"] = name
            with suppress(binascii.Error):  # no browser of ours
                picture = base64.b64decode(png.removeprefix(PNG), validate=True)
                st.session_state[sheet] = Drawing(strokes, picture, name)
