"""The training runs side by side, and what can be done with one of them."""

from __future__ import annotations

from collections.abc import Callable
from statistics import mean

import altair as alt
import pandas as pd
import streamlit as st

from app.charts import SEVERAL
from mnistcore import BadModelFile, store
from mnistcore.evaluation.report import Report

TOLD = "runs_told"  # session key: whether an action succeeded, and its sentence for the next run of the script


def readable_reports() -> dict[str, Report]:
    """The reports of all models at hand; those that cannot be read are left out."""
    reports = {}
    for name in store.model_names():
        try:
            reports[name] = store.load_report(name)
        except BadModelFile:
            continue
    return reports


def table(reports: dict[str, Report]) -> pd.DataFrame:
    """One row a model: what it is and how well it does, shares in percent."""
    return pd.DataFrame(
        [
            {
                "model": name,
                "test": 100 * report.test_accuracy,
                "of": report.data["test_rows"],
                "recipe": report.recipe["name"],
                "units": " + ".join(map(str, report.recipe["hidden_layers"])),
                "epochs": report.recipe["epochs"],
                "cross-validation": 100 * report.cv_mean if report.cv_scores else None,
                "distorted": _on_distorted(name),
                "learnt from": report.data["training_rows"],
                "size, kB": _size(name),
                "time, s": report.seconds["total"],
                "finished": report.finished[:16].replace("T", " "),
            }
            for name, report in reports.items()
        ]
    )


def duration(seconds: float) -> str:
    """As people say it."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def show_table(reports: dict[str, Report]) -> None:
    """All models side by side. No control may stand right above it: its toolbar would cover it on a phone."""
    percent = st.column_config.NumberColumn(format="%.2f %%")
    st.dataframe(
        table(reports),
        hide_index=True,
        placeholder="–",
        column_config={
            "cross-validation": percent,
            "test": percent,
            "distorted": st.column_config.NumberColumn(
                format="%.2f %%",
                help="Mean over all the curves of *How good is it?*, for the models it shows.",
            ),
        },
    )


def show_curves(reports: dict[str, Report]) -> None:
    """The curves of the models chosen, in one picture."""
    chosen = st.multiselect("Curves of", list(reports), default=list(reports)[:3])
    # those that ship have the colours that they have everywhere, and a new run takes nobody's
    names = [*store.SHIPPED, *reversed(store.run_names())]
    colours = alt.Scale(domain=names, range=[SEVERAL[i % len(SEVERAL)] for i in range(len(names))])
    left, right = st.columns(2, gap="large")
    for place, title, curves, form in (
        (left, "training loss", {name: reports[name].loss_curve for name in chosen}, ".3f"),
        (right, "accuracy on unseen digits", {name: reports[name].validation_curve for name in chosen}, ".1%"),
    ):
        with place:
            st.markdown(f"### {title.capitalize()}")
            if any(curves.values()):
                st.altair_chart(overlay_chart(curves, colours, title, form), height=300, alt=title)


def overlay_chart(curves: dict[str, list[float]], colours: alt.Scale, title: str, form: str) -> alt.Chart:
    """One line a model, epoch by epoch."""
    points = pd.DataFrame(
        [
            {"model": name, "epoch": epoch, title: value}
            for name, curve in curves.items()
            for epoch, value in enumerate(curve, start=1)
        ]
    )
    return (
        alt.Chart(points)
        .mark_line(point=True)
        .encode(
            alt.X("epoch:Q", axis=alt.Axis(tickMinStep=1, format="d"), scale=alt.Scale(domainMin=1)),
            alt.Y(f"{title}:Q", scale=alt.Scale(zero=False), axis=alt.Axis(format=form, title="")),
            alt.Color(
                "model:N",
                scale=colours,
                legend=alt.Legend(orient="bottom", title=None, columns=2, values=list(curves), offset=2),
            ),
            tooltip=["model", "epoch", alt.Tooltip(f"{title}:Q", format=form)],
        )
    )


def manage() -> None:
    """Use, download, rename or delete a model."""
    if told := st.session_state.pop(TOLD, None):
        (st.info if told[0] else st.warning)(told[1])
    current = store.current_name()
    name = st.selectbox(
        "Model",
        store.model_names(),
        format_func=lambda name: f"{name} (in use)" if name == current else name,
        key="managed",
    )
    own = name in store.run_names()
    with st.container(horizontal=True):
        if st.button("Use it", disabled=name == current):
            _do(store.make_current, name, told=f"{name} is in use now.")
        st.download_button("Download", lambda: store.model_path(name).read_bytes(), f"{name}.npz", on_click="ignore")
        with st.popover("Rename", disabled=not own):
            new = st.text_input("New name", value=name, key=f"rename-{name}")
            if st.button("Rename it"):
                _do(store.rename_run, name, new, told=f"{name} is called {new} now.")
        with st.popover("Delete", disabled=not own):
            st.write(f"{name} would be gone for good.")
            if st.button("Delete it"):
                after = f" {store.SHIPPED[0]} answers from now on." if name == current else ""
                _do(store.delete_run, name, told=f"{name} is deleted.{after}")
    if not own:
        st.markdown(":small[What ships with the package cannot be renamed or deleted.]")


def _do(action: Callable[..., None], *arguments: str, told: str) -> None:
    """Carry out an action, and show the page anew with a sentence on how it went."""
    try:
        action(*arguments)
        st.session_state[TOLD] = True, told
    except BadModelFile as error:
        st.session_state[TOLD] = False, str(error)
    except OSError as error:
        st.session_state[TOLD] = False, f"That could not be done: {error.strerror or error}."
    st.rerun()


def _on_distorted(name: str) -> float | None:
    """Mean accuracy over every distortion and strength, in percent, if it was measured."""
    if name not in store.SHIPPED:
        return None
    try:
        curves = store.load_evaluation(name).distorted.values()
    except BadModelFile:
        return None
    return 100 * mean(share for curve in curves for share in curve["accuracy"])


def _size(name: str) -> float | None:
    try:
        return round(store.model_path(name).stat().st_size / 1000)
    except (OSError, BadModelFile):
        return None
