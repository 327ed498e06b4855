"""The model card: what a model is for, what it learnt from, how good it is, and where it fails.

After Mitchell et al. 2019, "Model cards for model reporting".
"""

from __future__ import annotations

import numpy as np

from mnistcore.model import Model
from mnistcore.report import Report

WEAKNESSES = """\
- It reads one digit a picture. Several at once are read as one, and what is no digit still gets an answer, though
  often an unsure one.
- It takes whatever differs from the paper for ink: ruled lines, shadows and frames are read as strokes.
- A 6 or 9 drawn upside down is a 9 or a 6: no picture says which way up it is meant."""


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
        "28x28 pixels in MNIST's form. It is made for learning, for demonstrations and for reading digits that people",
        "draw or scan; nobody should be billed, graded or identified by it without a person looking.",
        "",
    ]
    if "data" in card:
        lines += ["## What it learnt from", "", *_learnt_from(card), ""]
    if "figures" in card:
        lines += ["## How good it is", "", *_figures(card, report), ""]
    lines += ["## Where it fails", "", WEAKNESSES]
    if report:
        lines += [f"- {_commonest_confusions(report)}"]
    return "\n".join(lines)


def _learnt_from(card: dict) -> list[str]:
    data, recipe = card["data"], card.get("recipe", {})
    lines = [f"- {data.get('training_rows', 0):,} digits of {data.get('source')} (sha256 {data.get('sha256')})"]
    if recipe.get("distortion"):
        lines.append(f"- distorted anew in each of {recipe['epochs']} epochs")
    if recipe.get("pen_digits"):
        lines.append(f"- {recipe['pen_digits']:,} synthetic pen digits an epoch, written by the project itself")
    if recipe.get("load_digits"):
        lines.append("- scikit-learn's `load_digits`, 1,797 digits by other writers")
    if data.get("set_aside_rows"):
        lines.append(f"- its probabilities were calibrated on {data['set_aside_rows']:,} further rows, set aside")
    versions = ", ".join(f"{name} {version}" for name, version in card.get("versions", {}).items())
    lines.append(f"- recipe {recipe.get('name')}, seed {card.get('seed')}, {card.get('finished')}, with {versions}")
    return lines


def _figures(card: dict, report: Report | None) -> list[str]:
    figures = card["figures"]
    lines = []
    if figures.get("cv_mean") is not None:
        lines.append(f"Cross-validation: {figures['cv_mean']:.2%} ± {figures['cv_spread']:.2%}")
    lines.append(f"Test digits: {figures['test_accuracy']:.2%} of {card['data']['test_rows']:,}")
    if "unsure_below" in card:
        lines.append(f"It counts as unsure below a probability of {card['unsure_below']:.1%}.")
    if report:
        lines += ["", "| digit | precision | recall |", "|---|---|---|"]
        lines += [f"| {d['digit']} | {d['precision']:.2%} | {d['recall']:.2%} |" for d in report.per_digit()]
    return lines


def _commonest_confusions(report: Report) -> str:
    """The three mistakes it makes most often on its test digits."""
    mistakes = np.array(report.confusion)
    np.fill_diagonal(mistakes, 0)
    worst = np.argsort(mistakes, axis=None)[::-1][:3]
    pairs = [
        (digit, read, mistakes[digit, read]) for digit, read in zip(*np.unravel_index(worst, (10, 10)), strict=True)
    ]
    described = ", ".join(f"{digit} read as {read} ({count} times)" for digit, read, count in pairs if count)
    return f"Its commonest mistakes on the test digits: {described or 'none'}."
