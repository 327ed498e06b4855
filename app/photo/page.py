"""Read all digits on a photo, correct them, and copy the number."""

from functools import partial

import streamlit as st

from app.photo import photo, view
from app.photo.photo import Photo
from app.photo.view import CorrectedDigit
from app.shared import models
from mnistcore.errors import MnistCoreError
from mnistcore.words import counted


@st.fragment  # a correction runs this function again and nothing else
def show(shown: Photo) -> None:
    lines = photo.lines(shown)
    left, right = st.columns(2, gap="medium")
    with left:
        marks = view.boxes(lines, shown.page.size)
        view.show("photo-boxes", marks, partial(photo.take, shown, "photo-boxes"), shown.picture)
    with right:
        rows = photo.table(shown)
        if rows:
            st.html(view.table(rows))
            st.download_button(
                "Download the table as CSV", photo.as_csv(rows), "table.csv", "text/csv", icon=":material/download:"
            )
        elif lines:
            number = st.container(key="photo-number")
            number.code("\n".join("".join(str(digit.label) for digit in line) for line in lines), language=None)
        st.markdown(view.sentence(lines, any_read=bool(shown.page.digits)))
        view.show("photo-tiles", view.tiles(lines), partial(photo.take, shown, "photo-tiles"))
        if photo.corrections(shown):
            st.button("Undo correction", on_click=photo.undo, args=(shown,), icon=":material/undo:")
            offer_to_keep(shown, photo.corrected(shown))


def offer_to_keep(shown: Photo, digits: list[CorrectedDigit]) -> None:
    if sentence := photo.kept(shown, digits):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(sentence)
            st.page_link("app/my_digits/page.py", label="My digits")
    else:
        words = f"Keep {counted(len(digits), 'correction')}"
        st.button(words, on_click=photo.keep, args=(shown, digits), icon=":material/save:")
        st.markdown(
            ":small[The button keeps what you have corrected, cut out of the photo, in *My digits* on this server; "
            "nothing else is kept. A network of your own can then learn from it.]"
        )


model, problems = models.visitor_model()
for problem in problems:
    st.warning(problem)
st.write(
    f"Choose a photo or scan of handwritten digits, of {photo.LARGEST} MB at most. The digits that are found stand in "
    "boxes and are read; one may be missed."
)
with st.container(key="photo-choice", horizontal=True, vertical_alignment="center"):
    content = photo.choose()
if refused := st.session_state.get(photo.REFUSED):
    st.warning(refused)
if content and model:
    try:
        with st.spinner("Reading the photo"):
            read = photo.read(content, model)
    except MnistCoreError as error:
        st.warning(str(error))
    else:
        show(read)
    with st.container(width=320):
        models.choose_model()
