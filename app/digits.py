"""Digits of MNIST for whoever does not want to draw."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from app import canvas
from mnistcore import BadModelFile, DataUnavailable, Model, store


def offer_digits(model: Model | None) -> None:
    """Two buttons that put a digit on the sheet: any test digit, and one that this model misread in its test."""
    st.button("Give me one", on_click=_put_test_digit, icon=":material/casino:", help="A digit of MNIST's test set")
    misread = _misread(model.card.get("name"), model.rejection_threshold) if model else None
    st.button(
        "One it misreads",
        on_click=_put_misread,
        args=(misread,),
        disabled=misread is None,
        icon=":material/error:",
        help="A test digit that this model read wrongly",
    )


def _put_test_digit() -> None:
    try:
        canvas.put_digit(*_pick(*_test_digits()))
    except DataUnavailable as error:
        st.warning(str(error))


def _put_misread(misread: tuple[np.ndarray, list[int]]) -> None:
    canvas.put_digit(*_pick(*misread))


def _pick(images: np.ndarray, labels: Sequence[int]) -> tuple[np.ndarray, int]:
    chosen = np.random.default_rng().integers(len(images))
    return images[chosen], int(labels[chosen])


@st.cache_resource(show_spinner=False)
def _test_digits() -> tuple[np.ndarray, np.ndarray]:
    from mnistcore.data.datasets import shipped_test_digits

    return shipped_test_digits()


@st.cache_resource(show_spinner=False, max_entries=8)
def _misread(model_name: str, rejection_threshold: float) -> tuple[np.ndarray, list[int]] | None:
    """(n, 28, 28) uint8 and the digits they are, or None if there are none or no report tells of them.

    Left out are those of which the model says itself that it is not sure.
    """
    try:
        report = store.load_report(model_name)
    except BadModelFile:
        return None
    sure = [i for i, digit in enumerate(report.misread) if max(digit["probabilities"]) >= rejection_threshold]
    return (report.misread_pixels()[sure], [report.misread[i]["label"] for i in sure]) if sure else None
