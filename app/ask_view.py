"""Below the answer on Draw: is it right? What a tap keeps, and learning from it."""

from __future__ import annotations

import streamlit as st

from app import ask, number
from app.ask import Asked
from app.drawing import Drawing, cut_out
from mnistcore import Model, Page, Reading, open_image

LINE = 48  # pixels: room for two lines of words, whatever is said, so that what is below stays put
PROMISE = "A tap keeps this picture and its digit on this server, for you alone. Nothing else is kept."


def offer(drawing: Drawing | None, reading: Reading | None, page: Page | None, model: Model | None) -> None:
    """Ask whether what the model reads is right, unless that is known; of a number, the digit that is looked at."""
    asked = None
    if drawing and model and reading and reading.digit is not None and drawing.label is None:
        asked = Asked(drawing.png, reading, model)
        if page:
            place = number.picked(drawing, page)
            picture = cut_out(open_image(drawing.png), page.digits[place].box)
            asked = Asked(picture, reading, model, place + 1)
    ask.offer(asked)
    kept = ask.kept_drawing(asked)
    with st.container(horizontal=True, vertical_alignment="center", height=LINE, border=False, key="ask-line"):
        if problem := st.session_state.pop(ask.PROBLEM, None):
            st.markdown(f":orange[{problem}] The drawing is not kept.")
        elif kept:
            st.markdown(f"Kept as a **{kept.label}** in {kept.profile.name}.")
            st.button("Undo", key="take-back", on_click=ask.take_back, args=(kept,))
        elif asked:
            st.markdown(PROMISE)
            st.page_link("app/pages/my_digits.py", label="My digits")
