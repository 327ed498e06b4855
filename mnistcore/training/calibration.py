"""Calibrate a network's probabilities: of all answers with a confidence of 90%, 90% should be correct.

A network that is trained for long is overconfident. Temperature scaling divides its ten scores by one number T before
the softmax, which changes no answer, only its confidence (Guo, Pleiss, Sun & Weinberger 2017, "On calibration of modern
neural networks"). T is chosen to make the labels of a calibration set, digits that the network was not trained on, most
probable.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from mnistcore.model import Model

REJECTED = 0.02  # share of the calibration set, the least confident answers, that counts as uncertain


def calibrated(model: Model, images: np.ndarray, labels: np.ndarray) -> Model:
    """The same network with its temperature set.

    Args:
        model: the network.
        images: (n, 28, 28) uint8 that it was not trained on.
        labels: (n,) integers 0-9.

    Returns:
        A model that gives the same answers, with the temperature folded into its last layer: dividing the scores by T
        is dividing the weights and biases that make them.
    """
    temperature = best_temperature(model.activations(images)[-1], labels)
    weights, biases = list(model.weights), list(model.biases)
    weights[-1] = (weights[-1] / temperature).astype(np.float32)
    biases[-1] = (biases[-1] / temperature).astype(np.float32)
    return Model(tuple(weights), tuple(biases), model.card)


def best_temperature(scores: np.ndarray, labels: np.ndarray) -> float:
    """The T, 0.1 to 10, under which softmax(scores / T) gives the labels (n,) the most probability; scores (n, 10)."""
    scores = scores.astype(np.float64)

    def loss(log_temperature: float) -> float:
        log_probabilities = log_softmax(scores / np.exp(log_temperature), axis=1)
        return -log_probabilities[np.arange(len(labels)), labels].mean()

    return float(np.exp(minimize_scalar(loss, bounds=np.log([0.1, 10]), method="bounded").x))


def rejection_threshold(model: Model, images: np.ndarray) -> float:
    """The probability, 0-1, below which an answer is among the least confident 2% of these images (n, 28, 28)."""
    return float(np.quantile(model.predict_proba(images).max(axis=1), REJECTED))
