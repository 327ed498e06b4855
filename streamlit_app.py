"""The app: `streamlit run streamlit_app.py`. Its pages are in app/pages/, their parts in app/."""

from pathlib import Path

import streamlit as st

from app import links, touch, visitors
from app.models import current_model

APP = Path(__file__).parent / "app"  # absolute: the app may be started from any working directory

st.set_page_config(page_title="Handwritten digits", page_icon="✏️", layout="wide")
st.html(APP / "style.css")

# not in a directory pages/ beside this file: Streamlit would run those without what is here
pages = [
    st.Page(APP / "pages" / "draw.py", title="Draw", icon=":material/draw:", default=True),
    st.Page(APP / "pages" / "photo.py", title="Photo", icon=":material/photo_camera:"),
    st.Page(APP / "pages" / "my_digits.py", title="My digits", icon=":material/fingerprint:"),
    st.Page(APP / "pages" / "practice.py", title="Practice", icon=":material/edit_note:"),
    st.Page(APP / "pages" / "look_inside.py", title="Look inside", icon=":material/visibility:"),
    st.Page(APP / "pages" / "train.py", title="Train", icon=":material/model_training:"),
    st.Page(APP / "pages" / "dashboard.py", title="Dashboard", icon=":material/monitoring:"),
    st.Page(APP / "pages" / "how_good.py", title="How good is it?", icon=":material/verified:"),
]
page = st.navigation(pages, position="hidden")
with st.container(horizontal=True, gap="small", key="pages"):  # Streamlit's own menu would be hidden on a phone
    for link in pages:
        st.page_link(link)
for problem in current_model()[1]:
    st.warning(problem)
visitors.recognise()
touch.let_taps_point()
links.let_strokes_arrive()
page.run()
