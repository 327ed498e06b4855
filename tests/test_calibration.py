"""Calibration: temperature scaling, and the threshold below which an answer is uncertain."""

import numpy as np
import pytest

from mnistcore import load_model
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.evaluation.evaluate import evaluate
from mnistcore.model import Model, softmax
from mnistcore.training.calibration import best_temperature, calibrated, rejection_threshold

IMAGES, LABELS = shipped_test_digits()


@pytest.mark.parametrize("true_temperature", [0.5, 1.0, 3.0])
def test_a_known_temperature_is_found(true_temperature):
    rng = np.random.default_rng(0)
    scores = rng.normal(0, 3, (20_000, 10))
    probabilities = softmax(scores / true_temperature)
    labels = (probabilities.cumsum(axis=1) > rng.random((20_000, 1))).argmax(axis=1)
    assert best_temperature(scores, labels) == pytest.approx(true_temperature, rel=0.03)


def test_an_overconfident_model_is_calibrated_and_answers_the_same():
    classic = load_model("classic")
    overconfident = Model(
        (*classic.weights[:-1], classic.weights[-1] * 3), (*classic.biases[:-1], classic.biases[-1] * 3), classic.card
    )
    model = calibrated(overconfident, IMAGES[:5000], LABELS[:5000])
    before, after = (evaluate(each, IMAGES[5000:], LABELS[5000:], "other digits") for each in (overconfident, model))
    assert after.confusion == before.confusion
    assert after.calibration_error < min(0.01, before.calibration_error / 2)
    assert model.card == classic.card


def test_two_percent_are_below_the_threshold():
    classic = load_model("classic")
    threshold = rejection_threshold(classic, IMAGES)
    assert np.mean(classic.predict_proba(IMAGES).max(axis=1) < threshold) == pytest.approx(0.02, abs=0.001)
