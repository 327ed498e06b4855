"""Calibration: temperature scaling, and the threshold below which an answer is uncertain."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import logsumexp

from mnistcore import load_model
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.digit.model import Model
from mnistcore.digit.probabilities import softmax
from mnistcore.evaluation.evaluate import evaluate
from mnistcore.training.calibration import (
    best_scale_and_shift,
    best_temperature,
    calibrated,
    digit_threshold,
    rejection_threshold,
)

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


def test_the_score_of_no_digit_is_scaled_and_shifted_to_known_odds():
    rng = np.random.default_rng(0)
    scores = rng.normal(0, 3, (10_000, 11))
    odds = logsumexp(scores[:, :10], axis=1) - 0.5 * scores[:, 10] - 1.5
    is_digit = rng.random(10_000) < 1 / (1 + np.exp(-odds))
    # both kinds count alike, however many there are of each
    found = best_scale_and_shift(scores[is_digit], scores[~is_digit])
    assert found[0] == pytest.approx(0.5, rel=0.15)
    assert found[1] == pytest.approx(1.5 - np.log((~is_digit).sum() / is_digit.sum()), abs=0.3)


def test_non_digits_are_calibrated_without_changing_the_ten_probabilities():
    classic = load_model("classic")
    others = 255 - IMAGES[:500]
    firing, firing_of_others = (classic.activations(images)[0].mean(axis=0) for images in (IMAGES[:2000], others))
    eleventh = (firing_of_others - firing)[:, np.newaxis] / 100  # higher where units fire that fire for the others
    model = replace(
        classic, weights=(classic.weights[0], np.hstack([classic.weights[1], eleventh])),
        biases=(classic.biases[0], np.append(classic.biases[1], np.float32(9))),
    )  # fmt: skip
    after = calibrated(model, IMAGES[:2000], LABELS[:2000], others)
    alone = calibrated(classic, IMAGES[:2000], LABELS[:2000])
    np.testing.assert_allclose(after.predict_proba(IMAGES), alone.predict_proba(IMAGES), atol=1e-5)
    odds = [np.mean(after.digit_probability(IMAGES[:2000])), np.mean(1 - after.digit_probability(others))]
    assert min(odds) > 0.5  # before, everything was taken for no digit
    threshold = digit_threshold(after, IMAGES[:2000], IMAGES[2000:2500])
    refused = [np.mean(after.digit_probability(some) < threshold) for some in (IMAGES[:2000], IMAGES[2000:2500])]
    assert max(refused) <= 0.01 + 1e-9


def test_two_percent_are_below_the_threshold():
    classic = load_model("classic")
    threshold = rejection_threshold(classic, IMAGES)
    assert np.mean(classic.predict_proba(IMAGES).max(axis=1) < threshold) == pytest.approx(0.02, abs=0.001)
