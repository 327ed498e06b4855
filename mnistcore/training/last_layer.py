"""The last layer of a network, trained further on its own.

What the layers below give it is computed once for each image. For scikit-learn the last layer is then a network of its
own, without hidden layers: a few hundred steps take half a second.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.neural_network import MLPClassifier

from mnistcore.digit.features import network_input
from mnistcore.digit.form import DIGITS
from mnistcore.digit.model import Model, probabilities
from mnistcore.training.calibration import REFUSED, best_temperature

PASSES = 10  # of training; the result is the mean of the layers after the second half of them
STEPS = 30  # of a pass
KNOWN = 200  # images of a step that the base knows
OWN = 200  # images of a step that are to be learnt
LEARNING_RATE = 0.001  # faster, a layer of 300 inputs forgets more than it learns
WEIGHT_DECAY = 0.00001  # as in the training of `robust`


@dataclass(frozen=True, eq=False)
class Layer:
    """A last layer: weights (units, classes) and biases (classes,), float32."""

    weights: np.ndarray
    biases: np.ndarray

    @classmethod
    def of(cls, model: Model) -> Layer:
        """The last layer of a model."""
        return cls(model.weights[-1], model.biases[-1])

    def scores(self, units: np.ndarray) -> np.ndarray:
        """(n, units) -> (n, classes) float32."""
        return units @ self.weights + self.biases

    def errors(self, units: np.ndarray, labels: np.ndarray) -> int:
        """How many of the digits (n, units) with labels (n,) are misread."""
        return int(np.sum(self.scores(units)[:, :DIGITS].argmax(axis=1) != labels))

    def towards(self, other: Layer, share: float) -> Layer:
        """The layer that lies `share`, 0-1, of the way from this one to the other."""
        step = np.float32(share)
        weights, biases = other.weights - self.weights, other.biases - self.biases
        return Layer(self.weights + step * weights, self.biases + step * biases)

    def calibrated_like(self, other: Layer, units: np.ndarray, labels: np.ndarray) -> Layer:
        """The layer divided by as much as its best temperature on these digits is above the other layer's."""
        own, wanted = (best_temperature(layer.scores(units)[:, :DIGITS], labels) for layer in (self, other))
        return Layer(self.weights * np.float32(wanted / own), self.biases * np.float32(wanted / own))

    def thresholds_like(self, other: Layer, model: Model, units: np.ndarray) -> dict[str, float]:
        """The thresholds, by their names in the card, below which as many of these digits lie for this layer as lie
        below the model's thresholds for the other layer; taken for no digit, at least as many as calibration allows."""
        (theirs, their_digit), (own, own_digit) = (probabilities(layer.scores(units)) for layer in (other, self))
        uncertain = np.mean(theirs.max(axis=1) < model.rejection_threshold)
        thresholds = {"rejection_threshold": round(float(np.quantile(own.max(axis=1), uncertain)), 3)}
        if model.knows_non_digits:
            refused = max(float(np.mean(their_digit < model.digit_threshold)), REFUSED)
            thresholds["digit_threshold"] = round(float(np.quantile(own_digit, refused)), 4)
        return thresholds


def units_below(model: Model, images: np.ndarray) -> np.ndarray:
    """What a model's last layer is given of images (n, 28, 28): (n, units) float32."""
    if len(model.weights) == 1:
        return network_input(images, model.input)
    return model.activations(images)[-2]


def tune(
    start: Layer, known: tuple[np.ndarray, np.ndarray], own: tuple[np.ndarray, np.ndarray], rng: np.random.Generator
) -> tuple[Layer, list[float]]:
    """Train a last layer further.

    Args:
        start: the layer as it is.
        known: what it knows: units (n, units) float32 and classes (n,), all of them among these.
        own: what it is to learn, likewise; at least one.
        rng: the random generator.

    Returns:
        The layer, and the mean loss of each pass.
    """
    network = MLPClassifier(
        hidden_layer_sizes=(),
        learning_rate_init=LEARNING_RATE,
        alpha=WEIGHT_DECAY,
        batch_size=KNOWN + OWN,
        random_state=np.random.RandomState(rng.integers(2**32)),
    )
    # one step from random weights makes the arrays, which are then set to those to start from
    rows = np.resize(np.arange(len(known[0])), KNOWN + OWN)
    network.partial_fit(known[0][rows], known[1][rows], classes=np.arange(start.biases.size))
    network.coefs_[0][:], network.intercepts_[0][:] = start.weights, start.biases
    layers, losses = [], []
    for _ in range(PASSES):
        rows = rng.integers(0, len(known[0]), STEPS * KNOWN)
        own_rows = rng.integers(0, len(own[0]), STEPS * OWN)
        shown = np.concatenate([known[0][rows], own[0][own_rows]])
        network.partial_fit(shown, np.concatenate([known[1][rows], own[1][own_rows]]))
        layers.append((network.coefs_[0].copy(), network.intercepts_[0].copy()))
        losses.append(float(network.loss_))
    weights, biases = zip(*layers[PASSES // 2 :], strict=True)
    return Layer(np.mean(weights, axis=0), np.mean(biases, axis=0)), losses
