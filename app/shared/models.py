"""The models that a visitor may use: their own, everybody's, and which of them they draw for."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.shared.visitors import current_visitor, own_names
from mnistcore import Model
from mnistcore.models import store
from mnistcore.models.answering import ModelWatch
from mnistcore.models.report import Report

CURRENT = ""  # the visitor's choice until they make one
PERSONAL = "personal-models"  # session key


@st.cache_resource(show_spinner=False, max_entries=16)
def watch(name: str = CURRENT) -> ModelWatch:
    """The model of that name or path, loaded once for all visitors and again when its file changes."""
    return ModelWatch(name or None)


def current_model() -> tuple[Model | None, list[str]]:
    """The model that answers by default, and a sentence for each model file that could not be read."""
    return watch().current, watch().problems


def names() -> list[str]:
    """The visitor's own models, the latest first, then everybody's."""
    return list(dict.fromkeys([*own_names(), *store.model_names()]))


def personal() -> dict[str, str]:
    """The models that have learnt one of the visitor's handwritings: the name of each, and of the handwriting."""
    return st.session_state.setdefault(PERSONAL, {})


def base_model() -> Model | None:
    """The model that a personal one is made from: the one that the visitor draws for, or what that has learnt from."""
    if (name := _chosen()) not in personal():
        return visitor_model()[0]
    model = watch(name).current
    base = model.card["recipe"]["base"] if model else CURRENT
    if base in own_names():
        return watch(str(path(base))).current
    return watch(base).current if base in store.model_names() else current_model()[0]


def is_own(name: str) -> bool:
    """Whether it is one of the visitor's own; of two models with one name that is the visitor's."""
    return name in own_names()


def path(name: str) -> Path:
    """Where the model lies; raises BadModelFile if there is none of that name."""
    visitor = current_visitor()
    return store.visitor_runs(visitor).path(name) if visitor and is_own(name) else store.model_path(name)


def load_report(name: str) -> Report:
    """The model's training report; raises BadModelFile if it is missing or damaged."""
    visitor = current_visitor()
    return store.visitor_runs(visitor).report(name) if visitor and is_own(name) else store.load_report(name)


def choose_model() -> None:
    """Let the visitor draw for another model than the current one."""
    current, _ = current_model()
    if st.session_state.get("model") != (chosen := _chosen()):
        st.session_state.model = chosen
    own, handwritings = own_names(), personal()

    def words(name: str) -> str:
        if name == CURRENT:
            return f"Current model ({current.name if current else 'none'})"
        if name in handwritings:
            return f"{handwritings[name]} (personal)"
        return f"{name} (yours)" if name in own else name

    st.selectbox("Model", [CURRENT, *handwritings, *names()], format_func=words, key="model", persist_state="session")


def visitor_model() -> tuple[Model | None, list[str]]:
    """The model that this visitor draws for, and a sentence for each problem with its file.

    Problems of the current model are not repeated: every page shows them.
    """
    name = _chosen()
    chosen = watch(str(path(name)) if is_own(name) else name)
    return chosen.current, chosen.problems if name else []


def _chosen() -> str:
    name = st.session_state.get("model", CURRENT)
    return name if name in personal() or name in names() else CURRENT  # it may be deleted or renamed
