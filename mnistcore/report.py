"""What training measured, as plain JSON that outlives the program that wrote it."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from mnistcore.errors import BadModelFile
from mnistcore.home import atomic_path


@dataclass(frozen=True)
class Report:
    """The record of one training run. All accuracies are shares in 0-1, all times seconds.

    Attributes:
        name: of the model.
        recipe: every setting that the run used.
        seed: of all its random numbers.
        data: source, sha256, and how many rows were trained on and tested on.
        versions: of Python and of the libraries.
        finished: when, ISO 8601, UTC.
        seconds: how long: cross_validation, fit, total.
        cv_scores: accuracy of each fold on its held-out rows; empty if there were no folds.
        loss_curve: mean training loss of each epoch of the final fit.
        validation_curve: accuracy after each epoch on rows not trained on: the mean over the folds, or the held-out
            rows where the recipe sets some aside.
        test_accuracy: on the test rows, which nothing was trained or chosen on.
        confusion: (10, 10) counts of the test rows, row = what it is, column = what was read.
        misread: the test digits read wrongly: index, label, prediction, probabilities, pixels (see `misread_pixels`).
    """

    name: str
    recipe: dict
    seed: int
    data: dict
    versions: dict
    finished: str
    seconds: dict
    cv_scores: list[float]
    loss_curve: list[float]
    validation_curve: list[float]
    test_accuracy: float
    confusion: list[list[int]]
    misread: list[dict]

    @property
    def cv_mean(self) -> float:
        """Mean of the fold scores, 0-1 (NaN without folds)."""
        return float(np.mean(self.cv_scores)) if self.cv_scores else float("nan")

    @property
    def cv_spread(self) -> float:
        """Standard deviation of the fold scores (NaN without folds)."""
        return float(np.std(self.cv_scores)) if self.cv_scores else float("nan")

    def per_digit(self) -> list[dict]:
        """`per_digit` of its confusion matrix."""
        return per_digit(self.confusion)

    def misread_pixels(self) -> np.ndarray:
        """The misread test digits, (n, 28, 28) uint8."""
        raw = b"".join(base64.b64decode(digit["pixels"]) for digit in self.misread)
        return np.frombuffer(raw, np.uint8).reshape(-1, 28, 28)

    def save(self, path: Path) -> None:
        """Write the report as JSON, atomically."""
        with atomic_path(path) as temporary:
            temporary.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Report:
        """Read what `save` has written.

        Raises:
            BadModelFile: the file is missing, damaged or not a report.
        """
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise BadModelFile(
                f"{path} is not a training report, or it is damaged ({type(error).__name__})."
            ) from error


def confusion_matrix(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Counts (10, 10) int64 of two (n,) arrays of digits: row = what it is, column = what was read."""
    counts = np.zeros((10, 10), np.int64)
    np.add.at(counts, (labels, predictions), 1)
    return counts


def per_digit(confusion: list[list[int]]) -> list[dict]:
    """For each digit: how many there were, precision and recall, both 0-1 (0 where there is nothing to divide by)."""
    counts = np.array(confusion)
    right, there, said = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    return [
        {
            "digit": digit,
            "count": int(there[digit]),
            "precision": float(right[digit] / max(said[digit], 1)),
            "recall": float(right[digit] / max(there[digit], 1)),
        }
        for digit in range(10)
    ]


def list_misread(images: np.ndarray, labels: np.ndarray, probabilities: np.ndarray) -> list[dict]:
    """The digits that were read wrongly, as a report keeps them: images (n, 28, 28) uint8, probabilities (n, 10)."""
    predictions = probabilities.argmax(axis=1)
    return [
        {
            "index": int(i),
            "label": int(labels[i]),
            "prediction": int(predictions[i]),
            "probabilities": [round(float(p), 4) for p in probabilities[i]],
            "pixels": base64.b64encode(images[i].tobytes()).decode("ascii"),
        }
        for i in np.flatnonzero(predictions != labels)
    ]
