"""Digits of MNIST for whoever does not want to draw."""

from __future__ import annotations

import numpy as np
import streamlit as st

from app import canvas
from mnistcore import BadModelFile, DataUnavailable, store


def offer_digits(model_name: str | None) -> None:
    """Two buttons that put a digit on the sheet: any test digit, and one that this model misread in its test."""
    st.button("Give me one", on_click=_put_test_digit, icon=":material/casino:", help="A digit of MNIST's test set")
    misread = _misread(model_name) if model_name else None
    st.button(
        "One it misreads",
        on_click=_put_misread,
        args=(model_name,),
        disabled=misread is None,
        icon=":material/error:",
        help="A test digit that this model read wrongly",
    )


def _put_test_digit() -> None:
    try:
        canvas.put_digit(_pick(_test_digits()))
    except DataUnavailable as error:
        st.warning(str(error))


def _put_misread(model_name: str) -> None:
    images = _misread(model_name)
    if images is not None:
        canvas.put_digit(_pick(images))


def _pick(images: np.ndarray) -> np.ndarray:
    return images[np.random.default_rng().integers(len(images))]


@st.cache_resource(show_spinner=False)
def _test_digits() -> np.ndarray:
    from mnistcore.datasets import shipped_test_digits

    return shipped_test_digits()[0]


@st.cache_resource(show_spinner=False, max_entries=8)
def _misread(model_name: str) -> np.ndarray | None:
    """(n, 28, 28) uint8, or None if there are none or no report tells of them."""
    try:
        images = store.load_report(model_name).misread_pixels()
    except BadModelFile:
        return None
    return images if len(images) else None
