"""How the last action of a visitor ended, said when the page is shown anew."""

import streamlit as st

OUTCOME = "action_outcome"  # session key: whether it succeeded, and a sentence


def flash(sentence: str, succeeded: bool = True) -> None:
    """Have the next run of the script say this."""
    st.session_state[OUTCOME] = succeeded, sentence


def taken() -> str:
    """The sentence, which is then not said again; empty if there is none."""
    return st.session_state.pop(OUTCOME, (True, ""))[1]


def show() -> None:
    """Say how the last action ended."""
    if outcome := st.session_state.pop(OUTCOME, None):
        (st.info if outcome[0] else st.warning)(outcome[1])
