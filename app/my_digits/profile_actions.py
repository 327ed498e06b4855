"""What can be done with profiles: choose, make, rename, export and import one; delete one or several."""

from collections.abc import Callable
from typing import BinaryIO

import streamlit as st

from app.shared import operator, outcome, profiles
from app.shared.confirmed import database
from app.shared.visitors import current_visitor
from mnistcore.confirmed.exchange import export_zip, import_zip
from mnistcore.confirmed.feedback import Profile
from mnistcore.errors import FeedbackError
from mnistcore.words import counted

CHOSEN_PROFILE = "profile-choice"  # session key: the id of the visitor's profile in use
OTHERS_PROFILE = "others-profile"  # session key: the id of somebody else's profile that an operator looks at
NONE_CHOSEN = ""  # stands for no profile, an operator's choice until they make one
LARGEST = 200  # MB of a file to import


def choose() -> Profile | None:
    """Let the visitor choose the profile to use, and an operator look at any; the one to show, or None."""
    mine, active = profiles.of_visitor(), profiles.active()
    with st.container(horizontal=True):
        if active:
            st.session_state[CHOSEN_PROFILE] = active.id
            names = {profile.id: profile.name for profile in mine}
            words, change = names.__getitem__, lambda: _use(mine)
            st.selectbox("Handwriting", names, format_func=words, key=CHOSEN_PROFILE, on_change=change, width=260)
        return _of_others() or active


def _use(mine: list[Profile]) -> None:
    profiles.use(next(profile for profile in mine if profile.id == st.session_state[CHOSEN_PROFILE]))


def _of_others() -> Profile | None:
    """The profile of somebody else that an operator looks at."""
    if not operator.is_operator():
        return None
    known = {profile.id: profile for profile in database().profiles() if profile.owner != current_visitor()}
    if not known:
        return None

    def words(profile_id: str) -> str:
        return f"{known[profile_id].name} of {known[profile_id].owner[:8]}" if profile_id else "None, only mine"

    if st.session_state.get(OTHERS_PROFILE) not in known:
        st.session_state[OTHERS_PROFILE] = NONE_CHOSEN
    with st.container(width=260):
        st.selectbox("Digits of other people", [NONE_CHOSEN, *known], format_func=words, key=OTHERS_PROFILE)
    return known.get(st.session_state[OTHERS_PROFILE])


def offer_password() -> None:
    """Let the operator say who they are."""
    if operator.has_password() and not operator.is_operator():
        with st.popover("Digits of other people"):
            st.write("The operator can look at the digits of all visitors, and delete them.")
            operator.ask_for_password()


def offer(profile: Profile, count: int) -> None:
    """The actions for one profile, in a row."""
    with st.container(horizontal=True, vertical_alignment="center", key="profile-actions"):
        if count:
            st.download_button(
                "Export",
                lambda: export_zip(database(), profile.id),
                "digits.zip",
                "application/zip",
                on_click="ignore",
                icon=":material/download:",
                help="Pictures with a table, and the layout of mnist.npz, in one ZIP archive.",
            )
        with st.popover("Import", icon=":material/upload:"):
            file = st.file_uploader(
                "An exported archive, or a file in the layout of mnist.npz", ["zip", "npz"], max_upload_size=LARGEST
            )
            st.button(f"Import into {profile.name}", disabled=not file, on_click=import_file, args=(profile, file))
        with st.popover("Another person", icon=":material/add:"):
            name = st.text_input("Whose is it?", max_chars=60, key="new-profile")
            st.button("Create", on_click=_do, args=(profiles.create, name), kwargs={"done": f"{name} is in use now."})
        with st.popover("Rename", icon=":material/edit:"):
            name = st.text_input("New name", value=profile.name, max_chars=60, key=f"name-{profile.id}")
            done = {"done": f"{profile.name} is now called {name}."}
            st.button("Save name", on_click=_do, args=(database().rename_profile, profile.id, name), kwargs=done)
        with st.popover("Delete", icon=":material/delete:"):
            _offer_to_delete(profile)


def _offer_to_delete(profile: Profile) -> None:
    """Delete this profile, or several of the visitor's."""
    mine = profiles.of_visitor() if profile.owner == current_visitor() else [profile]
    chosen, known = [profile], {one.id: one for one in mine}
    if len(mine) > 1:
        key = f"delete-{profile.id}-{len(mine)}"
        ids = st.multiselect("Whose handwriting?", known, [profile.id], lambda one: known[one].name, key=key)
        chosen = [known[one] for one in ids]
    names = " and ".join(f"**{one.name}**" for one in chosen) or "nobody"
    digits = counted(sum(database().count(one.id) for one in chosen), "digit")
    st.write(
        f"{digits} of {names} will be deleted, and the networks that have learnt from them. This cannot be undone."
    )
    done = {"done": f"Deleted: {', '.join(one.name for one in chosen)}."}
    st.button("Yes, delete", disabled=not chosen, on_click=_do, args=(profiles.delete, *chosen), kwargs=done)


def import_file(profile: Profile, file: BinaryIO) -> None:
    """Add what is in an exported file to a profile. For `on_click`."""
    try:
        imported = import_zip(database(), profile.id, file)
    except FeedbackError as error:
        outcome.flash(str(error), False)
    else:
        outcome.flash(f"{imported.new:,} digits are new, {imported.known:,} were known.")


def delete_digits(profile: Profile, ids: list[str]) -> None:
    """Delete some digits of a profile."""
    _do(database().delete, profile.id, ids, done="")


def _do(action: Callable[..., object], *arguments: object, done: str) -> None:
    """Carry out an action, and have the page say how it ended."""
    try:
        action(*arguments)
        if done:
            outcome.flash(done)
    except FeedbackError as error:
        outcome.flash(str(error), False)
