"""Probabilities that keep their word."""

import numpy as np
import pytest

from mnistcore import load_model
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.evaluation.evaluate import calibration_error, reliability
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


def test_calibration_changes_no_answer_and_mends_the_probabilities():
    classic = load_model("classic")
    # far too sure of itself, as a network trained to the end is
    bragging = Model((*classic.weights[:-1], classic.weights[-1] * 3), (*classic.biases[:-1], classic.biases[-1] * 3))
    mended = calibrated(bragging, IMAGES[:5000], LABELS[:5000])
    assert (mended.predict(IMAGES) == bragging.predict(IMAGES)).all()
    assert error(mended) < error(bragging) / 2
    assert error(mended) < 0.01


def error(model):
    """Calibration error on digits that the temperature was not set on."""
    probabilities = model.predict_proba(IMAGES[5000:])
    return calibration_error(reliability(probabilities.max(axis=1), probabilities.argmax(axis=1) == LABELS[5000:]))


def test_two_per_cent_are_less_sure_than_the_threshold():
    classic = load_model("classic")
    threshold = rejection_threshold(classic, IMAGES)
    assert np.mean(classic.predict_proba(IMAGES).max(axis=1) < threshold) == pytest.approx(0.02, abs=0.001)
