"""Make a model learn one person's handwriting from a few digits, in seconds, and forget nothing else.

1. distort    the person's few digits become some thousand, so that it learns the way of writing, not the images
2. tune       the last layer alone, on these and on images of `rehearsal.py` that the model knows; the layers below
              stay as they are (transfer learning), and are computed once
3. stop       where the person's digits in a cross-validation are most probable, of the stages at which known digits
              are not misread more often than before (early stopping: Prechelt 1998, "Early stopping - but when?")
4. calibrate  so that as many known digits as before are uncertain, or taken for no digit
5. report     errors before and after: on MNIST's test digits and, in the cross-validation, on the person's own
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from sklearn.neural_network import MLPClassifier

from mnistcore.data import augmentation
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.errors import BadImage
from mnistcore.evaluation.personal_report import PersonalReport
from mnistcore.images import SIDE
from mnistcore.model import DIGITS, Model, network_input, probabilities
from mnistcore.training import rehearsal
from mnistcore.training.calibration import best_temperature

DISTORTED = 4_000  # images that are made of the person's digits: more of each, the fewer there are
STRENGTH = 1.0  # of their distortion, as in the training of `robust`
STAGES = 10  # after each of which training may stop
STEPS = 30  # of a stage
KNOWN, OWN = 120, 80  # images of a step: rehearsed ones, and distorted ones of the person
LEARNING_RATE = 0.001
WEIGHT_DECAY = 0.00001  # as in the training of `robust`
FORGOTTEN = 0.001  # of the known digits, that may be misread in addition
FOLDS = 5  # of the cross-validation on the person's digits


@dataclass(frozen=True)
class Personalised:
    """A model that has learnt one person's handwriting, and the report on it."""

    model: Model
    report: PersonalReport


@dataclass(frozen=True)
class Layer:
    """A last layer: weights (units, classes) and biases (classes,), float32."""

    weights: np.ndarray
    biases: np.ndarray

    def scores(self, units: np.ndarray) -> np.ndarray:
        """(n, units) -> (n, classes)."""
        return units @ self.weights + self.biases


class Base:
    """A model that is to learn, with all that does not depend on whose digits it learns.

    Each is a pair of arrays: what the last layer is given, (n, units) float32, and the classes, (n,) int64:

    Attributes:
        known: rehearsed images to learn from.
        digits: digits to validate and calibrate on.
        non_digits: further ones that are not, (n, units) alone.
        test: MNIST's test digits.
    """

    def __init__(self, model: Model) -> None:
        """Raises DataUnavailable if the rehearsed images or the test digits, which ship, are missing or damaged."""
        self.model = model
        self.layer = Layer(model.weights[-1], model.biases[-1])
        rehearsed = rehearsal.load()
        learnt = rehearsed.classes < self.layer.biases.size  # without an eleventh class, digits alone
        digits = rehearsed.validation_classes < DIGITS
        self.known = self.units(rehearsed.images[learnt]), rehearsed.classes[learnt]
        self.digits = self.units(rehearsed.validation_images[digits]), rehearsed.validation_classes[digits]
        self.non_digits = self.units(rehearsed.validation_images[~digits])
        test_images, test_labels = shipped_test_digits()
        self.test = self.units(test_images), test_labels

    def units(self, images: np.ndarray) -> np.ndarray:
        """What the last layer is given of images (n, 28, 28): (n, units) float32."""
        if len(self.model.weights) == 1:
            return network_input(images, self.model.input)
        return self.model.activations(images)[-2]


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
            once, make its `Base` once, and give that: it takes half of the time.
        images: (n, 28, 28) uint8, the person's digits, prepared. Any number of each class; classes may be missing.
        labels: (n,) integers 0-9.
        seed: of every random choice; the same seed, digits and versions give the same model.
        on_progress: called with the share of the work that is done, 0-1.

    Returns:
        The model, whose card has the report, and the report, whose `refusal` says whether it got worse.

    Raises:
        BadImage: the digits are not as described, or there are none.
        DataUnavailable: the rehearsed images or MNIST's test digits, which ship, are missing or damaged.
    """
    started = time.perf_counter()
    labels = _checked(images, labels)
    base = model if isinstance(model, Base) else Base(model)
    on_progress(0.4)
    rng = np.random.default_rng(seed)
    source = np.resize(rng.permutation(len(images)), max(DISTORTED, len(images)))  # which digit each image is made of
    own, own_labels = base.units(augmentation.distort(images[source], rng, STRENGTH)), labels[source]
    on_progress(0.5)

    plain = base.units(images)
    fold_of = _deal(labels, rng)
    scores = np.empty((1 + STAGES, len(labels), base.layer.biases.size), np.float32)  # each by who has not learnt it
    scores[:] = base.layer.scores(plain)
    for fold in np.unique(fold_of):
        others, held_out = fold_of[source] != fold, fold_of == fold
        if others.any():
            stages = _tune(base, own[others], own_labels[others], rng)
            scores[1:, held_out] = [layer.scores(plain[held_out]) for layer, _ in stages]
        on_progress(0.5 + 0.4 * (fold + 1) / len(np.unique(fold_of)))

    tuned = list(_tune(base, own, own_labels, rng))
    layers = [base.layer, *(layer for layer, _ in tuned)]
    stage = _last_stage(base, layers)
    layer = _calibrated(base, layers[stage])
    thresholds = _thresholds(base, layer)
    report = PersonalReport(
        base=base.model.name,
        seed=seed,
        sha256=hashlib.sha256(images.tobytes() + labels.astype(np.uint8).tobytes()).hexdigest(),
        digits=np.bincount(labels, minlength=DIGITS).tolist(),
        own_errors=(_errors(scores[0], labels), _errors(scores[stage], labels)),
        mnist_errors=(
            _errors(base.layer.scores(base.test[0]), base.test[1]),
            _errors(layer.scores(base.test[0]), base.test[1]),
        ),
        mnist_digits=len(base.test[1]),
        non_digits_accepted=_accepted(base, layer, thresholds),
        stage=stage,
        losses=[loss for _, loss in tuned],
        own_accuracy=[1 - _errors(some, labels) / len(labels) for some in scores[1:]],
        seconds=round(time.perf_counter() - started, 2),
    )
    personal = replace(
        base.model,
        weights=(*base.model.weights[:-1], layer.weights),
        biases=(*base.model.biases[:-1], layer.biases),
        card=base.model.card | thresholds,
    )
    on_progress(1.0)
    return Personalised(personal, report)


def _checked(images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    labels = np.asarray(labels)
    if images.dtype != np.uint8 or images.shape != (len(labels), SIDE, SIDE) or not len(labels):
        raise BadImage(
            f"To learn from, there must be images (n, 28, 28) of uint8 and n labels, n at least 1; "
            f"these are {images.shape} of {images.dtype} and {len(labels)}."
        )
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= DIGITS:
        raise BadImage("The labels to learn from must be whole numbers in 0-9.")
    return labels.astype(np.int64)


def _deal(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Which fold, from 0, each digit is held out in: the digits of each class are dealt to the folds in turn."""
    order = rng.permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    fold_of = np.empty(len(labels), np.int64)
    fold_of[order] = np.arange(len(labels)) % FOLDS
    return fold_of


def _tune(base: Base, own: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[Layer, float]]:
    """Train the base's last layer further: after every stage the layer, and the stage's mean loss.

    For scikit-learn it is a network of its own, without hidden layers, that is given the units of the layer below.
    """
    known, classes = base.known
    network = MLPClassifier(
        hidden_layer_sizes=(),
        learning_rate_init=LEARNING_RATE,
        alpha=WEIGHT_DECAY,
        batch_size=KNOWN + OWN,
        random_state=np.random.RandomState(rng.integers(2**32)),
    )
    # the first step makes the arrays, which are then set to the base's
    network.partial_fit(known[: KNOWN + OWN], classes[: KNOWN + OWN], classes=np.arange(base.layer.biases.size))
    network.coefs_[0][:], network.intercepts_[0][:] = base.layer.weights, base.layer.biases
    layers = []
    for _ in range(STAGES):
        rows, own_rows = rng.integers(0, len(known), STEPS * KNOWN), rng.integers(0, len(own), STEPS * OWN)
        network.partial_fit(
            np.concatenate([known[rows], own[own_rows]]), np.concatenate([classes[rows], labels[own_rows]])
        )
        layers.append((network.coefs_[0].copy(), network.intercepts_[0].copy()))
        latest = layers[len(layers) // 2 :]  # their mean is better than each of them, as in `fitting.py`
        yield Layer(*(np.mean(arrays, axis=0) for arrays in zip(*latest, strict=True))), float(network.loss_)


def _last_stage(base: Base, layers: list[Layer]) -> int:
    """The last stage after which hardly more of the known digits than before are misread; 0 is before the first."""
    units, labels = base.digits
    errors = [_errors(layer.scores(units), labels) for layer in layers]
    return max(stage for stage, count in enumerate(errors) if count <= errors[0] + FORGOTTEN * len(labels))


def _calibrated(base: Base, layer: Layer) -> Layer:
    """The layer divided by as much as its best temperature on the known digits is above the base's."""
    units, labels = base.digits
    new, old = (best_temperature(some.scores(units)[:, :DIGITS], labels) for some in (layer, base.layer))
    return Layer(layer.weights * np.float32(old / new), layer.biases * np.float32(old / new))


def _thresholds(base: Base, layer: Layer) -> dict[str, float]:
    """The thresholds, by their names in the card, below which as many known digits are as are below the base's."""
    (old, old_digit), (new, new_digit) = (probabilities(some.scores(base.digits[0])) for some in (base.layer, layer))
    uncertain = np.mean(old.max(axis=1) < base.model.rejection_threshold)
    thresholds = {"rejection_threshold": round(float(np.quantile(new.max(axis=1), uncertain)), 3)}
    if base.model.knows_non_digits:
        refused = np.mean(old_digit < base.model.digit_threshold)
        thresholds["digit_threshold"] = round(float(np.quantile(new_digit, refused)), 4)
    return thresholds


def _accepted(base: Base, layer: Layer, thresholds: dict[str, float]) -> tuple[float, float] | None:
    """The share of known non-digits that the base takes for a digit, and that the layer does."""
    if not base.model.knows_non_digits:
        return None
    before, after = (probabilities(some.scores(base.non_digits))[1] for some in (base.layer, layer))
    return float(np.mean(before >= base.model.digit_threshold)), float(np.mean(after >= thresholds["digit_threshold"]))


def _errors(scores: np.ndarray, labels: np.ndarray) -> int:
    return int(np.sum(scores[:, :DIGITS].argmax(axis=1) != labels))
