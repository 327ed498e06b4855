"""Draw a digit, and read what the network makes of it at the end of every stroke."""

import streamlit as st

from app import answer, canvas
from app.models import model_in_use


@st.fragment  # so that a stroke runs these lines again and nothing else
def sheet_and_answer() -> None:
    model, _ = model_in_use()
    with st.container(horizontal=True, gap="medium"):
        with st.container(width=canvas.SIDE):
            drawing = canvas.draw()
        with st.container(width=400):
            reading = answer.read(drawing, model) if model else None
            st.html(answer.as_html(drawing, reading, model))
    canvas.choose_brush()


st.markdown("# Draw a digit, and see it read")
sheet_and_answer()
