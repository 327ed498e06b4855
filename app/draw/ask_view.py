"""Below the answer on Draw: is it right? What a tap keeps, and learning from it."""

from __future__ import annotations

import streamlit as st

from app.draw import ask
from app.draw.ask import Asked, Kept
from app.shared import learning, learning_view, models, number
from app.shared.drawing import Drawing, cut_out
from app.shared.learning import Learnt
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
    with st.container(horizontal=True, vertical_alignment="center", height=LINE, border=False, key="ask-line"):
        if problem := st.session_state.pop(ask.PROBLEM, None):
            st.markdown(f":orange[{problem}] The drawing is not kept.")
        elif asked and (kept := ask.kept_drawing(asked)):
            _offer_learning(kept, asked)
        elif asked:
            st.markdown(PROMISE)
            st.page_link("app/my_digits/page.py", label="My digits")


def _offer_learning(kept: Kept, asked: Asked) -> None:
    latest = learning.latest()
    if latest and latest.active:
        learning_view.follow(latest)
    elif latest and latest.digit_id == kept.digit_id:
        st.markdown(_what_changed(latest.learnt, kept, asked))
        st.page_link("app/my_digits/page.py", label="What changed")
    else:
        st.markdown(f"Kept as a **{kept.label}** in {kept.profile.name}.")
        st.button("Undo", key="take-back", on_click=ask.take_back, args=(kept,))
        if base := models.base_model():
            arguments = kept.profile, base, kept.digit_id
            st.button(learning_view.BUTTON, on_click=learning_view.start, args=arguments, icon=":material/school:")


def _what_changed(learnt: Learnt | None, kept: Kept, asked: Asked) -> str:
    """In one sentence, of this drawing."""
    if learnt is None or learnt.name is None:
        return learnt.report.refusal or "" if learnt else "Nothing could be learnt."
    before, now = kept.asked.reading.digit, asked.reading.digit
    several = f"{len(learnt.labels)} digits" if len(learnt.labels) > 1 else "one digit"
    if before != now:
        return f"Learnt from {several}: this was read as a {before} before, and is read as a **{now}** now."
    return f"Learnt from {several}: this is read as a **{now}**" + (
        ", as before." if now == kept.label else " still. More digits help: practise."
    )
