"""Who is asking: each browser keeps 128 random bits, by which a visitor's own models are found again.

The bits come over the page's own connection, never in an address, and the server keeps nothing but their SHA-256 hash.
"""

import hashlib
import re
from collections.abc import Callable, Collection

import streamlit as st

from app.shared.component import component

VISITOR = "visitor"  # session key: the hash
NEW = "visitor-new"  # session key: whether that has just become known
AWAITED = "visitor-awaited"  # session key: whether a page cannot go on without it
SECRET = "visitor-secret"  # the component's key
CHOSEN_MODEL = "model"  # session key: the name of the model that the visitor draws for
CURRENT = ""  # stands there for the current model, the choice until they make one
PERSONAL = "personal-models"  # session key: see `personal`
LEARNING = "learning"  # session key: the personal model that they began to make last, a `Learning`

_browser = component(__file__)


@st.fragment  # the browser's answer runs this function again, not the page
def recognise(own_names: Callable[[str | None], Collection[str]]) -> None:
    """Ask the browser who this is, if the session does not know yet. Nothing is shown.

    Args:
        own_names: gives the names of a visitor's own models: if there are some, the page is shown anew with them.
    """
    with st.container(key="visitor-component"):
        _browser(key=SECRET, data={"known": VISITOR in st.session_state}, on_secret_change=_remember)
    new, visitor = st.session_state.pop(NEW, False), st.session_state.get(VISITOR)
    if new and (own_names(visitor) or st.session_state.pop(AWAITED, False)):
        st.rerun()


def _remember() -> None:
    """Keep the hash of what the browser has sent; this runs before the page does."""
    secret = st.session_state[SECRET].secret
    if VISITOR not in st.session_state and secret and re.fullmatch("[0-9a-f]{32}", secret):
        st.session_state[VISITOR] = hashlib.sha256(bytes.fromhex(secret)).hexdigest()
        st.session_state[NEW] = True


def current_visitor() -> str | None:
    """The visitor's hash, 64 hexadecimal digits; None until the browser has said who it is."""
    return st.session_state.get(VISITOR)


def personal() -> dict[str, str]:
    """The models that have learnt one of the visitor's handwritings: the name of each, and of the handwriting."""
    return st.session_state.setdefault(PERSONAL, {})


def await_visitor() -> None:
    """Have the page shown again as soon as the browser has said who it is."""
    st.session_state[AWAITED] = True
