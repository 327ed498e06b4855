"""The app: `streamlit run streamlit_app.py`. Each page has a folder in app/, what several need is in app/shared/."""

from pathlib import Path

import streamlit as st

from app.shared import models, pointer, visitors
from mnistcore.models import catalogue

APP = Path(__file__).parent / "app"  # absolute: the app may be started from any working directory

st.set_page_config(page_title="Handwritten digits", page_icon="✏️", layout="wide")
st.html(APP / "shared" / "style.css")

pages = [
    st.Page(APP / "draw" / "page.py", title="Draw", icon=":material/draw:", default=True),
    st.Page(APP / "photo" / "page.py", url_path="photo", title="Photo", icon=":material/photo_camera:"),
    st.Page(APP / "my_digits" / "page.py", url_path="my_digits", title="My digits", icon=":material/fingerprint:"),
    st.Page(APP / "practice" / "page.py", url_path="practice", title="Practice", icon=":material/edit_note:"),
    st.Page(APP / "look_inside" / "page.py", url_path="look_inside", title="Look inside", icon=":material/visibility:"),
    st.Page(APP / "train" / "page.py", url_path="train", title="Train", icon=":material/model_training:"),
    st.Page(APP / "dashboard" / "page.py", url_path="dashboard", title="Dashboard", icon=":material/monitoring:"),
    st.Page(APP / "how_good" / "page.py", url_path="how_good", title="How good is it?", icon=":material/verified:"),
]
page = st.navigation(pages, position="hidden")
with st.container(horizontal=True, gap="small", key="pages"):  # Streamlit's own menu would be hidden on a phone
    for link in pages:
        st.page_link(link)
for problem in models.current_model()[1]:
    st.warning(problem)
visitors.recognise(catalogue.own_names)
pointer.listen()
page.run()
