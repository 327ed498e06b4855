"""Distort digits as a person or a scanner would, to measure how far a model can follow.

A digit is distorted on a canvas far larger than 28x28, and then goes through `prepare` like any other picture, so that
the whole path from picture to answer is measured.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy
from PIL import Image

from mnistcore.digit.form import SIDE
from mnistcore.digit.images import prepare
from mnistcore.digit.model import Model
from mnistcore.errors import BlankImage

ZOOM = 4  # canvas pixels to one of MNIST's


def robustness(
    model: Model, images: np.ndarray, labels: np.ndarray, on_progress: Callable[[float], None] = lambda _: None
) -> dict[str, dict]:
    """Accuracy on distorted digits.

    Args:
        model: what is measured.
        images: (n, 28, 28) uint8 in MNIST's form.
        labels: (n,) integers 0-9.
        on_progress: called with the share of the kinds that are measured, 0-1.

    Returns:
        kind of distortion -> the unit of its strength, the strengths, and the accuracy, 0-1, at each.
    """
    curves = {}
    for done, (kind, (unit, strengths, distort)) in enumerate(DISTORTIONS.items(), 1):
        scores = [_accuracy_on(model, images, labels, distort, strength) for strength in strengths]
        curves[kind] = {"unit": unit, "strengths": list(strengths), "accuracy": scores}
        on_progress(done / len(DISTORTIONS))
    return curves


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
    "noisy": ("strength of the noise", (0, 0.2, 0.4, 0.6, 0.8), _noisy),
}
