"""The model card: what a model is for, what it was trained on, how good it is, and where it fails.

After Mitchell et al. 2019, "Model cards for model reporting".
"""

from __future__ import annotations

import numpy as np

from mnistcore.data.hands import SOURCES
from mnistcore.digit.model import Model
from mnistcore.models.report import Report

WEAKNESSES = """\
- It reads one digit a picture.
- Whatever differs from the paper counts as ink: what is printed around a digit may be read as its strokes.
- A 6 or 9 drawn upside down is read as a 9 or a 6: a picture does not show which way up it is."""

KNOWS = "It says of most letters, drawings and groups of digits that they are no digit, and of a few digits too."
KNOWS_NOT = "What is no digit, or several digits, is read as a digit, often with high confidence."


def model_card(model: Model, report: Report | None = None) -> str:
    """The card as Markdown.

    Args:
        model: the model.
        report: of its training, for the figures per digit; without it the card is shorter.
    """
    card = model.card
    sizes = " -> ".join(map(str, [len(model.weights[0]), *(len(bias) for bias in model.biases)]))
    parameters = sum(array.size for array in (*model.weights, *model.biases))
    lines = [
        f"# {card.get('name', 'unnamed')}",
        "",
        f"A network of {sizes} units, {parameters:,} weights, that reads one handwritten digit, 0-9, from an image of",
        f"28x28 pixels in MNIST's form, given as {model.input}.",
        "It is meant for learning, for demonstrations and for reading digits that people draw or scan. It is not meant",
        "to bill, grade or identify anybody without a check by a person.",
        "",
    ]
    if "data" in card:
        lines += ["## Training data", "", *_training_data(card), ""]
    if "figures" in card:
        lines += ["## Figures", "", *_figures(card, report), ""]
    lines += ["## Limitations", "", WEAKNESSES, f"- {KNOWS if model.knows_non_digits else KNOWS_NOT}"]
    if report:
        lines += [f"- {_most_frequent_confusions(report)}"]
    return "\n".join(lines)


def _training_data(card: dict) -> list[str]:
    data, recipe = card["data"], card.get("recipe", {})
    if "personal" in card:
        return _personal(card["personal"])
    lines = [f"- {data.get('training_rows', 0):,} digits of {data.get('source')} (sha256 {data.get('sha256')})"]
    if recipe.get("distortion"):
        lines.append(f"- distorted anew in each of {recipe.get('epochs')} epochs")
    if recipe.get("pen_digits"):
        real = 1 - recipe.get("synthetic_share", 0)
        whose = f", {real:.0%} of them along the strokes of people" if real else ", synthetic"
        lines.append(f"- {recipe['pen_digits']:,} pen digits an epoch, drawn anew{whose}")
    if recipe.get("non_digits"):
        lines.append(
            f"- {recipe['non_digits']:,} images an epoch of what is no digit: letters and signs that people wrote, and "
            "others made by the project itself"
        )
    if "hands" in data:
        lines.append(f"- what people wrote with pens: {data['hands']}, a sixth of them kept for validation")
    lines += [f"    - {SOURCES[name]}" for name in recipe.get("hands", []) if name in SOURCES]
    if recipe.get("load_digits"):
        lines.append("- scikit-learn's `load_digits`, 1,797 digits by other writers")
    if data.get("validation_rows"):
        lines.append(
            f"- its probabilities were calibrated on {data['validation_rows']:,} further rows, kept for validation"
        )
    versions = ", ".join(f"{name} {version}" for name, version in card.get("versions", {}).items())
    lines.append(f"- recipe {recipe.get('name')}, seed {card.get('seed')}, with {versions}")
    return lines


def _personal(report: dict) -> list[str]:
    """What a personal model has learnt, and what came of it."""
    own, test = report["own_errors"], report["mnist_errors"]
    return [
        f"- {report['base']}, whose last layer has learnt {sum(report['digits'])} digits of one person's handwriting",
        f"- of these, each read by a model that had not learnt from it, {own[1]} are misread; {own[0]} by the base",
        f"- of MNIST's {report['mnist_digits']:,} test digits, {test[1]} are misread; {test[0]} by the base",
    ]


def _figures(card: dict, report: Report | None) -> list[str]:
    figures = card["figures"]
    lines = []
    if figures.get("cv_mean") is not None:
        of = f", of {report.cv_shortened}" if report and report.cv_shortened else ""
        lines.append(f"Cross-validation: {figures['cv_mean']:.2%} ± {figures.get('cv_spread') or 0:.2%}{of}")
    if figures.get("test_accuracy") is not None:
        lines.append(f"Test digits: {figures['test_accuracy']:.2%} of {card.get('data', {}).get('test_rows', 0):,}")
    if "rejection_threshold" in card:
        lines.append(f"An answer is uncertain below a probability of {card['rejection_threshold']:.1%}.")
    if "digit_threshold" in card:
        lines.append(f"An image is no digit below a digit probability of {card['digit_threshold']:.2%}.")
    rejection = report.evaluation.rejection if report else None
    if rejection:
        lines.append(
            f"Refused: {rejection['digits_refused']:.2%} of the test digits, and all but "
            f"{rejection['non_digits_accepted']:.2%} of {rejection['non_digits']:,} made non-digits."
        )
    if report:
        lines += ["", "| digit | precision | recall |", "|---|---|---|"]
        lines += [
            f"| {d['digit']} | {d['precision']:.2%} | {d['recall']:.2%} |" for d in report.evaluation.precision_recall()
        ]
    return lines


def _most_frequent_confusions(report: Report) -> str:
    """The three confusions that are most frequent on its test digits."""
    mistakes = np.array(report.evaluation.confusion)
    np.fill_diagonal(mistakes, 0)
    worst = np.argsort(mistakes, axis=None)[::-1][:3]
    pairs = [
        (digit, read, mistakes[digit, read]) for digit, read in zip(*np.unravel_index(worst, (10, 10)), strict=True)
    ]
    described = ", ".join(f"{digit} read as {read} ({count} times)" for digit, read, count in pairs if count)
    return f"Its most frequent confusions on the test digits: {described or 'none'}."
