"""All models side by side: a table, and their curves in one chart."""

from functools import partial
from statistics import mean

import altair as alt
import pandas as pd
import streamlit as st

from app.shared.charts import COLOURS
from app.shared.charts.measures import TRAINING, VALIDATION, Curve, epoch_chart
from app.shared.visitors import current_visitor
from app.shared.words import duration, spoken
from mnistcore.errors import BadModelFile
from mnistcore.evaluation.metrics import accuracy_interval
from mnistcore.models import catalogue
from mnistcore.models.report import Report

HEAD, ROW = 38, 35  # pixels: a table's height is said beforehand, so that what is below does not move when it is there


def readable_reports() -> dict[str, Report]:
    """The reports of all models that the visitor may use; those that cannot be read are left out."""
    reports = {}
    for name in catalogue.model_names(current_visitor()):
        try:
            reports[name] = catalogue.load_report(name, current_visitor())
        except BadModelFile:
            continue
    return reports


def table(reports: dict[str, Report]) -> pd.DataFrame:
    """One row a model: what it is and how good it is, shares in percent."""
    current, own = catalogue.current_name(), catalogue.own_names(current_visitor())
    return pd.DataFrame(
        [
            {
                "network": spoken(name, begins=True) + (" (current)" if name == current and name not in own else ""),
                "whose": "yours" if name in own else "everybody's",
                "test accuracy": 100 * report.evaluation.accuracy,
                "95% interval": _interval(report),
                "measured on": f"{report.evaluation.count:,} digits: {report.evaluation.source}",
                "recipe": report.recipe["name"],
                "units": " + ".join(map(str, report.recipe["hidden_layers"])),
                "epochs": report.recipe["epochs"],
                "training digits": report.data["training_rows"],
                "cross-validation": 100 * report.cv_mean if report.cv_scores else None,
                "distorted digits": _robustness(report),
                "time": duration(report.seconds["total"]),
                "finished": report.finished[:16].replace("T", " "),
            }
            for name, report in reports.items()
        ]
    )


def show_table(reports: dict[str, Report]) -> None:
    """The table, and what its columns mean. No control may stand above it: its toolbar would cover that on a phone."""
    percent = st.column_config.NumberColumn(format="%.2f %%")
    st.dataframe(
        table(reports),
        height=HEAD + ROW * len(reports),
        hide_index=True,
        placeholder="–",
        column_config={
            "network": st.column_config.Column(pinned=True),
            "test accuracy": percent,
            "cross-validation": percent,
            "distorted digits": percent,
        },
    )
    if len({(report.evaluation.source, report.evaluation.count) for report in reports.values()}) > 1:
        st.markdown(
            "**Not all of these were measured on the same test digits.** Compare their intervals rather than their "
            "accuracies: where two intervals overlap, the difference may be chance. *Two networks compared* below "
            "reads the same 10,000 digits with both."
        )
    st.markdown(
        ":small[The current network answers everybody who has chosen no other. The 95% interval: with far more test "
        "digits the accuracy would lie in it, 19 times out of 20. An *epoch* is one pass over all training digits. "
        "*Cross-validation*: the training digits are divided into parts, called *folds*, and each fold is read by a "
        "network that has learnt from the others. *Distorted digits*: the mean accuracy on shifted, turned, thin or "
        "noisy ones (see *How good is it?*).]"
    )


def show_curves(reports: dict[str, Report]) -> None:
    """The curves of the chosen models: accuracy on training and validation digits in one chart, and the loss."""
    with st.container(horizontal=True, gap="medium", key="curve-choice"):
        chosen = st.multiselect(
            "Curves of",
            list(reports),
            default=list(reports)[:3],
            format_func=partial(spoken, begins=True),
            width=520,
        )
        smoothing = st.slider("Smoothing: mean over this many epochs", 1, 9, 1, step=2, width=260)
    # the shipped models first, so that they have the same colours on every page, and a new run changes no other's
    names = [*catalogue.SHIPPED, *reversed([name for name in reports if name not in catalogue.SHIPPED])]
    shown = [name for name in names if name in chosen]
    colours = alt.Scale(
        domain=[spoken(name) for name in shown], range=[COLOURS[names.index(name) % len(COLOURS)] for name in shown]
    )
    accuracies = [
        Curve(spoken(name), digits, curve)
        for name in chosen
        for digits, curve in ((VALIDATION, reports[name].validation_curve), (TRAINING, reports[name].training_curve))
        if curve
    ]
    losses = [Curve(spoken(name), TRAINING, reports[name].loss_curve) for name in chosen]
    phases = {
        spoken(name): reports[name].recipe["epochs"] - last + 1
        for name in chosen
        if (last := reports[name].recipe.get("finetune_epochs"))
    }
    st.markdown(
        "Solid: accuracy on *validation* digits, which are kept aside to see how well it reads what it has not learnt "
        "from. Dashed: on training digits, where that was recorded. The *loss* says how wrong the network is: lower is "
        "better. A dotted line marks where a training changes to milder distortions, its fine-tuning."
    )
    left, right = st.columns(2, gap="large")
    for place, title, curves, percent in (
        (left, "accuracy", accuracies, True),
        (right, "training loss", losses, False),
    ):
        with place:
            st.markdown(f"### {title.capitalize()} after each epoch")
            if curves:
                chart = epoch_chart(curves, title, percent, smoothing, phases, colours)
                st.altair_chart(chart, height=320, alt=f"{title} after each epoch")
            else:
                st.write("Choose a network above.")


def _interval(report: Report) -> str:
    low, high = accuracy_interval(report.evaluation.accuracy, report.evaluation.count)
    return f"{low:.2%} to {high:.2%}"


def _robustness(report: Report) -> float | None:
    """Mean accuracy over every distortion and strength, in percent, if it was measured."""
    shares = [share for curve in report.evaluation.robustness.values() for share in curve["accuracy"]]
    return 100 * mean(shares) if shares else None
