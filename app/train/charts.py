"""A training as it goes: the filters as they form, and one drawing read anew after every epoch."""

from itertools import groupby

import numpy as np
import streamlit as st

from app.shared.charts.pictures import ink_url, weights_url

LATEST = 4  # stretches of epochs that are named


@st.cache_data(show_spinner=False, max_entries=8)
def filters_html(filters: np.ndarray) -> str:
    """What the first units of the first layer respond to: (units, 28, 28) int8, as small pictures."""
    items = "".join(
        f'<li><img src="{weights_url(weights.astype(np.float32))}" alt="Unit {number}"></li>'
        for number, weights in enumerate(filters, start=1)
    )
    return f'<ol class="filters">{items}</ol>'


def reading_html(image: np.ndarray, progress: list[dict]) -> str:
    """How the network reads an image (28, 28) uint8 after its latest epoch."""
    read = bool(progress) and "probabilities" in progress[-1]
    probabilities = progress[-1]["probabilities"] if read else [0.0] * 10
    best = int(np.argmax(probabilities)) if read else None
    bars = "".join(
        f'<li class="{"best" if digit == best else ""}"><span>{digit}</span>'
        f'<span class="track"><span class="bar" style="width:{100 * p:.1f}%"></span></span>'
        f"<span>{f'{min(p, 0.999):.1%}' if read else ''}</span></li>"
        for digit, p in enumerate(probabilities)
    )
    return (
        '<section class="reread" aria-label="Read after every epoch">'
        f'<img src="{ink_url(image)}" alt="The drawing as 28 by 28 pixels" width="112" height="112">'
        f'<ol aria-label="Probability of each digit">{bars}</ol></section>'
    )


def reading_history(progress: list[dict]) -> str:
    """Since which epoch the image is read as which digit: "as 8 in epochs 1 to 3, 4 in epoch 4"."""
    read = [step for step in progress if "probabilities" in step]  # it was not kept of those before an interruption
    epochs = [(step["epoch"], int(np.argmax(step["probabilities"]))) for step in read]
    stretches = [(digit, list(steps)) for digit, steps in groupby(epochs, key=lambda epoch: epoch[1])]
    if not stretches:
        return ""
    words = []
    for digit, steps in stretches[-LATEST:]:
        first, last = steps[0][0], steps[-1][0]
        words.append(f"{digit} in epoch {first}" if first == last else f"{digit} in epochs {first} to {last}")
    before = "at first as several digits, then as " if len(stretches) > LATEST else "as "
    return f"Read {before}{', '.join(words)}."
