"""Make a model learn one person's handwriting from a few digits, in seconds, and forget nothing else. In five steps:

    1. distort    the person's few digits become some thousand, so that it learns the way of writing, not the images
    2. tune       the last layer alone, on these and on images of `rehearsal.py` that the model knows (`last_layer.py`)
    3. hold back  go from the base's layer to the tuned one only as far as known digits, which nothing was trained on,
                  are not misread more often (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models")
    4. calibrate  so that as many known digits as before are uncertain, or taken for no digit
    5. report     errors before and after: on MNIST's test digits and, in a cross-validation, on the person's own

What the person has said is no digit is learnt in the same way, by models with an eleventh class.

The layers below the last stay as they are: what they have learnt of strokes holds for everybody.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

import numpy as np

from mnistcore.data import augmentation
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.digit.form import DIGITS, NON_DIGIT_CLASS, SIDE
from mnistcore.digit.model import Model, probabilities
from mnistcore.errors import BadImage, GotWorse
from mnistcore.evaluation.evaluate import evaluate
from mnistcore.evaluation.figures import training_charts
from mnistcore.models.catalogue import keep_personal
from mnistcore.models.report import PersonalReport, Report
from mnistcore.training import rehearsal
from mnistcore.training.last_layer import Layer, tune, units_below

DISTORTED = 4_000  # images that are made of the person's digits: more of each, the fewer there are
STRENGTH = 0.7  # of their distortion: with stronger ones, some people were read worse
FOLDS = 5  # of the cross-validation on the person's digits
FORGOTTEN = 0.0025  # share of the known digits that may be misread in addition, at most
FORGOTTEN_FOR_EACH = 0.00005  # the same for each digit of the person, unless it takes more to read it
SHARES = (0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0)  # of the way from the base's layer to the tuned one


@dataclass(frozen=True)
class Personalised:
    """A model that has learnt one person's handwriting, and the report on it."""

    model: Model
    report: PersonalReport


class Base:
    """A model that is to learn, with all that does not depend on whose digits it learns.

    Attributes:
        model: the model.
        layer: its last layer.
        known: rehearsed images, as the units that they activate below that layer, (n, units) float32, and their
            classes, (n,) int64.
        digits: digits to validate and calibrate on, likewise.
        non_digits: images that are none, (n, units) float32.
        test: MNIST's test digits, as `known`.
    """

    def __init__(self, model: Model) -> None:
        """Raises DataUnavailable if the rehearsed images or the test digits, which ship, are missing or damaged."""
        self.model = model
        self.layer = Layer.of(model)
        rehearsed = rehearsal.load()
        learnt = rehearsed.classes < self.layer.biases.size  # digits alone, if there is no eleventh class
        digits = rehearsed.validation_classes < DIGITS
        self.known = units_below(model, rehearsed.images[learnt]), rehearsed.classes[learnt]
        self.digits = units_below(model, rehearsed.validation_images[digits]), rehearsed.validation_classes[digits]
        self.non_digits = units_below(model, rehearsed.validation_images[~digits])
        images, labels = shipped_test_digits()
        self.test = units_below(model, images), labels


def personalise(
    model: Model | Base,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    seed: int = 0,
    on_progress: Callable[[float], None] = lambda _: None,
) -> Personalised:
    """Make a model learn one person's handwriting.

    Args:
        model: which one. Any will do: of any layers, with or without an eleventh class. Where it learns more than
            once, make its `Base` once, and give that: it saves a second.
        images: (n, 28, 28) uint8, the person's digits, prepared. Any number of each class; classes may be missing.
        labels: (n,) integers 0-9, or NON_DIGIT_CLASS for what is no digit, which a model without an eleventh class
            passes over.
        seed: of every random choice; the same seed, digits and versions give the same model.
        on_progress: called with the share of the work that is done, 0-1.

    Returns:
        The model, with the card of its base but for the thresholds, and the report, whose `refusal` says if it got
        worse.

    Raises:
        BadImage: the digits are not as described, or there are none.
        DataUnavailable: as `Base` does.
    """
    started = time.perf_counter()
    base = model if isinstance(model, Base) else Base(model)
    images, labels = _checked(images, labels, base.model)
    on_progress(0.2)
    rng = np.random.default_rng(seed)
    source = np.resize(rng.permutation(len(images)), max(DISTORTED, len(images)))  # which digit each image is made of
    own = units_below(base.model, augmentation.distort(images[source], rng, STRENGTH))

    plain = units_below(base.model, images)
    before = _answers(base, base.layer, plain)
    cross_validated = before.copy()  # of each digit, by a layer that has not learnt from it
    fold_of = _deal(labels, rng)
    for fold in range(FOLDS):
        on_progress(0.3 + 0.6 * fold / (FOLDS + 1))
        others, held_out = fold_of != fold, fold_of == fold
        if others.any() and held_out.any():
            made = others[source]
            tuned, _ = tune(base.layer, base.known, (own[made], labels[source[made]]), rng)
            layer, _ = _hold_back(base, tuned, plain[others], labels[others])
            cross_validated[held_out] = _answers(base, layer, plain[held_out])

    on_progress(0.8)
    tuned, losses = tune(base.layer, base.known, (own, labels[source]), rng)
    layer, share = _hold_back(base, tuned, plain, labels)
    layer = layer.calibrated_like(base.layer, *base.digits)
    personal = replace(
        base.model,
        weights=(*base.model.weights[:-1], layer.weights),
        biases=(*base.model.biases[:-1], layer.biases),
        card=base.model.card | layer.thresholds_like(base.layer, base.model, base.digits[0]),
    )
    report = PersonalReport(
        base=base.model.name,
        seed=seed,
        sha256=hashlib.sha256(images.tobytes() + labels.astype(np.uint8).tobytes()).hexdigest(),
        digits=np.bincount(labels, minlength=DIGITS).tolist(),
        own_errors=(int(np.sum(before != labels)), int(np.sum(cross_validated != labels))),
        mnist_errors=(base.layer.errors(*base.test), layer.errors(*base.test)),
        mnist_digits=len(base.test[1]),
        non_digits_accepted=_accepted(base, personal),
        share=share,
        losses=losses,
        seconds=round(time.perf_counter() - started, 2),
    )
    on_progress(1.0)
    return Personalised(personal, report)


def keep_personalised(profile_id: str, learnt: Personalised) -> str:
    """Keep a personal model, evaluated on MNIST's test digits, and return its name, which nobody can guess.

    Args:
        profile_id: of the handwriting profile: 32 hexadecimal digits.
        learnt: what `personalise` has made.

    Raises:
        GotWorse: the report refuses the model.
        BadModelFile: the profile's id is none.
    """
    if learnt.report.refusal:
        raise GotWorse(learnt.report.refusal)
    model = replace(learnt.model, card=learnt.model.card | _facts(learnt.report))
    report = _training_report(model, learnt.report)
    return keep_personal(profile_id, model, report, training_charts(report))


def _checked(images: np.ndarray, labels: np.ndarray, model: Model) -> tuple[np.ndarray, np.ndarray]:
    """The images and the labels as int64, but for what the model cannot learn; raises BadImage if they are not as
    `personalise` says."""
    labels = np.asarray(labels)
    if images.dtype != np.uint8 or images.shape != (len(labels), SIDE, SIDE) or not len(labels):
        raise BadImage(
            "To learn from, there must be images (n, 28, 28) of uint8 and n labels, n at least 1; "
            f"these are {images.shape} of {images.dtype} and {len(labels)}."
        )
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() > NON_DIGIT_CLASS:
        raise BadImage("The labels to learn from must be whole numbers in 0-9, or 10 for what is no digit.")
    learnable = (labels < DIGITS) | model.knows_non_digits
    if not learnable.any():
        raise BadImage(f"{model.name} cannot learn what is no digit, and there is no digit to learn from.")
    return images[learnable], labels[learnable].astype(np.int64)


def _answers(base: Base, layer: Layer, units: np.ndarray) -> np.ndarray:
    """What the model would answer with that last layer: (n,) int64, 0-9 or NON_DIGIT_CLASS."""
    digits, is_digit = probabilities(layer.scores(units))
    answers = digits.argmax(axis=1)
    if base.model.knows_non_digits:
        threshold = base.model.digit_threshold
        if layer is not base.layer:
            threshold = layer.thresholds_like(base.layer, base.model, base.digits[0])["digit_threshold"]
        answers[is_digit < threshold] = NON_DIGIT_CLASS
    return answers


def _deal(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """In which fold, from 0, each digit is held out: those of each class are dealt to the folds in turn."""
    order = rng.permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    fold_of = np.empty(len(labels), np.int64)
    fold_of[order] = np.arange(len(labels)) % FOLDS
    return fold_of


def _hold_back(base: Base, tuned: Layer, own: np.ndarray, labels: np.ndarray) -> tuple[Layer, float]:
    """Of the layers between the base's and the tuned one, the one that reads most of the person's digits; of several
    the farthest from the base's that hardly forgets; and which share of the way it lies.

    A few corrections say less of how a person writes than many digits, so they may cost less, too: without this rule,
    learning from one or two of them did more harm than good.
    """
    known, before = len(base.digits[1]), base.layer.errors(*base.digits)
    allowed = min(FORGOTTEN, FORGOTTEN_FOR_EACH * len(labels)) * known

    def cost(share: float) -> tuple[bool, int, float, float]:
        layer = base.layer.towards(tuned, share)
        forgotten = layer.errors(*base.digits) - before
        wrong = int(np.sum(_answers(base, layer, own) != labels))
        return forgotten > FORGOTTEN * known, wrong, max(forgotten, allowed), -share

    share = min(SHARES, key=cost)
    return base.layer.towards(tuned, share), share


def _accepted(base: Base, personal: Model) -> tuple[float, float] | None:
    """The share of non-digits that the base takes for a digit, and that the personal model does."""
    if not base.model.knows_non_digits:
        return None
    before, after = (
        float(np.mean(probabilities(Layer.of(model).scores(base.non_digits))[1] >= model.digit_threshold))
        for model in (base.model, personal)
    )
    return before, after


def _facts(report: PersonalReport) -> dict:
    """What the card says of a personal model."""
    return {
        "recipe": {"name": "personal", "base": report.base, "epochs": len(report.losses)},
        "seed": report.seed,
        "data": {
            "source": "one person's handwriting",
            "sha256": report.sha256,
            "training_rows": sum(report.digits),
            "test_rows": report.mnist_digits,
        },
        "figures": {"test_accuracy": 1 - report.mnist_errors[1] / report.mnist_digits},
        "personal": asdict(report),
    }


def _training_report(model: Model, report: PersonalReport) -> Report:
    """The report of a run, with the evaluation on MNIST's test digits."""
    return Report(
        name=model.name,
        recipe=model.card["recipe"],
        seed=report.seed,
        data=model.card["data"],
        versions=model.card.get("versions", {}),
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds={"total": report.seconds},
        cv_scores=[],
        loss_curve=report.losses,
        validation_curve=[],
        evaluation=evaluate(model, *shipped_test_digits(), "MNIST's test set"),
    )
