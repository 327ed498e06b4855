"""The card that goes with a model."""

from mnistcore import Model, load_model, store
from mnistcore.evaluation.model_card import model_card


def test_the_card_of_a_shipped_model_says_all_that_matters():
    report = store.load_report("classic")
    card = model_card(load_model("classic"), report)
    assert "784 -> 128 -> 10 units, 101,770 weights" in card
    assert "60,000 digits of" in card
    assert f"Test digits: {report.test_accuracy:.2%} of 10,000" in card
    assert card.count("| ") >= 10 * 3
    assert "commonest mistakes" in card


def test_a_model_without_a_history_has_a_card_too():
    model = load_model("classic")
    card = model_card(Model(model.weights, model.biases))
    assert card.startswith("# unnamed")
    assert "Where it fails" in card
