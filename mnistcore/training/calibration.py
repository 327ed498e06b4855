"""Calibrate a network's probabilities: of all answers with a confidence of 90%, 90% should be correct.

A network that is trained for long is overconfident. Temperature scaling divides its ten scores by one number T before
the softmax, which changes no answer, only its confidence (Guo, Pleiss, Sun & Weinberger 2017, "On calibration of modern
neural networks"). T is chosen to make the labels of a calibration set, digits that the network was not trained on, most
probable. The score of "not a digit" is scaled and shifted in the same way, to make digits and non-digits most probable
(Platt 1999, "Probabilistic outputs for support vector machines").
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax, logsumexp

from mnistcore.digit.form import DIGITS
from mnistcore.digit.model import Model

UNCERTAIN = 0.02  # share of the calibration set's digits, the least confident answers, that counts as uncertain
REFUSED = 0.01  # share of each kind of calibration digits that may be taken for no digit,
REFUSED_DEGRADED = 0.03  # and of those that a camera, a scanner or a threshold has spoilt


def calibrated(model: Model, images: np.ndarray, labels: np.ndarray, non_digits: np.ndarray | None = None) -> Model:
    """The same network with its probabilities calibrated.

    Args:
        model: the network.
        images: (n, 28, 28) uint8 that it was not trained on.
        labels: (n,) integers 0-9.
        non_digits: (m, 28, 28) uint8 that it was not trained on; only for a model that knows non-digits.

    Returns:
        A model that reads the same digits, with what calibrates it folded into its last layer: dividing the scores by T
        is dividing the weights and biases that make them.
    """
    scores = model.activations(images)[-1]
    scale, shift = np.ones((2, len(model.biases[-1]))) * [[1], [0]]
    scale[:] = 1 / best_temperature(scores[:, :DIGITS], labels)
    if non_digits is not None:
        others = model.activations(non_digits)[-1]
        scale[DIGITS], shift[DIGITS] = best_scale_and_shift(scores * scale, others * scale) * [scale[DIGITS], 1]
    weights = (*model.weights[:-1], (model.weights[-1] * scale).astype(np.float32))
    biases = (*model.biases[:-1], (model.biases[-1] * scale + shift).astype(np.float32))
    return replace(model, weights=weights, biases=biases)


def best_temperature(scores: np.ndarray, labels: np.ndarray) -> float:
    """The T, 0.1 to 10, under which softmax(scores / T) gives the labels (n,) the most probability; scores (n, 10)."""
    scores = scores.astype(np.float64)

    def loss(log_temperature: float) -> float:
        log_probabilities = log_softmax(scores / np.exp(log_temperature), axis=1)
        return -log_probabilities[np.arange(len(labels)), labels].mean()

    return float(np.exp(minimize_scalar(loss, bounds=np.log([0.1, 10]), method="bounded").x))


def best_scale_and_shift(digits: np.ndarray, others: np.ndarray) -> np.ndarray:
    """By what to multiply the eleventh score, and what to add, for digits (n, 11) and non-digits (m, 11) to be told
    apart with the most probability, both counting alike: (2,) float64."""

    def loss(scale_and_shift: np.ndarray) -> float:
        # log odds of being a digit, and the mean negative log likelihood of either kind
        odds = [
            logsumexp(z[:, :DIGITS], axis=1) - z[:, DIGITS] * scale_and_shift[0] - scale_and_shift[1]
            for z in (digits, others)
        ]
        return float(np.logaddexp(0, -odds[0]).mean() + np.logaddexp(0, odds[1]).mean())

    return minimize(loss, [1.0, 0.0], method="Nelder-Mead").x


def rejection_threshold(model: Model, images: np.ndarray) -> float:
    """The probability, 0-1, below which an answer is among the least confident 2% of these digits (n, 28, 28)."""
    return float(np.quantile(model.predict_proba(images).max(axis=1), UNCERTAIN))


def digit_threshold(model: Model, *kinds: np.ndarray, degraded: np.ndarray | None = None) -> float:
    """The digit probability, 0-1, below which no more than 1% of each kind of digits (n, 28, 28) lie, and no more than
    3% of degraded ones."""
    limits = [np.quantile(model.digit_probability(images), REFUSED) for images in kinds]
    if degraded is not None:
        limits.append(np.quantile(model.digit_probability(degraded), REFUSED_DEGRADED))
    return float(min(limits))
