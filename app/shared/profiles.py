"""The visitor's profiles, each one person's handwriting, and which of them is in use."""

from contextlib import suppress

import streamlit as st

from app.shared.confirmed import database
from app.shared.visitors import LEARNING, current_visitor, personal
from mnistcore.confirmed.feedback import Profile
from mnistcore.errors import FeedbackError
from mnistcore.home import home
from mnistcore.models.catalogue import delete_personal, personal_models

FIRST = "My handwriting"  # the name of the profile that is made for the first digit
PROFILE = "profile"  # session key: the one in use
RECALLED = "profiles-recalled"  # session key: whether `recall` has been done


def of_visitor() -> list[Profile]:
    """The visitor's profiles, the oldest first; the models that have learnt them can be chosen from then on."""
    visitor = current_visitor()
    if visitor is None:
        return []
    found = database().profiles(visitor)
    known = personal()
    known.clear()
    for profile in found:
        known |= dict.fromkeys(personal_models(profile.id)[:1], profile.name)  # the latest of each
    return found


def recall() -> list[str]:
    """Find the visitor's personal models, once a session, and name them; without a database there are none."""
    there_are_some = (home() / "personal").is_dir()  # else the database is not even opened
    if RECALLED not in st.session_state and current_visitor() and there_are_some:
        st.session_state[RECALLED] = True
        with suppress(FeedbackError):
            of_visitor()
    return list(personal())


def active() -> Profile | None:
    """The profile in use: the one that the visitor has chosen, else their oldest; None if they have none."""
    known = {profile.id: profile for profile in of_visitor()}
    chosen: Profile | None = st.session_state.get(PROFILE)
    st.session_state[PROFILE] = known.get(chosen.id) if chosen else None
    return st.session_state[PROFILE] or next(iter(known.values()), None)


def use(profile: Profile) -> None:
    """Have this profile be the one in use."""
    st.session_state[PROFILE] = profile


def active_or_first() -> Profile:
    """The profile in use, which is made if there is none.

    Raises:
        FeedbackError: it cannot be made, or the browser has not said yet who it is.
    """
    profile = active() or create(FIRST)
    use(profile)
    return profile


def create(name: str) -> Profile:
    """The visitor's profile of this name, which is made if there is none; it is in use from now on."""
    visitor = current_visitor()
    if visitor is None:
        raise FeedbackError("Your browser has not said yet who it is. Please try once more.")
    profile = database().find_or_create_profile(visitor, name)
    use(profile)
    return profile


def delete(*some: Profile) -> None:
    """Delete profiles, their digits, and the models that have learnt from them."""
    for profile in some:
        _forget_models(profile)
        database().delete_profile(profile.id)


def _forget_models(profile: Profile) -> None:
    if (learning := st.session_state.get(LEARNING)) and learning.profile.id == profile.id:
        st.session_state.pop(LEARNING)
    for name in personal_models(profile.id):
        personal().pop(name, None)
    delete_personal(profile.id)
