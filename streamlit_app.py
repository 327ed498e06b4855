"""The app: `streamlit run streamlit_app.py`. Each page has a folder in app/, what several need is in app/shared/."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from app import first_html, pages
from app.shared import models, pointer, profiles, visitors
from mnistcore.models import catalogue


def show() -> None:
    """The page that a visitor is on."""
    st.set_page_config(page_icon="✏️", layout="wide")
    page = st.navigation([one.for_streamlit() for one in (*pages.FIRST, *pages.REST)], position="hidden")
    pages.show_links(page.title)
    with st.container(key=f"title-{page.url_path or pages.DRAW.folder}"):
        st.markdown(f"# {page.title}")
        if page.title == pages.DRAW.title:
            st.markdown(pages.DRAW.about)
    for problem in models.current_model()[1]:
        st.warning(problem)
    visitors.recognise(lambda visitor: catalogue.own_names(visitor) or profiles.recall())
    pointer.listen()
    if pages.is_personal(page.title) and not visitors.current_visitor():
        visitors.await_visitor()
    else:
        page.run()


if get_script_run_ctx(suppress_warning=True):
    show()
else:  # Streamlit's server starts with this file, too
    app = st.App(__file__, routes=first_html.routes())
