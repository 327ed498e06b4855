"""The parts of a page that need JavaScript of our own: how each of them is declared."""

from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer


def component(module: str, html: str | None = None) -> ComponentRenderer:
    """A component whose JavaScript stands beside the module that declares it, in a file of the same name.

    Args:
        module: its `__file__`.
        html: what the component consists of before its JavaScript runs; our style sheets apply to it.
    """
    source = Path(module).with_suffix(".js")
    return st.components.v2.component(
        f"{source.parent.name}-{source.stem}", html=html, js=source.read_text(encoding="utf-8"), isolate_styles=False
    )
