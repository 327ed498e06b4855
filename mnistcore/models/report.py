"""The record of one training run, as plain JSON that outlives the program that wrote it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from mnistcore.errors import BadModelFile
from mnistcore.evaluation.evaluate import Evaluation
from mnistcore.home import atomic_path


@dataclass(frozen=True)
class Report:
    """The record of one training run. All accuracies are shares in 0-1, all times seconds.

    Attributes:
        name: of the model.
        recipe: every setting that the run used.
        seed: of all its random numbers.
        data: source, sha256, and how many rows were trained on, validated on and tested on.
        versions: of Python and of the libraries.
        finished: when, ISO 8601, UTC.
        seconds: how long: total; cross_validation, of all folds together, and fit, which may go on at the same time.
        cv_scores: accuracy of each fold on its held-out rows; empty if there were no folds.
        loss_curve: mean training loss of each epoch of the final fit.
        validation_curve: accuracy after each epoch on rows not trained on: the validation rows where the recipe keeps
            some, else the mean over the folds, which until the last epoch are measured on some of their rows.
        evaluation: of the model on the test rows, which nothing was trained or chosen on.
        training_curve: accuracy after each epoch on some of the rows trained on, as they are in the dataset; empty in
            reports of version 1.2 and before.
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
    evaluation: Evaluation
    training_curve: list[float] = field(default_factory=list)

    @property
    def cv_mean(self) -> float:
        """Mean of the fold scores, 0-1 (NaN without folds)."""
        return float(np.mean(self.cv_scores)) if self.cv_scores else float("nan")

    @property
    def cv_spread(self) -> float:
        """Standard deviation of the fold scores (NaN without folds)."""
        return float(np.std(self.cv_scores)) if self.cv_scores else float("nan")

    @property
    def cv_shortened(self) -> str:
        """In words, that the folds had fewer epochs than the final training; empty if they had as many."""
        epochs = self.recipe.get("fold_epochs")
        return f"the recipe shortened from {self.recipe['epochs']} to {epochs} epochs" if epochs else ""

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
            fields = _upgrade(json.loads(path.read_text(encoding="utf-8")))
            return cls(**fields | {"evaluation": Evaluation(**fields["evaluation"])})
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise BadModelFile(
                f"{path} is not a training report, or it is damaged ({type(error).__name__})."
            ) from error


def _upgrade(fields: dict) -> dict:
    """A report of version 1.0, which had no evaluation but some of its figures, in today's form."""
    if "evaluation" in fields:
        return fields
    accuracy, confusion, misread = (fields.pop(name) for name in ("test_accuracy", "confusion", "misread"))
    evaluation = {"source": fields["data"]["source"], "count": int(np.sum(confusion)), "accuracy": accuracy}
    unmeasured: dict = {"calibration": [], "calibration_error": None, "risk_coverage": [], "robustness": {}}
    return fields | {"evaluation": evaluation | {"confusion": confusion, "misread": misread} | unmeasured}
