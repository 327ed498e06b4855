"""Every question and every answer, declared once: msgspec checks and writes them, and openapi.py describes them."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

MAX_BODY = 16 * 1024 * 1024  # bytes
MAX_BATCH = 1_000  # images in one request as JSON: so many fit into a body with 20 characters to each pixel
MAX_RAW_BATCH = 10_000  # images in one request as raw bytes: MNIST's whole test set
PIXELS = 28 * 28

Pixel = Annotated[int, Meta(ge=0, le=255)] | Annotated[float, Meta(ge=0, le=255)]
Pixels = Annotated[
    list[Pixel],
    Meta(
        min_length=PIXELS,
        max_length=PIXELS,
        description="A 28x28 image row by row, ink bright. If all its numbers are within 0-1 they are taken as such,"
        " otherwise as 0-255.",
    ),
]
Digit = Annotated[int, Meta(ge=0, le=9)]
Share = Annotated[float, Meta(ge=0, le=1)]
Probabilities = Annotated[list[Share], Meta(min_length=10, max_length=10, description="Of the digits 0 to 9.")]


class Image(Struct, forbid_unknown_fields=True):
    """One image as numbers."""

    data: Pixels


class Batch(Struct, forbid_unknown_fields=True):
    """Several images as numbers."""

    data: Annotated[list[Pixels], Meta(min_length=1, max_length=MAX_BATCH)]


class Prediction(Struct, omit_defaults=True):
    """The digit in one image."""

    prediction: Digit
    confidence: Share | UnsetType = UNSET
    probabilities: Probabilities | UnsetType = UNSET
    warning: str | UnsetType = UNSET


class Predictions(Struct, omit_defaults=True):
    """The digits in several images, in their order."""

    predictions: list[Digit]
    confidences: list[Share] | UnsetType = UNSET
    probabilities: list[Probabilities] | UnsetType = UNSET
    warnings: Annotated[dict[str, str], Meta(description="Index of an image to a sentence.")] | UnsetType = UNSET


class Error(Struct):
    """What was wrong with the request, and what is expected."""

    error: str


class Status(Struct):
    """Whether the process is up, or ready to predict."""

    status: str


class ModelInfo(Struct):
    """The model in use: its figures are shares in 0-1, its card tells where it comes from."""

    name: str
    figures: dict[str, float]
    card: dict


class Index(Struct):
    """Where to go from here."""

    name: str
    routes: dict[str, str]
