"""The confusion matrix of a model, and the test digits that it misread; a press on one opens it in *Look inside*."""

import numpy as np
import streamlit as st

from app.shared import canvas
from app.shared.charts.measures import CELL, confusion_chart
from app.shared.visitors import CHOSEN_MODEL, CURRENT
from mnistcore.digit.files import as_png
from mnistcore.models import catalogue
from mnistcore.models.report import Report

PER_PAGE = 12
ANY = "any"  # stands for every digit
MATRIX = "confusion"  # session key, of the chosen cell
LABEL = "gallery-label"  # session key: what the digits shown are, or ANY
PREDICTION = "gallery-prediction"  # session key: what they were read as, or ANY


@st.fragment
def show(report: Report) -> None:
    """Let the visitor choose misread digits by the matrix or by the lists, and open one."""
    ink = "#eeeeee" if st.context.theme.type == "dark" else "#222222"
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("### Confusion matrix")
        st.markdown("How often each digit (row) was read as which (column). Press a number to see these digits.")
        st.altair_chart(
            confusion_chart(report.evaluation, ink),
            alt="Confusion matrix",
            height=400,
            key=f"{MATRIX}-{report.name}",
            on_select=lambda: _choose(f"{MATRIX}-{report.name}"),
        )
    with right:
        st.markdown("### Test digits that it gets wrong")
        _show_misread(report)


def _choose(key: str) -> None:
    """Have the lists show the cell that was pressed; pressed once more, or beside the matrix, all digits."""
    cells = st.session_state[key].selection.get(CELL) or [{"label": ANY, "prediction": ANY}]
    st.session_state[LABEL], st.session_state[PREDICTION] = cells[0]["label"], cells[0]["prediction"]


def _show_misread(report: Report) -> None:
    with st.container(horizontal=True):
        label = st.selectbox("Digit", [ANY, *range(10)], key=LABEL, width=110)
        prediction = st.selectbox("Read as", [ANY, *range(10)], key=PREDICTION, width=110)
        chosen = [
            (digit, pixels)
            for digit, pixels in zip(report.evaluation.misread, report.evaluation.misread_pixels(), strict=True)
            if label in (ANY, digit["label"]) and prediction in (ANY, digit["prediction"])
        ]
        pages = -(-len(chosen) // PER_PAGE)
        page = st.number_input(f"Page, of {pages}", 1, pages, width=140) - 1 if pages > 1 else 0
    if not chosen:
        read = label == prediction != ANY
        st.write("Those were read correctly: only wrong answers are shown." if read else "There are no such digits.")
        return
    st.markdown("Below each: what it is, what it was read as, and with which probability. Press to see why.")
    with st.container(horizontal=True, gap="small", key="gallery"):
        for digit, pixels in chosen[page * PER_PAGE : (page + 1) * PER_PAGE]:
            _tile(report.name, digit, pixels)


def _tile(model_name: str, digit: dict, pixels: np.ndarray) -> None:
    words = f"{digit['label']} as {digit['prediction']}, {digit['probabilities'][digit['prediction']]:.0%}"
    with st.container(width=84, gap="xsmall"):
        st.image(
            as_png(pixels.repeat(3, axis=0).repeat(3, axis=1)),
            width=84,
            alt=f"A {digit['label']} that was read as a {digit['prediction']}",
        )
        if st.button(words, key=f"misread-{digit['index']}", width="stretch"):
            canvas.put_digit(pixels, digit["label"])
            st.session_state[CHOSEN_MODEL] = CURRENT if model_name == catalogue.current_name() else model_name
            st.switch_page("app/look_inside/page.py")
