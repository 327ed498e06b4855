"""Every request and every answer, declared once: msgspec checks and writes them, and openapi.py describes them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

MAX_BODY = 16 * 1024 * 1024  # bytes
MAX_BATCH = 1_000  # images in one request as JSON: so many fit into a body with 20 characters to each pixel
MAX_RAW_BATCH = 10_000  # images in one request as raw bytes: MNIST's whole test set
PIXELS = 28 * 28
DEADLINE = 5.0  # seconds in which a request's images must have been prepared, or its page read

SENTENCES = {  # of the errors that always mean the same; the others say what was wrong with the one request
    401: "This route needs the API key: send it as 'Authorization: Bearer <key>'.",
    404: "There is no such route; GET / lists all routes.",
    405: "This route does not take that method; the header Allow lists those it takes.",
    411: "The request must give its length in the header Content-Length.",
    413: "The body may be 16 MiB long at most, and a form may have 1,000 parts.",
    500: "Something went wrong in the server, not in the request; it has been logged.",
}

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
Uncertain = Annotated[
    bool, Meta(description="Whether the confidence is below the model's rejection threshold, whatever else is said.")
]
Fraction = Annotated[float, Meta(ge=0, le=1)]
DigitProbability = Annotated[Fraction, Meta(description="Of being a digit at all; left out if the model cannot tell.")]
Probabilities = Annotated[list[Fraction], Meta(min_length=10, max_length=10, description="Of the digits 0 to 9.")]


class Image(Struct, forbid_unknown_fields=True):
    """One image as numbers."""

    data: Pixels


class Batch(Struct, forbid_unknown_fields=True):
    """Several images as numbers."""

    data: Annotated[list[Pixels], Meta(min_length=1, max_length=MAX_BATCH)]


class Prediction(Struct, omit_defaults=True):
    """The digit in one image."""

    prediction: Digit
    confidence: Fraction | UnsetType = UNSET
    probabilities: Probabilities | UnsetType = UNSET
    uncertain: Uncertain | UnsetType = UNSET
    digit_probability: DigitProbability | UnsetType = UNSET
    warning: str | UnsetType = UNSET


class Predictions(Struct, omit_defaults=True):
    """The digits in several images, in their order."""

    predictions: list[Digit]
    confidences: list[Fraction] | UnsetType = UNSET
    probabilities: list[Probabilities] | UnsetType = UNSET
    uncertain: list[Uncertain] | UnsetType = UNSET
    digit_probabilities: list[DigitProbability] | UnsetType = UNSET
    warnings: Annotated[dict[str, str], Meta(description="Index of an image to a sentence.")] | UnsetType = UNSET


class PageDigit(Struct):
    """One digit of a page."""

    prediction: Digit
    confidence: Fraction
    status: Literal["digit", "uncertain"]
    box: Annotated[
        list[Annotated[int, Meta(ge=0)]],
        Meta(min_length=4, max_length=4, description="x, y, width, height in pixels of the picture as sent, upright."),
    ]
    line: Annotated[int, Meta(ge=0, description="The index of its line.")]


class Page(Struct, omit_defaults=True):
    """All digits of a page in reading order: the lines below each other, one by one, and digit by digit."""

    text: str
    lines: list[str]
    digits: list[PageDigit]
    table: (
        Annotated[
            list[list[str]],
            Meta(description="Of a page with a table the digits in each cell, in rows; empty ones too."),
        ]
        | UnsetType
    ) = UNSET


class Kept(Struct):
    """A digit that was confirmed or corrected, and is kept."""

    id: str


class Error(Struct):
    """What was wrong with the request, and what is expected."""

    error: str


class Status(Struct):
    """Whether the process is up, or ready to predict."""

    status: str


class ModelInfo(Struct):
    """The model that answers: its version is a hash of its weights, its figures are in 0-1, its card says how it was
    trained and measured."""

    name: str
    version: str
    figures: dict[str, float]
    card: dict


class Index(Struct):
    """All routes, as "GET /health", with what they are for."""

    name: str
    routes: dict[str, str]


# --- the Open Inference Protocol, but for inference itself, which is in inference.py


class ServerMetadata(Struct):
    """What the server is, and which extensions of the protocol it has."""

    name: str
    version: str
    extensions: list[str]


class Live(Struct):
    """Whether the process is up."""

    live: bool


class Ready(Struct):
    """Whether a model is loaded."""

    ready: bool


class ModelReady(Struct):
    """Whether this model is loaded."""

    name: str
    ready: bool


class TensorMetadata(Struct):
    """What an input or output is; a shape's -1 stands for any number of images."""

    name: str
    datatype: str
    shape: list[int]


class ModelMetadata(Struct):
    """A model's inputs and outputs."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]
