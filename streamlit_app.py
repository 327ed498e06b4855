"""The app: `streamlit run streamlit_app.py`. Its pages are in app/pages/, what they are made of in app/."""

from pathlib import Path

import streamlit as st

from app.models import model_in_use

st.set_page_config(page_title="Handwritten digits", page_icon="✏️", layout="wide")
st.html(Path(__file__).parent / "app" / "style.css")

# not in a directory pages/ beside this file: Streamlit would run those by itself, without what is here
pages = [
    st.Page("app/pages/draw.py", title="Draw", icon=":material/draw:", default=True),
    st.Page("app/pages/look_inside.py", title="Look inside", icon=":material/visibility:"),
    st.Page("app/pages/train.py", title="Train", icon=":material/model_training:"),
    st.Page("app/pages/dashboard.py", title="Dashboard", icon=":material/monitoring:"),
    st.Page("app/pages/how_good.py", title="How good is it?", icon=":material/verified:"),
]
page = st.navigation(pages, position="hidden")
with st.container(horizontal=True, gap="small", key="pages"):  # Streamlit's own would hide in a drawer on a phone
    for link in pages:
        st.page_link(link)
for problem in model_in_use()[1]:
    st.warning(problem)
page.run()
