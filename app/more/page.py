"""The other pages, each with what it is for."""

import streamlit as st

from app.pages import REST

with st.container(key="more"):
    for page in REST:
        with st.container(key=f"more-{page.folder}"):
            st.page_link(page.file, label=page.title, icon=f":material/{page.icon}:")
            st.markdown(page.about)
