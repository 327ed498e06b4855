"""How good is a model? Accuracy, on plain and on distorted digits, and whether its probabilities keep their word.

A digit is distorted as a person or a scanner would do it, on a canvas far larger than 28x28, and then goes through
`prepare` like any other picture: what is measured is the whole way from picture to answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import scipy
from PIL import Image

from mnistcore.errors import BadModelFile, BlankImage
from mnistcore.home import atomic_path
from mnistcore.images import SIDE, prepare
from mnistcore.model import Model
from mnistcore.report import confusion_matrix, per_digit

BINS = 15  # of equal mass, for the calibration error
ZOOM = 4  # canvas pixels to one of MNIST's


@dataclass(frozen=True)
class Evaluation:
    """What was measured of one model on one set of digits. All shares are 0-1.

    Attributes:
        name: of the model.
        source: where the digits come from.
        count: how many digits there were.
        accuracy: share read rightly.
        confusion: (10, 10) counts, row = what it is, column = what was read.
        calibration: the bins of `reliability`, least sure first: confidence, accuracy, count.
        calibration_error: mean gap between confidence and accuracy over these bins.
        refusals: share refused, least sure first, and the share of the errors that this removes.
        distorted: kind of distortion -> the unit of its strength, the strengths, and the accuracy at each.
    """

    name: str
    source: str
    count: int
    accuracy: float
    confusion: list[list[int]]
    calibration: list[dict]
    calibration_error: float
    refusals: list[dict]
    distorted: dict[str, dict]

    def as_text(self) -> str:
        """The figures for a terminal."""
        wrong = self.count - sum(self.confusion[digit][digit] for digit in range(10))
        lines = [
            f"Model {self.name} on {self.count:,} digits: {self.source}",
            f"accuracy           {self.accuracy:7.2%}   {wrong} misread",
            f"calibration error  {self.calibration_error:7.2%}   {BINS} bins of equal mass",
            *(
                f"refusing {r['refused']:5.1%}     {r['errors_removed']:7.1%}   of the errors gone"
                for r in self.refusals
            ),
            "digit  precision   recall",
            *(f"{d['digit']}      {d['precision']:9.2%} {d['recall']:8.2%}" for d in per_digit(self.confusion)),
        ]
        for kind, curve in self.distorted.items():
            points = (f"{s:g}: {a:.1%}" for s, a in zip(curve["strengths"], curve["accuracy"], strict=True))
            lines.append(f"{kind:8s} {'  '.join(points)}   ({curve['unit']})")
        return "\n".join(lines)

    def save(self, path: Path) -> None:
        """Write it as JSON, atomically."""
        with atomic_path(path) as temporary:
            temporary.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Evaluation:
        """Read what `save` has written; raises BadModelFile if it is missing or damaged."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise BadModelFile(f"{path} is not an evaluation, or it is damaged ({type(error).__name__}).") from error


def evaluate(
    model: Model,
    images: np.ndarray,
    labels: np.ndarray,
    source: str,
    distorted: int = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> Evaluation:
    """Measure a model.

    Args:
        model: what is measured.
        images: (n, 28, 28) uint8 in MNIST's form.
        labels: (n,) integers 0-9.
        source: one line that says where they come from.
        distorted: how many of the digits, from the first, to distort in each way too; 0 leaves that out.
        tell: called with the name of each distortion before it is measured.

    Returns:
        The figures.
    """
    probabilities = model.predict_proba(images)
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    bins = reliability(sure, right)
    curves = {}
    for kind, (unit, strengths, distort) in DISTORTIONS.items() if distorted else ():
        tell(kind)
        curves[kind] = {
            "unit": unit,
            "strengths": list(strengths),
            "accuracy": [_accuracy_on(model, images[:distorted], labels[:distorted], distort, s) for s in strengths],
        }
    return Evaluation(
        name=model.card.get("name", "unnamed"),
        source=source,
        count=len(images),
        accuracy=float(right.mean()),
        confusion=confusion_matrix(labels, probabilities.argmax(axis=1)).tolist(),
        calibration=bins,
        calibration_error=calibration_error(bins),
        refusals=[
            {"refused": share, "errors_removed": _errors_removed(sure, right, share)}
            for share in (0.005, 0.01, 0.02, 0.05, 0.1)
        ],
        distorted=curves,
    )


def reliability(sure: np.ndarray, right: np.ndarray) -> list[dict]:
    """Confidence against accuracy in 15 bins that hold equally many digits.

    Args:
        sure: (n,) the probability of each answer, 0-1.
        right: (n,) bool, whether the answer was right.

    Returns:
        A bin each: mean confidence, accuracy, count; the least sure first. A model whose word is good has the two
        equal in all of them (Guo et al. 2017, "On calibration of modern neural networks").
    """
    order = np.argsort(sure, kind="stable")
    return [
        {"confidence": float(sure[rows].mean()), "accuracy": float(right[rows].mean()), "count": len(rows)}
        for rows in np.array_split(order, BINS)
        if len(rows)
    ]


def calibration_error(bins: list[dict]) -> float:
    """Expected calibration error: the gap between confidence and accuracy, 0-1, averaged over all digits."""
    gaps = [abs(b["confidence"] - b["accuracy"]) * b["count"] for b in bins]
    return float(np.sum(gaps) / np.sum([b["count"] for b in bins]))


def _errors_removed(sure: np.ndarray, right: np.ndarray, share: float) -> float:
    """Which share of the errors is gone if that share of the answers, the least sure, is refused."""
    refused = np.argsort(sure, kind="stable")[: round(share * len(sure))]
    return float((~right[refused]).sum() / max((~right).sum(), 1))


def _accuracy_on(model: Model, images: np.ndarray, labels: np.ndarray, distort: Callable, strength: float) -> float:
    """Accuracy on distorted images; one that is blank by then counts as misread."""
    rng = np.random.default_rng(0)
    prepared, readable = np.zeros_like(images), np.ones(len(images), bool)
    for i, image in enumerate(images):
        try:
            prepared[i] = prepare(distort(_on_canvas(image), strength, rng))
        except BlankImage:
            readable[i] = False
    return float(np.mean((model.predict(prepared) == labels) & readable))


def _on_canvas(image: np.ndarray) -> np.ndarray:
    """A digit enlarged, with room around it: (280, 280) uint8."""
    large = np.asarray(Image.fromarray(image).resize((SIDE * ZOOM, SIDE * ZOOM), Image.Resampling.BICUBIC))
    return np.pad(large, 21 * ZOOM)


def _shifted(canvas: np.ndarray, pixels: float, rng: np.random.Generator) -> np.ndarray:
    direction = rng.uniform(0, 2 * np.pi)
    offset = np.rint(pixels * ZOOM * np.array([np.sin(direction), np.cos(direction)])).astype(int)
    return np.roll(canvas, offset, axis=(0, 1))  # the room around the digit is wider than any shift here


def _turned(canvas: np.ndarray, degrees: float, rng: np.random.Generator) -> np.ndarray:
    angle = degrees * rng.choice([-1, 1])
    return np.asarray(Image.fromarray(canvas).rotate(angle, Image.Resampling.BICUBIC))


def _scaled(canvas: np.ndarray, factor: float, rng: np.random.Generator) -> np.ndarray:  # noqa: ARG001
    side = round(len(canvas) * factor)
    return np.asarray(Image.fromarray(canvas).resize((side, side), Image.Resampling.BICUBIC))


def _disc(pixels: float) -> np.ndarray:
    """A round brush that adds `pixels` of MNIST's to a stroke's width."""
    radius = pixels * ZOOM / 2
    reach = np.arange(-int(radius), int(radius) + 1)
    return reach[:, np.newaxis] ** 2 + reach**2 <= radius**2


def _thick(canvas: np.ndarray, pixels: float, rng: np.random.Generator) -> np.ndarray:  # noqa: ARG001
    return scipy.ndimage.grey_dilation(canvas, footprint=_disc(pixels)) if pixels else canvas


def _thin(canvas: np.ndarray, pixels: float, rng: np.random.Generator) -> np.ndarray:  # noqa: ARG001
    return scipy.ndimage.grey_erosion(canvas, footprint=_disc(pixels)) if pixels else canvas


def _noisy(canvas: np.ndarray, deviation: float, rng: np.random.Generator) -> np.ndarray:
    return (canvas + rng.normal(0, 255 * deviation, canvas.shape)).clip(0, 255).astype(np.uint8)


# kind -> what its strength counts, the strengths, and how it is done
DISTORTIONS: dict[str, tuple[str, tuple[float, ...], Callable]] = {
    "shifted": ("pixels of 28", (0, 5, 10, 15, 20), _shifted),
    "turned": ("degrees, either way", (0, 15, 30, 45, 60), _turned),
    "scaled": ("times its size", (0.07, 0.1, 0.2, 0.5, 1, 2), _scaled),
    "thick": ("pixels of 28 wider", (0, 1.5, 3, 4.5, 6), _thick),
    "thin": ("pixels of 28 narrower", (0, 0.75, 1.5, 2.25, 3), _thin),
    "noisy": ("of full ink, standard deviation", (0, 0.2, 0.4, 0.6, 0.8), _noisy),
}
