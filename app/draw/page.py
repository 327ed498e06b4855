"""Draw a digit or a number, and see the model's answer and the network at work after every stroke."""

import streamlit as st

from app.draw import ask, example, export_menu, share
from app.draw.ask import Asked, Kept
from app.shared import answer, canvas, canvas_tools, learning, mnist_digits, models, number, profiles
from app.shared.charts import network
from app.shared.words import a_named


@st.fragment  # a stroke runs this function again and nothing else
def stage() -> None:
    profiles.recall()
    learning.adopt()
    model, problems = models.visitor_model()
    with st.container(key="stage"):
        with st.container(key="canvas-tools", horizontal=True, vertical_alignment="center", gap="small"):
            canvas_tools.offer()
            canvas.choose_brush()
        sheet = st.container(key="sheet")
        with sheet:
            drawing = canvas.draw()
        label = drawing.label if drawing else None
        reading, page = answer.of_drawing(drawing, model)
        other = models.another_shipped(model) if model else None
        said = answer.of_number(page, model, other) if page and model else answer.as_html(reading, label, model, other)
        shown = example.reading(model) if model and drawing is None else None
        if shown:
            with sheet:
                example.write()
            said = example.until_drawn(answer.as_html(shown, None, model, other, example=True), said)
        with st.container(key="said"):
            st.html(said)  # first, for it takes the network's stage a moment to be made
        with st.container(key="ask"):
            ask.offer(ask.about(drawing, reading, page, model), offer_learning)
        with st.container(key="digits"):
            if page and drawing:
                number.pick(drawing, page.readings)
            else:
                st.markdown("How the network comes to its answer:")
        with st.container(key="network"):
            if model:
                lit = network.of_reading(model, shown or reading, None if shown else label)
                resting = network.of_reading(model, reading) if shown else None
                network.show("lit", lit, follow=network.follow(model, number=page is not None), resting=resting)
    with st.container(key="controls", horizontal=True, vertical_alignment="bottom"):
        mnist_digits.offer_digits(model, models.chosen_name())
        answered = reading is not None and reading.status != "blank"
        share.offer(drawing, answer.in_words(reading, model, page) if answered and model else None, model)
        export_menu.offer(drawing, reading)
        st.page_link("app/look_inside/page.py", label="Why this answer?", icon=":material/visibility:")
        canvas.offer_width()
        with st.container():
            models.choose_model()
    for problem in problems:
        st.warning(problem)


def offer_learning(kept: Kept, asked: Asked) -> None:
    latest = learning.latest()
    if latest and latest.active:
        learning.follow(latest)
    elif latest and latest.digit_id == kept.digit_id:
        words = "Nothing could be learnt."
        if learnt := latest.learnt:
            words = learnt.report.refusal or ask.what_changed(kept, asked, len(learnt.labels))
        st.markdown(words)
        st.page_link("app/my_digits/page.py", label="What changed")
    else:
        st.markdown(f"Kept as {a_named(kept.label)} in {kept.profile.name}.")
        st.button("Undo", key="take-back", on_click=ask.take_back, args=(kept,))
        if base := models.base_model():
            arguments = kept.profile, base, kept.digit_id
            st.button(learning.BUTTON, on_click=learning.start, args=arguments, icon=":material/school:")


stage()
