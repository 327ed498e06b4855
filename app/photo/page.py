"""Read all digits on a photo, correct them, and copy the number."""

import streamlit as st

from app.photo import photo
from app.photo import view as photo_view
from app.shared import models
from mnistcore.errors import MnistCoreError

st.markdown("# Read a photo")
model, problems = models.visitor_model()
for problem in problems:
    st.warning(problem)
st.write("Choose a photo or scan of handwritten digits: all of them are found and read.")
with st.container(key="photo-choice", horizontal=True, vertical_alignment="center"):
    content = photo.choose()
if content and model:
    try:
        with st.spinner("Reading the photo"):
            shown = photo.read(content, model)
    except MnistCoreError as error:
        st.warning(str(error))
    else:
        photo_view.show(shown)
    with st.container(width=320):
        models.choose_model()
