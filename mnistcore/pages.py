"""A photo, scan or drawing of any number of digits -> a Page: the digits in reading order, each with its box.

1. ink        what is written on the paper, in whatever light (`paper`)
2. pieces     ink that hangs together, in lines (`segmentation`)
3. paths      which pieces are a digit, as the network reads them (`paths`)
4. support    a digit among others of its size is believed more readily than one alone among letters
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from PIL import Image

from mnistcore.grey import PAGE_SIDE, to_grey
from mnistcore.model import Model
from mnistcore.paper import find_ink
from mnistcore.paths import Candidate, Line, read_candidates
from mnistcore.reading import Reading, read_batch
from mnistcore.segmentation import Piece, bounding_box, find_pieces, group_lines
from mnistcore.store import load_model

# probability, before the network is asked, that a piece is something else than a digit:
OTHER = 0.03  # on a photo,
OTHER_DRAWN = 0.003  # and on a sheet that is there to draw digits on
SURELY = 0.9  # a digit that was not cut and is read with such a probability supports others
# the logarithm of how much likelier each of these makes it that what was found is a digit, not a part of a letter; from
# a logistic regression on made photos of MNIST's training digits, rounded:
LOGIT = 0.6  # for each unit of its probability's logit
SUPPORT, MOST_SUPPORT = 1.0, 3  # for each digit that supports it, up to so many
LOWER, USUAL_HEIGHT = -4.0, 0.9  # for each typical height that it is lower than this share of that height
ISOLATED, SEVERAL = -1.0, 3  # for one that nothing supports, on a page with several that are surely digits
STROKE = -2.0  # for a 1
WHOLE = -1.3  # for one that was not cut
PART, WIDTH, WIDE = -5.3, 3.5, 1.6  # for one that was cut, and for each height that all cut from the same are wide
ALONE = 1.0  # for one that was cut, but from what no other digit was cut from
CERTAIN = 0.998  # probabilities beyond this count as this one
SIMILAR = 0.55  # the heights of digits that support each other, the lower to the higher one
COLUMN = 3.0  # heights: between two that stand one below the other


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
        digits: in reading order.
        size: (width, height) of the picture in whose pixels the boxes are.
    """

    digits: list[PageDigit]
    size: tuple[int, int]

    @cached_property
    def lines(self) -> list[str]:
        """The digits of each line, from top to bottom."""
        count = 1 + max((digit.line for digit in self.digits), default=-1)
        return ["".join(str(d.reading.digit) for d in self.digits if d.line == line) for line in range(count)]

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


def read_page(image: Image.Image | np.ndarray, model: Model | None = None, size: tuple[int, int] | None = None) -> Page:
    """Read all digits on a photo, a scan or a drawing.

    Args:
        image: whatever `prepare` takes; dark ink on light paper or light on dark. It is turned as its EXIF data says.
        model: by default `load_model()`, which is loaded anew at every call.
        size: (width, height) of the picture in whose pixels the boxes shall be; by default those of `image`. For a
            picture that was reduced while it was opened: `open_page` gives both.

    Raises:
        BadImage: the input is not a picture.
        BadModelFile, DataUnavailable: as `load_model` does, if no model is given.
    """
    model = model or load_model()
    grey = to_grey(image, PAGE_SIDE).astype(np.float32)
    ink = find_ink(grey)
    labels, pieces = find_pieces(ink)
    other = OTHER if ink.photo else OTHER_DRAWN
    lines = [Line(line, labels, ink.strength, other) for line in group_lines(pieces)]
    read_candidates(lines, model)
    for line in lines:
        line.cut_doubtful()
    read_candidates(lines, model)
    found: list[_Found] = []
    for number, line in enumerate(lines):
        found += [_Found(number, some, candidate) for some, candidate in line.best_path() if candidate is not None]
    if ink.photo:
        found = _believed(found)
    return _page(found, model, grey.shape, size or _size(image))


@dataclass(frozen=True)
class _Found:
    """What was read as a digit: the number of its line, its pieces, and what the network said of them."""

    line: int
    pieces: list[Piece]
    candidate: Candidate

    @cached_property
    def box(self) -> tuple[int, int, int, int]:
        return bounding_box(self.pieces)

    @property
    def height(self) -> int:
        return self.box[3] - self.box[1]

    @property
    def cut_from(self) -> set[int]:
        """The numbers of the pieces that it is a part of."""
        return {piece.origin for piece in self.pieces if piece.number != piece.origin}


def _believed(found: list[_Found]) -> list[_Found]:
    """The digits that can be believed, given those around them.

    Strokes of letters and stains look like digits now and then, like a 1 most of all, and so do halves of letters. They
    stand alone or differ in size, where digits mostly stand side by side or one below the other; and two digits that
    touch are wider than a letter.
    """
    sure = [f for f in found if f.candidate.probability >= SURELY and not f.cut_from]
    typical = float(np.median([f.height for f in sure or found])) if found else 0.0
    return [f for f in found if _log_odds(f, found, sure, typical) > 0]


def _log_odds(f: _Found, found: list[_Found], sure: list[_Found], typical: float) -> float:
    """How much likelier it is a digit than not, as a logarithm."""
    support = sum(_supports(other, f) for other in sure if other is not f)
    lower = max(0.0, USUAL_HEIGHT - f.height / typical)
    evidence = SUPPORT * min(support, MOST_SUPPORT) + LOWER * lower
    if f.cut_from:
        together = [other for other in found if other.cut_from & f.cut_from]
        probability = min(other.candidate.probability for other in together)
        left, _, right, _ = bounding_box([piece for other in together for piece in other.pieces])
        evidence += PART + WIDTH * min((right - left) / typical, WIDE) + (ALONE if len(together) == 1 else 0.0)
    else:
        probability = f.candidate.probability
        evidence += WHOLE + (ISOLATED if not support and len(sure) >= SEVERAL else 0.0)
    if f.candidate.digit == 1 and len(sure) > 1:
        evidence += STROKE if not f.cut_from else STROKE / 2
    probability = float(np.clip(probability, 1 - CERTAIN, CERTAIN))
    return evidence + LOGIT * float(np.log(probability / (1 - probability)))


def _supports(one: _Found, other: _Found) -> bool:
    """Whether two are of similar size and stand in a line or one below the other."""
    low, high = sorted([one.height, other.height])
    below = min(one.box[2], other.box[2]) > max(one.box[0], other.box[0])
    apart = max(one.box[1], other.box[1]) - min(one.box[3], other.box[3])
    return low > SIMILAR * high and (one.line == other.line or (below and apart < COLUMN * high))


def _page(found: list[_Found], model: Model, shape: tuple[int, int], size: tuple[int, int]) -> Page:
    """The page of what was found, with boxes in the pixels of a picture of that size."""
    if not found:
        return Page([], size)
    readings = read_batch(np.stack([f.candidate.image for f in found]), model)
    across, down = size[0] / shape[1], size[1] / shape[0]
    digits: list[PageDigit] = []
    numbers: dict[int, int] = {}  # of lines that have a digit
    for index, f in enumerate(found):
        reading = readings[index]
        if reading.status == "not a digit":  # by itself; where it stands, it is rather one than not
            reading = replace(reading, status="uncertain", message=f"Uncertain: it may be no {reading.digit}.")
        left, top, right, bottom = f.box
        x, y = round(left * across), round(top * down)
        box = x, y, min(round(right * across), size[0]) - x, min(round(bottom * down), size[1]) - y
        digits.append(PageDigit(reading, box, numbers.setdefault(f.line, len(numbers))))
    return Page(digits, size)


def _size(image: Image.Image | np.ndarray) -> tuple[int, int]:
    """Width and height of a picture, upright."""
    if not isinstance(image, Image.Image):
        height, width = np.asarray(image).shape[:2]
        return width, height
    turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
    return (image.height, image.width) if turned else image.size
