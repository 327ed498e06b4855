"""Why the network answers as it does: every score taken apart into what each pixel and each unit put in.

A ReLU network is a piece of flat sheet around every image: as long as no unit switches on or off, its scores change by
a fixed slope for each pixel (Montúfar et al. 2014, "On the number of linear regions of deep neural networks"). So

    score of a digit = sum over pixels (brightness x slope) + a fixed part

holds exactly, and brightness x slope is that pixel's share: "gradient x input" (Shrikumar et al. 2016, "Not just a
black box"), which for such a network is the same as layer-wise relevance propagation (Ancona et al. 2018, "Towards
better understanding of gradient-based attribution methods"). The fixed part is what the biases add. A blank pixel has
no share; what ink *would* do there is its slope. The same sum holds for any hidden layer's units instead of the pixels.

Scores count only against each other: the softmax gives the same probabilities if all rise by as much. So they are given
here relative to the mean of the ten digits', where what speaks for every digit alike cancels out; also the eleventh, of
models that know what is no digit.

A network that is given stroke directions is explained in the same way: these are piecewise linear too
(`features.py`), and the slopes lead on through them to the pixels. On the way each direction has its share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mnistcore.digit import features
from mnistcore.digit.features import network_input
from mnistcore.digit.form import DIGITS, SIDE
from mnistcore.digit.model import Model

# the cosine of two units' pictures from which they look for the same: 5 such kinds explain nearly all of a lead
ALIKE = 0.5


@dataclass(frozen=True)
class Explanation:
    """The k scores of one image, taken apart: of the ten digits, and of "not a digit" if the model has an eleventh.

    Attributes:
        scores: (k,) float32, before the softmax, less the mean of the ten digits': one more is e = 2.7 times the odds.
        slopes: (k, 28, 28) float32, by how much each score would rise per 0-1 of ink at each pixel.
        pixels: (k, 28, 28) float32, what each pixel put into each score; zero where there is no ink.
        activations: one (units,) float32 a hidden layer, how strongly each unit fired; 0 is not at all.
        units: one (units, k) float32 a hidden layer, what each unit put into each score.
        flows: one matrix a step between hidden layers, (units, units of the next) float32: what each unit handed to
            each of the next layer, before its ReLU.
        planes: (8, 9, 9) float32, the stroke directions of the image; None if the network is given pixels.
        directions: (k, 8, 9, 9) float32, what each stroke direction at each point of its grid put into each score;
            None if the network is given pixels.
        direction_flows: (8, units of the first hidden layer) float32, what each stroke direction handed to each unit,
            before its ReLU; None if the network is given pixels.
    """

    scores: np.ndarray
    slopes: np.ndarray
    pixels: np.ndarray
    activations: list[np.ndarray]
    units: list[np.ndarray]
    flows: list[np.ndarray]
    planes: np.ndarray | None = None
    directions: np.ndarray | None = None
    direction_flows: np.ndarray | None = None

    @property
    def fixed(self) -> np.ndarray:
        """(k,) float32: the part of each score that no pixel put in."""
        return self.scores - self.pixels.sum(axis=(1, 2))


def explain(model: Model, image: np.ndarray, layers: Sequence[np.ndarray] = ()) -> Explanation:
    """Take apart what the model makes of one image.

    Args:
        model: the network.
        image: (28, 28), pixels 0-255 as `prepare` gives them.
        layers: what the network has computed of it, if that is known: `Reading.layers`.

    Returns:
        The parts of all scores.

    Raises:
        BadImage: the image has another shape.
    """
    *activations, scores = (layer[0] for layer in layers or model.activations(np.asarray(image)[np.newaxis]))
    # walk back from the scores: slope[j, k] is how much score k rises when unit j of this layer does
    slope = model.weights[-1]
    slope = slope - slope[:, :DIGITS].mean(axis=1, keepdims=True)
    units = []
    for activation, weight in zip(reversed(activations), reversed(model.weights[:-1]), strict=True):
        units.append(activation[:, np.newaxis] * slope)
        slope = weight @ (slope * (activation > 0)[:, np.newaxis])  # a unit that is off passes nothing on
    ink = network_input(np.asarray(image)[np.newaxis], "pixels").reshape(SIDE, SIDE)
    planes = directions = direction_flows = None
    if model.input == "pixels":
        slopes = slope.T.reshape(-1, SIDE, SIDE)
    else:
        slopes = features.to_pixels(ink, slope.T)
        planes = features.stroke_directions(ink[np.newaxis])[0]
        directions = planes * slope.T.reshape(-1, *planes.shape)
        if activations:  # the sum over the grid, for each direction
            by_direction = model.weights[0].reshape(features.DIRECTIONS, features.GRID**2, -1)
            direction_flows = (planes.reshape(features.DIRECTIONS, 1, -1) @ by_direction)[:, 0]
    return Explanation(
        scores=scores - scores[:DIGITS].mean(),
        slopes=slopes,
        pixels=ink * slopes,
        activations=activations,
        units=units[::-1],
        flows=[a[:, np.newaxis] * w for a, w in zip(activations, model.weights[1:-1], strict=False)],
        planes=planes,
        directions=directions,
        direction_flows=direction_flows,
    )


def response_pictures(model: Model, parts: Explanation, layer: int, units: np.ndarray) -> np.ndarray:
    """What hidden units respond to, as pictures: ink makes a unit's sum rise where its picture is above 0.

    A unit of the first layer has one picture, its weights. What a deeper one responds to depends on which units below
    it are active: its weights are traced back through those, so they are its slopes at this image. Stroke directions
    are drawn as the ink that they ask for (`features.to_picture`).

    Args:
        model: the network.
        parts: of an image, as `explain` gives them.
        layer: 0 is the first hidden layer.
        units: (k,) int, which of its units.

    Returns:
        (k, 28, 28) float32.
    """
    slope = model.weights[layer][:, units]
    for weight, activation in zip(reversed(model.weights[:layer]), reversed(parts.activations[:layer]), strict=True):
        slope = weight @ (slope * (activation > 0)[:, np.newaxis])
    return slope.T.reshape(-1, SIDE, SIDE) if model.input == "pixels" else features.to_picture(slope.T)


def kinds(pictures: np.ndarray) -> list[np.ndarray]:
    """Which of some hidden units look for the same.

    Args:
        pictures: (k, 28, 28) of the units, as `response_pictures` gives them, the most important first.

    Returns:
        Of each kind the units, as places in the pictures' order: first the one that the others are like.
    """
    rows = pictures.reshape(len(pictures), -1)
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    left, found = np.arange(len(rows)), []
    while left.size:
        alike = rows[left] @ rows[left[0]] > ALIKE
        alike[0] = True
        found.append(left[alike])
        left = left[~alike]
    return found


def unit_pictures(model: Model) -> np.ndarray:
    """What each unit of the first layer looks for: its weights as pictures, float32: (units, 28, 28) of pixels, or
    (units, 8, 9, 9) of stroke directions on their grid."""
    shape = (SIDE, SIDE) if model.input == "pixels" else (features.DIRECTIONS, features.GRID, features.GRID)
    return model.weights[0].T.reshape(-1, *shape)
