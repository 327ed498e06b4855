"""All models side by side, and what can be done with one of them."""

from __future__ import annotations

from collections.abc import Callable
from statistics import mean

import altair as alt
import pandas as pd
import streamlit as st

from app.charts import COLOURS
from app.charts.measures import epoch_chart
from mnistcore import BadModelFile, store
from mnistcore.evaluation.report import Report

OUTCOME = "run_outcome"  # session key: whether an action succeeded, and its sentence for the next run of the script


def readable_reports() -> dict[str, Report]:
    """The reports of all models; those that cannot be read are left out."""
    reports = {}
    for name in store.model_names():
        try:
            reports[name] = store.load_report(name)
        except BadModelFile:
            continue
    return reports


def table(reports: dict[str, Report]) -> pd.DataFrame:
    """One row a model: what it is and how good it is, shares in percent."""
    return pd.DataFrame(
        [
            {
                "model": name,
                "test accuracy": 100 * report.evaluation.accuracy,
                "test digits": report.evaluation.count,
                "recipe": report.recipe["name"],
                "units": " + ".join(map(str, report.recipe["hidden_layers"])),
                "epochs": report.recipe["epochs"],
                "cross-validation": 100 * report.cv_mean if report.cv_scores else None,
                "robustness": _robustness(report),
                "training digits": report.data["training_rows"],
                "size, kB": _size(name),
                "time, s": report.seconds["total"],
                "finished": report.finished[:16].replace("T", " "),
            }
            for name, report in reports.items()
        ]
    )


def duration(seconds: float) -> str:
    """In seconds or minutes."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def show_table(reports: dict[str, Report]) -> None:
    """The table. No control may stand right above it: its toolbar would cover it on a phone."""
    percent = st.column_config.NumberColumn(format="%.2f %%")
    st.dataframe(
        table(reports),
        hide_index=True,
        placeholder="–",
        column_config={
            "cross-validation": percent,
            "test accuracy": percent,
            "robustness": st.column_config.NumberColumn(
                format="%.2f %%",
                help="Mean accuracy over all distortions of *How good is it?*, where it was measured.",
            ),
        },
    )


def show_curves(reports: dict[str, Report]) -> None:
    """The curves of the chosen models in one chart."""
    chosen = st.multiselect("Curves of", list(reports), default=list(reports)[:3])
    # the shipped models first, so that they have the same colours on every page, and a new run changes no other's
    names = [*store.SHIPPED, *reversed(store.run_names())]
    colours = alt.Scale(domain=names, range=[COLOURS[i % len(COLOURS)] for i in range(len(names))])
    left, right = st.columns(2, gap="large")
    for place, title, curves, percent in (
        (left, "training loss", {name: reports[name].loss_curve for name in chosen}, False),
        (right, "validation accuracy", {name: reports[name].validation_curve for name in chosen}, True),
    ):
        with place:
            st.markdown(f"### {title.capitalize()}")
            if any(curves.values()):
                st.altair_chart(epoch_chart(curves, title, percent, colours), height=300, alt=title)


def manage() -> None:
    """Make a model the current one, download, rename or delete it."""
    if outcome := st.session_state.pop(OUTCOME, None):
        (st.info if outcome[0] else st.warning)(outcome[1])
    current = store.current_name()
    name = st.selectbox(
        "Model",
        store.model_names(),
        format_func=lambda name: f"{name} (current)" if name == current else name,
        key="managed",
    )
    own = name in store.run_names()
    with st.container(horizontal=True):
        if st.button("Make current", disabled=name == current):
            _do(store.make_current, name, done=f"{name} is the current model now.")
        st.download_button("Download", lambda: store.model_path(name).read_bytes(), f"{name}.npz", on_click="ignore")
        with st.popover("Rename", disabled=not own):
            new = st.text_input("New name", value=name, key=f"rename-{name}")
            if st.button("Save name"):
                _do(store.rename_run, name, new, done=f"{name} is now called {new}.")
        with st.popover("Delete", disabled=not own):
            st.write(f"{name} will be deleted for all visitors. This cannot be undone.")
            if st.button("Delete model"):
                after = f" The current model is {store.SHIPPED[0]} now." if name == current else ""
                _do(store.delete_run, name, done=f"{name} is deleted.{after}")
    if not own:
        st.markdown(":small[The models that ship with the package cannot be renamed or deleted.]")


def _do(action: Callable[..., None], *arguments: str, done: str) -> None:
    """Carry out an action, and show the page anew with a sentence that says whether it succeeded."""
    try:
        action(*arguments)
        st.session_state[OUTCOME] = True, done
    except BadModelFile as error:
        st.session_state[OUTCOME] = False, str(error)
    except OSError as error:
        st.session_state[OUTCOME] = False, f"This failed: {error.strerror or error}."
    st.rerun()


def _robustness(report: Report) -> float | None:
    """Mean accuracy over every distortion and strength, in percent, if it was measured."""
    shares = [share for curve in report.evaluation.robustness.values() for share in curve["accuracy"]]
    return 100 * mean(shares) if shares else None


def _size(name: str) -> float | None:
    try:
        return round(store.model_path(name).stat().st_size / 1000)
    except (OSError, BadModelFile):
        return None
