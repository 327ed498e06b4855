"""Where the network diagram's nodes and edges lie. Plain numbers: nothing is drawn here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mnistcore.explain import Explanation

SHOWN = 12  # units of a layer: more edges than theirs cannot be told apart
FAINTEST = 0.05  # of the strongest edge between the same two columns; weaker ones are left out


@dataclass(frozen=True)
class Node:
    """A hidden unit or a digit's output.

    Attributes:
        x: column: 1 is the first hidden layer, the digits come last. The image, which is no node, is 0.
        y: 0 (top) to 1 (bottom).
        index: which unit of its layer, or which digit.
        value: the unit's activation, or the digit's score.
    """

    x: int
    y: float
    index: int
    value: float


@dataclass(frozen=True)
class Edge:
    """What one node adds to another.

    Attributes:
        x, y, x2, y2: where it begins and ends.
        amount: what is added; below 0 it is taken off.
        width: the amount's size, 0-1, as a share of the largest between the same two columns.
        path: its two ends, in words.
    """

    x: int
    y: float
    x2: int
    y2: float
    amount: float
    width: float
    path: str


def strongest(parts: Explanation, layer: int, digit: int) -> np.ndarray:
    """Of one hidden layer, the SHOWN units that add most to a digit's score or take most off; highest share first."""
    shares = parts.units[layer][:, digit]
    most = np.argsort(-np.abs(shares))[:SHOWN]
    return most[np.argsort(-shares[most])]


def place(parts: Explanation, digit: int) -> tuple[list[list[Node]], list[Edge]]:
    """The network's strongest units for one digit.

    Returns:
        The nodes, a list for each hidden layer and one of the ten digits; and the edges between neighbouring columns,
        from the image on.
    """
    columns = []
    for layer, activations in enumerate(parts.activations):
        units = strongest(parts, layer, digit)
        columns.append(_column(layer + 1, units, activations))
    columns.append(_column(len(columns) + 1, np.arange(10), parts.scores))

    edges = []
    if len(columns) > 1:
        amounts = [unit.value for unit in columns[0]]
        edges = [
            Edge(0, 0.5, unit.x, unit.y, unit.value, width, f"image to unit {unit.index}")
            for unit, width in zip(columns[0], _widths(amounts), strict=True)
        ]
    for left, right, flow in zip(columns, columns[1:], [*parts.flows, *parts.units[-1:]], strict=False):
        pairs = [(a, b) for a in left for b in right]
        amounts = [float(flow[a.index, b.index]) for a, b in pairs]
        target = "digit" if right is columns[-1] else "next layer's unit"
        edges += [
            Edge(a.x, a.y, b.x, b.y, amount, width, f"unit {a.index} to {target} {b.index}")
            for (a, b), amount, width in zip(pairs, amounts, _widths(amounts), strict=True)
        ]
    return columns, [edge for edge in edges if edge.width > FAINTEST]


def _column(x: int, indices: np.ndarray, values: np.ndarray) -> list[Node]:
    return [Node(x, (i + 0.5) / len(indices), int(k), float(values[k])) for i, k in enumerate(indices)]


def _widths(amounts: list[float]) -> np.ndarray:
    sizes = np.abs(amounts)
    return sizes / max(sizes.max(), 1e-9)
