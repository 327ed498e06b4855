"""The figures of a training report as interactive charts."""

from __future__ import annotations

import altair as alt
import pandas as pd

from mnistcore.evaluation.report import Report

COLOUR = "#2a9d8f"  # legible on the light page and on the dark one
SECOND = "#e07a3f"
SEVERAL = [COLOUR, SECOND, "#6a8fd8", "#b565a7", "#9a8a3a", "#5f9ea0"]
SERIES = alt.Scale(range=SEVERAL)


def cv_chart(report: Report) -> alt.LayerChart:
    """The accuracy of each fold, on the band of their mean and spread."""
    folds = pd.DataFrame({"fold": range(1, len(report.cv_scores) + 1), "accuracy": report.cv_scores})
    mean, spread = report.cv_mean, report.cv_spread
    band = pd.DataFrame({"low": [mean - spread], "high": [mean + spread], "mean": [mean]})
    scale = alt.Scale(zero=False, padding=12)
    rect = alt.Chart(band).mark_rect(color=COLOUR, opacity=0.18).encode(alt.Y("low:Q", scale=scale), alt.Y2("high:Q"))
    line = (
        alt.Chart(band).mark_rule(color=COLOUR).encode(alt.Y("mean:Q"), tooltip=[alt.Tooltip("mean:Q", format=".2%")])
    )
    points = (
        alt.Chart(folds)
        .mark_circle(size=140, color=COLOUR, opacity=1)
        .encode(
            alt.X("fold:O", axis=alt.Axis(labelAngle=0)),
            alt.Y("accuracy:Q", scale=scale, axis=alt.Axis(format=".1%", title="accuracy")),
            tooltip=["fold", alt.Tooltip("accuracy:Q", format=".2%")],
        )
    )
    return rect + line + points


def curve_chart(values: list[float], title: str, percent: bool = False) -> alt.Chart:
    """One measured value an epoch."""
    form, colour = (".2%", SECOND) if percent else (".4f", COLOUR)
    return (
        alt.Chart(pd.DataFrame({"epoch": range(1, len(values) + 1), title: values}))
        .mark_line(point={"color": colour}, color=colour)
        .encode(
            alt.X("epoch:Q", axis=alt.Axis(tickMinStep=1, format="d"), scale=alt.Scale(domainMin=1)),
            alt.Y(f"{title}:Q", scale=alt.Scale(zero=not percent), axis=alt.Axis(format=".1%" if percent else ".2f")),
            tooltip=["epoch", alt.Tooltip(f"{title}:Q", format=form)],
        )
    )


def confusion_chart(report: Report, ink: str) -> alt.LayerChart:
    """How often each digit was read as each, in the colour `ink`; shaded are the mistakes alone, for all the rest
    would outshine them."""
    cells = pd.DataFrame(
        [
            {"digit": digit, "read as": read, "count": count, "mistakes": 0 if digit == read else count}
            for digit, row in enumerate(report.confusion)
            for read, count in enumerate(row)
        ]
    )
    worst = max(int(cells["mistakes"].max()), 1)
    base = alt.Chart(cells).encode(
        alt.X("read as:O", axis=alt.Axis(labelAngle=0, orient="top")),
        alt.Y("digit:O"),
        tooltip=["digit", "read as", "count"],
    )
    shade = base.mark_rect().encode(
        alt.Color("mistakes:Q", scale=alt.Scale(domain=[0, worst], range=["#2a9d8f00", SECOND]), legend=None)
    )
    numbers = base.mark_text(size=11, color=ink).encode(
        alt.Text("count:Q"),
        opacity=alt.condition("datum.count > 0", alt.value(1), alt.value(0.25)),
    )
    return shade + numbers


def per_digit_chart(report: Report) -> alt.Chart:
    """Precision and recall of each digit."""
    digits = pd.DataFrame(report.per_digit()).melt(["digit", "count"], ["precision", "recall"], "measure", "share")
    return (
        alt.Chart(digits)
        .mark_circle(size=110, opacity=1)
        .encode(
            alt.X("digit:O", axis=alt.Axis(labelAngle=0)),
            alt.Y("share:Q", scale=alt.Scale(zero=False, padding=10), axis=alt.Axis(format=".1%", title="")),
            alt.Color(
                "measure:N",
                scale=alt.Scale(domain=["precision", "recall"], range=[COLOUR, SECOND]),
                legend=alt.Legend(orient="top", title=None),
            ),
            tooltip=["digit", "count", "measure", alt.Tooltip("share:Q", format=".2%")],
        )
    )
