"""The digit that writes itself over the empty sheet, until the visitor touches it.

It is a picture over the canvas that takes no pointer, not a drawing: example.js removes it when the sheet is touched,
and when it is cleared.
What the page says of it the model has really read, in a picture with the same strokes. Where the visitor's system asks
for reduced motion, the sheet and the answer are empty instead (style.css shows one or the other).
"""

import math

import streamlit as st
from PIL import Image, ImageDraw

from app.shared import canvas
from app.shared.component import component
from mnistcore.digit.model import Model
from mnistcore.digit.reading import Reading, read

# a 3, in pixels of the canvas: two arcs, each from the left over the right to the left
ARCS = [(206, 140, 66, range(-150, 95, 5)), (206, 282, 76, range(-90, 145, 5))]  # middle, radius, degrees
STROKE = [
    (round(x + r * math.cos(math.radians(a)), 1), round(y + r * math.sin(math.radians(a)), 1))
    for x, y, r, angles in ARCS
    for a in angles
]

_overlay = component(
    __file__,
    f'<svg class="example" viewBox="0 0 {canvas.SIDE} {canvas.SIDE}" aria-hidden="true"><polyline pathLength="1" '
    f'stroke-width="{canvas.BRUSHES["Medium"]}" points="{" ".join(f"{x},{y}" for x, y in STROKE)}"/></svg>',
)


def write() -> None:
    """Put the example over the sheet. For the container of the canvas."""
    with st.container(key="example"):
        _overlay(key="example-overlay")


def until_drawn(shown: str, otherwise: str) -> str:
    """HTML that shows one of two: the second to those who ask for reduced motion."""
    return f'<div class="in-motion">{shown}</div><div class="at-rest">{otherwise}</div>'


def reading(model: Model) -> Reading:
    """What the model reads in the example."""
    sheet = Image.new("L", (canvas.SIDE, canvas.SIDE))
    width = canvas.BRUSHES["Medium"]
    pen = ImageDraw.Draw(sheet)
    pen.line(STROKE, fill=255, width=width, joint="curve")
    for x, y in (STROKE[0], STROKE[-1]):  # round ends
        pen.circle((x, y), width / 2, fill=255)
    return read(sheet, model)
