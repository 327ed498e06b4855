"""The visitor's profiles, each one person's handwriting, and which of them is in use."""

from __future__ import annotations

import streamlit as st

from app.feedback import database
from app.visitors import current_visitor
from mnistcore.feedback import FeedbackError, Profile

FIRST = "My handwriting"  # the name of the profile that is made for the first digit
PROFILE = "profile"  # session key: the one in use


def of_visitor() -> list[Profile]:
    """The visitor's profiles, the oldest first."""
    visitor = current_visitor()
    return database().profiles(visitor) if visitor else []


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
