"""The misread test digits of a model; a press on one opens it in *Look inside*."""

from __future__ import annotations

import numpy as np
import streamlit as st

from app import canvas
from app.drawing import as_png
from app.models import CURRENT
from mnistcore import store
from mnistcore.evaluation.report import Report

PER_PAGE = 24
ANY = "any"


@st.fragment
def show(report: Report) -> None:
    """Let the visitor filter the misread digits, and open one."""
    misread = report.evaluation.misread
    if not misread:
        st.write("No test digit was misread.")
        return
    with st.container(horizontal=True):
        with st.container(width=160):
            label = st.selectbox("Label", [ANY, *range(10)], key="gallery-label")
        with st.container(width=160):
            prediction = st.selectbox("Prediction", [ANY, *range(10)], key="gallery-prediction")
    chosen = [
        (digit, pixels)
        for digit, pixels in zip(misread, report.evaluation.misread_pixels(), strict=True)
        if label in (ANY, digit["label"]) and prediction in (ANY, digit["prediction"])
    ]
    if not chosen:
        st.write("No misread digit has this label and this prediction.")
        return
    pages = -(-len(chosen) // PER_PAGE)
    page = st.number_input(f"Page, of {pages}", 1, pages, width=160) - 1 if pages > 1 else 0
    with st.container(horizontal=True, gap="small"):
        for digit, pixels in chosen[page * PER_PAGE : (page + 1) * PER_PAGE]:
            _tile(report.name, digit, pixels)


def _tile(model_name: str, digit: dict, pixels: np.ndarray) -> None:
    words = f"{digit['label']} as {digit['prediction']}"
    with st.container(width=88, gap="xsmall"):
        st.image(as_png(pixels, 3), width=84, alt=f"A {digit['label']} that was read as a {digit['prediction']}")
        if st.button(
            words,
            key=f"misread-{digit['index']}",
            help=f"Confidence {digit['probabilities'][digit['prediction']]:.0%}. Press to see why.",
            width="stretch",
        ):
            canvas.put_digit(pixels, digit["label"])
            st.session_state.model = CURRENT if model_name == store.current_name() else model_name
            st.switch_page("app/pages/look_inside.py")
