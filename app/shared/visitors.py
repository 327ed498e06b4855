"""Who is asking: each browser keeps 128 random bits, by which a visitor's own models are found again.

The bits come over the page's own connection, never in an address, and the server keeps nothing but their SHA-256 hash.
"""

from __future__ import annotations

import hashlib
import re

import streamlit as st

from mnistcore.models import store

VISITOR = "visitor"  # session key: the hash
NEW = "visitor-new"  # session key: whether that has just become known
AWAITED = "visitor-awaited"  # session key: whether a page cannot go on without it
SECRET = "visitor-secret"  # the component's key

# Where the browser stores nothing (a private window may forbid it), the bits last as long as the page.
JAVASCRIPT = """
const KEY = "mnistcore-visitor";
let secret = null;
let timer = null;

function random() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function remembered() {
  try {
    const stored = localStorage.getItem(KEY);
    if (/^[0-9a-f]{32}$/.test(stored ?? "")) return stored;
    const made = random();
    localStorage.setItem(KEY, made);
    return made;
  } catch {
    return random();
  }
}

export default function ({ data, setTriggerValue }) {
  secret ??= remembered();
  const tell = () => {
    setTriggerValue("secret", secret);
    timer = setTimeout(tell, 1000); // until it is known: a change of page may swallow the message
  };
  clearTimeout(timer);
  if (!data.known) tell();
}
"""

_browser = st.components.v2.component("mnistcore.visitor", js=JAVASCRIPT)


@st.fragment  # the browser's answer runs this function again, not the page
def recognise() -> None:
    """Ask the browser who this is, if the session does not know yet. Nothing is shown."""
    with st.container(key="visitor-component"):
        _browser(key=SECRET, data={"known": VISITOR in st.session_state}, on_secret_change=_remember)
    if st.session_state.pop(NEW, False) and (own_names() or st.session_state.pop(AWAITED, False)):
        st.rerun()  # the page, which was shown without this visitor's models


def _remember() -> None:
    """Keep the hash of what the browser has sent; this runs before the page does."""
    secret = st.session_state[SECRET].secret
    if VISITOR not in st.session_state and secret and re.fullmatch("[0-9a-f]{32}", secret):
        st.session_state[VISITOR] = hashlib.sha256(bytes.fromhex(secret)).hexdigest()
        st.session_state[NEW] = True


def current_visitor() -> str | None:
    """The visitor's hash, 64 hexadecimal digits; None until the browser has said who it is."""
    return st.session_state.get(VISITOR)


def await_visitor() -> None:
    """Have the page shown again as soon as the browser has said who it is."""
    st.session_state[AWAITED] = True


def own_names() -> list[str]:
    """The names of the visitor's own models, the latest first."""
    visitor = current_visitor()
    return store.visitor_runs(visitor).names() if visitor else []
