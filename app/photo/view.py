"""A photo with a box around each digit, its digits one by one, and the number as text. A tap on one corrects it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.photo import photo
from app.photo.photo import NON_DIGIT, CorrectedDigit, Photo
from app.shared.charts.pictures import ink_url
from app.shared.component import component
from app.shared.tiles import tile
from app.shared.words import percent
from mnistcore.words import counted

_CHOICES = "".join(f'<button type="button" data-answer="{digit}">{digit}</button>' for digit in range(10))
_digits = component(
    __file__,
    '<div class="photo-digits"><img alt="The photo" hidden><div class="marks"></div></div>'
    '<dialog class="correction"><img alt="The digit as the network sees it"><p></p>'
    f'<div class="choices">{_CHOICES}</div>'
    f'<div class="others"><button type="button" data-answer="{NON_DIGIT}">Not a digit</button>'
    '<button type="button" data-cancel>Cancel</button></div></dialog>',
)


@st.fragment  # a correction runs this function again and nothing else
def show(shown: Photo) -> None:
    """Show what was read on a photo, and take corrections."""
    lines = photo.lines(shown)
    left, right = st.columns(2, gap="medium")
    with left:
        _show(shown, "photo-boxes", {"picture": shown.picture, "marks": boxes(shown, lines)})
    with right:
        if lines:
            number = st.container(key="photo-number")
            number.code("\n".join("".join(str(digit.label) for digit in line) for line in lines), language=None)
        st.markdown(sentence(shown, lines))
        _show(shown, "photo-tiles", {"marks": tiles(lines)})
        if photo.corrections(shown):
            st.button("Undo correction", on_click=photo.undo, args=(shown,), icon=":material/undo:")
            _offer_to_keep(shown, [digit for line in lines for digit in line if digit.corrected])


def _offer_to_keep(shown: Photo, digits: list[CorrectedDigit]) -> None:
    """A button that keeps the corrected digits, if there are some; and what it has done."""
    if sentence := photo.kept(shown, digits):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(sentence)
            st.page_link("app/my_digits/page.py", label="My digits")
    elif digits:
        words = f"Keep {counted(len(digits), 'digit')}"
        st.button(words, on_click=photo.keep, args=(shown, digits), icon=":material/save:")
        st.markdown(
            ":small[The button keeps each digit that you have corrected, cut out of the photo, in *My digits* on this "
            "server; nothing else is kept. A model of your own can then learn from them.]"
        )


def _show(shown: Photo, key: str, data: dict[str, str]) -> None:
    _digits(key=key, data=data, on_correction_change=partial(take, shown, key))


def take(shown: Photo, key: str) -> None:
    """Note what a browser has sent, which may be anything."""
    match st.session_state[key].correction:
        case {"index": int(index), "label": int(label)} if (
            0 <= index < len(shown.page.digits) and NON_DIGIT <= label <= 9
        ):
            photo.correct(shown, index, label)


def sentence(shown: Photo, lines: list[list[CorrectedDigit]]) -> str:
    """How many digits were found, how sure they are, and what can be done."""
    digits = [digit for line in lines for digit in line]
    if not digits:
        if shown.page.digits:
            return "No digit is left: you have said that there is none."
        return (
            "No digits were found on this picture. They are found best if they are dark on light paper, "
            "some millimetres high, and the picture is sharp."
        )
    words = f"**{counted(len(digits), 'digit')}** in {counted(len(lines), 'line')}"
    if uncertain := sum(digit.uncertain for digit in digits):
        words += f"; {uncertain} uncertain, marked with **?**"
    if corrected := sum(digit.corrected for digit in digits):
        words += f"; {corrected} corrected by you"
    return f"{words}. Is one wrong? Tap it, and choose the right one."


def boxes(shown: Photo, lines: list[list[CorrectedDigit]]) -> str:
    """A button over each digit of the photo, with the digit at its corner."""
    width, height = shown.page.size
    html = ""
    for digit in (digit for line in lines for digit in line):
        x, y, across, down = digit.box
        place = (
            f"left:{100 * x / width:.2f}%;top:{100 * y / height:.2f}%;"
            f"width:{100 * across / width:.2f}%;height:{100 * down / height:.2f}%;--height:{down / width:.4f}"
        )
        button = f'<button type="button" class="box {_kind(digit)}" style="{place}" {_about(digit)}>'
        html += f"{button}<b>{_sign(digit)}</b></button>"
    return html


def tiles(lines: list[list[CorrectedDigit]]) -> str:
    """Each digit as the network sees it, with its confidence, line by line."""
    html = ""
    for line in lines:
        html += '<div class="line">'
        for digit in line:
            said = "corrected" if digit.corrected else percent(digit.reading.confidence)
            html += tile(digit.reading, _sign(digit), said, _kind(digit), _about(digit))
        html += "</div>"
    return html


def _kind(digit: CorrectedDigit) -> str:
    return "corrected" if digit.corrected else "uncertain" if digit.uncertain else "sure"


def _sign(digit: CorrectedDigit) -> str:
    return f"{digit.label}?" if digit.uncertain else str(digit.label)


def _about(digit: CorrectedDigit) -> str:
    """What the dialog says of a digit, as attributes."""
    reading = digit.reading
    words = f"Read as {reading.digit}, {percent(reading.confidence)} sure."
    if digit.uncertain:
        words = f"{reading.message} It was read as {reading.digit}."
    elif digit.corrected:
        words += f" You said that it is a {digit.label}."
    return (
        f'data-index="{digit.index}" data-picture="{ink_url(reading.image)}" '
        f'data-words="{words} Which digit is it?" aria-label="{digit.label}, {_kind(digit)}: correct it"'
    )
