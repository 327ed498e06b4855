"""What the stage shows of the network at work on one image. Plain numbers: engine/stage.js draws them.

While the pen moves, the browser makes the same of its own reading (engine/scene.js).
"""

import base64

import numpy as np

from mnistcore.digit.explain import Explanation, kinds, response_pictures
from mnistcore.digit.model import Model
from mnistcore.digit.reading import Reading

SHOWN = 5  # hidden units of a layer: as many as fit beside the sheet with pictures large enough to see
MOST = 8  # kinds of unit of a layer, where that is not
ENOUGH = 0.8  # of the lead


def scene(
    model: Model,
    parts: Explanation,
    reading: Reading,
    digit: int,
    rival: int | None = None,
    label: int | None = None,
    groups: list[list[np.ndarray]] | None = None,
) -> dict:
    """The network at work on one image, as JSON for the browser.

    Args:
        model: the network.
        parts: of the image, as `explain` gives them.
        reading: what the network reads in it. If that is blank, nothing adds to anything.
        digit: the units that matter most for its score are shown,
        rival: or if this is given, for the difference between its score and this one's.
        label: which digit the image is, if that is known.
        groups: of each hidden layer the units that are shown, those together that are shown as one; by default the
            strongest one by one.

    Returns:
        What the picture, the stroke directions, the units and the bars are, and in `edges` what each node adds to each
        of the next column.
    """
    layers, blank = [], reading.digit is None
    shares = [unit_shares(parts, layer, digit, rival) for layer in range(len(parts.units))]
    if groups is None:
        groups = [[np.array([unit]) for unit in strongest(each, SHOWN)] for each in shares]
    for layer, (fires, group) in enumerate(zip(parts.activations, groups, strict=True)):
        units = np.array([members[0] for members in group])
        of_groups = _summed(shares[layer], group)
        layers.append(
            {
                "count": len(fires),
                "units": units.tolist(),
                "shares": _rounded(of_groups),
                "fires": _rounded(_summed(fires, group) * (not blank)),
                "pictures": [_small(picture) for picture in response_pictures(model, parts, layer, units)],
            }
        )
        if rival is not None:
            layers[-1]["explained"] = explained(of_groups, shares[layer])
    return {
        "image": _base64(reading.image),
        "planes": None if parts.planes is None else [_small(plane, parts.planes.max()) for plane in parts.planes],
        "layers": layers,
        "edges": [] if blank else [_rounded(amounts) for amounts in _edges(parts, groups)],
        "bars": bars(model, reading),
        "best": reading.answer,
        "label": label,
    }


def kinds_shown(model: Model, parts: Explanation, layer: int, digit: int, rival: int) -> list[np.ndarray]:
    """The units of a hidden layer that decide between two digits, those together that look for the same: as many kinds
    as explain most of the lead, if 8 do, the one that adds most first."""
    shares = unit_shares(parts, layer, digit, rival)
    firing = np.argsort(-np.abs(shares))[: np.count_nonzero(shares)]
    groups = [firing[places] for places in kinds(response_pictures(model, parts, layer, firing))]
    groups.sort(key=lambda group: -abs(float(shares[group].sum())))
    count = SHOWN
    while count < MOST and explained(_summed(shares, groups[:count]), shares) < ENOUGH:
        count += 1
    return sorted(groups[:count], key=lambda group: -float(shares[group].sum()))


def bars(model: Model, reading: Reading) -> list[float]:
    """How probable each digit is and, where the model knows it, that it is none: together 1; all 0 without ink."""
    is_digit = 0.0 if reading.status == "blank" else reading.digit_probability
    no_digit = [0.0 if reading.status == "blank" else 1 - is_digit] if model.knows_non_digits else []
    return [float(p) for p in is_digit * reading.probabilities] + no_digit


def strongest(shares: np.ndarray, shown: int) -> np.ndarray:
    """The units with the largest shares, either way, the highest first: (shown,) int, fewer if there are fewer."""
    most = np.argsort(-np.abs(shares))[:shown]
    return most[np.argsort(-shares[most])]


def unit_shares(parts: Explanation, layer: int, digit: int, rival: int | None) -> np.ndarray:
    """(units,) float32: what each unit of a hidden layer puts into a digit's score, less what it puts into its
    rival's."""
    shares = parts.units[layer]
    return shares[:, digit] if rival is None else shares[:, digit] - shares[:, rival]


def explained(part: np.ndarray, whole: np.ndarray) -> float:
    """Which share of a lead that is, 0 to 1: what some units put into it, of what all do."""
    lead = float(whole.sum())
    return min(max(float(part.sum()) / lead, 0.0), 1.0) if lead else 0.0


def _edges(parts: Explanation, groups: list[list[np.ndarray]]) -> list[np.ndarray]:
    """What each node adds to each of the next column, a matrix for each two neighbouring columns."""
    edges = [] if parts.planes is None else [parts.planes.sum(axis=(1, 2))[np.newaxis]]
    for layer, group in enumerate(groups):
        if layer:
            amounts = _summed(parts.flows[layer - 1], groups[layer - 1])
        else:
            amounts = parts.activations[0][np.newaxis] if parts.direction_flows is None else parts.direction_flows
        edges.append(_summed(amounts, group, axis=1))
    if groups:
        edges.append(_summed(parts.units[-1], groups[-1]))
    elif parts.directions is not None:
        edges.append(parts.directions.sum(axis=(2, 3)).T)
    else:
        edges.append(parts.pixels.sum(axis=(1, 2))[np.newaxis])
    return edges


def _summed(amounts: np.ndarray, groups: list[np.ndarray], axis: int = 0) -> np.ndarray:
    """Amounts of units along one axis -> of groups of units."""
    return np.stack([amounts.take(group, axis).sum(axis=axis) for group in groups], axis)


def _rounded(numbers: np.ndarray) -> list:
    return np.round(numbers.astype(float), 3).tolist()


def _small(numbers: np.ndarray, most: float | None = None) -> str:
    """Numbers as bytes with a sign, the largest of which is 127."""
    return _base64(np.rint(numbers / ((most or np.abs(numbers).max()) or 1) * 127).astype(np.int8))


def _base64(numbers: np.ndarray) -> str:
    return base64.b64encode(numbers.tobytes()).decode("ascii")
