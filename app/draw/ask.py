"""Is this right? A row below the answer to a drawing, in which one tap confirms or corrects it and keeps the digit."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from app.shared import number, profiles
from app.shared.component import component
from app.shared.confirmed import database
from app.shared.drawing import Drawing, current_drawing, cut_out
from app.shared.words import NON_DIGIT, a_named
from mnistcore.confirmed.feedback import Profile
from mnistcore.digit.files import open_image
from mnistcore.digit.form import NON_DIGIT_CLASS
from mnistcore.digit.model import Model
from mnistcore.digit.reading import Reading
from mnistcore.errors import FeedbackError
from mnistcore.page.pages import Page
from mnistcore.words import counted

KEPT = "kept-drawing"  # session key: the drawing that was kept last
PROBLEM = "ask-problem"  # session key: why one could not be kept
ROW = "ask-row"  # the component's key
LINE = 48  # pixels: room for two lines of words, whatever is said, so that what is below stays put
PROMISE = "A tap keeps this picture and its digit on this server, for you alone. Nothing else is kept."

_DIGITS = "".join(
    f'<button type="button" data-label="{digit}" aria-label="It is a {digit}">{digit}</button>' for digit in range(10)
)
_row = component(
    __file__,
    '<div class="ask idle" role="group" aria-label="Is this right?"><span>Is this right?</span>'
    '<button type="button" disabled>Yes</button><span>No, it is:</span>'
    f'<button type="button" class="none" data-label="{NON_DIGIT_CLASS}">{NON_DIGIT}</button><div>{_DIGITS}</div></div>',
)
_PLACES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


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
        label: 0-9, what the visitor said that it is, or NON_DIGIT_CLASS.
        profile: where.
        digit_id: by which it can be deleted.
    """

    asked: Asked
    label: int
    profile: Profile
    digit_id: str


def offer(asked: Asked | None, show_kept: Callable[[Kept, Asked], None]) -> None:
    """Show the row, and below it what a tap does or has done; without a drawing, as much room.

    Args:
        asked: the digit that is asked about; None if there is nothing to ask.
        show_kept: shows what can be done once it is kept.
    """
    kept, drawing = kept_drawing(asked), current_drawing()
    data: dict = {"id": None, "answer": None, "kept": kept.label if kept else None}
    data["drawing"] = drawing.id if drawing else None
    if asked:
        data |= {"id": asked.id, "answer": asked.reading.answer} | words_for(asked)
    _row(key=ROW, data=data, on_answer_change=lambda: take(asked))
    with st.container(horizontal=True, vertical_alignment="center", height=LINE, border=False, key="ask-line"):
        if problem := st.session_state.pop(PROBLEM, None):
            st.markdown(f":orange[{problem}] The drawing is not kept.")
        elif asked and kept:
            show_kept(kept, asked)
        elif asked:
            st.markdown(PROMISE)
            st.page_link("app/my_digits/page.py", label="My digits")


def words_for(asked: Asked) -> dict[str, str]:
    """The question, the button that says yes, and what stands before the other answers; an empty one is not shown."""
    reading, place = asked.reading, asked.place
    which = f"the {_PLACES[place - 1]} digit" if 0 < place <= len(_PLACES) else f"digit {place}"
    match reading.status:
        case "not a digit":
            question = f"Is {which} no digit?" if place else ""
            return {"question": question, "yes": f"Right, it is {NON_DIGIT}", "no": "It is a:"}
        case "uncertain":
            return {"question": f"What is {which if place else 'it'}?", "yes": "", "no": ""}
    return {
        "question": f"Is {which} a {reading.digit}?" if place else "Is this right?",
        "yes": "Yes",
        "no": "No, it is:",
    }


def about(drawing: Drawing | None, reading: Reading | None, page: Page | None, model: Model | None) -> Asked | None:
    """What there is to ask about a drawing, unless it is known what it is; of a number, the digit that is looked at."""
    if drawing is None or model is None or reading is None or reading.digit is None or drawing.label is not None:
        return None
    if page is None:
        return Asked(drawing.png, reading, model)
    index = number.picked(drawing, len(page.digits))
    return Asked(cut_out(open_image(drawing.png), page.digits[index].box), reading, model, index + 1)


def kept_drawing(asked: Asked | None) -> Kept | None:
    """What is kept of this drawing, if anything is."""
    kept: Kept | None = st.session_state.get(KEPT)
    return kept if kept and asked and kept.asked.id == asked.id else None


def what_changed(kept: Kept, asked: Asked, count: int) -> str:
    """How the drawing is read now that a model has learnt from that many digits, in one sentence."""
    before, now, learnt = kept.asked.reading.answer, asked.reading.answer, f"Learnt from {counted(count, 'digit')}"
    if before is None or now is None:
        return f"{learnt}."
    if before != now:
        return f"{learnt}: this was read as {a_named(before)} before, and is read as {a_named(now)} now."
    end = ", as before." if now == kept.label else " still. More digits help: practise."
    return f"{learnt}: this is read as {a_named(now)}{end}"


def take_back(kept: Kept) -> None:
    """Delete the drawing again."""
    try:
        database().delete(kept.profile.id, [kept.digit_id])
        st.session_state.pop(KEPT, None)
    except FeedbackError as error:
        st.session_state[PROBLEM] = str(error)


def take(asked: Asked | None) -> None:
    """Keep the drawing as what the visitor says that it is; what the browser has sent may be anything."""
    match st.session_state[ROW].answer:
        case {"id": str(drawing), "label": int(label)} if asked and drawing == asked.id:
            if 0 <= label <= NON_DIGIT_CLASS:
                keep(asked, label)


def keep(asked: Asked, label: int) -> None:
    """Keep the drawing as that digit among the visitor's own, or have the page say why it cannot be kept."""
    reading = asked.reading
    try:
        profile = profiles.active_or_first()
        added = database().add(profile.id, asked.picture, reading.image, label, reading.answer, asked.model.full_name)
    except FeedbackError as error:
        st.session_state[PROBLEM] = str(error)
    else:
        st.session_state[KEPT] = Kept(asked, label, profile, added.id)
