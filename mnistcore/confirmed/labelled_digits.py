"""What is kept of a digit, and its checks before that."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np

from mnistcore.digit.files import as_png, open_image
from mnistcore.digit.form import NON_DIGIT_CLASS, SIDE
from mnistcore.errors import FeedbackError
from mnistcore.models.personal_names import label

MOST_BYTES = 1024 * 1024  # of a picture that is kept as it is given
REDUCED_SIDE = 512  # pixels, of a larger one: as PNG it cannot be longer than MOST_BYTES
LONGEST_MODEL = 200  # characters


class Added(NamedTuple):
    """A digit that is kept now, and whether it is new; if not, its picture was known and has another label now."""

    id: str
    new: bool


@dataclass(frozen=True)
class LabelledDigit:
    """A digit that somebody confirmed or corrected.

    Attributes:
        id: by which it can be deleted.
        image: (28, 28) uint8, ink bright on 0.
        label: 0-9, what it is; NON_DIGIT_CLASS if it is no digit.
        predicted: the same, what the model read; None if none was asked.
        model: that model's name and version; of a personal model the label, not the name that opens it.
        created: when it was first added, in UTC.
    """

    id: str
    image: np.ndarray = field(repr=False)
    label: int
    predicted: int | None
    model: str
    created: datetime


@dataclass(frozen=True)
class NewDigit:
    """A digit to be added: as in LabelledDigit, with the picture as it was given."""

    picture: bytes
    image: np.ndarray
    label: int
    predicted: int | None = None
    model: str = ""
    created: datetime | None = None  # None: now

    def row(self) -> dict[str, Any]:
        """The digit as a row of the table, but for its profile.

        Raises:
            FeedbackError: the image is not (28, 28) uint8, or a label is none of these.
            BadImage, UnsupportedImage: the picture is longer than MOST_BYTES, and cannot be read to be reduced.
        """
        if self.image.shape != (SIDE, SIDE) or self.image.dtype != np.uint8:
            raise FeedbackError(f"The image must be (28, 28) of uint8; it is {self.image.shape} of {self.image.dtype}.")
        for digit in (self.label, self.predicted):
            if digit is not None and digit not in range(NON_DIGIT_CLASS + 1):
                raise FeedbackError(f"The label must be a digit from 0 to 9, or 10 for none, not {digit!r:.40}.")
        image = self.image.tobytes()
        return {
            "sha256": hashlib.sha256(image).digest(),
            "label": int(self.label),
            "predicted": None if self.predicted is None else int(self.predicted),
            "model": label(self.model).replace("\0", "")[:LONGEST_MODEL],
            "created": self.created or datetime.now(UTC),
            "image": image,
            "picture": self.picture if len(self.picture) <= MOST_BYTES else reduced(self.picture),
        }


def reduced(picture: bytes) -> bytes:
    """The picture as a PNG file with a longer side of REDUCED_SIDE; raises BadImage if it cannot be read."""
    image = open_image(picture).convert("RGB")
    image.thumbnail((REDUCED_SIDE, REDUCED_SIDE))
    return as_png(image)


def image_of(stored: bytes) -> np.ndarray:
    """(28, 28) uint8."""
    return np.frombuffer(stored, np.uint8).reshape(SIDE, SIDE)


def in_utc(moment: datetime) -> datetime:
    """A time from the database: SQLite keeps no zone, and PostgreSQL answers in that of the connection."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
