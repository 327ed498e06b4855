"""The models that visitors share, loaded once and again when their files change."""

from __future__ import annotations

import os

import numpy as np
import streamlit as st

from mnistcore import BadModelFile, Model, prepare, store

IN_USE = ""  # the visitor's choice when they made none: whatever model is in use


def model_in_use() -> tuple[Model | None, list[str]]:
    """The model that answers, and a sentence for each one that could not be read.

    The model is None if there is none to be had. Nothing is trained here: a visitor would not wait for it.
    """
    return _load(_state_of_files())


def _state_of_files() -> tuple:
    """What decides which model is in use: cheap enough to ask at every stroke, so that no damage goes unnoticed."""
    asked_for = os.environ.get("MNISTCORE_MODEL", "")
    names = [asked_for] if asked_for else [store.current_name(), *store.SHIPPED]
    return asked_for, *((name, _changed(name)) for name in names)


def _changed(name: str) -> int | None:
    try:
        return store.model_path(name).stat().st_mtime_ns
    except (OSError, BadModelFile):
        return None


def choose_model() -> None:
    """Let the visitor draw for another model than the one in use."""
    in_use, _ = model_in_use()
    names = [IN_USE, *store.model_names()]
    if st.session_state.get("model") not in names:  # deleted meanwhile
        st.session_state.model = IN_USE
    current = in_use.card.get("name") if in_use else "none"
    st.selectbox(
        "Model",
        names,
        format_func=lambda name: f"The one in use ({current})" if name == IN_USE else name,
        key="model",
        persist_state="session",
    )


def model_of_visitor() -> tuple[Model | None, str | None]:
    """The model that this visitor draws for, and a sentence if it is not the one they chose."""
    in_use, _ = model_in_use()
    chosen = st.session_state.get("model", IN_USE)
    if chosen == IN_USE:
        return in_use, None
    try:
        return _load_by_name(chosen, _changed(chosen)), None
    except BadModelFile as error:
        return in_use, f"{error} The model in use answers instead."


@st.cache_resource(show_spinner=False, max_entries=8)
def _load_by_name(name: str, changed: int | None) -> Model:  # noqa: ARG001 - a changed file is another one
    return Model.load(store.model_path(name))


@st.cache_resource(show_spinner=False, max_entries=2)
def _load(state_of_files: tuple) -> tuple[Model | None, list[str]]:
    problems = []
    if asked_for := state_of_files[0]:
        try:
            model = store.load_model(asked_for)
        except BadModelFile as error:
            return None, [f"{error} The environment variable MNISTCORE_MODEL asks for it, so no other takes its place."]
    else:
        model = store.load_default(problems.append)
    if model is None:
        return None, [*problems, "There is no model that can be loaded: train one with `python -m mnistcore train`."]
    if problems:
        problems.append(f"The model in use is {model.card.get('name')}.")
    _warm_up(model)
    return model, problems


def _warm_up(model: Model) -> None:
    """Do once what the first stroke would otherwise wait for."""
    image = np.zeros((64, 64), np.uint8)
    image[8:56, 30:34] = 255
    model.predict(prepare(image)[np.newaxis])
