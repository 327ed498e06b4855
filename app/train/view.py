"""A training that is running or has ended: how far it is, its curves, and what one can see of the network."""

import numpy as np
import streamlit as st

from app.shared.charts.measures import TRAINING, VALIDATION, Curve, epoch_chart
from app.shared.words import duration
from app.train import charts, film
from app.train.job import Job
from app.train.queue import example
from mnistcore.training.learning_curves import diagnose

EPOCH = "It goes through all training digits again and again; each time is an *epoch*."
LOSS = ":small[The *loss* says how wrong the network is: lower is better.]"
ACCURACY = (
    ":small[How many it reads correctly. Solid: *validation* digits, kept aside, which it does not learn from. Dashed: "
    "training digits.]"
)
FINE_TUNING = ":small[From the dotted line on, the digits are distorted less: *fine-tuning*.]"


def show_state(job: Job, place: int) -> None:
    """How far it is, or its place in the queue."""
    if job.state == "waiting":
        words = f"**{job.name}** is number {place} in the queue. It starts by itself; you can leave this page."
        st.progress(0.0, words)
    elif not job.progress:
        st.progress(0.0, f"**{job.name}**: loading the digits")
    else:
        last = job.progress[-1]
        stage = f"fold {last['fold']} of {last['folds']}, " if last["fold"] else ""
        left = f", about {duration(job.remaining)} left" if job.remaining is not None else ""
        st.progress(last["share"], f"**{job.name}**: {stage}epoch {last['epoch']} of {last['epochs']}{left}")


def show_learning(job: Job) -> None:
    """What is seen of the network after each epoch, as a film: curves, the drawing read anew, and filters."""
    st.markdown(EPOCH)
    progress = list(job.progress)
    last_fold = progress[-1]["fold"] if progress else None
    before = sum(step["fold"] != last_fold for step in progress)  # each fold is a training of its own
    current = progress[before:]

    def picture(epoch: int) -> None:
        _show_epoch(job, current[:epoch], job.filters[before + epoch - 1] if epoch else None)

    film.begin(f"{job.name} {last_fold}")
    (film.show if job.active else film.show_ended)(len(current), picture)


def _show_epoch(job: Job, current: list[dict], filters: np.ndarray | None) -> None:
    """The curves up to an epoch, the drawing read after it, and its filters."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        _show_curves(job, current)
    with right:
        what = "Your drawing" if job.order.own_image else f"A {example()[1]}"
        st.markdown(f"## {what}, read after every epoch")
        st.html(charts.reading_html(job.image, current))
        st.markdown(charts.reading_history(current) or "It is read as soon as the next epoch is done.")
        if not job.order.own_image:
            st.page_link("app/draw/page.py", label="Draw your own before the next start", icon=":material/draw:")
    after = f", after epoch {current[-1]['epoch']}" if current else ""
    st.markdown(f"## What the first hidden units respond to{after}")
    if filters is None:
        st.markdown("The pictures appear after the next epoch: at first noise, then parts of strokes.")
    else:
        st.html(charts.filters_html(filters))
        st.markdown(":small[Ink where a picture is green activates that unit; ink where it is orange prevents it.]")


def _show_curves(job: Job, current: list[dict]) -> None:
    """Loss and accuracy of each epoch, and what they say."""
    losses, known, new = ([step[value] for step in current] for value in ("loss", "training_accuracy", "accuracy"))
    recipe = job.order.recipe
    finetuning = recipe.epochs - recipe.finetune_epochs + 1
    in_a_fold = any(step["fold"] for step in current)
    phases = {job.name: finetuning} if finetuning <= len(current) and not in_a_fold else {}
    accuracies = [Curve(job.name, VALIDATION, new), Curve(job.name, TRAINING, known)]
    accuracies = [curve for curve in accuracies if any(value is not None for value in curve.values)]
    epochs = current[-1]["epochs"] if current else recipe.epochs
    loss, accuracy = st.columns(2)
    with loss:
        st.markdown("## Training loss")
        chart = epoch_chart([Curve(job.name, TRAINING, losses)], "loss", phases=phases, epochs=epochs)
        st.altair_chart(chart, height=280, alt="Training loss of each epoch")
        st.markdown(LOSS)
    with accuracy:
        st.markdown("## Accuracy")
        chart = epoch_chart(accuracies, "accuracy", percent=True, phases=phases, epochs=epochs)
        st.altair_chart(chart, height=280, alt="Accuracy on training and on validation digits after each epoch")
        st.markdown(ACCURACY)
    if phases:
        st.markdown(FINE_TUNING)
    done = [step["accuracy"] for step in job.progress if step["fold"] and step["epoch"] == step["epochs"]]
    if done:
        st.markdown(
            "Accuracy of the finished *folds*, parts of the digits that take turns in testing: "
            + ", ".join(f"{share:.2%}" for share in done)
        )
    if not in_a_fold and None not in new and (words := diagnose(losses, known, new)):
        st.markdown(words)
