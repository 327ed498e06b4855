"""Draw a digit, and see the model's answer after every stroke."""

import streamlit as st

from app import answer, canvas, digits, export_menu, models


@st.fragment  # a stroke runs this function again and nothing else
def canvas_and_answer() -> None:
    model, problems = models.visitor_model()
    with st.container(horizontal=True, gap="medium"):
        with st.container(width=canvas.SIDE):
            drawing = canvas.draw()
        with st.container(width=400):
            reading = answer.read_drawing(drawing, model)
            st.html(answer.as_html(reading, drawing.label if drawing else None, model is not None))
    with st.container(horizontal=True, vertical_alignment="center"):
        digits.offer_digits(model)
        export_menu.offer(drawing, reading)
        st.page_link("app/pages/look_inside.py", label="Why this answer?", icon=":material/visibility:")
    with st.container(horizontal=True):
        canvas.choose_brush()
        with st.container(width=260):
            models.choose_model()
    for problem in problems:
        st.warning(problem)


st.markdown("# Draw a digit")
canvas_and_answer()
