"""Pictures of what went on inside the network: pixels, units, and the paths between them."""

from __future__ import annotations

import base64
import io

import altair as alt
import numpy as np
import pandas as pd
from PIL import Image

from app.charts import COLOUR, SECOND
from app.drawing import as_png
from mnistcore.explain import Explanation

FOR, AGAINST = COLOUR, SECOND
PIXELS_SIDE = 234  # pixels, so that two fit side by side
SHOWN = 12  # units of a layer: the ones that matter most, and as many as an eye can follow


def pixel_chart(values: np.ndarray, title: str) -> alt.Chart:
    """Numbers (28, 28), above zero for and below zero against, as coloured squares with the number on hover."""
    rows, columns = np.indices(values.shape)
    cells = pd.DataFrame({"row": rows.ravel(), "column": columns.ravel(), title: values.ravel()})
    return (
        alt.Chart(cells)
        .mark_rect()
        .encode(
            alt.X("column:O", axis=None),
            alt.Y("row:O", axis=None),
            alt.Color(f"{title}:Q", scale=_diverging(values), legend=None),
            tooltip=["row", "column", alt.Tooltip(f"{title}:Q", format="+.3f")],
        )
        .properties(width=PIXELS_SIDE, height=PIXELS_SIDE)
        .configure_view(stroke="#88888866")
    )


def strongest(parts: Explanation, layer: int, digit: int) -> np.ndarray:
    """The units of a hidden layer that put most into a digit's score, or took most from it, the most helpful first."""
    shares = parts.units[layer][:, digit]
    most = np.argsort(-np.abs(shares))[:SHOWN]
    return most[np.argsort(-shares[most])]


def units_html(parts: Explanation, pictures: np.ndarray, digit: int) -> str:
    """The first layer's strongest units: what each looks for, how it fired, and what it put into the digit's score."""
    cards = []
    for unit in strongest(parts, 0, digit):
        fired, share = parts.activations[0][unit], parts.units[0][unit, digit]
        picture = base64.b64encode(_coloured_png(pictures[unit])).decode("ascii")
        words = f"unit {unit} fired {fired:.2f} and put {share:+.2f} into the score of {digit}"
        cards.append(
            f'<li title="{words}"><img src="data:image/png;base64,{picture}" alt="What unit {unit} looks for" '
            f'width="84" height="84"><span>fired {fired:.1f}</span><strong>{share:+.2f}</strong></li>'
        )
    return f'<ol class="units">{"".join(cards)}</ol>'


def network_chart(parts: Explanation, image: np.ndarray, digit: int) -> alt.LayerChart:
    """The way from the drawing through the strongest units to the ten digits; the wider a path, the more went along."""
    layers = [strongest(parts, layer, digit) for layer in range(len(parts.units))]
    places = {("drawing", 0): (0.0, 0.5)}
    for x, layer in enumerate(layers, start=1):
        places |= {(x, unit): (x, (i + 0.5) / len(layer)) for i, unit in enumerate(layer)}
    places |= {("digit", k): (len(layers) + 1, (k + 0.5) / 10) for k in range(10)}

    paths = [
        (("drawing", 0), (1, unit), parts.activations[0][unit], f"the drawing made unit {unit} fire")
        for unit in (layers[0] if layers else [])
    ]
    for x, flow in enumerate(parts.flows, start=1):
        paths += [
            ((x, a), (x + 1, b), flow[a, b], f"unit {a} to unit {b} of the next layer")
            for a in layers[x - 1]
            for b in layers[x]
        ]
    if layers:
        paths += [
            ((len(layers), unit), ("digit", k), parts.units[-1][unit, k], f"unit {unit} to digit {k}")
            for unit in layers[-1]
            for k in range(10)
        ]
    lines = pd.DataFrame(
        [
            {
                "x": places[a][0],
                "y": places[a][1],
                "x2": places[b][0],
                "y2": places[b][1],
                "path": words,
                "amount": float(amount),
                "step": places[a][0],
            }
            for a, b, amount, words in paths
        ]
    )
    if len(lines):
        size = lines["amount"].abs()
        lines["width"] = size / size.groupby(lines["step"]).transform("max").clip(lower=1e-9)
        lines = lines[lines["width"] > 0.05]
    units = pd.DataFrame(
        [
            {"x": x, "y": places[x, unit][1], "unit": int(unit), "fired": float(parts.activations[x - 1][unit])}
            for x, layer in enumerate(layers, start=1)
            for unit in layer
        ],
        columns=["x", "y", "unit", "fired"],
    )
    digits = pd.DataFrame(
        [
            {
                "x": len(layers) + 1,
                "y": (k + 0.5) / 10,
                "digit": str(k),
                "score": float(parts.scores[k]),
                "label": f"{k}  {parts.scores[k]:+.1f}",
            }
            for k in range(10)
        ]
    )
    drawing = "data:image/png;base64," + base64.b64encode(as_png(image, 4)).decode("ascii")

    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-0.35, len(layers) + 1.25]))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[1, 0]))
    edges = (
        alt.Chart(lines)
        .mark_rule()
        .encode(
            x,
            y,
            x2="x2",
            y2="y2",
            strokeWidth=alt.StrokeWidth("width:Q", scale=alt.Scale(domain=[0, 1], range=[0.3, 6]), legend=None),
            opacity=alt.Opacity("width:Q", scale=alt.Scale(domain=[0, 1], range=[0.1, 0.9]), legend=None),
            color=alt.condition("datum.amount > 0", alt.value(FOR), alt.value(AGAINST)),
            tooltip=["path", alt.Tooltip("amount:Q", format="+.3f")],
        )
    )
    dots = (
        alt.Chart(units)
        .mark_circle(opacity=1, color="#8a8a8a", stroke="white")
        .encode(
            x,
            y,
            size=alt.Size("fired:Q", scale=alt.Scale(range=[30, 260]), legend=None),
            tooltip=["unit", alt.Tooltip("fired:Q", format=".2f")],
        )
    )
    signs = (
        alt.Chart(digits)
        .mark_text(fontSize=15, dx=10, align="left")
        .encode(
            x,
            y,
            text="label",
            color=alt.condition(f"datum.digit === '{digit}'", alt.value(FOR), alt.value("#8a8a8a")),
            tooltip=["digit", alt.Tooltip("score:Q", format="+.2f")],
        )
    )
    picture = (
        alt.Chart(pd.DataFrame({"x": [0.0], "y": [0.5], "url": [drawing]}))
        .mark_image(width=84, height=84)
        .encode(x, y, url="url", tooltip=alt.value(None))
    )
    return edges + dots + signs + picture


def _diverging(values: np.ndarray) -> alt.Scale:
    reach = float(np.abs(values).max()) or 1.0
    return alt.Scale(domain=[-reach, 0, reach], range=[AGAINST, "#88888818", FOR])


def _coloured_png(values: np.ndarray) -> bytes:
    """Numbers (28, 28) in the colours of for and against on nothing, as a PNG."""
    strength = np.abs(values) / (np.abs(values).max() or 1.0)
    colours = np.where(values[..., np.newaxis] > 0, _rgb(FOR), _rgb(AGAINST))
    rgba = np.concatenate([colours, (255 * strength[..., np.newaxis])], axis=2).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(rgba).save(file, "PNG")
    return file.getvalue()


def _rgb(colour: str) -> np.ndarray:
    return np.frombuffer(bytes.fromhex(colour[1:]), np.uint8)
