"""The misread test digits of a training run; a press on one opens it in *Look inside*."""

from __future__ import annotations

import numpy as np
import streamlit as st

from app import canvas
from app.drawing import as_png
from app.models import IN_USE
from mnistcore import store
from mnistcore.evaluation.report import Report

AT_ONCE = 24
EVERY = "any"


@st.fragment
def show(report: Report) -> None:
    """Let the visitor narrow the misread digits down, and look into one."""
    if not report.misread:
        st.write("It misread none of the test digits.")
        return
    with st.container(horizontal=True):
        with st.container(width=160):
            label = st.selectbox("It is a", [EVERY, *range(10)], key="gallery-label")
        with st.container(width=160):
            said = st.selectbox("read as a", [EVERY, *range(10)], key="gallery-said")
    chosen = [
        (digit, pixels)
        for digit, pixels in zip(report.misread, report.misread_pixels(), strict=True)
        if label in (EVERY, digit["label"]) and said in (EVERY, digit["prediction"])
    ]
    if not chosen:
        st.write("There is none of these.")
        return
    pages = -(-len(chosen) // AT_ONCE)
    page = st.number_input(f"Page, of {pages}", 1, pages, width=160) - 1 if pages > 1 else 0
    with st.container(horizontal=True, gap="small"):
        for digit, pixels in chosen[page * AT_ONCE : (page + 1) * AT_ONCE]:
            _tile(report.name, digit, pixels)


def _tile(model_name: str, digit: dict, pixels: np.ndarray) -> None:
    words = f"{digit['label']} as {digit['prediction']}"
    with st.container(width=88, gap="xsmall"):
        st.image(as_png(pixels, 3), width=84, alt=f"A {digit['label']} that was read as a {digit['prediction']}")
        if st.button(
            words,
            key=f"misread-{digit['index']}",
            help=f"It was {digit['probabilities'][digit['prediction']]:.0%} sure. Look inside to see why.",
            width="stretch",
        ):
            canvas.put_digit(pixels, digit["label"])
            st.session_state.model = IN_USE if model_name == store.current_name() else model_name
            st.switch_page("app/pages/look_inside.py")
