"""What was confirmed or corrected on a photo is kept among the visitor's digits, if they press the button."""

from __future__ import annotations

import streamlit as st

from app.photo.photo import Found, Photo
from app.shared import profiles
from app.shared.confirmed import database
from app.shared.drawing import cut_out
from mnistcore import MnistCoreError, open_page
from mnistcore.confirmed import NewDigit
from mnistcore.digit.grey import upright

KEPT = "kept-photo"  # session key: what was kept last, and how that ended


def offer(shown: Photo, lines: list[list[Found]]) -> None:
    """A button that keeps the corrected digits, once there are some; and what it has done."""
    said = [found for line in lines for found in line if found.corrected]
    if not said:
        return
    these = shown.hash, [(found.index, found.digit) for found in said]
    known, outcome = st.session_state.get(KEPT, (None, ""))
    if known == these:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(outcome)
            st.page_link("app/my_digits/page.py", label="My digits")
        return
    words = f"Keep these {len(said)} digits" if len(said) > 1 else "Keep this digit"
    st.button(words, on_click=_keep, args=(shown, said, these), icon=":material/save:")
    st.markdown(
        ":small[The button keeps each digit that you have corrected, cut out of the photo, in *My digits* on this "
        "server; nothing else is kept. A model of your own can then learn from them.]"
    )


def _keep(shown: Photo, said: list[Found], these: tuple) -> None:
    try:
        picture, _ = open_page(shown.content)
        picture = upright(picture)
        across, down = picture.width / shown.page.size[0], picture.height / shown.page.size[1]
        digits = []
        for found in said:
            x, y, width, height = found.box
            box = round(across * x), round(down * y), round(across * width), round(down * height)
            reading = found.reading
            digits.append(
                NewDigit(cut_out(picture, box), reading.image, found.digit, reading.digit, shown.model.full_name)
            )
        profile = profiles.active_or_first()
        database().add_all(profile.id, digits)
        words = "digits are" if len(digits) > 1 else "digit is"
        st.session_state[KEPT] = these, f"{len(digits)} {words} kept in {profile.name}."
    except MnistCoreError as error:
        st.session_state[KEPT] = these, f":orange[{error}] Nothing was kept."
