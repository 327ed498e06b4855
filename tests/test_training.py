"""Training: progress, cross-validation, the report and card of a run, and what each setting of a recipe does."""

from dataclasses import asdict, fields, replace

import numpy as np
import pytest
from conftest import TINY

from mnistcore import BadRecipe, DataUnavailable
from mnistcore.data import datasets
from mnistcore.evaluation.evaluate import evaluate
from mnistcore.training.epoch_data import epoch_data
from mnistcore.training.fitting import SMALLEST_SPREAD, fit_from, fit_scaler, learning_rate
from mnistcore.training.recipes import CLASSIC, RECIPES, ROBUST, Recipe, recipe_from_json, shortened
from mnistcore.training.searches import get_recipe
from mnistcore.training.train import train

QUICK = replace(CLASSIC, hidden_layers=(32,), epochs=6, folds=3, batch_size=200, learning_rate=0.0005)


@pytest.fixture(scope="module")
def dataset(data_file):
    return datasets.load(file=data_file, log=lambda _: None)


@pytest.fixture(scope="module")
def run(dataset):
    events = []
    model, report = train(QUICK, dataset, seed=1, name="mine", on_progress=events.append)
    return model, report, events


def test_the_network_learns(run):
    _, report, _ = run
    assert report.evaluation.accuracy > 0.8
    assert all(score > 0.8 for score in report.cv_scores)
    assert report.loss_curve[-1] < report.loss_curve[0] / 2


def test_progress_is_reported_after_every_epoch(run):
    _, report, events = run
    for fold in (1, 2, 3, None):  # their epochs may alternate
        assert [event.epoch for event in events if event.fold == fold] == [1, 2, 3, 4, 5, 6]
    assert {(event.folds, event.epochs) for event in events} == {(3, 6)}
    assert [event.share for event in events] == pytest.approx(np.arange(1, 25) / 24)
    assert [event.loss for event in events if not event.fold] == report.loss_curve
    scores = {event.fold: event.accuracy for event in events if event.fold and event.epoch == 6}
    assert [scores[fold] for fold in (1, 2, 3)] == report.cv_scores
    assert [event.accuracy for event in events if not event.fold] == [None] * 6


def test_the_report_summarises_the_folds(run):
    _, report, _ = run
    assert report.cv_mean == pytest.approx(np.mean(report.cv_scores))
    assert report.cv_spread == pytest.approx(np.std(report.cv_scores))
    assert report.validation_curve[-1] == pytest.approx(report.cv_mean)
    assert len(report.validation_curve) == 6


def test_the_report_has_the_evaluation_of_the_model(run, dataset):
    model, report, _ = run
    assert report.evaluation == evaluate(model, dataset.test_images, dataset.test_labels, dataset.source)


def test_report_and_card_record_the_run(run, dataset):
    model, report, _ = run
    assert model.card["name"] == report.name == "mine"
    assert model.card["seed"] == report.seed == 1
    assert recipe_from_json(report.recipe) == QUICK
    assert model.card["data"] == report.data
    assert report.data == {
        "source": dataset.source,
        "sha256": dataset.sha256,
        "training_rows": 4000,
        "validation_rows": 0,
        "test_rows": 1000,
    }
    assert model.card["figures"] == {
        "cv_mean": pytest.approx(report.cv_mean, abs=1e-5),
        "cv_spread": pytest.approx(report.cv_spread, abs=1e-5),
        "test_accuracy": report.evaluation.accuracy,
    }


def test_the_same_seed_gives_the_same_model(run, dataset):
    without_folds = replace(QUICK, folds=0)
    again = train(without_folds, dataset, seed=1)[0]
    other = train(without_folds, dataset, seed=2)[0]
    assert (again.predict_proba(dataset.test_images) == run[0].predict_proba(dataset.test_images)).all()
    assert (other.weights[0] != again.weights[0]).any()


def test_without_folds_there_are_no_scores(dataset):
    model, report = train(replace(TINY, folds=0), dataset)
    assert report.cv_scores == report.validation_curve == []
    assert np.isnan(report.cv_mean)
    assert np.isnan(report.cv_spread)
    assert model.card["figures"]["cv_mean"] is None
    assert report.name.startswith("classic-")


@pytest.mark.slow
def test_validation_rows_are_not_trained_on_but_calibrated_on(dataset):
    recipe = replace(
        QUICK, folds=0, epochs=4, cosine_decay=True, swa_epochs=2, validation_fraction=0.1, distortion=1.0,
        load_digits=True, degraded_fraction=0.1, finetune_epochs=2, scale_pixels=False,
        learning_rate=0.002,
    )  # fmt: skip
    few = replace(dataset, images=dataset.images[:1000], labels=dataset.labels[:1000])
    model, report = train(recipe, few, seed=1)
    assert report.data["validation_rows"] == pytest.approx(100, abs=5)  # a tenth of each digit
    assert report.data["training_rows"] == 1000 - report.data["validation_rows"]
    assert len(report.validation_curve) == 4
    assert report.evaluation.accuracy > 0.6
    assert 0 < model.card["rejection_threshold"] < 1


def test_weight_averaging_gives_the_mean_of_the_last_networks(dataset):
    recipe = replace(TINY, epochs=4)
    rows = dataset.images[:500], dataset.labels[:500]
    each, averaged = (
        [state.model(chosen) for state in fit_from(None, chosen, epoch_data(chosen, *rows, None, seed=0), seed=0)]
        for chosen in (recipe, replace(recipe, swa_epochs=2))
    )
    for layer in (0, 1):
        np.testing.assert_array_equal(averaged[2].weights[layer], each[2].weights[layer])
        mean = (each[2].weights[layer] + each[3].weights[layer]) / 2
        np.testing.assert_allclose(averaged[3].weights[layer], mean, rtol=1e-6)


def test_the_learning_rate_is_constant_or_falls_along_half_a_cosine():
    assert [learning_rate(CLASSIC, epoch) for epoch in (0, 19)] == [CLASSIC.learning_rate] * 2
    decaying = replace(CLASSIC, epochs=10, learning_rate=0.01, cosine_decay=True)
    assert [learning_rate(decaying, epoch) for epoch in (0, 5, 10)] == pytest.approx([0.01, 0.005, 0])


def test_a_nearly_blank_pixel_is_not_scaled_up():
    pixels = np.zeros((1000, 784), np.float32)
    pixels[0, 0] = 1
    pixels[::2, 400] = 1
    scaled = fit_scaler(pixels).transform(np.ones((1, 784), np.float32))
    assert scaled[0, 0] <= 1 / SMALLEST_SPREAD
    assert scaled[0, 400] == pytest.approx(1, abs=0.01)


OUT_OF_RANGE = {
    "hands": [("nobody",)],
    "hidden_layers": [(), (0,), (4097,), (1, 2, 3, 4, 5)],
    "epochs": [0, 1001],
    "batch_size": [0, 10_001],
    "learning_rate": [0.0, 1.1],
    "input": ["words"],
    "folds": [1, 21],
    "fold_epochs": [-1, 21],
    "weight_decay": [-0.1, 1.1],
    "swa_epochs": [-1, 21],
    "finetune_epochs": [-1, 21],
    "validation_fraction": [-0.1, 0.6],
    "distortion": [-0.1, 2.1],
    "pen_digits": [-1, 1_000_001],
    "finetune_pen_digits": [-1, 1_000_001],
    "non_digits": [-1, 1_000_001],
    "degraded_fraction": [-0.1, 1.1],
    "finetune_strength": [-0.1, 1.1],
    "synthetic_share": [-0.1, 1.1],
}


@pytest.mark.parametrize(
    ("setting", "value"), [(setting, value) for setting, values in OUT_OF_RANGE.items() for value in values]
)
def test_a_setting_out_of_range_is_refused(setting, value):
    words = {"finetune_pen_digits": "pen digits", "swa_epochs": "SWA epochs", "non_digits": "non-digits"}
    named = words.get(setting, setting.replace("_", " "))
    with pytest.raises(BadRecipe, match=f"(?i){named}"):
        replace(CLASSIC, **{setting: value})


def test_every_setting_with_a_range_is_tested():
    free = {"name", "scale_pixels", "cosine_decay", "load_digits"}
    assert {field.name for field in fields(Recipe)} - free == set(OUT_OF_RANGE)


def test_a_shortened_recipe_keeps_its_proportions():
    short = shortened(ROBUST, 6)
    assert (short.epochs, short.fold_epochs) == (6, 0)
    assert shortened(CLASSIC, 6).fold_epochs == 0
    assert shortened(replace(CLASSIC, fold_epochs=8), 6).fold_epochs == 6
    assert short.finetune_epochs / 6 == pytest.approx(ROBUST.finetune_epochs / ROBUST.epochs, abs=0.17)
    assert 1 <= short.swa_epochs <= 2
    assert shortened(ROBUST, ROBUST.epochs) == ROBUST


@pytest.mark.slow
def test_a_recipe_with_non_digits_gives_a_model_that_knows_them(dataset, some_hands):
    recipe = replace(
        TINY, input="stroke directions", hidden_layers=(32,), epochs=4, fold_epochs=2, scale_pixels=False,
        learning_rate=0.01, validation_fraction=0.1, pen_digits=100, synthetic_share=0.3, non_digits=200,
        degraded_fraction=0.2,
    )  # fmt: skip
    few = replace(dataset, images=dataset.images[:1500], labels=dataset.labels[:1500])
    with pytest.raises(DataUnavailable, match="give it with --hands"):
        train(recipe, few, seed=1)
    model, report = train(recipe, replace(few, hands=some_hands), seed=1)
    assert "hands.jsonl.gz" in report.data["hands"]
    assert (model.input, model.knows_non_digits) == ("stroke directions", True)
    assert len(report.cv_scores) == 2
    assert report.cv_shortened == "the recipe shortened from 4 to 2 epochs"
    assert 0 < model.card["digit_threshold"] < 1
    assert report.evaluation.rejection["auc"] > 0.9


def test_an_unknown_recipe_is_refused_with_those_there_are():
    for name, recipe in RECIPES.items():
        assert get_recipe(name) is recipe
    with pytest.raises(BadRecipe, match="there are classic, robust"):
        get_recipe("none")


def test_classic_is_the_textbook_network():
    assert asdict(CLASSIC) | {"hidden_layers": (128,), "folds": 5, "scale_pixels": True} == asdict(CLASSIC)
    assert not CLASSIC.augments
