"""The models that a visitor may use: their own, everybody's, and which of them they draw for."""

import streamlit as st

from app.shared.visitors import CHOSEN_MODEL, CURRENT, current_visitor, personal
from app.shared.words import spoken
from mnistcore.digit.model import Model
from mnistcore.models import catalogue
from mnistcore.models.answering import LoadedModels


@st.cache_resource(show_spinner=False)
def _loaded() -> LoadedModels:
    """Each model is loaded once for all visitors, and again when its file changes."""
    return LoadedModels()


def current_model() -> tuple[Model | None, list[str]]:
    """The model that answers by default, and a sentence for each model file that could not be read."""
    watch = _loaded().get()
    return watch.current, watch.problems


def visitor_model() -> tuple[Model | None, list[str]]:
    """The model that this visitor draws for, and a sentence for each problem with its file.

    Problems of the current model are not repeated: every page shows them.
    """
    name = chosen_name()
    watch = _loaded().get(name or None, current_visitor())
    return watch.current, watch.problems if name else []


def base_model() -> Model | None:
    """The model that a personal one is made from: the one that the visitor draws for, or what that has learnt from."""
    model, _ = visitor_model()
    if chosen_name() not in personal():
        return model
    base = model.card["recipe"]["base"] if model else CURRENT
    return _loaded().get(base if base in catalogue.model_names(current_visitor()) else None, current_visitor()).current


def another_shipped(model: Model) -> Model | None:
    """Another of the shipped models than this one; None if it cannot be read."""
    return _loaded().get(next(name for name in catalogue.SHIPPED if name != model.name)).current


def choose_model() -> None:
    """Let the visitor draw for another model than the current one."""
    current, _ = current_model()
    chosen = CURRENT if current and chosen_name() == current.name else chosen_name()
    if st.session_state.get(CHOSEN_MODEL) != chosen:
        st.session_state[CHOSEN_MODEL] = chosen
    own, handwritings = catalogue.own_names(current_visitor()), personal()

    def words(name: str) -> str:
        if name == CURRENT:
            return spoken(current.name, begins=True) if current else "None"
        if name in handwritings:
            return f"A network that knows {handwritings[name]}"
        return f"{name} (yours)" if name in own else spoken(name, begins=True)

    others = [name for name in catalogue.model_names(current_visitor()) if not current or name != current.name]
    choices = [CURRENT, *handwritings, *others]
    st.selectbox("Who reads?", choices, format_func=words, key=CHOSEN_MODEL, persist_state="session")


def chosen_name() -> str:
    """The name of the model that the visitor draws for; CURRENT is the one that answers by default."""
    name = st.session_state.get(CHOSEN_MODEL, CURRENT)
    there = name in personal() or name in catalogue.model_names(current_visitor())  # it may be deleted or renamed
    return name if there else CURRENT
