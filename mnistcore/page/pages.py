"""A photo, scan or drawing of any number of digits -> a Page: the digits in reading order, each with its box.

1. ink        what is written on the paper, in whatever light (`paper`)
2. pieces     ink that hangs together, in lines (`segmentation`)
3. paths      which pieces are a digit, as the network reads them (`paths`), where digits touch cut apart (`cuts`)
4. evidence   on a photo, a digit among others of its size is believed more readily than one alone among letters
              (`evidence`); a drawing that is not a number is read as one digit (`sheet`)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from PIL import Image

from mnistcore.digit.grey import PAGE_SIDE, to_grey, upright
from mnistcore.digit.model import Model
from mnistcore.digit.reading import Reading, Readings, read
from mnistcore.page.evidence import FoundDigit, keep_likely
from mnistcore.page.paper import Ink, page_ink
from mnistcore.page.paths import Line, read_candidates
from mnistcore.page.segmentation import Piece, bounding_box, find_pieces, group_lines
from mnistcore.page.sheet import is_one, may_be_one, of_numbers

# probability, before the network is asked, that a piece is something else than a digit:
NON_DIGIT_PRIOR = 0.03  # on a photo,
NON_DIGIT_PRIOR_DRAWN = 0.003  # and on a sheet that is there to draw digits on


@dataclass(frozen=True)
class PageDigit:
    """A digit on a page.

    Attributes:
        reading: what the network reads there; `reading.image` is the digit as it sees it.
        box: (x, y, width, height) in pixels of the page.
        line: the number of its line, from 0.
    """

    reading: Reading
    box: tuple[int, int, int, int]
    line: int


@dataclass(frozen=True)
class Page:
    """What a model reads on a page.

    Attributes:
        digits: in reading order. A drawing (not a photo) of one digit, or of one thing that is no digit, has one,
            which is what `read` reads in it; so its status may be "not a digit".
        size: (width, height) of the picture in whose pixels the boxes are.
        refused: what `read` reads in a drawing without a digit, blank or not a digit; else None.
    """

    digits: list[PageDigit]
    size: tuple[int, int]
    refused: Reading | None = None

    @cached_property
    def lines(self) -> list[str]:
        """The digits of each line, from top to bottom, without what does not look like a digit."""
        digits = [digit for digit in self.digits if digit.reading.status != "not a digit"]
        count = 1 + max((digit.line for digit in digits), default=-1)
        return ["".join(str(d.reading.digit) for d in digits if d.line == line) for line in range(count)]

    @property
    def readings(self) -> list[Reading]:
        """What the network reads in each of the digits."""
        return [digit.reading for digit in self.digits]

    @property
    def text(self) -> str:
        """The lines, one below the other; empty if there is no digit."""
        return "\n".join(self.lines)

    def as_dict(self) -> dict:
        """The same as JSON has it: "text", "lines", and of each digit "prediction", "confidence", "status", "box" and
        "line"."""
        digits = [
            {
                "prediction": digit.reading.digit,
                "confidence": round(digit.reading.confidence, 4),
                "status": digit.reading.status,
                "box": list(digit.box),
                "line": digit.line,
            }
            for digit in self.digits
        ]
        return {"text": self.text, "lines": self.lines, "digits": digits}


def read_page(
    image: Image.Image | np.ndarray,
    model: Model,
    size: tuple[int, int] | None = None,
    deadline: float = math.inf,
) -> Page:
    """Read all digits on a photo, a scan or a drawing.

    Args:
        image: whatever `prepare` takes; dark ink on light paper or light on dark. It is turned as its EXIF data says.
        model: which reads it.
        size: (width, height) of the picture in whose pixels the boxes shall be; by default those of `image`. For a
            picture that was reduced while it was opened: `open_page` gives both.
        deadline: the `time.monotonic()` by which all must be read; looked at before each candidate.

    Raises:
        BadImage: the input is not a picture.
        TimeoutError: the deadline passed.
    """
    grey = to_grey(image, PAGE_SIDE).astype(np.float32)
    ink = page_ink(grey)
    size = size or _size(image)
    labels, pieces = find_pieces(ink)
    if not pieces:
        return Page([], size, None if ink.photo else read(image, model))
    if ink.photo:
        found, _ = _divide(pieces, labels, ink, model, deadline)
        return _page(keep_likely(found, pieces), model, grey.shape, size)
    whole = read(image, model)
    if whole.status == "blank" and len(pieces) == 1:  # a dot; several pieces may be blank only as a single digit
        return Page([], size, whole)
    found = []
    if not is_one(whole, pieces, 0.0):  # no way to divide it can be more probable than that
        found, probability = _divide(pieces, labels, ink, model, deadline)
        found = [] if is_one(whole, pieces, probability) else of_numbers(found, pieces)
    if not found and whole.status != "blank" and (may_be_one(pieces) or whole.status != "not a digit"):
        return Page([PageDigit(whole, _box(bounding_box(pieces), grey.shape, size), 0)], size)
    return _page(found, model, grey.shape, size) if found else Page([], size, whole)


def _divide(
    pieces: list[Piece], labels: np.ndarray, ink: Ink, model: Model, deadline: float
) -> tuple[list[FoundDigit], float]:
    """The most probable way to divide all pieces into digits, and the logarithm of its probability."""
    other = NON_DIGIT_PRIOR if ink.photo else NON_DIGIT_PRIOR_DRAWN
    found: list[FoundDigit] = []
    probability = 0.0
    for number, of_line in enumerate(group_lines(pieces)):
        line = Line(of_line, labels, ink.strength, other)
        read_candidates(line, model, deadline)
        line.split_unexplained(deadline)
        read_candidates(line, model, deadline)
        of_path, path = line.best_path()
        probability += of_path
        found += [FoundDigit(number, some, candidate) for some, candidate in path if candidate is not None]
    return found, probability


def _page(found: list[FoundDigit], model: Model, shape: tuple[int, int], size: tuple[int, int]) -> Page:
    """The page of what was found, with boxes in the pixels of a picture of that size."""
    if not found:
        return Page([], size)
    candidates = [f.candidate for f in found]
    readings = Readings(
        np.stack([candidate.image for candidate in candidates]),
        np.stack([candidate.probabilities for candidate in candidates]),
        np.stack([candidate.digit_probability for candidate in candidates]),
        {},
        model.rejection_threshold,
        model.digit_threshold,
    )
    digits: list[PageDigit] = []
    numbers: dict[int, int] = {}  # of lines that have a digit
    for index, f in enumerate(found):
        reading = readings[index]
        if reading.status == "not a digit":  # by itself; where it stands, it is rather one than not
            reading = replace(reading, status="uncertain", message=f"Uncertain: it may be no {reading.digit}.")
        digits.append(PageDigit(reading, _box(f.box, shape, size), numbers.setdefault(f.line, len(numbers))))
    return Page(digits, size)


def _box(box: tuple[int, int, int, int], shape: tuple[int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom on a page of this shape -> x, y, width and height in a picture of that size."""
    across, down = size[0] / shape[1], size[1] / shape[0]
    left, top, right, bottom = box
    x, y = round(left * across), round(top * down)
    return x, y, min(round(right * across), size[0]) - x, min(round(bottom * down), size[1]) - y


def _size(image: Image.Image | np.ndarray) -> tuple[int, int]:
    """Width and height of a picture, upright."""
    if not isinstance(image, Image.Image):
        height, width = np.asarray(image).shape[:2]
        return width, height
    return upright(image).size
