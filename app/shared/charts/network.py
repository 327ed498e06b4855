"""The network as a diagram: the image, its stroke directions, the strongest hidden units, the ten digits, and between
them lines as strong as what one adds to the other. network.js lights up what belongs to the node pointed at."""

from collections.abc import Callable

import numpy as np

from app.shared.charts import AGAINST, FOR
from app.shared.charts.layout import Edge, Node, place
from app.shared.charts.pictures import ink_url, weights_url
from app.shared.component import component
from app.shared.words import percent
from mnistcore.digit.explain import Explanation, explain, response_pictures
from mnistcore.digit.model import Model
from mnistcore.digit.reading import Reading, read

ARROWS = "→↘↓↙←↖↑↗"  # the stroke directions, in the order of mnistcore.digit.features
SHOWN = 5  # hidden units of a layer: as many as fit beside the sheet with pictures large enough to see

_show = component(__file__, '<div class="network-root"></div>')


def show(html: str, key: str) -> None:
    """Put a diagram on the page."""
    _show(data=html, key=key)


def of_reading(model: Model, reading: Reading | None, label: int | None = None) -> str:
    """The network at work on what is drawn; if nothing is, the same without light."""
    reading = reading or read(np.zeros((28, 28), np.uint8), model)
    digit = reading.runner_up if reading.digit is None else reading.digit
    return diagram(model, explain(model, reading.image, reading.layers), reading, digit, label=label)


def diagram(
    model: Model,
    parts: Explanation,
    reading: Reading,
    digit: int,
    rival: int | None = None,
    label: int | None = None,
    about: Callable[[Node], str] | None = None,
) -> str:
    """The network at work on one image.

    Args:
        model: the network.
        parts: of the image, as `explain` gives them.
        reading: what the network reads in it. If that is blank, there are no lines.
        digit: the units that matter most for its score are shown,
        rival: or if this is given, for the difference between its score and this one's.
        label: which digit the image is, if that is known.
        about: gives HTML on a unit, to be shown when it is pointed at; then each unit is a button.
    """
    columns, edges = place(parts, digit, rival, SHOWN)
    if reading.digit is None:
        edges = [[] for _ in edges]
    widths = " minmax(0, 1fr) ".join(["auto"] * len(columns))
    body = "".join(
        f'<p class="caption">{caption}</p>{_column(column, model, parts, reading, label, bool(about))}'
        + (_lines(edges[i], i) if i < len(edges) else "")
        for i, (column, caption) in enumerate(zip(columns, captions(model), strict=True))
    )
    units = [node for column in columns for node in column if node.kind == "unit"]
    panels = "".join(f'<div class="about" data-about="{node.name}">{about(node)}</div>' for node in units if about)
    return (
        f'<div class="network{" deep" if len(columns) > 5 else ""}">'
        f'<div class="columns" style="grid-template-columns:{widths}">{body}</div>'
        '<p class="key">A <b>green</b> line adds to what it leads to, an <i>orange</i> one takes off; the wider, the '
        f"more.</p>{panels}</div>"
    )


def captions(model: Model) -> list[str]:
    """What each column of the diagram is, in a few words."""
    units = [len(bias) for bias in model.biases[:-1]]
    return [
        "28×28 pixels",
        *(["8 directions"] if model.input != "pixels" else []),
        *(f"{min(SHOWN, count)} of {count:,} units" for count in units),
        "10 digits",
    ]


def _column(
    column: list[Node],
    model: Model,
    parts: Explanation,
    reading: Reading,
    label: int | None,
    buttons: bool,
) -> str:
    match column[0].kind:
        case "image":
            nodes = _picture(column[0], ink_url(reading.image), "The image that the network is given")
        case "direction":
            assert parts.planes is not None
            most = float(parts.planes.max())
            nodes = "".join(
                f"{_picture(node, ink_url(plane, most), f'Edges whose ink lies {arrow}', arrow)}"
                for node, plane, arrow in zip(column, parts.planes, ARROWS, strict=True)
            )
        case "unit":
            nodes = _units(column, model, parts, reading, buttons)
        case _:
            return f'<ol class="nodes digits" aria-label="Probability of each digit">{_digits(reading, label)}</ol>'
    return f'<div class="nodes {column[0].kind}s">{nodes}</div>'


def _units(column: list[Node], model: Model, parts: Explanation, reading: Reading, buttons: bool) -> str:
    layer = column[0].layer
    indices = np.array([node.index for node in column])
    activations = parts.activations[layer][indices] * (reading.digit is not None)
    glow = activations / (activations.max() or 1.0)
    pictures = response_pictures(model, parts, layer, indices)
    nodes = []
    for node, picture, strength in zip(column, pictures, glow, strict=True):
        tag = "button" if buttons else "span"
        nodes.append(
            f'<{tag} class="node" data-node="{node.name}" style="--glow:{strength:.2f}">'
            f'<img src="{weights_url(picture)}" alt="What unit {node.index} of hidden layer {layer + 1} responds to">'
            f"</{tag}>"
        )
    return "".join(nodes)


def _picture(node: Node, url: str, words: str, sign: str = "") -> str:
    return f'<span class="node" data-node="{node.name}">{sign}<img src="{url}" alt="{words}"></span>'


def _digits(reading: Reading, label: int | None) -> str:
    """The ten probabilities as bars: the digit read is green, or red if the label says otherwise."""
    best = None if reading.status == "not a digit" else reading.digit
    marks = {best: "best" if label in (None, best) else "best misread"}
    # given that it is a digit, one of the ten may have 99%
    is_digit = {"blank": 0.0, "not a digit": reading.digit_probability}.get(reading.status, 1.0)
    return "".join(
        f'<li class="{marks.get(digit, "")}" data-node="digit-0-{digit}"><span>{digit}</span>'
        f'<span class="track"><span class="bar" style="width:{100 * p:.1f}%"></span></span>'
        f"<span>{percent(p) if p >= 0.0005 else ''}</span></li>"  # nine times 0% would only distract
        for digit, p in enumerate(is_digit * reading.probabilities)
    )


def _lines(edges: list[Edge], step: int) -> str:
    paths = "".join(
        f'<path d="M0 {100 * edge.start.y:.1f}C50 {100 * edge.start.y:.1f} 50 {100 * edge.end.y:.1f} '
        f'100 {100 * edge.end.y:.1f}" stroke="{FOR if edge.amount > 0 else AGAINST}" '
        f'style="--width:{edge.width:.2f}" '
        f'data-from="{edge.start.name}" data-to="{edge.end.name}"/>'
        for edge in edges
    )
    return (
        f'<svg class="lines" style="--step:{step}" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">'
        f"{paths}</svg>"
    )
