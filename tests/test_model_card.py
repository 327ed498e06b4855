"""The card that goes with a model."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mnistcore import Model, load_model
from mnistcore.models import catalogue
from mnistcore.models.card import model_card


def test_the_card_of_a_shipped_model_has_its_data_its_figures_and_its_confusions():
    report = catalogue.load_report("classic")
    card = model_card(load_model("classic"), report)
    assert "784 -> 128 -> 10 units, 101,770 weights" in card
    assert "60,000 digits of" in card
    assert f"Test digits: {report.evaluation.accuracy:.2%} of 10,000" in card
    assert f"Cross-validation: {report.cv_mean:.2%}" in card
    for row in report.evaluation.precision_recall():
        assert f"| {row['digit']} | {row['precision']:.2%} | {row['recall']:.2%} |" in card


def test_the_most_frequent_confusions_are_named_the_first_one_first():
    report = catalogue.load_report("classic")
    confusion = np.diag(np.full(10, 90))
    confusion[4, 9], confusion[7, 1], confusion[3, 5], confusion[0, 6] = 9, 7, 8, 1
    report = replace(report, evaluation=replace(report.evaluation, confusion=confusion.tolist()))
    described = "4 read as 9 (9 times), 3 read as 5 (8 times), 7 read as 1 (7 times)."
    assert model_card(load_model("classic"), report).endswith(described)


def test_a_model_without_a_card_has_one_of_its_size_and_limitations():
    model = load_model("classic")
    card = model_card(Model(model.weights, model.biases))
    assert card.startswith("# unnamed")
    assert "## Limitations" in card
    assert "## Figures" not in card


@pytest.mark.parametrize("name", catalogue.SHIPPED)
def test_the_shipped_card_is_that_of_the_shipped_model(name):
    shipped = Path(catalogue.SHIPPED_DIRECTORY / f"{name}.md").read_text(encoding="utf-8")
    assert shipped == model_card(load_model(name), catalogue.load_report(name)) + "\n"
