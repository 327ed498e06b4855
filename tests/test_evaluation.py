"""The evaluation of a model, on plain and on distorted digits."""

import re
from dataclasses import replace

import numpy as np
import pytest

from mnistcore import load_model
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.evaluation.distortions import DISTORTIONS
from mnistcore.evaluation.evaluate import REJECTED, evaluate
from mnistcore.models import catalogue

IMAGES, LABELS = shipped_test_digits()
DISTORTED = 12


@pytest.fixture(scope="module")
def evaluation():
    found = evaluate(load_model("classic"), IMAGES, LABELS, "MNIST's test set", DISTORTED)
    assert list(found.robustness) == list(DISTORTIONS)
    return found


def test_every_figure_is_that_of_the_predictions(evaluation):
    predictions = load_model("classic").predict(IMAGES)
    misread = np.flatnonzero(predictions != LABELS)
    assert (evaluation.source, evaluation.count) == ("MNIST's test set", 10_000)
    assert evaluation.accuracy == 1 - len(misread) / 10_000 == np.trace(evaluation.confusion) / 10_000
    assert [row["count"] for row in evaluation.precision_recall()] == np.bincount(LABELS).tolist()
    assert [digit["index"] for digit in evaluation.misread] == misread.tolist()
    np.testing.assert_array_equal(evaluation.misread_pixels(), IMAGES[misread])
    for digit in evaluation.misread:
        assert digit["label"] == LABELS[digit["index"]] != digit["prediction"]
        assert np.argmax(digit["probabilities"]) == digit["prediction"]


def test_the_card_and_report_of_classic_have_the_same_figures(evaluation):
    assert load_model("classic").card["figures"]["test_accuracy"] == evaluation.accuracy
    assert catalogue.load_report("classic").evaluation.confusion == evaluation.confusion


def test_rejecting_more_answers_removes_more_errors(evaluation):
    assert [point["rejected"] for point in evaluation.risk_coverage] == list(REJECTED)
    removed = [point["errors_removed"] for point in evaluation.risk_coverage]
    assert removed == sorted(removed)
    assert 0 < removed[0] < removed[-1] < 1


def test_classic_is_nearly_calibrated(evaluation):
    assert sum(b["count"] for b in evaluation.calibration) == 10_000
    assert 0 < evaluation.calibration_error < 0.02


def test_without_distortion_accuracy_is_that_on_plain_digits(evaluation):
    plain = np.mean(load_model("classic").predict(IMAGES[:DISTORTED]) == LABELS[:DISTORTED])
    for kind, curve in evaluation.robustness.items():
        unchanged = curve["strengths"].index(1 if kind == "scaled" else 0)
        assert curve["accuracy"][unchanged] == pytest.approx(plain, abs=0.05), kind


def test_shifting_costs_nothing_and_turning_and_thinning_cost_accuracy(evaluation):
    accuracies = {kind: curve["accuracy"] for kind, curve in evaluation.robustness.items()}
    assert set(accuracies) == set(DISTORTIONS)
    assert min(accuracies["shifted"]) >= accuracies["shifted"][0] - 0.05
    for kind in ("turned", "thin"):
        assert accuracies[kind][-1] < accuracies[kind][0] - 0.2


def test_the_text_has_every_figure(evaluation):
    lines = evaluation.as_text().splitlines()
    assert lines[0].split() == ["accuracy", f"{evaluation.accuracy:.2%}", str(len(evaluation.misread)), "misread"]
    assert f"{evaluation.calibration_error:.2%}" in lines[1]
    assert len([line for line in lines if line.startswith("rejecting")]) == len(REJECTED)
    assert len([line for line in lines if re.match(r"\d  ", line)]) == 10
    for kind, curve in evaluation.robustness.items():
        (line,) = (line for line in lines if line.startswith(kind))
        assert line.count("%") == len(curve["accuracy"])


def test_robustness_is_left_out_unless_asked_for(evaluation):
    plain = evaluate(load_model("classic"), IMAGES, LABELS, "MNIST's test set")
    assert plain == replace(evaluation, robustness={})
