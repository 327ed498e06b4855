"""The network: an image goes in, probabilities come out, and every number between can be looked at.

A trained model is a few matrices. For one image, an input of 784 pixels and a hidden layer of 128 units:

    x                      the pixels, 0 (paper) to 1 (ink)                              784 numbers
    h = relu(x W1 + b1)    each hidden unit weighs all pixels, and fires if the sum > 0   128
    z = h W2 + b2          each digit weighs all hidden units                              10
    p = softmax(z)         scores made positive and summing to 1: the probabilities        10

A model may be given stroke directions instead of pixels (`features.py`), and may have an eleventh score, for "not a
digit": then `digit_probability` is what the softmax over all eleven leaves to the ten digits together.

scikit-learn finds the W and b (see `training/fitting.py`); from then on they are plain arrays, and predicting needs
only NumPy. What else belongs to the prediction is folded into them: the scaler of the pixels into the first layer, what
calibrates the probabilities into the last.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from mnistcore.digit.features import INPUTS, network_input
from mnistcore.digit.form import DIGITS
from mnistcore.digit.probabilities import probabilities

DEFAULT_REJECTION_THRESHOLD = 0.6  # of models that were not calibrated


@dataclass(frozen=True)
class Model:
    """A trained network.

    Attributes:
        weights: one float32 matrix a layer, (inputs, outputs). The last has 10 outputs, or 11 with "not a digit".
        biases: one float32 vector a layer, (outputs,).
        card: what the model is and where it comes from, as plain JSON: name, recipe, data, seed, versions, figures.
        input: what the first layer is given, one of INPUTS.
    """

    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]
    card: dict = field(default_factory=dict)
    input: str = "pixels"

    def __repr__(self) -> str:
        sizes = [INPUTS[self.input], *(len(bias) for bias in self.biases)]
        return f"<Model {self.name}: {' -> '.join(map(str, sizes))}>"

    @property
    def name(self) -> str:
        """The model's name, "unnamed" if its card has none."""
        return self.card.get("name", "unnamed")

    @cached_property
    def version(self) -> str:
        """What tells its weights from any others': the first 12 hexadecimal digits of their SHA-256."""
        digest = hashlib.sha256()
        for array in (*self.weights, *self.biases):
            digest.update(array.tobytes())
        return digest.hexdigest()[:12]

    @property
    def full_name(self) -> str:
        """Name and version, such as "robust 0b5d7e2f9c41": what is kept with an answer of the model."""
        return f"{self.name} {self.version}"

    @property
    def rejection_threshold(self) -> float:
        """The probability, 0-1, below which an answer is uncertain: set by calibration, else 0.6."""
        # files of version 1.0 have the second name
        return self.card.get("rejection_threshold", self.card.get("unsure_below", DEFAULT_REJECTION_THRESHOLD))

    @property
    def knows_non_digits(self) -> bool:
        """Whether it has an eleventh score, for "not a digit"."""
        return len(self.biases[-1]) > DIGITS

    @property
    def digit_threshold(self) -> float:
        """The `digit_probability`, 0-1, below which an image is taken for no digit; set by calibration."""
        return self.card.get("digit_threshold", 0.5)

    def activations(self, images: np.ndarray) -> list[np.ndarray]:
        """Everything the network computes on the way to its answer.

        Args:
            images: (n, 28, 28) or (n, 784), as `network_input` takes them.

        Returns:
            One float32 array a layer: the hidden layers after their ReLU, (n, units), and last the scores before the
            softmax, (n, 10) or (n, 11).

        Raises:
            BadImage: the images have another shape.
        """
        x = network_input(images, self.input)
        return self.forward(x) if len(x) != 1 else _forward_one(self, x)

    def forward(self, x: np.ndarray) -> list[np.ndarray]:
        """The network itself, layer by layer, of inputs that are there already: x is (n, inputs) float32."""
        layers = []
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            x = x @ weight
            x += bias
            np.maximum(x, np.zeros_like(bias), out=x)  # ReLU; beside a single 0 it takes five times as long
            layers.append(x)
        layers.append(x @ self.weights[-1] + self.biases[-1])
        return layers

    def probabilities(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`predict_proba` and `digit_probability` in one pass through the network."""
        return probabilities(self.activations(images)[-1])

    def predict_proba(self, images: np.ndarray) -> np.ndarray:
        """How probable each digit is, given that the image is one.

        Args:
            images: as `activations` takes them.

        Returns:
            (n, 10) float32, each row adding up to 1.

        Raises:
            BadImage: the images have another shape.
        """
        return self.probabilities(images)[0]

    def digit_probability(self, images: np.ndarray) -> np.ndarray:
        """How probable it is that each image is a digit: (n,) float32 in 0-1; always 1 without an eleventh score."""
        return self.probabilities(images)[1]

    def predict(self, images: np.ndarray) -> np.ndarray:
        """The digit each image most likely is, given that it is one: as `predict_proba`, but (n,) int64 in 0-9."""
        return self.activations(images)[-1][:, :DIGITS].argmax(axis=1)


def _forward_one(model: Model, x: np.ndarray) -> list[np.ndarray]:
    """The same for one image, x (1, inputs), faster: inputs that are 0 add nothing. Where most of them are, as most
    pixels and hidden units are, their weights need not be fetched from memory."""
    layers = []
    for weight, bias in zip(model.weights[:-1], model.biases[:-1], strict=True):
        firing = x[0].astype(bool).nonzero()[0]  # in a third of the time that it takes of float32
        few = len(firing) < x.size / 4  # picking more of them takes longer than reading all
        x = x.take(firing, axis=1).dot(weight.take(firing, axis=0)) if few else x.dot(weight)
        x += bias
        layers.append(np.maximum(x, 0, out=x))
    layers.append(x.dot(model.weights[-1]) + model.biases[-1])
    return layers
