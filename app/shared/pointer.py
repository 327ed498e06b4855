"""What a tap on a chart and a press on a link do, on every page.

A tap shows what pointing would: charts tell what a point is when it is pointed at, which a finger cannot do.

A link that is followed within the moment in which the canvas sends its last stroke waits until it has: what Streamlit
receives of the page before, while it begins the next one, leaves that one empty.
"""

import streamlit as st

from app.shared.component import component

_listener = component(__file__)


def listen() -> None:
    """Have the browser do so. Nothing is shown by itself."""
    with st.container(key="pointer-component"):
        _listener(key="pointer")
