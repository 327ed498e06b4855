"""A search by successive halving as a chart."""

from statistics import mean

import altair as alt
import pandas as pd

from app.shared.charts import FIRST
from mnistcore.training.searches import Search, Settings
from mnistcore.words import counted

TICKS = [share * power for power in (0.1, 0.01, 0.001) for share in (7, 5, 3, 2, 1)]  # of errors, 70% to 0.1%


def halving_chart(found: Search) -> alt.Chart:
    """Mean accuracy of each candidate on the digits held out, a line each, over the rounds that it took part in.

    Args:
        found: a search with at least one score, finished or not.

    Its scale is that of the logarithm of the error, so that the best ones, whose errors are few, lie apart.
    """
    rounds = {
        round_.epochs: f"{counted(round_.epochs, 'epoch')}|{counted(round_.candidates, 'candidate')}"
        for round_ in found.rounds
    }
    standings = ["best" if found.best else "best so far", "others"]
    ranked = list(zip(found.table(), found.ranking(), strict=True))
    points = [
        {**dict(list(row.items())[: len(Settings._fields)]), "candidate": place, "standing": standings[place > 1]}
        | {"round": rounds[epochs], "epochs": epochs, "accuracy": mean(accuracies)}
        | {"error": max(1 - mean(accuracies), TICKS[-1])}
        for place, (row, (_, measured)) in reversed(list(enumerate(ranked, start=1)))  # the best is drawn last, on top
        for epochs, accuracies in measured.items()
    ]
    return (
        alt.Chart(pd.DataFrame(points))
        .mark_line(point=alt.OverlayMarkDef(size=36, stroke="transparent", strokeWidth=8))
        .encode(
            alt.X(
                "round:O",
                sort=None,
                scale=alt.Scale(domain=list(rounds.values()), padding=0.3),
                axis=alt.Axis(title=None, grid=True, labelAngle=0, labelExpr="split(datum.label, '|')"),
            ),
            alt.Y(
                "error:Q",
                scale=alt.Scale(type="log", reverse=True, nice=False, padding=10),
                axis=alt.Axis(title="accuracy", values=TICKS, labelExpr="format(1 - datum.value, '~%')"),
            ),
            alt.Color(
                "standing:N",
                scale=alt.Scale(domain=standings, range=[FIRST, "#8c8c8c"]),
                legend=alt.Legend(orient="bottom", title=None, offset=2, symbolType="circle"),
            ),
            detail="candidate:N",
            tooltip=[
                "hidden units:N",
                "learning rate:Q",
                "weight decay:Q",
                "distortion:Q",
                "epochs:Q",
                alt.Tooltip("accuracy:Q", format=".2%"),
            ],
        )
    )
