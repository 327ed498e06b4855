"""The models that visitors share: the current one, and those that a visitor chose by name."""

from __future__ import annotations

import streamlit as st

from mnistcore import Model, store
from mnistcore.watch import ModelWatch

CURRENT = ""  # the visitor's choice until they make one


@st.cache_resource(show_spinner=False, max_entries=16)
def watch(name: str = CURRENT) -> ModelWatch:
    """The model of that name, loaded once for all visitors and again when its file changes."""
    return ModelWatch(name or None)


def current_model() -> tuple[Model | None, list[str]]:
    """The model that answers by default, and a sentence for each model file that could not be read."""
    return watch().current, watch().problems


def choose_model() -> None:
    """Let the visitor draw for another model than the current one."""
    current, _ = current_model()
    if st.session_state.get("model") != (chosen := _chosen()):
        st.session_state.model = chosen
    st.selectbox(
        "Model",
        [CURRENT, *store.model_names()],
        format_func=lambda name: name or f"Current model ({current.name if current else 'none'})",
        key="model",
        persist_state="session",
    )


def visitor_model() -> tuple[Model | None, list[str]]:
    """The model that this visitor draws for, and a sentence for each problem with its file.

    Problems of the current model are not repeated: every page shows them.
    """
    chosen = watch(name := _chosen())
    return chosen.current, chosen.problems if name else []


def _chosen() -> str:
    name = st.session_state.get("model", CURRENT)
    return name if name in store.model_names() else CURRENT  # it may be deleted or renamed
