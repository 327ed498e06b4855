"""Reports, evaluations and trainings as interactive charts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt
import numpy as np
import pandas as pd

from app.shared.charts import COLOURS, FIRST, SECOND
from mnistcore.models.report import Evaluation, Report

TRAINING, VALIDATION = "training digits", "validation digits"
CELL = "cell"  # of the confusion matrix, the chosen one


@dataclass(frozen=True)
class Curve:
    """One measured value an epoch.

    Attributes:
        model: its name.
        digits: on which digits it was measured: TRAINING or VALIDATION.
        values: one an epoch; None leaves a gap.
    """

    model: str
    digits: str
    values: Sequence[float | None]


def epoch_chart(
    curves: Sequence[Curve],
    title: str,
    percent: bool = False,
    smoothing: int = 1,
    phases: Mapping[str, int] | None = None,
    colours: alt.Scale | None = None,
    epochs: int | None = None,
) -> alt.Chart | alt.LayerChart:
    """Curves of one measure over the epochs: a colour for each model, dashed on training digits.

    Args:
        curves: what is drawn.
        title: of the measure.
        percent: whether it is a share.
        smoothing: epochs over whose mean each curve is drawn; 1 draws it as it is.
        phases: of each model whose training changes on the way, the first epoch after the change.
        colours: of the models; by default COLOURS in their order.
        epochs: how many there will be; by default there is room for those of the curves alone.
    """
    models = list(dict.fromkeys(curve.model for curve in curves))
    points = [
        {"model": curve.model, "digits": curve.digits, "epoch": epoch, title: value}
        for curve in curves
        for epoch, value in enumerate(
            pd.Series(curve.values, dtype=float).rolling(smoothing, center=True, min_periods=1).mean(), start=1
        )
        if not np.isnan(value)
    ]
    form = ".2%" if percent else ".4f"
    legend = alt.Legend(orient="bottom", title=None, columns=1, labelLimit=300, offset=2, symbolType="circle")
    domain = alt.Scale(domain=[1, epochs]) if epochs else alt.Scale(domainMin=1)
    x = alt.X("epoch:Q", axis=alt.Axis(tickMinStep=1, tickCount=5, format="d"), scale=domain)
    colour = alt.Color(
        "model:N",
        scale=colours or alt.Scale(domain=models, range=COLOURS),
        legend=legend if len(models) > 1 else None,
    )
    # without a legend: there is no room for two, so the pages say it in words
    dash = alt.StrokeDash(
        "digits:N", scale=alt.Scale(domain=[VALIDATION, TRAINING], range=[[1, 0], [4, 3]]), legend=None
    )
    # from nothing wrong, or up to all right: so that a curve that grows does not only stretch its axis
    scale = (alt.Scale(zero=False, domainMax=1) if percent else alt.Scale()) if points else alt.Scale(domain=[0, 1])
    lines = (
        alt.Chart(pd.DataFrame(points, columns=["model", "digits", "epoch", title]))
        .mark_line(point=alt.OverlayMarkDef(size=36, stroke="transparent", strokeWidth=8))
        .encode(
            x,
            alt.Y(
                f"{title}:Q",
                scale=scale,
                axis=alt.Axis(format=".1%" if percent else ".2f"),
            ),
            colour,
            dash,
            tooltip=["model:N", "digits:N", "epoch:Q", alt.Tooltip(f"{title}:Q", format=form)],
        )
    )
    changes = [
        {"model": model, "epoch": epoch - 0.5, "words": "fine-tuning"}
        for model, epoch in (phases or {}).items()
        if model in models
    ]
    if not changes:  # an empty layer would be an image without words to a screen reader
        return lines
    base = alt.Chart(pd.DataFrame(changes, columns=["model", "epoch", "words"])).encode(x)
    rules = base.mark_rule(strokeDash=[2, 2]).encode(colour)
    words = base.mark_text(align="right", dx=-4, y=alt.expr("height / 2"), fontSize=11).encode(colour, text="words:N")
    return lines + rules + words


def cross_validation_chart(report: Report) -> alt.LayerChart:
    """The accuracy of each fold, on the band of their mean and standard deviation."""
    folds = pd.DataFrame({"fold": range(1, len(report.cv_scores) + 1), "accuracy": report.cv_scores})
    mean, spread = report.cv_mean, report.cv_spread
    band = alt.Chart(pd.DataFrame({"low": [mean - spread], "high": [mean + spread], "mean": [mean]}))
    scale = alt.Scale(zero=False, padding=12)
    points = (
        alt.Chart(folds)
        .mark_circle(size=140, color=FIRST, opacity=1)
        .encode(
            alt.X("fold:O", axis=alt.Axis(labelAngle=0)),
            alt.Y("accuracy:Q", scale=scale, axis=alt.Axis(format=".1%", title="accuracy")),
            tooltip=["fold", alt.Tooltip("accuracy:Q", format=".2%")],
        )
    )
    area = band.mark_rect(color=FIRST, opacity=0.18).encode(alt.Y("low:Q", scale=scale), alt.Y2("high:Q"))
    line = band.mark_rule(color=FIRST).encode(alt.Y("mean:Q"), tooltip=[alt.Tooltip("mean:Q", format=".2%")])
    return area + line + points


def confusion_chart(evaluation: Evaluation, ink: str) -> alt.LayerChart:
    """The confusion matrix, its numbers in the colour `ink`. Only errors are shaded: the correct answers, some hundred
    times as many, would hide the differences between them. A press on a cell chooses it."""
    cells = pd.DataFrame(
        [
            {"label": label, "prediction": prediction, "count": count, "errors": 0 if label == prediction else count}
            for label, row in enumerate(evaluation.confusion)
            for prediction, count in enumerate(row)
        ]
    )
    base = alt.Chart(cells).encode(
        alt.X("prediction:O", axis=alt.Axis(labelAngle=0, orient="top")),
        alt.Y("label:O"),
        tooltip=["label", "prediction", "count"],
    )
    scale = alt.Scale(domain=[0, max(int(cells["errors"].max()), 1)], range=[f"{SECOND}00", SECOND])
    cell = alt.selection_point(name=CELL, fields=["label", "prediction"], empty=False)
    shade = (
        base.mark_rect(strokeWidth=2, cursor="pointer")
        .encode(
            alt.Color("errors:Q", scale=scale, legend=None),
            stroke=alt.when(cell).then(alt.value(ink)).otherwise(alt.value(None)),
        )
        .add_params(cell)
    )
    numbers = base.mark_text(size=11, color=ink).encode(
        alt.Text("count:Q"), opacity=alt.condition("datum.count > 0", alt.value(1), alt.value(0.25))
    )
    return shade + numbers


def precision_recall_chart(evaluation: Evaluation) -> alt.Chart:
    """Precision and recall of each digit."""
    digits = pd.DataFrame(evaluation.precision_recall())
    return (
        alt.Chart(digits.melt(["digit", "count"], ["precision", "recall"], "measure", "share"))
        .mark_circle(size=110, opacity=1)
        .encode(
            alt.X("digit:O", axis=alt.Axis(labelAngle=0)),
            alt.Y("share:Q", scale=alt.Scale(zero=False, padding=10), axis=alt.Axis(format=".1%", title="")),
            alt.Color(
                "measure:N",
                scale=alt.Scale(domain=["precision", "recall"], range=COLOURS),
                legend=alt.Legend(orient="bottom", title=None, offset=2),
            ),
            tooltip=["digit", "count", "measure", alt.Tooltip("share:Q", format=".2%")],
        )
    )


def robustness_chart(evaluations: Mapping[str, Evaluation], kind: str) -> alt.Chart:
    """Accuracy of each model against the strength of one kind of distortion. The page's text is the legend."""
    curves = {name: evaluation.robustness[kind] for name, evaluation in evaluations.items()}
    points = [
        {"model": name, "strength": strength, "accuracy": accuracy}
        for name, curve in curves.items()
        for strength, accuracy in zip(curve["strengths"], curve["accuracy"], strict=True)
    ]
    unit = next(iter(curves.values()))["unit"]
    return (
        alt.Chart(pd.DataFrame(points))
        .mark_line(point=True)
        .encode(
            alt.X("strength:Q", axis=alt.Axis(title=unit, tickCount=5)),
            alt.Y("accuracy:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%", title=None, tickCount=3)),
            alt.Color("model:N", scale=alt.Scale(domain=list(evaluations), range=COLOURS), legend=None),
            tooltip=["model", "strength", alt.Tooltip("accuracy:Q", format=".1%")],
        )
    )


def calibration_chart(evaluations: Mapping[str, Evaluation]) -> alt.LayerChart:
    """Accuracy against confidence; a perfectly calibrated model lies on the dashed line."""
    bins = pd.DataFrame([{"model": name, **bin_} for name, e in evaluations.items() for bin_ in e.calibration])
    low = float(min(bins["confidence"].min(), bins["accuracy"].min()))
    scale = alt.Scale(domain=[low - 0.02, 1])
    ideal = (
        alt.Chart(pd.DataFrame({"confidence": [low, 1], "accuracy": [low, 1]}))
        .mark_line(strokeDash=[4, 4], color="gray")
        .encode(alt.X("confidence:Q", scale=scale), alt.Y("accuracy:Q", scale=scale))
    )
    points = (
        alt.Chart(bins)
        .mark_line(point=True)
        .encode(
            alt.X("confidence:Q", scale=scale, axis=alt.Axis(format=".0%")),
            alt.Y("accuracy:Q", scale=scale, axis=alt.Axis(format=".0%")),
            _model_colour(evaluations),
            tooltip=[
                "model",
                "count",
                alt.Tooltip("confidence:Q", format=".2%"),
                alt.Tooltip("accuracy:Q", format=".2%"),
            ],
        )
    )
    return ideal + points


def risk_coverage_chart(evaluations: Mapping[str, Evaluation]) -> alt.Chart:
    """The share of all errors that is avoided when the least confident answers are rejected."""
    points = [{"model": name, **point} for name, e in evaluations.items() for point in e.risk_coverage]
    return (
        alt.Chart(pd.DataFrame(points))
        .mark_line(point=True)
        .encode(
            alt.X("rejected:Q", axis=alt.Axis(format=".0%", title="answers rejected, the least confident first")),
            alt.Y(
                "errors_removed:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%", title="errors avoided")
            ),
            _model_colour(evaluations),
            tooltip=[
                "model",
                alt.Tooltip("rejected:Q", format=".1%"),
                alt.Tooltip("errors_removed:Q", format=".0%", title="errors avoided"),
            ],
        )
    )


def _model_colour(evaluations: Mapping[str, Evaluation]) -> alt.Color:
    return alt.Color(
        "model:N",
        scale=alt.Scale(domain=list(evaluations), range=COLOURS),
        legend=alt.Legend(orient="bottom", title=None, offset=2),
    )
