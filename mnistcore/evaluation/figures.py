"""The figures of a training report, drawn by Matplotlib."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from matplotlib.figure import Figure

from mnistcore.models.report import Report


def loss_chart(report: Report) -> Figure:
    """Training loss of each epoch and, where it was measured, validation accuracy."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot(xlabel="epoch", ylabel="training loss", title="Learning curves")
    epochs = range(1, len(report.loss_curve) + 1)
    lines = axes.plot(epochs, report.loss_curve, color="tab:blue", label="training loss")
    axes.set_ylim(bottom=0)
    if report.validation_curve:
        right = axes.twinx()
        right.set_ylabel("validation accuracy, %")
        lines += right.plot(
            epochs, [100 * a for a in report.validation_curve], color="tab:orange", label="validation accuracy"
        )
    axes.legend(handles=lines, loc="center right")
    return figure


def cv_chart(report: Report) -> Figure:
    """Accuracy of each fold, with their mean and spread."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot(xlabel="fold", ylabel="accuracy, %")
    scores = [100 * score for score in report.cv_scores]
    mean, spread = 100 * report.cv_mean, 100 * report.cv_spread
    folds = range(1, len(scores) + 1)
    axes.axhspan(mean - spread, mean + spread, color="tab:blue", alpha=0.15)
    axes.axhline(mean, color="tab:blue", linewidth=1)
    axes.plot(folds, scores, "o", color="tab:blue")
    axes.set_xticks(folds)
    of = f"\nof {report.cv_shortened}" if report.cv_shortened else ""
    axes.set_title(f"Cross-validation: {mean:.2f}% ± {spread:.2f}{of}")
    return figure


def confusion_chart(report: Report) -> Figure:
    """The confusion matrix; only the mistakes are coloured, because the correct answers are far more."""
    counts = np.array(report.evaluation.confusion)
    mistakes = counts - np.diag(np.diag(counts))
    figure = Figure(figsize=(6, 5.6), layout="constrained")
    axes = figure.add_subplot(xlabel="prediction", ylabel="label", title="Confusion matrix")
    axes.imshow(mistakes, cmap="Oranges")
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if mistakes[row, column] > 0.6 * mistakes.max() else "black" if count else "lightgray"
        axes.text(column, row, str(count), ha="center", va="center", fontsize=8, color=colour)
    axes.set_xticks(range(10))
    axes.set_yticks(range(10))
    return figure


def precision_recall_chart(report: Report) -> Figure:
    """Precision and recall of each digit."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot(xlabel="digit", ylabel="%", title="Precision and recall of each digit")
    digits = report.evaluation.precision_recall()
    for measure, colour in (("precision", "tab:blue"), ("recall", "tab:orange")):
        axes.plot([d["digit"] for d in digits], [100 * d[measure] for d in digits], "o", color=colour, label=measure)
    axes.set_xticks(range(10))
    axes.legend()
    return figure


def misread_chart(report: Report, most: int = 60) -> Figure:
    """The misread test digits, each with its label and the prediction; the first ones if there are many."""
    shown = report.evaluation.misread[:most]
    rows = max(1, -(-len(shown) // 10))
    figure = Figure(figsize=(8, 0.8 * rows), layout="constrained")
    axes = figure.add_subplot(xlim=(0, 10), ylim=(rows, 0))  # one for all: sixty of them take a second longer
    axes.axis("off")
    for place, (digit, pixels) in enumerate(zip(shown, report.evaluation.misread_pixels(), strict=False)):
        row, column = divmod(place, 10)
        axes.imshow(pixels, cmap="gray_r", extent=(column + 0.1, column + 0.9, row + 1, row + 0.2))
        axes.text(column + 0.5, row + 0.15, f"{digit['label']} as {digit['prediction']}", fontsize=8, ha="center")
    return figure


def training_charts(report: Report) -> dict[str, bytes]:
    """The PNG files of a training: loss_curve.png and, if there were folds, cv_scores.png."""
    charts = {"loss_curve.png": loss_chart(report)}
    if report.cv_scores:
        charts["cv_scores.png"] = cv_chart(report)
    return {name: as_png(figure) for name, figure in charts.items()}


def as_png(figure: Figure) -> bytes:
    """The content of a PNG file."""
    file = BytesIO()
    figure.savefig(file, format="png", dpi=120)
    return file.getvalue()
