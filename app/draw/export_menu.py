"""For programmers: the drawing, the image that the network is given, and the same request to the API."""

import streamlit as st

from app.shared.drawing import Drawing
from mnistcore.digit.files import as_png
from mnistcore.digit.reading import Reading


def offer(drawing: Drawing | None, reading: Reading | None) -> None:
    """A popover with downloads and an API request; nothing is made before it is opened."""
    box = st.popover("For programmers", icon=":material/code:", on_change="rerun", key="export_menu")
    if not box.open:
        return
    with box:
        if drawing is None or reading is None or reading.status == "blank":
            st.write("Draw a digit first: then you can save it, or send it to the API.")
            return
        with st.container(horizontal=True):
            st.download_button("Drawing", drawing.png, "drawing.png", "image/png", on_click="ignore")
            st.download_button("Network input", as_png(reading.image), "digit.png", "image/png", on_click="ignore")
        st.write("Send it to the API (`make api` starts it):")
        st.code(curl(reading), language="bash", wrap_lines=True, height=160)


def curl(reading: Reading) -> str:
    """The shell command that sends these 784 pixels to the API."""
    pixels = ",".join(map(str, reading.image.ravel()))
    return (
        "curl -s 'http://127.0.0.1:8000/predict?probabilities=true' "
        f"-H 'Content-Type: application/json' -d '{{\"data\": [{pixels}]}}'"
    )
