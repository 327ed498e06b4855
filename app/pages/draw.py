"""Draw a digit, and read what the network makes of it at the end of every stroke."""

import streamlit as st

from app import answer, canvas, digits, export_menu, models


@st.fragment  # so that a stroke runs these lines again and nothing else
def sheet_and_answer() -> None:
    model, problem = models.model_of_visitor()
    with st.container(horizontal=True, gap="medium"):
        with st.container(width=canvas.SIDE):
            drawing = canvas.draw()
        with st.container(width=400):
            reading = answer.read(drawing, model) if model else None
            st.html(answer.as_html(drawing, reading, model))
    with st.container(horizontal=True, vertical_alignment="center"):
        digits.offer_digits(model)
        export_menu.offer(drawing, reading)
        st.page_link("app/pages/look_inside.py", label="Why this answer?", icon=":material/visibility:")
    with st.container(horizontal=True):
        canvas.choose_brush()
        with st.container(width=260):
            models.choose_model()
    if problem:
        st.warning(problem)


st.markdown("# Draw a digit, and see it read")
sheet_and_answer()
