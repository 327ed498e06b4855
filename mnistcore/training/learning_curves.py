"""What the curves of a training say: still learning, too small, or memorising its training digits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

WINDOW = 3  # epochs whose mean is compared, because a single one is noisy
FALL = 0.005  # of the validation accuracy from its best: beyond the noise of such a mean
GAP = 0.04  # between training and validation accuracy: what is known by heart does not help with new digits
RISE = 0.002  # from one window to the next: less is no progress
LOW = 0.9  # training accuracy that a network of sufficient size soon passes


def diagnose(losses: Sequence[float], training: Sequence[float], validation: Sequence[float]) -> str | None:
    """One sentence on overfitting or underfitting.

    Args:
        losses: the training loss of each epoch.
        training: the accuracy, 0-1, after each epoch on digits that are trained on.
        validation: the same on digits that are not.

    Returns:
        The sentence; None as long as it is too early, or if there are no validation digits.
    """
    if min(len(losses), len(training), len(validation)) < 2 * WINDOW:
        return None
    means = np.convolve(validation, np.full(WINDOW, 1 / WINDOW), "valid")
    best, latest = int(means.argmax()), means[-1]
    progress = latest - means[-1 - WINDOW]
    known = float(np.mean(training[-WINDOW:]))
    unlearning = means[best] - latest > FALL and losses[-1] < losses[best + WINDOW - 1]
    if unlearning or (known - latest > GAP and progress < RISE):
        return (
            f"It begins to memorise: it reads {known:.1%} of its training digits, but only {latest:.1%} of new ones, "
            "and further epochs do not help. This is called overfitting. More training digits, or distorted ones, "
            "would help."
        )
    if progress >= RISE:
        return "It is still learning: more epochs would make it better."
    if known < LOW:
        return (
            f"It reads only {known:.1%} even of its training digits, and has stopped getting better. This is called "
            "underfitting. More units, or another learning rate, would help."
        )
    return "It has learnt most of what it can learn from these digits: more epochs would change little."
