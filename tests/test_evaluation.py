"""The figures that say how good a model is."""

import numpy as np
import pytest

from mnistcore import BadModelFile, load_model
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.evaluation.evaluate import DISTORTIONS, Evaluation, calibration_error, evaluate, reliability

IMAGES, LABELS = shipped_test_digits()


@pytest.fixture(scope="module")
def figures():
    return evaluate(load_model("classic"), IMAGES, LABELS, "MNIST's test set", distorted=40)


def test_accuracy_and_confusion_tell_the_same(figures):
    assert figures.accuracy == pytest.approx(np.trace(figures.confusion) / 10_000)
    assert 0.975 <= figures.accuracy < 1
    assert load_model("classic").card["figures"]["test_accuracy"] == figures.accuracy


def test_every_distortion_starts_harmless_and_does_harm(figures):
    assert set(figures.distorted) == set(DISTORTIONS)
    plain = np.mean(load_model("classic").predict(IMAGES[:40]) == LABELS[:40])
    for kind, curve in figures.distorted.items():
        harmless = curve["strengths"].index(1 if kind == "scaled" else 0)
        assert curve["accuracy"][harmless] >= plain - 0.05
    for kind in ("turned", "thin"):
        assert figures.distorted[kind]["accuracy"][-1] < plain
    assert min(figures.distorted["shifted"]["accuracy"]) >= plain - 0.05


def test_refusing_more_removes_more_errors(figures):
    removed = [refusal["errors_removed"] for refusal in figures.refusals]
    assert removed == sorted(removed)
    assert 0 < removed[0] < removed[-1] <= 1


def test_the_calibration_error_of_known_cases():
    sure = np.repeat([0.6, 0.9], 1500)
    right = np.concatenate([np.arange(1500) % 10 < 6, np.arange(1500) % 10 < 9])
    assert calibration_error(reliability(sure, right)) == pytest.approx(0, abs=1e-9)
    assert calibration_error(reliability(sure, np.ones(3000, bool))) == pytest.approx(0.25)
    assert [b["count"] for b in reliability(sure, right)] == [200] * 15


def test_the_text_has_every_figure(figures):
    text = figures.as_text()
    assert f"{figures.accuracy:.2%}" in text
    for kind in DISTORTIONS:
        assert kind in text


def test_an_evaluation_survives_its_file(figures, tmp_path):
    figures.save(tmp_path / "e.json")
    assert Evaluation.load(tmp_path / "e.json").as_text() == figures.as_text()
    (tmp_path / "e.json").write_text("{")
    with pytest.raises(BadModelFile, match="not an evaluation"):
        Evaluation.load(tmp_path / "e.json")
