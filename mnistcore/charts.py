"""A training report as pictures, for whoever has no app open."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from mnistcore.report import Report


def loss_chart(report: Report) -> Figure:
    """Training loss of each epoch and, where it was measured, accuracy on unseen rows."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot(xlabel="epoch", ylabel="training loss", title=f"{report.name}: learning, epoch by epoch")
    epochs = range(1, len(report.loss_curve) + 1)
    lines = axes.plot(epochs, report.loss_curve, color="tab:blue", label="training loss")
    axes.set_ylim(bottom=0)
    if report.validation_curve:
        right = axes.twinx()
        right.set_ylabel("accuracy on unseen rows, %")
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
    axes.set_title(f"{report.name}: cross-validation {mean:.2f}% ± {spread:.2f}")
    return figure


def save_charts(report: Report, directory: Path) -> None:
    """Write loss_curve.png and, if there were folds, cv_scores.png."""
    loss_chart(report).savefig(directory / "loss_curve.png", dpi=120)
    if report.cv_scores:
        cv_chart(report).savefig(directory / "cv_scores.png", dpi=120)
