"""What is known of a model besides its weights, as plain data: the record of a training, of an evaluation and of a
personal learning. As JSON it outlives the program that wrote it."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, TypedDict

import numpy as np

from mnistcore.digit.form import DIGITS, SIDE
from mnistcore.errors import BadModelFile
from mnistcore.home import read_text, write_file
from mnistcore.json_types import fits
from mnistcore.models.facts import DataFacts, RecipeFacts
from mnistcore.models.personal_names import label

MOST_BYTES = 64 * 1024 * 1024  # of a report's file: room for 50,000 misread digits
MORE_MNIST_ERRORS = 0.001  # of the test digits: a personal model that misreads so many more than its base is refused,
MORE_NON_DIGITS = 0.03  # and so is one that takes so many more of the non-digits for a digit


class Bin(TypedDict):
    """Of `metrics.reliability`."""

    confidence: float
    accuracy: float
    count: int


class Point(TypedDict):
    """Of `metrics.risk_coverage`."""

    rejected: float
    errors_removed: float


class Misread(TypedDict):
    """A wrong prediction."""

    index: int
    label: int
    prediction: int
    probabilities: list[float]
    pixels: str


class Curve(TypedDict):
    """Of `distortions.robustness`."""

    unit: str
    strengths: list[float]
    accuracy: list[float]


class Rejection(TypedDict):
    """Of digits and non-digits."""

    non_digits: int
    digits_refused: float
    non_digits_accepted: float
    auc: float


@dataclass(frozen=True)
class Evaluation:
    """What was measured of one model on one set of digits. All shares are 0-1.

    Attributes:
        source: where the digits come from.
        count: how many digits there were.
        accuracy: share of correct predictions.
        confusion: (10, 10) counts, row = label, column = prediction.
        calibration: the bins of `metrics.reliability`.
        calibration_error: mean gap between confidence and accuracy over these bins; None in reports of version 1.0.
        risk_coverage: as `metrics.risk_coverage` gives it.
        misread: the wrong predictions: index, label, prediction, probabilities, pixels (see `misread_pixels`).
        robustness: as `distortions.robustness` gives it; empty where it was not measured.
        rejection: of digits and non-digits, as `measure_rejection` gives it; None for models that know no non-digits.
    """

    source: str
    count: int
    accuracy: float
    confusion: list[list[int]]
    calibration: list[Annotated[dict, Bin]]
    calibration_error: float | None
    risk_coverage: list[Annotated[dict, Point]]
    misread: list[Annotated[dict, Misread]]
    robustness: dict[str, Annotated[dict, Curve]]
    rejection: Annotated[dict, Rejection] | None = None

    def precision_recall(self) -> list[dict]:
        """Of each digit: digit, count, precision and recall, both 0-1 (0 where nothing can be divided by)."""
        counts = np.array(self.confusion)
        correct, actual, predicted = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
        return [
            {
                "digit": digit,
                "count": int(actual[digit]),
                "precision": float(correct[digit] / max(predicted[digit], 1)),
                "recall": float(correct[digit] / max(actual[digit], 1)),
            }
            for digit in range(DIGITS)
        ]

    def misread_pixels(self) -> np.ndarray:
        """The misread digits, (n, 28, 28) uint8."""
        raw = b"".join(base64.b64decode(digit["pixels"]) for digit in self.misread)
        return np.frombuffer(raw, np.uint8).reshape(-1, SIDE, SIDE)

    def check(self) -> None:
        """Raise ValueError if its figures do not fit together, as those of a damaged file may not."""
        digits = range(DIGITS)
        if np.shape(self.confusion) != (DIGITS, DIGITS) or self.misread_pixels().shape != (
            len(self.misread),
            SIDE,
            SIDE,
        ):
            raise ValueError("the confusions are 10 x 10, and each misread digit has 28 x 28 pixels")
        if any(each["label"] not in digits or each["prediction"] not in digits for each in self.misread):
            raise ValueError("digits are 0 to 9")
        if any(len(curve["strengths"]) != len(curve["accuracy"]) for curve in self.robustness.values()):
            raise ValueError("there is an accuracy at each strength")

    def as_text(self) -> str:
        """The figures for a terminal."""
        lines = [
            f"accuracy           {self.accuracy:7.2%}   {len(self.misread)} misread",
            f"calibration error  {self.calibration_error:7.2%}   {len(self.calibration)} bins of equal mass",
            *(
                f"rejecting {point['rejected']:5.1%}    {point['errors_removed']:7.1%}   of the errors removed"
                for point in self.risk_coverage
            ),
            *self._rejection_lines(),
            "digit  precision   recall",
            *(f"{d['digit']}      {d['precision']:9.2%} {d['recall']:8.2%}" for d in self.precision_recall()),
        ]
        for kind, curve in self.robustness.items():
            points = (f"{s:g}: {a:.1%}" for s, a in zip(curve["strengths"], curve["accuracy"], strict=True))
            lines.append(f"{kind:8s} {'  '.join(points)}   ({curve['unit']})")
        return "\n".join(lines)

    def _rejection_lines(self) -> list[str]:
        if not self.rejection:
            return []
        r = self.rejection
        return [
            f"digits refused     {r['digits_refused']:7.2%}   taken for no digit",
            f"non-digits passed  {r['non_digits_accepted']:7.2%}   of {r['non_digits']:,} made ones taken for a digit",
            f"area under ROC     {r['auc']:7.4f}   digits against non-digits",
        ]


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
    recipe: Annotated[dict, RecipeFacts]
    seed: int
    data: Annotated[dict, DataFacts]
    versions: dict[str, str]
    finished: str
    seconds: dict[str, float]
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
        return f"the recipe shortened from {self.recipe.get('epochs')} to {epochs} epochs" if epochs else ""

    def save(self, path: Path) -> None:
        """Write the report as JSON, atomically."""
        write_file(path, json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> Report:
        """Read what `save` has written.

        Raises:
            BadModelFile: the file is missing, damaged or not a report.
        """
        try:
            if path.stat().st_size > MOST_BYTES:
                raise ValueError("it is too large")
            fields = _upgrade(json.loads(label(read_text(path))))
            if not fits(fields, Report):
                raise TypeError("it is of other types")
            report = cls(**fields | {"evaluation": Evaluation(**fields["evaluation"])})
            report.evaluation.check()
            return report
        except Exception as error:  # a damaged file fails in more ways than can be listed
            raise BadModelFile(
                f"{label(str(path))} is not a training report, or it is damaged ({type(error).__name__})."
            ) from error


def _upgrade(fields: dict) -> dict:
    """A report of version 1.0, which had no evaluation but some of its figures, in today's form."""
    if "evaluation" in fields:
        return fields
    accuracy, confusion, misread = (fields.pop(name) for name in ("test_accuracy", "confusion", "misread"))
    evaluation = {"source": fields["data"]["source"], "count": int(np.sum(confusion)), "accuracy": accuracy}
    unmeasured: dict = {"calibration": [], "calibration_error": None, "risk_coverage": [], "robustness": {}}
    return fields | {"evaluation": evaluation | {"confusion": confusion, "misread": misread} | unmeasured}


@dataclass(frozen=True)
class PersonalReport:
    """The record of one personal learning. Each pair is before and after.

    Attributes:
        base: name of the model that learnt.
        seed: of all random numbers.
        sha256: of the digits' images and labels, each label as one byte.
        digits: how many images of the person there were of each class, 0 to 9, and of no digit if there were such.
        own_errors: how many of them are misread or wrongly taken for no digit; after: by models that did not learn from
            these, in cross-validation.
        mnist_errors: how many of MNIST's test digits are misread.
        mnist_digits: how many these are.
        non_digits_accepted: share, 0-1, of non-digits that are taken for a digit; None for models that know none.
        share: how far it went, from 0, the base, to 1, what fits the person best, so as not to forget other digits.
        losses: mean training loss of each pass.
        seconds: how long it took.
    """

    base: str
    seed: int
    sha256: str
    digits: list[int]
    own_errors: tuple[int, int]
    mnist_errors: tuple[int, int]
    mnist_digits: int
    non_digits_accepted: tuple[float, float] | None
    share: float
    losses: list[float]
    seconds: float

    @property
    def refusal(self) -> str | None:
        """One sentence if the model is worse than its base, and must not be used; None if it is not."""
        before, after = self.own_errors
        if after > before:
            return (
                f"It got worse: of the person's {sum(self.digits)} digits, each read by a model that had not learnt "
                f"from it, {after} are misread, and {before} by {self.base}."
            )
        before, after = self.mnist_errors
        if after - before > MORE_MNIST_ERRORS * self.mnist_digits:
            return (
                f"It got worse: of MNIST's {self.mnist_digits:,} test digits {after} are misread, "
                f"and {before} by {self.base}."
            )
        shares = self.non_digits_accepted
        if shares and shares[1] - shares[0] > MORE_NON_DIGITS:
            return f"It got worse: {shares[1]:.1%} of non-digits are taken for a digit, {shares[0]:.1%} by {self.base}."
        return None

    def as_text(self) -> str:
        """The figures for a terminal."""
        lines = [
            f"learnt from         {sum(self.digits)} digits in {self.seconds:.1f} s",
            f"the person's own    {self.own_errors[0]} misread before, {self.own_errors[1]} now (cross-validated)",
            f"MNIST's test set    {self.mnist_errors[0]} misread before, {self.mnist_errors[1]} now",
        ]
        if self.non_digits_accepted:
            before, after = self.non_digits_accepted
            lines.append(f"non-digits          {before:.1%} taken for a digit before, {after:.1%} now")
        return "\n".join(lines)
