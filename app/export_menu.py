"""What a visitor can take away: the drawing, the image that the network saw, and the same question to the API."""

from __future__ import annotations

import streamlit as st

from app.answer import Reading
from app.drawing import Drawing, as_png


def offer(drawing: Drawing | None, reading: Reading | None) -> None:
    """A popover with downloads and a call of the API; nothing is made before it is opened."""
    box = st.popover("Take it away", icon=":material/download:", on_change="rerun", key="export_menu")
    if not box.open:
        return
    with box:
        if drawing is None or reading is None:
            st.write("Draw a digit first: then you can save it, and ask the API the same question.")
            return
        with st.container(horizontal=True):
            st.download_button("The drawing", drawing.png, "drawing.png", "image/png", on_click="ignore")
            st.download_button(
                "What the network sees", as_png(reading.image), "digit.png", "image/png", on_click="ignore"
            )
        st.write("Ask the API (`make api`) the same question:")
        st.code(curl(reading), language="bash", wrap_lines=True, height=160)


def curl(reading: Reading) -> str:
    """The shell command that sends these 784 pixels to the API."""
    pixels = ",".join(map(str, reading.image.ravel()))
    return (
        "curl -s 'http://127.0.0.1:8000/predict?probabilities=true' "
        f"-H 'Content-Type: application/json' -d '{{\"data\": [{pixels}]}}'"
    )
