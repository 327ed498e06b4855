"""Write the digits that are asked for, and have a model learn from them."""

import numpy as np
import streamlit as st

from app.practice import exercise as exercises
from app.practice import pace
from app.practice.exercise import COUNTS, EXERCISE, Exercise
from app.shared import canvas, canvas_tools, chosen_digits, learning, models, outcome, profiles
from app.shared.chosen_digits import Tile
from app.shared.confirmed import database
from app.shared.drawing import current_drawing
from app.shared.words import spoken
from mnistcore.confirmed.feedback import Profile
from mnistcore.confirmed.labelled_digits import NewDigit
from mnistcore.digit.files import open_image
from mnistcore.digit.images import prepare
from mnistcore.digit.reading import read_batch
from mnistcore.errors import BlankImage, FeedbackError
from mnistcore.words import counted

SHEET = "practice-drawing"  # its own: what is on the sheet of Draw stays there
PURPOSE = "A network can then learn how you write. Nothing is kept unless you press *Save* at the end."
SAVED = "practice-saved"  # session key: the profile that was saved to


def offer() -> None:
    if saved := st.session_state.get(SAVED):
        try:
            show_saved(saved)
        except FeedbackError as error:
            st.warning(str(error))
        st.markdown("## Practise again")
    st.write(f"Write some digits as they are asked for, as you always do. {PURPOSE}")
    st.segmented_control("How many digits?", COUNTS, default=20, required=True, key="practice-count")
    st.button("Begin", on_click=begin, type="primary")


def show_saved(profile: Profile) -> None:
    count = database().count(profile.id)
    st.markdown(f"{counted(count, 'digit')} kept in **{profile.name}**.")
    learning.offer(profile, count, models.base_model())
    st.page_link("app/my_digits/page.py", label="My digits", icon=":material/fingerprint:")


def begin() -> None:
    st.session_state[EXERCISE] = exercises.begin(st.session_state["practice-count"], np.random.default_rng())
    canvas.renew(SHEET)


def take(exercise: Exercise) -> None:
    drawing = current_drawing(SHEET)
    if drawing is None or drawing.empty:
        outcome.flash("Write the digit first, or skip it.", False)
        return
    if exercise.written and drawing.png == exercise.written[-1].picture:
        return  # the browser has not emptied the sheet yet
    try:
        exercise.write(drawing.png, prepare(open_image(drawing.png)))
    except BlankImage as error:
        outcome.flash(str(error), False)
        return
    canvas.renew(SHEET)


def skip(exercise: Exercise) -> None:
    exercise.skip()
    canvas.renew(SHEET)


def write(exercise: Exercise) -> None:
    with st.container(key="practice"):
        with st.container(key="asked"):
            said = outcome.taken() or f"{exercise.number + 1} of {len(exercise.asked)}"
            st.html(f'<p class="asked" role="status">Write a <b>{exercise.wanted}</b><small>{said}</small></p>')
            st.progress(exercise.number / len(exercise.asked))
        with st.container(key="practice-sheet"):
            drawing = canvas.draw(SHEET)
        tools = st.container(key="practice-tools", horizontal=True, gap="small")
        with st.container(key="practice-about"):
            by_itself = st.toggle(
                "Next digit when I stop writing", value=True, key="practice-by-itself", persist_state="session"
            )
            st.markdown(PURPOSE)
            st.button("Stop here", on_click=stop, args=(exercise,), type="tertiary")
    complete = None
    if by_itself and drawing and not drawing.empty and exercise.wanted is not None:
        model, _ = models.visitor_model()
        complete = drawing.id if exercises.is_read_as(drawing.png, exercise.wanted, model) else None
    with tools:
        canvas_tools.offer(on_back=exercise.back)
        st.button("Skip", on_click=skip, args=(exercise,), icon=":material/skip_next:")
        pace.offer(exercise.number, complete, lambda: take(exercise))


def stop(exercise: Exercise) -> None:
    exercise.leave_out([])  # what is left is what was written


def leave() -> None:
    st.session_state.pop(EXERCISE)
    canvas.renew(SHEET)


def save(exercise: Exercise, model: str, predicted: list[int]) -> None:
    digits = [
        NewDigit(written.picture, written.image, written.label, digit, model)
        for written, digit in zip(exercise.written, predicted, strict=True)
    ]
    try:
        profile = profiles.create(st.session_state["practice-name"])
        database().add_all(profile.id, digits)
    except FeedbackError as error:
        outcome.flash(str(error), False)
        return
    st.session_state[SAVED] = profile
    leave()


def end(exercise: Exercise) -> None:
    model, _ = models.visitor_model()
    if not exercise.written or model is None:
        st.write("You have not written anything." if model else "There is no network to read with.")
        st.button("Practise again", on_click=leave)
        return
    images = np.stack([written.image for written in exercise.written])
    predicted = read_batch(images, model).digit.tolist()
    labels = [written.label for written in exercise.written]
    correct = sum(digit == label for digit, label in zip(predicted, labels, strict=True))
    st.markdown(f"{spoken(model.name, begins=True)} reads **{correct} of {len(labels)}** of your digits correctly.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Whose handwriting is it?", profiles.FIRST, max_chars=60, key="practice-name", width=260)
        st.button(
            f"Save {counted(len(labels), 'digit')}",
            type="primary",
            on_click=save,
            args=(exercise, model.full_name, predicted),
        )
        st.button("Discard", on_click=leave)
    st.markdown("Nothing is kept before you save. Did you write another digit than was asked for? Leave it out.")
    tiles = [
        Tile(str(place), written.image, written.label, digit)
        for place, (written, digit) in enumerate(zip(exercise.written, predicted, strict=True))
    ]
    chosen_digits.show(tiles, "Leave out", lambda ids: exercise.leave_out([int(one) for one in ids]), "practice-digits")


@st.fragment  # a stroke runs this function again and nothing else
def stage() -> None:
    exercise = exercises.current()
    if exercise is None:
        offer()
    elif exercise.wanted is None:
        end(exercise)
    else:
        write(exercise)
        return
    outcome.show()


stage()
