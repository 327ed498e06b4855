"""All models side by side: a table, and their curves in one chart."""

from functools import partial
from statistics import mean

import altair as alt
import streamlit as st

from app.shared.charts import COLOURS
from app.shared.charts.measures import TRAINING, VALIDATION, Curve, epoch_chart
from app.shared.visitors import current_visitor
from app.shared.words import spoken
from mnistcore.errors import BadModelFile
from mnistcore.evaluation.metrics import accuracy_interval
from mnistcore.models import catalogue
from mnistcore.models.report import Report


def readable_reports() -> dict[str, Report]:
    """The reports of all models that the visitor may use; those that cannot be read are left out."""
    reports = {}
    for name in catalogue.model_names(current_visitor()):
        try:
            reports[name] = catalogue.load_report(name, current_visitor())
        except BadModelFile:
            continue
    return reports


def rows(reports: dict[str, Report]) -> list[dict[str, str]]:
    """One for each model: what it is and how good it is, by the names of the columns."""
    current, own = catalogue.current_name(), catalogue.own_names(current_visitor())
    return [
        {
            "network": spoken(name, begins=True) + (" (current)" if name == current and name not in own else ""),
            "whose": "yours" if name in own else "everybody's",
            "test accuracy": f"{report.evaluation.accuracy:.2%}",
            "95% interval": _interval(report),
            "measured on": f"{report.evaluation.count:,} digits: {report.evaluation.source}",
            "hidden units": " + ".join(map(str, report.recipe["hidden_layers"])),
            "epochs": str(report.recipe["epochs"]),
            "training digits": f"{report.data['training_rows']:,}",
            "cross-validation": f"{report.cv_mean:.2%}" if report.cv_scores else "–",
            "distorted digits": _robustness(report),
        }
        for name, report in reports.items()
    ]


def as_markdown(table: list[dict[str, str]]) -> str:
    """The same as a table. Each cell names its column, for narrow screens, which show network below network."""
    lines = [list(table[0]), ["---"] * len(table[0])]
    for (_, name), *others in (row.items() for row in table):
        lines.append([name, *(f"*{column}* {value}" for column, value in others)])
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def show_table(reports: dict[str, Report]) -> None:
    """The table, and what is in it."""
    with st.container(key="networks"):
        st.markdown(as_markdown(rows(reports)))  # unlike HTML it is there at once, and moves nothing
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


def _robustness(report: Report) -> str:
    """Mean accuracy over every distortion and strength, if it was measured."""
    shares = [share for curve in report.evaluation.robustness.values() for share in curve["accuracy"]]
    return f"{mean(shares):.2%}" if shares else "–"
