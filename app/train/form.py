"""What is to be trained: a preset, or settings of the visitor's own."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
import streamlit as st

from app.shared import outcome
from app.shared.visitors import current_visitor
from app.train.presets import BASES, PRESETS, SOURCES
from app.train.queue import TrainingBusy, interrupted, trainer
from mnistcore.errors import BadModelFile, BadRecipe, NothingUnfinished
from mnistcore.models import catalogue
from mnistcore.models.runs import check_name
from mnistcore.training.recipes import Recipe, shortened

PRESSED = "start-pressed"
KEEP: Literal["session"] = "session"  # while a training hides the settings


def offer_to_resume(said: bool) -> None:
    """A button to resume the visitor's training that was interrupted, if there is one.

    Args:
        said: whether the page says already that it was stopped; it does not if the server itself was.
    """
    visitor = current_visitor()
    name = interrupted(visitor) if visitor else None
    if not name:
        return
    if not said:
        st.info(f"The training of **{name}** was interrupted. No network was changed.")
    label = f"Resume {name} from its last epoch"
    st.button(label, key="resume", on_click=_resume, args=(visitor,), icon=":material/play_arrow:")


def offer_presets(image: np.ndarray | None) -> None:
    """A card for each preset; one press starts it.

    Args:
        image: (28, 28) uint8, the visitor's drawing, to be read after every epoch; None if there is none.
    """
    st.markdown(
        "Choose one and watch it learn from 4,000 digits that people wrote. It takes ten to thirty seconds. Each of "
        "its *hidden units* learns to look for one pattern in the ink."
    )
    for column, preset in zip(st.columns(len(PRESETS)), PRESETS, strict=True):
        with column, st.container(border=True, height="stretch", vertical_alignment="distribute"):
            st.markdown(f"**{preset.title}**\n\n{preset.words}")
            st.button(
                "Start",
                key=f"start-{preset.recipe.name}",
                on_click=_start,
                args=(image, preset.recipe, ["mlxtend"]),
                type="primary",
                icon=":material/play_arrow:",
                width="stretch",
            )


def offer_settings(image: np.ndarray | None) -> None:
    """Settings of the visitor's own, out of sight until they are wanted; the image is as for the presets."""
    with st.expander("Change the settings", key="settings", on_change="rerun") as settings:
        if not settings.open:
            return
        recipe = None
        try:
            recipe, sources = _ask_for_recipe()
        except BadRecipe as error:
            st.error(str(error))
        placeholder = _suggest_name(recipe, catalogue.model_names(current_visitor())) if recipe else ""
        name = st.text_input(
            "Name of the new network: you may leave it as it is", placeholder=placeholder, key="name", max_chars=60
        )
        # The callback, which every run begins with, only notes it: it would be given the settings from before the last
        # field was left, and a run that another one interrupts does not come as far as this.
        st.button(
            "Start with these settings",
            disabled=recipe is None,
            on_click=lambda: st.session_state.update({PRESSED: True}),
            icon=":material/play_arrow:",
            type="primary",
        )
        if st.session_state.pop(PRESSED, False) and recipe:
            _start(image, recipe, sources, name.strip())
            st.rerun()


def _ask_for_recipe() -> tuple[Recipe, list[str] | None]:
    """The form's settings; raises BadRecipe if they make no recipe."""
    base = BASES[st.selectbox("Begin with the settings of", list(BASES), key="recipe", persist_state=KEEP)]
    source = st.selectbox("Training digits", list(SOURCES), key="source", persist_state=KEEP)

    def whole_number(label: str, name: str) -> int:
        # without limits of its own: the recipe checks them, and says what is wrong
        return int(st.number_input(label, value=getattr(base, name), key=f"{base.name}-{name}", persist_state=KEEP))

    def switch(label: str, name: str) -> bool:
        return st.toggle(label, value=getattr(base, name) > 0, key=f"{base.name}-{name}", persist_state=KEEP)

    left, right = st.columns(2)
    with left:
        layers = st.text_input(
            "Hidden layers: units of each, such as 128 or 400, 200",
            value=", ".join(map(str, base.hidden_layers)),
            key=f"{base.name}-hidden_layers",
            persist_state=KEEP,
        )
        epochs = whole_number("Epochs: passes over all training digits", "epochs")
        folds = whole_number("Folds: parts of the digits that take turns in testing it, 0 for none", "folds")
    with right:
        learning_rate = st.number_input(
            "Learning rate: size of each step",
            value=base.learning_rate,
            format="%.5f",
            key=f"{base.name}-learning_rate",
            persist_state=KEEP,
        )
        batch_size = whole_number("Batch size: digits for each step", "batch_size")
        distorted = switch("Distort the digits anew in every epoch", "distortion")
        synthetic = switch("Add synthetic digits, with more styles of handwriting", "pen_digits")
    try:
        hidden_layers = tuple(int(units) for units in layers.replace(" ", "").split(","))
    except ValueError:
        raise BadRecipe(f"Hidden layers must be whole numbers with commas between; this is {layers!r}.") from None
    return replace(
        shortened(base, epochs),
        hidden_layers=hidden_layers,
        folds=folds,
        learning_rate=learning_rate,
        batch_size=batch_size,
        distortion=(base.distortion or 1.0) if distorted else 0.0,
        pen_digits=(base.pen_digits or 10_000) if synthetic else 0,
        finetune_pen_digits=base.finetune_pen_digits if synthetic else 0,
        synthetic_share=1.0,
    ), SOURCES[source]


def _start(image: np.ndarray | None, recipe: Recipe, sources: list[str] | None = None, name: str = "") -> None:
    """Put a training into the queue."""
    visitor = current_visitor()
    assert visitor  # the page waits until it is known
    taken = [*catalogue.model_names(visitor), *trainer().names]
    name = name or _suggest_name(recipe, taken)
    try:
        check_name(name, taken)
        trainer().start(visitor, name, recipe, sources, image)
    except (BadModelFile, TrainingBusy) as error:
        outcome.flash(str(error), False)


def _resume(visitor: str) -> None:
    try:
        trainer().resume(visitor)
    except (NothingUnfinished, TrainingBusy) as error:  # resumed already, in another tab
        outcome.flash(str(error), False)


def _suggest_name(recipe: Recipe, taken: list[str]) -> str:
    """The recipe's name with the date and time where the visitor is, such as deep-25-Nov-14.05."""
    now = datetime.now(UTC) - timedelta(minutes=st.context.timezone_offset or 0)
    name = f"{recipe.name}-{now:%d-%b-%H.%M}"
    return next(new for number in range(1, 1000) if (new := f"{name}-{number}" if number > 1 else name) not in taken)
