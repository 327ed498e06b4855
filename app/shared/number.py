"""A number on the sheet: how it is shown, and which of its digits is looked at more closely."""

from functools import partial

import streamlit as st

from app.shared.component import component
from app.shared.drawing import Drawing
from app.shared.tiles import tile
from app.shared.words import percent
from mnistcore.digit.reading import Reading

PICKED = "picked-digit"  # session key: the picture of the drawing, and the number of the digit

_tiles = component(__file__, '<div class="number-root"></div>')


def picked(drawing: Drawing, count: int) -> int:
    """The number of the digit that the visitor wants to look at, of so many; the last one until they choose."""
    png, index = st.session_state.get(PICKED, (b"", 0))
    return index if png == drawing.png and index < count else count - 1


def pick(drawing: Drawing, readings: list[Reading]) -> None:
    """Show each digit with its confidence, and let the visitor choose one."""
    chosen = picked(drawing, len(readings))
    html = ""
    for index, reading in enumerate(readings):
        uncertain = reading.status != "digit"
        said = f"{reading.digit}, {percent(reading.confidence)} sure{', uncertain' if uncertain else ''}"
        html += tile(
            reading,
            f"{reading.digit}{'?' if uncertain else ''}",
            percent(reading.confidence),
            "uncertain" if uncertain else "sure",
            f'data-index="{index}" aria-pressed="{str(index == chosen).lower()}" aria-label="{said}"',
        )
    _tiles(key="number", data=f'<div class="line">{html}</div>', on_picked_change=partial(_take, drawing))


def _take(drawing: Drawing) -> None:
    if isinstance(index := st.session_state["number"].picked, int) and index >= 0:
        st.session_state[PICKED] = drawing.png, index
