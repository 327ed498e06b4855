"""A photo with a box around each digit, its digits one by one, and the number as text. A tap on one corrects it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from app.photo import corrections, photo, photo_keep
from app.photo.corrections import NO_DIGIT
from app.photo.photo import Found, Photo
from app.shared.charts.network import percent
from app.shared.charts.pictures import ink_url
from app.shared.tiles import tile

_CHOICES = "".join(f'<button type="button" data-answer="{digit}">{digit}</button>' for digit in range(10))
_digits = st.components.v2.component(
    "photo_digits",
    html=(
        '<div class="photo-digits"><img alt="The photo" hidden><div class="marks"></div></div>'
        '<dialog class="correction"><img alt="The digit as the network sees it"><p></p>'
        f'<div class="choices">{_CHOICES}</div>'
        f'<div class="others"><button type="button" data-answer="{NO_DIGIT}">Not a digit</button>'
        '<button type="button" data-cancel>Cancel</button></div></dialog>'
    ),
    js=Path(__file__).with_name("view.js").read_text(encoding="utf-8"),
    isolate_styles=False,
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
            number.code("\n".join("".join(str(found.digit) for found in line) for line in lines), language=None)
        st.markdown(sentence(shown, lines))
        _show(shown, "photo-tiles", {"marks": tiles(lines)})
        if corrections.count(shown.hash):
            st.button("Undo correction", on_click=corrections.undo, args=(shown.hash,), icon=":material/undo:")
            photo_keep.offer(shown, lines)


def _show(shown: Photo, key: str, data: dict[str, str]) -> None:
    _digits(key=key, data=data, on_correction_change=partial(_take, shown, key))


def _take(shown: Photo, key: str) -> None:
    """Note what a browser has sent, which may be anything."""
    match st.session_state[key].correction:
        case {"index": int(index), "digit": int(digit)} if (
            0 <= index < len(shown.page.digits) and NO_DIGIT <= digit <= 9
        ):
            corrections.correct(shown.hash, index, digit)


def sentence(shown: Photo, lines: list[list[Found]]) -> str:
    """How many digits were found, how sure they are, and what can be done."""
    digits = [found for line in lines for found in line]
    if not digits:
        if shown.page.digits:
            return "No digit is left: you have said that there is none."
        return (
            "No digits were found on this picture. They are found best if they are dark on light paper, "
            "some millimetres high, and the picture is sharp."
        )
    uncertain = sum(found.uncertain for found in digits)
    words = f"**{_several(len(digits), 'digit')}** in {_several(len(lines), 'line')}. "
    if uncertain:
        words += f"{uncertain} {'is' if uncertain == 1 else 'are'} uncertain, marked with **?**. "
    if changed := sum(found.corrected for found in digits):
        words += f"{changed} {'was' if changed == 1 else 'were'} corrected by you. "
    return words + "Is one wrong? Tap it, and choose the right one."


def _several(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


def boxes(shown: Photo, lines: list[list[Found]]) -> str:
    """A button over each digit of the photo, with the digit at its corner."""
    width, height = shown.page.size
    html = ""
    for found in (found for line in lines for found in line):
        x, y, across, down = found.box
        place = (
            f"left:{100 * x / width:.2f}%;top:{100 * y / height:.2f}%;"
            f"width:{100 * across / width:.2f}%;height:{100 * down / height:.2f}%;--height:{down / width:.4f}"
        )
        button = f'<button type="button" class="box {_kind(found)}" style="{place}" {_about(found)}>'
        html += f"{button}<b>{_sign(found)}</b></button>"
    return html


def tiles(lines: list[list[Found]]) -> str:
    """Each digit as the network sees it, with its confidence, line by line."""
    html = ""
    for line in lines:
        html += '<div class="line">'
        for found in line:
            said = "corrected" if found.corrected else percent(found.reading.confidence)
            html += tile(found.reading, _sign(found), said, _kind(found), _about(found))
        html += "</div>"
    return html


def _kind(found: Found) -> str:
    return "corrected" if found.corrected else "uncertain" if found.uncertain else "sure"


def _sign(found: Found) -> str:
    return f"{found.digit}?" if found.uncertain else str(found.digit)


def _about(found: Found) -> str:
    """What the dialog says of a digit, as attributes."""
    reading = found.reading
    words = f"Read as {reading.digit}, {percent(reading.confidence)} sure."
    if found.uncertain:
        words = f"{reading.message} It was read as {reading.digit}."
    elif found.corrected:
        words += f" You said that it is a {found.digit}."
    return (
        f'data-index="{found.index}" data-picture="{ink_url(reading.image, 255)}" '
        f'data-words="{words} Which digit is it?" aria-label="{found.digit}, {_kind(found)}: correct it"'
    )
