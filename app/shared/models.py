"""The models that a visitor may use: their own, everybody's, and which of them they draw for."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.shared.visitors import CHOSEN_MODEL, current_visitor, personal
from mnistcore.digit.model import Model
from mnistcore.models import store
from mnistcore.models.report import Report
from mnistcore.models.watch import ModelWatch

CURRENT = ""  # stands for the current model, the visitor's choice until they make one


@st.cache_resource(show_spinner=False, max_entries=16)
def _watch(name: str) -> ModelWatch:
    """The model of that name or path, loaded once for all visitors and again when its file changes."""
    return ModelWatch(name or None)


def _watched(name: str) -> ModelWatch:
    """The model of that name, the visitor's own if there is one."""
    return _watch(str(path(name)) if name in own_names() else name)


def current_model() -> tuple[Model | None, list[str]]:
    """The model that answers by default, and a sentence for each model file that could not be read."""
    return _watch(CURRENT).current, _watch(CURRENT).problems


def visitor_model() -> tuple[Model | None, list[str]]:
    """The model that this visitor draws for, and a sentence for each problem with its file.

    Problems of the current model are not repeated: every page shows them.
    """
    name = _chosen()
    watch = _watched(name)
    return watch.current, watch.problems if name else []


def base_model() -> Model | None:
    """The model that a personal one is made from: the one that the visitor draws for, or what that has learnt from."""
    model, _ = visitor_model()
    if _chosen() not in personal():
        return model
    base = model.card["recipe"]["base"] if model else CURRENT
    return _watched(base if base in names() else CURRENT).current


def another_shipped(model: Model) -> Model | None:
    """Another of the shipped models than this one; None if it cannot be read."""
    return _watch(next(name for name in store.SHIPPED if name != model.name)).current


def own_names() -> list[str]:
    """The names of the visitor's own models, the latest first; a name here goes before the same among everybody's."""
    visitor = current_visitor()
    return store.visitor_runs(visitor).names() if visitor else []


def names() -> list[str]:
    """The visitor's own models, the latest first, then everybody's."""
    return list(dict.fromkeys([*own_names(), *store.model_names()]))


def path(name: str) -> Path:
    """Where the model lies; raises BadModelFile if there is none of that name."""
    visitor = current_visitor()
    return store.visitor_runs(visitor).path(name) if visitor and name in own_names() else store.model_path(name)


def load_report(name: str) -> Report:
    """The model's training report; raises BadModelFile if it is missing or damaged."""
    visitor = current_visitor()
    return store.visitor_runs(visitor).report(name) if visitor and name in own_names() else store.load_report(name)


def choose_model() -> None:
    """Let the visitor draw for another model than the current one."""
    current, _ = current_model()
    if st.session_state.get(CHOSEN_MODEL) != (chosen := _chosen()):
        st.session_state[CHOSEN_MODEL] = chosen
    own, handwritings = own_names(), personal()

    def words(name: str) -> str:
        if name == CURRENT:
            return f"Current model ({current.name if current else 'none'})"
        if name in handwritings:
            return f"{handwritings[name]} (personal)"
        return f"{name} (yours)" if name in own else name

    choices = [CURRENT, *handwritings, *names()]
    st.selectbox("Model", choices, format_func=words, key=CHOSEN_MODEL, persist_state="session")


def _chosen() -> str:
    name = st.session_state.get(CHOSEN_MODEL, CURRENT)
    return name if name in personal() or name in names() else CURRENT  # it may be deleted or renamed
