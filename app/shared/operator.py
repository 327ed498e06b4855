"""Who may act for everybody: whoever knows the operator's password.

Without a password it is whoever sits at the machine: the server listens on loopback alone, and no proxy has forwarded
the request.
"""

import hmac
import ipaddress
import os
import threading
import time
from collections import deque

import streamlit as st

from mnistcore.errors import MnistCoreError

OPERATOR = "is-operator"  # session key: whether the password was given
WRONG_TRIES = 5  # a minute, of all visitors together: counted by address, many addresses would have many tries
MINUTE = 60.0


class NotTheOperator(MnistCoreError):
    """The password is wrong, or there were too many wrong ones."""


class Password:
    """The operator's password, and the wrong tries of the last minute."""

    def __init__(self) -> None:
        self._wrong: deque[float] = deque(maxlen=WRONG_TRIES)
        self._lock = threading.Lock()

    def check(self, given: str) -> None:
        """Raise NotTheOperator, with a sentence for people, unless it is the operator's password."""
        expected = os.environ.get("MNISTCORE_ADMIN_PASSWORD", "")
        with self._lock:
            now = time.monotonic()
            if len(self._wrong) == WRONG_TRIES and now - self._wrong[0] < MINUTE:
                raise NotTheOperator("There were five wrong passwords within a minute. Try again in a minute.")
            if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
                self._wrong.append(now)
                raise NotTheOperator("This is not the operator's password.")


def is_operator() -> bool:
    """Whether this visitor may act for everybody now."""
    return bool(st.session_state.get(OPERATOR)) or (not has_password() and at_the_machine())


def has_password() -> bool:
    """Whether the operator has set a password."""
    return bool(os.environ.get("MNISTCORE_ADMIN_PASSWORD"))


def at_the_machine() -> bool:
    """Whether the server listens on loopback alone, and no proxy has forwarded the request."""
    address = st.config.get_option("server.address") or ""
    try:
        loopback = address == "localhost" or ipaddress.ip_address(address).is_loopback
    except ValueError:
        loopback = False
    return loopback and "X-Forwarded-For" not in st.context.headers


def ask_for_password() -> None:
    """A field for the password, or the sentence that there is none."""
    if not has_password():
        st.markdown("Only the operator can do this, and the operator has set no password (`MNISTCORE_ADMIN_PASSWORD`).")
        return
    with st.form("password-form", border=False):
        given = st.text_input("The operator's password", type="password")
        if st.form_submit_button("Continue"):
            try:
                _password().check(given)
            except NotTheOperator as error:
                st.error(str(error))
            else:
                st.session_state[OPERATOR] = True
                st.rerun()


@st.cache_resource(show_spinner=False)
def _password() -> Password:
    return Password()
