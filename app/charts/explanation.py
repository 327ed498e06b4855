"""Pictures of what goes on inside the network: pixels, hidden units, and the paths between them."""

from __future__ import annotations

import base64
import io
from dataclasses import asdict

import altair as alt
import numpy as np
import pandas as pd
from PIL import Image, ImageDraw

from app.charts import AGAINST, FOR
from app.charts.layout import place, strongest
from app.drawing import png_url
from mnistcore.explain import Explanation

PIXELS_SIDE = 234  # pixels, so that two fit side by side
NO_PADDING = {"left": 0, "right": 0, "top": 0, "bottom": 0}  # Streamlit would add some below
UNIT_SIDE = 280  # pixels of a picture, which is shown at half that size or less
GREY = "#8a8a8a"


def pixel_chart(values: np.ndarray, title: str) -> alt.Chart:
    """Numbers (28, 28) as coloured squares, positive in the colour FOR and negative in AGAINST."""
    rows, columns = np.indices(values.shape)
    reach = float(np.abs(values).max()) or 1.0
    scale = alt.Scale(domain=[-reach, 0, reach], range=[AGAINST, "#88888818", FOR])
    return (
        alt.Chart(pd.DataFrame({"row": rows.ravel(), "column": columns.ravel(), title: values.ravel()}))
        .mark_rect()
        .encode(
            alt.X("column:O", axis=None),
            alt.Y("row:O", axis=None),
            alt.Color(f"{title}:Q", scale=scale, legend=None),
            tooltip=["row", "column", alt.Tooltip(f"{title}:Q", format="+.3f")],
        )
        .properties(width=PIXELS_SIDE, height=PIXELS_SIDE, padding=NO_PADDING)
        .configure_view(stroke="#88888866")
    )


def units_html(parts: Explanation, pictures: np.ndarray, digit: int) -> str:
    """The first layer's strongest units: the weights of each, its activation, and its share of the digit's score.

    Args:
        parts: of the image.
        pictures: as `explain.unit_pictures` gives them.
        digit: whose score it is.
    """
    cards = []
    for unit in strongest(parts, 0, digit):
        activation, share = parts.activations[0][unit], parts.units[0][unit, digit]
        words = f"unit {unit}: activation {activation:.2f}, share of the score of {digit} {share:+.2f}"
        picture = _data_url(stroke_picture(pictures[unit]) if pictures.ndim == 4 else pixel_picture(pictures[unit]))
        cards.append(
            f'<li title="{words}"><img src="{picture}" alt="What unit {unit} responds to">'
            f"<span>active {activation:.1f}</span><strong>{share:+.2f}</strong></li>"
        )
    return f'<ol class="units">{"".join(cards)}</ol>'


def pixel_picture(weights: np.ndarray) -> Image.Image:
    """Weights (28, 28) of a unit as pixels, on a transparent ground."""
    strength = np.abs(weights) / (np.abs(weights).max() or 1.0)
    colours = np.where(weights[..., np.newaxis] > 0, _rgb(FOR), _rgb(AGAINST))
    rgba = np.concatenate([colours, (255 * strength[..., np.newaxis])], axis=2).astype(np.uint8)
    return Image.fromarray(rgba).resize((UNIT_SIDE, UNIT_SIDE), Image.Resampling.NEAREST)


def stroke_picture(weights: np.ndarray) -> Image.Image:
    """Weights (8, 9, 9) of a unit for the eight stroke directions as short edges on a 9x9 grid.

    An edge runs across its direction, which points towards the ink, and lies on that side of its grid point, so that
    the two edges of one stroke can be told apart.
    """
    cell = 40
    size = cell * weights.shape[1]
    picture = Image.new("RGBA", (size, size))
    pen = ImageDraw.Draw(picture)
    strength = (weights / (np.abs(weights).max() or 1.0)) ** 2  # squared, so that the many weak ones stay faint
    for flat in np.argsort(strength, axis=None):  # the strongest last, on top
        k, row, column = np.unravel_index(flat, weights.shape)
        angle = k * np.pi / 4  # clockwise from right, as the image's y points down
        towards, along = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
        middle = (np.array([column, row]) + 0.5) * cell + 0.18 * cell * towards
        ends = [tuple(middle + side * 0.55 * cell * along) for side in (-1, 1)]
        colour = FOR if weights[k, row, column] > 0 else AGAINST
        pen.line(ends, fill=(*map(int, _rgb(colour)), int(255 * strength[k, row, column])), width=cell // 6)
    return picture.resize((UNIT_SIDE, UNIT_SIDE), Image.Resampling.LANCZOS)


def network_chart(parts: Explanation, image: np.ndarray, digit: int) -> alt.LayerChart:
    """From the image (28, 28) uint8 through the strongest units to the ten digits; wide edges add or take off most."""
    (*units, digits), edges = place(parts, digit)
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-0.35, len(units) + 1.25]))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[1, 0]))
    lines = (
        alt.Chart(pd.DataFrame(map(asdict, edges), columns=["x", "y", "x2", "y2", "amount", "width", "path"]))
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
    nodes = [asdict(unit) for layer in units for unit in layer]
    dots = (
        alt.Chart(pd.DataFrame(nodes, columns=["x", "y", "index", "value"]))
        .mark_circle(opacity=1, color=GREY, stroke="white")
        .encode(
            x,
            y,
            size=alt.Size("value:Q", scale=alt.Scale(range=[30, 260]), legend=None),
            tooltip=[alt.Tooltip("index:Q", title="unit"), alt.Tooltip("value:Q", format=".2f", title="activation")],
        )
    )
    scores = pd.DataFrame([asdict(node) | {"label": f"{node.index}  {node.value:+.1f}"} for node in digits])
    signs = (
        alt.Chart(scores)
        .mark_text(fontSize=15, dx=10, align="left")
        .encode(
            x,
            y,
            text="label",
            color=alt.condition(f"datum.index === {digit}", alt.value(FOR), alt.value(GREY)),
            tooltip=[alt.Tooltip("index:Q", title="digit"), alt.Tooltip("value:Q", format="+.2f", title="score")],
        )
    )
    picture = (
        alt.Chart(pd.DataFrame({"x": [0.0], "y": [0.5], "url": [png_url(image, 4)]}))
        .mark_image(width=84, height=84)
        .encode(x, y, url="url", tooltip=alt.value(None))
    )
    return lines + dots + signs + picture


def _data_url(picture: Image.Image) -> str:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def _rgb(colour: str) -> np.ndarray:
    return np.frombuffer(bytes.fromhex(colour[1:]), np.uint8)
