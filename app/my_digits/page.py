"""All that is kept of the visitor's handwriting: to look at, delete, export and import, and for a model to learn."""

import streamlit as st

from app.my_digits import profile_actions
from app.shared import chosen_digits, learning, models, outcome
from app.shared import confirmed as feedback
from app.shared.chosen_digits import Tile
from app.shared.visitors import current_visitor
from mnistcore.confirmed.feedback import Profile
from mnistcore.errors import FeedbackError
from mnistcore.words import counted

PER_PAGE = 60
PAGE = "my-digits-page"  # session key


def show_digits(profile: Profile, count: int) -> None:
    pages = -(-count // PER_PAGE)
    page = 1
    if pages > 1:
        st.session_state[PAGE] = min(st.session_state.get(PAGE, 1), pages)
        page = st.number_input(f"Page, of {pages}", 1, pages, key=PAGE, width=140)
    tiles = [
        Tile(digit.id, digit.image, digit.label, digit.predicted, f"{digit.created:%d %b %Y}")
        for digit in feedback.database().digits(profile.id, (page - 1) * PER_PAGE, PER_PAGE)
    ]

    def delete(ids: list[str]) -> None:
        profile_actions.delete_digits(profile, ids)

    chosen_digits.show(tiles, "Delete", delete, f"digits-{profile.id}")


def show() -> None:
    profile = profile_actions.choose()
    if profile is None:
        st.info("You have not kept any digits yet.")
        with st.container(horizontal=True):
            st.page_link("app/draw/page.py", label="Draw, and say whether the answer is right", icon=":material/draw:")
            st.page_link("app/practice/page.py", label="Practise ten digits or more", icon=":material/edit_note:")
        return
    count = feedback.database().count(profile.id)
    if profile.owner == current_visitor():
        learning.offer(profile, count, models.base_model())
    st.markdown(f"## {counted(count, 'digit')}")
    if count:
        show_digits(profile, count)
    profile_actions.offer(profile, count)


st.markdown(
    "The digits that you have kept on *Draw*, *Photo* and *Practice*, what they are, and what was read in them. They "
    "stay on this server until you delete them. Only you see them, and whoever runs the server."
)
outcome.show()
try:
    show()
except FeedbackError as error:
    st.warning(f"{error} Drawing goes on without it.")
profile_actions.offer_password()
