"""Pictures of digits of which one, several or all can be chosen, and a button for what is done with these."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

import numpy as np
import streamlit as st

from app.shared.charts.pictures import ink_url
from app.shared.component import component
from app.shared.words import named

_digits = component(
    __file__,
    '<div class="chosen-digits"><div class="choice"><button type="button">Choose all</button>'
    '<button type="button" hidden></button></div><ul></ul></div>',
)


@dataclass(frozen=True)
class Tile:
    """A digit as it is shown.

    Attributes:
        id: by which it is known again when it is chosen.
        image: (28, 28) uint8.
        label: 0-9, what it is, or NON_DIGIT_CLASS.
        predicted: the same, what a model read, or None.
        note: a few words below it, such as a date.
    """

    id: str
    image: np.ndarray
    label: int
    predicted: int | None
    note: str = ""


def show(tiles: list[Tile], action: str, on_action: Callable[[list[str]], None], key: str) -> None:
    """Show digits.

    Args:
        tiles: what to show.
        action: on the button, such as "Delete".
        on_action: is given the ids of those that were chosen, which a browser sends: it may send anything.
        key: of the component.
    """

    def take() -> None:
        ids = st.session_state[key].chosen
        if isinstance(ids, list) and all(isinstance(one, str) for one in ids):
            on_action(ids)

    _digits(key=key, data={"tiles": "".join(map(as_html, tiles)), "action": action}, on_chosen_change=take)


def as_html(tile: Tile) -> str:
    """The digit with its tick box, and what it was read as."""
    wrong = tile.predicted is not None and tile.predicted != tile.label
    read = "" if tile.predicted is None else f"read as {named(tile.predicted)}"
    return (
        f'<li><label class="{"misread" if wrong else ""}"><input type="checkbox" value="{escape(tile.id)}" '
        f'aria-label="{named(tile.label)}, {read}"><img src="{ink_url(tile.image)}" alt=""><b>{named(tile.label)}</b>'
        f"<small>{read}</small><small>{escape(tile.note)}</small></label></li>"
    )
