"""Where the network diagram's nodes and edges lie. Plain numbers: nothing is drawn here."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mnistcore.digit.explain import Explanation

FAINTEST = 0.1  # of the strongest edge between the same two columns; weaker ones are left out


@dataclass(frozen=True)
class Node:
    """The image, a stroke direction, a hidden unit or a digit's output.

    Attributes:
        kind: "image", "direction", "unit" or "digit".
        layer: of a unit, 0 for the first hidden layer; else 0.
        index: which direction, which unit of its layer, or which digit.
        y: 0 (top) to 1 (bottom) in its column.
    """

    kind: str
    layer: int
    index: int
    y: float

    @property
    def name(self) -> str:
        """Unique in the diagram, and fit for an HTML attribute."""
        return f"{self.kind}-{self.layer}-{self.index}"


@dataclass(frozen=True)
class Edge:
    """What one node adds to another of the next column.

    Attributes:
        start, end: the two nodes.
        amount: what is added; below 0 it is taken off.
        width: the amount's size, 0-1, as a share of the largest between the same two columns.
    """

    start: Node
    end: Node
    amount: float
    width: float


def place(parts: Explanation, digit: int, rival: int | None, shown: int) -> tuple[list[list[Node]], list[list[Edge]]]:
    """The network's strongest units for one digit, or for one digit rather than another.

    Args:
        parts: of an image.
        digit: whose score it is.
        rival: if given, units are chosen by what they put into the difference of the two scores.
        shown: hidden units of each layer, at most.

    Returns:
        The nodes, a list a column: the image, the stroke directions if the network is given them, each hidden layer,
        the ten digits. And the edges, a list for each two neighbouring columns.
    """
    columns = [_column("image", 0, np.array([0]))]
    amounts = []  # between all nodes of two neighbouring columns
    if parts.planes is not None:
        columns.append(_column("direction", 0, np.arange(8)))
        amounts.append(parts.planes.sum(axis=(1, 2))[np.newaxis])
    for layer in range(len(parts.units)):
        columns.append(_column("unit", layer, strongest(parts, layer, digit, rival, shown)))
        into = parts.activations[0][np.newaxis] if parts.direction_flows is None else parts.direction_flows
        amounts.append(parts.flows[layer - 1] if layer else into)
    columns.append(_column("digit", 0, np.arange(10)))
    if parts.units:
        amounts.append(parts.units[-1])
    elif parts.directions is not None:
        amounts.append(parts.directions.sum(axis=(2, 3)).T)
    else:
        amounts.append(parts.pixels.sum(axis=(1, 2))[np.newaxis])
    return columns, [_edges(*two, amount) for two, amount in zip(pairwise(columns), amounts, strict=True)]


def strongest(parts: Explanation, layer: int, digit: int, rival: int | None, shown: int) -> np.ndarray:
    """Of one hidden layer, the units that add most to a digit's score (less its rival's) or take most off it, the
    highest share first: (shown,) int, fewer if the layer has fewer."""
    shares = unit_shares(parts, layer, digit, rival)
    most = np.argsort(-np.abs(shares))[:shown]
    return most[np.argsort(-shares[most])]


def unit_shares(parts: Explanation, layer: int, digit: int, rival: int | None) -> np.ndarray:
    """(units,) float32: what each unit of a hidden layer puts into a digit's score, less what it puts into its
    rival's."""
    shares = parts.units[layer]
    return shares[:, digit] if rival is None else shares[:, digit] - shares[:, rival]


def _column(kind: str, layer: int, indices: np.ndarray) -> list[Node]:
    return [Node(kind, layer, int(index), (i + 0.5) / len(indices)) for i, index in enumerate(indices)]


def _edges(left: list[Node], right: list[Node], amounts: np.ndarray) -> list[Edge]:
    shown = amounts[np.ix_([node.index for node in left], [node.index for node in right])]
    widths = np.abs(shown) / max(float(np.abs(shown).max()), 1e-9)
    return [Edge(left[i], right[j], float(shown[i, j]), float(widths[i, j])) for i, j in np.argwhere(widths > FAINTEST)]
