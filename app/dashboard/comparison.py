"""Two models on MNIST's test digits: which does one read that the other misreads, with their pictures."""

from functools import partial

import numpy as np
import streamlit as st

from app.shared.charts.pictures import ink_url
from app.shared.visitors import current_visitor
from app.shared.words import spoken
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.errors import BadModelFile, DataUnavailable
from mnistcore.evaluation.compare import compare
from mnistcore.models.catalogue import model_path
from mnistcore.models.files import read_model

SHOWN = 24  # pictures of each kind


@st.fragment
def show(names: list[str]) -> None:
    """Let the visitor choose two models, and compare them."""
    with st.container(horizontal=True):
        words = partial(spoken, begins=True)
        first = st.selectbox("One network", names, 0, format_func=words, key="compare-first", width=260)
        last = len(names) - 1
        second = st.selectbox("The other", names, last, format_func=words, key="compare-second", width=260)
    if first == second:
        st.write("Choose two different networks.")
        return
    try:
        images, labels = shipped_test_digits()
        with st.spinner("Reading 10,000 test digits with both"):
            one, other = (_predictions(_file(name)) for name in (first, second))
    except (BadModelFile, DataUnavailable, OSError) as error:
        st.warning(str(error))
        return
    found = compare(labels, one, other)
    misread, also_misread = (len(rows) + len(found.neither) for rows in (found.second_only, found.first_only))
    st.markdown(
        f"Of the same {len(labels):,} test digits of MNIST, **{spoken(first)}** gets {misread:,} wrong and "
        f"**{spoken(second)}** {also_misread:,}; {len(found.neither):,} are wrong with both."
    )
    left, right = st.columns(2, gap="large")
    for place, reader, rows, predicted in (
        (left, first, found.first_only, other),
        (right, second, found.second_only, one),
    ):
        with place:
            some = f"; {SHOWN} of them are shown" if len(rows) > SHOWN else ""
            st.markdown(f"### {spoken(reader, begins=True)} alone is right on {len(rows):,}{some}")
            st.html(_tiles(images[rows], labels[rows], predicted[rows]))


def _tiles(images: np.ndarray, labels: np.ndarray, predicted: np.ndarray) -> str:
    items = "".join(
        f'<li><img src="{ink_url(image)}" alt="A {label}" width="56" height="56">{label}, not {digit}</li>'
        for image, label, digit in zip(images[:SHOWN], labels[:SHOWN], predicted[:SHOWN], strict=True)
    )
    return f'<ul class="tiles">{items}</ul>' if items else "<p>None.</p>"


@st.cache_data(show_spinner=False, max_entries=32)
def _predictions(file: tuple[str, int]) -> np.ndarray:
    """(10000,) int8: what the model in this file, as it was at this time, reads."""
    return read_model(file[0]).predict(shipped_test_digits()[0]).astype(np.int8)


def _file(name: str) -> tuple[str, int]:
    path = model_path(name, current_visitor())
    return str(path), path.stat().st_mtime_ns
