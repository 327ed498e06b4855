"""The button Next of a practice, which presses itself when the visitor pauses and the digit is there."""

from collections.abc import Callable

import streamlit as st

from app.shared.component import component

PAUSE = 1300  # ms: longer than people pause before the bar of a 7; half a 4 is not taken for one, however long
KEY = "pace"

_button = component(__file__, '<button type="button" class="pace">Next</button>')


def offer(number: int, complete: str | None, on_next: Callable[[], None]) -> None:
    """Show the button.

    Args:
        number: of the digit that is asked for: what a browser sends for another one comes too late.
        complete: which state of the sheet is read as the digit that is asked for: then it presses itself; None if it
            is not, or is not to do so.
        on_next: what it does.
    """

    def go_on() -> None:
        if st.session_state[KEY].next == number:
            on_next()

    _button(key=KEY, data={"number": number, "complete": complete, "pause": PAUSE}, on_next_change=go_on)
