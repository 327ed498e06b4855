"""The button Next of a practice, which presses itself when the visitor pauses after a stroke."""

from collections.abc import Callable

import streamlit as st

from app.shared.component import component

PAUSE = 1300  # ms: longer than people pause between the strokes of a 4
KEY = "pace"

_button = component(__file__, '<button type="button" class="pace">Next</button>')


def offer(number: int, by_itself: bool, on_next: Callable[[], None]) -> None:
    """Show the button.

    Args:
        number: of the digit that is asked for: what a browser sends for another one comes too late.
        by_itself: whether it presses itself.
        on_next: what it does.
    """

    def go_on() -> None:
        if st.session_state[KEY].next == number:
            on_next()

    _button(key=KEY, data={"number": number, "pause": PAUSE if by_itself else 0}, on_next_change=go_on)
