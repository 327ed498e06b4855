"""Is this right? A row below the answer to a drawing, in which one tap confirms or corrects it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from app.shared import profiles
from app.shared.confirmed import database
from mnistcore import Model, Reading
from mnistcore.confirmed import FeedbackError

KEPT = "kept-drawing"  # session key: the drawing that was kept last
PROBLEM = "ask-problem"  # session key: why one could not be kept
ROW = "ask-row"

_DIGITS = "".join(f'<button type="button" data-digit="{digit}">{digit}</button>' for digit in range(10))
_row = st.components.v2.component(
    "ask",
    html=(
        '<div class="ask idle" role="group" aria-label="Is this right?"><span>Is this right?</span>'
        f'<button type="button" disabled>Yes</button><span>No, it is:</span><div>{_DIGITS}</div></div>'
    ),
    js=Path(__file__).with_name("ask.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


@dataclass(frozen=True)
class Asked:
    """A digit that was drawn, and what a model reads in it.

    Attributes:
        picture: as it was drawn, a PNG file.
        reading: of the model.
        model: which has read it.
        place: 1 for the first digit of a number; 0 if it is one digit alone.
    """

    picture: bytes
    reading: Reading
    model: Model
    place: int = 0

    @property
    def id(self) -> str:
        """By which a browser says which drawing it speaks of; the same whatever model reads it."""
        return hashlib.sha256(self.reading.image.tobytes()).hexdigest()[:16]


@dataclass(frozen=True)
class Kept:
    """A drawing that is kept.

    Attributes:
        asked: the drawing.
        label: 0-9, what the visitor said that it is.
        profile: where.
        digit_id: by which it can be deleted.
    """

    asked: Asked
    label: int
    profile: profiles.Profile
    digit_id: str


def offer(asked: Asked | None) -> None:
    """Show the row, and below it what a tap does or has done; without a drawing, as much room."""
    kept = kept_drawing(asked)
    data: dict = {"id": None, "digit": None, "sure": False, "kept": kept.label if kept else None}
    if asked:
        reading, place = asked.reading, asked.place
        question = f"Is the digit at place {place} a {reading.digit}?" if place else "Is this right?"
        data |= {"id": asked.id, "digit": reading.digit, "sure": reading.status == "digit", "question": question}
    _row(key=ROW, data=data, on_answer_change=lambda: _take(asked))


def kept_drawing(asked: Asked | None) -> Kept | None:
    """What is kept of this drawing, if anything is."""
    kept: Kept | None = st.session_state.get(KEPT)
    return kept if kept and asked and kept.asked.id == asked.id else None


def take_back(kept: Kept) -> None:
    """Delete the drawing again."""
    try:
        database().delete(kept.profile.id, [kept.digit_id])
        st.session_state.pop(KEPT, None)
    except FeedbackError as error:
        st.session_state[PROBLEM] = str(error)


def _take(asked: Asked | None) -> None:
    """Keep the drawing as what the visitor says that it is; what the browser has sent may be anything."""
    match st.session_state[ROW].answer:
        case {"id": str(drawing), "digit": int(digit)} if asked and drawing == asked.id and 0 <= digit <= 9:
            _keep(asked, digit)


def _keep(asked: Asked, digit: int) -> None:
    reading = asked.reading
    try:
        profile = profiles.active_or_first()
        added = database().add(profile.id, asked.picture, reading.image, digit, reading.digit, asked.model.full_name)
    except FeedbackError as error:
        st.session_state[PROBLEM] = str(error)
    else:
        st.session_state[KEPT] = Kept(asked, digit, profile, added.id)
