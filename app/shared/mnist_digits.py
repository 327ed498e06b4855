"""MNIST digits to put on the canvas instead of drawing one."""

import numpy as np
import streamlit as st

from app.shared import canvas
from app.shared.drawing import Drawing
from app.shared.visitors import current_visitor
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.digit.model import Model
from mnistcore.digit.reading import read_batch
from mnistcore.errors import BadModelFile, DataUnavailable
from mnistcore.models.catalogue import load_report


def offer_digits(model: Model | None, name: str) -> None:
    """Two buttons that put a digit of MNIST's test set on the canvas: any, and one that this model misread.

    Args:
        model: the one that the visitor draws for.
        name: by which its report is found; empty takes the card's, which of a personal model is only a label.
    """
    st.button("Random digit", on_click=_put_test_digit, icon=":material/casino:")
    misread = _misread(model, name or model.name) if model else None
    st.button(
        "One it gets wrong",
        on_click=_put_one_of,
        args=misread,
        disabled=misread is None,
        icon=":material/error:",
    )


def example() -> Drawing:
    """A drawing for those who have not made one: MNIST's first test digit, a 7."""
    images, labels = _test_digits()
    return canvas.of_digit(images[0], int(labels[0]))


def _put_test_digit() -> None:
    try:
        _put_one_of(*_test_digits())
    except DataUnavailable as error:
        st.warning(str(error))


def _put_one_of(images: np.ndarray, labels: np.ndarray) -> None:
    chosen = np.random.default_rng().integers(len(images))
    canvas.put_digit(images[chosen], int(labels[chosen]))


@st.cache_resource(show_spinner=False)
def _test_digits() -> tuple[np.ndarray, np.ndarray]:
    return shipped_test_digits()


@st.cache_resource(show_spinner=False, max_entries=8, hash_funcs={Model: lambda model: model.version})
def _misread(model: Model, _name: str) -> tuple[np.ndarray, np.ndarray] | None:
    """(n, 28, 28) uint8 and (n,) labels of what it answers without a doubt; None if there are none, or no report of
    that name, which is not that of the card for a personal model."""
    try:
        evaluation = load_report(_name, current_visitor()).evaluation
    except BadModelFile:
        return None
    images, labels = evaluation.misread_pixels(), np.array([digit["label"] for digit in evaluation.misread])
    chosen = read_batch(images, model).status == "digit"
    return (images[chosen], labels[chosen]) if chosen.any() else None
