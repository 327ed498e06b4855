"""What a visitor has corrected on their photos, for as long as their page is open; photo_keep.py can keep it longer."""

from __future__ import annotations

import streamlit as st

NO_DIGIT = -1  # stands for "this is no digit" where a correction is a number
CORRECTIONS = "corrections"  # session key: hash of a picture -> number of a digit there -> what it is


def correct(picture: str, index: int, digit: int) -> None:
    """Note what the digit of that number on a picture is.

    Args:
        picture: its hash.
        index: the digit's number on it, from 0.
        digit: 0-9, or NO_DIGIT. The digit that was read confirms it.
    """
    of_picture = st.session_state.setdefault(CORRECTIONS, {}).setdefault(picture, {})
    of_picture.pop(index, None)  # the latest stands last
    of_picture[index] = digit


def corrected(picture: str, index: int) -> int | None:
    """What the visitor said that the digit of that number is: 0-9, NO_DIGIT, or None if they said nothing."""
    return st.session_state.get(CORRECTIONS, {}).get(picture, {}).get(index)


def count(picture: str) -> int:
    """How many digits on a picture the visitor has said something of."""
    return len(st.session_state.get(CORRECTIONS, {}).get(picture, {}))


def undo(picture: str) -> None:
    """Take back the latest correction on a picture."""
    st.session_state[CORRECTIONS][picture].popitem()
