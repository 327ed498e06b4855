"""Evaluations of several models side by side, as interactive charts."""

from __future__ import annotations

import altair as alt
import pandas as pd

from app.charts import COLOUR, SECOND
from mnistcore.evaluation.evaluate import Evaluation


def _by_model(evaluations: list[Evaluation], legend: bool = True) -> alt.Color:
    names = [evaluation.name for evaluation in evaluations]
    return alt.Color(
        "model:N",
        scale=alt.Scale(domain=names, range=[COLOUR, SECOND]),
        legend=alt.Legend(orient="bottom", title=None, offset=2) if legend else None,
    )


def distortion_chart(evaluations: list[Evaluation], kind: str) -> alt.Chart:
    """Accuracy of each model against the strength of one kind of distortion; one of several, so without a legend."""
    rows = [
        {"model": evaluation.name, "strength": strength, "accuracy": accuracy}
        for evaluation in evaluations
        for strength, accuracy in zip(
            evaluation.distorted[kind]["strengths"], evaluation.distorted[kind]["accuracy"], strict=True
        )
    ]
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_line(point=True)
        .encode(
            alt.X("strength:Q", axis=alt.Axis(title=evaluations[0].distorted[kind]["unit"], tickCount=5)),
            alt.Y("accuracy:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%", title=None, tickCount=3)),
            _by_model(evaluations, legend=False),
            tooltip=["model", "strength", alt.Tooltip("accuracy:Q", format=".1%")],
        )
    )


def calibration_chart(evaluations: list[Evaluation]) -> alt.LayerChart:
    """How often answers of a given sureness are right; on the dashed line, exactly as often as they say."""
    rows = pd.DataFrame(
        [{"model": evaluation.name, **bin_} for evaluation in evaluations for bin_ in evaluation.calibration]
    )
    low = float(min(rows["confidence"].min(), rows["accuracy"].min()))
    scale = alt.Scale(domain=[low - 0.02, 1])
    ideal = (
        alt.Chart(pd.DataFrame({"confidence": [low, 1], "accuracy": [low, 1]}))
        .mark_line(strokeDash=[4, 4], color="gray")
        .encode(alt.X("confidence:Q", scale=scale), alt.Y("accuracy:Q", scale=scale))
    )
    points = (
        alt.Chart(rows)
        .mark_line(point=True)
        .encode(
            alt.X("confidence:Q", scale=scale, axis=alt.Axis(format=".0%", title="how sure the model says it is")),
            alt.Y("accuracy:Q", scale=scale, axis=alt.Axis(format=".0%", title="how often it is right")),
            _by_model(evaluations),
            tooltip=[
                "model",
                "count",
                alt.Tooltip("confidence:Q", format=".2%"),
                alt.Tooltip("accuracy:Q", format=".2%"),
            ],
        )
    )
    return ideal + points


def refusal_chart(evaluations: list[Evaluation]) -> alt.Chart:
    """What share of the errors goes when the least sure answers are not given."""
    rows = pd.DataFrame(
        [{"model": evaluation.name, **refusal} for evaluation in evaluations for refusal in evaluation.refusals]
    )
    return (
        alt.Chart(rows)
        .mark_line(point=True)
        .encode(
            alt.X("refused:Q", axis=alt.Axis(format=".0%", title="answers refused, the least sure first")),
            alt.Y(
                "errors_removed:Q",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format=".0%", title="errors that are gone"),
            ),
            _by_model(evaluations),
            tooltip=[
                "model",
                alt.Tooltip("refused:Q", format=".1%"),
                alt.Tooltip("errors_removed:Q", format=".0%", title="errors removed"),
            ],
        )
    )
