"""A photo, scan or drawing of any number of digits -> a Page: the digits in reading order, each with its box, and where
there is a table, its cells.

    1. darkness   which is ink and which is paper (`darkness.py`)
    2. find       where digits stand, and which, and which way round the page lies (`reader.py`); of a drawing, whether
                  it is a number at all (`drawing.py`)
    3. read       each digit, cut out of its paper, is read by the model as well, and what all say is weighed; one that
                  stands alone may be none (`decisions.py`)
    4. arrange    in lines (`lines.py`), and in the cells of a table (`table.py`)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image

from mnistcore.digit.grey import upright
from mnistcore.digit.model import Model
from mnistcore.digit.reading import Reading, Readings, read
from mnistcore.page.closeup import cut_out, looks, weighed
from mnistcore.page.context import FoundDigit
from mnistcore.page.darkness import brightness, darkness, is_plain
from mnistcore.page.decisions import is_digit_alone
from mnistcore.page.drawing import extent, is_number, may_be_number, parts
from mnistcore.page.lines import in_lines
from mnistcore.page.reader import PageReader, find_digits, find_on_paper, find_upright
from mnistcore.page.scan import SMALLEST, smallest
from mnistcore.page.table import Cells, find_cells
from mnistcore.page.threshold import ink_of

KINDS = ("auto", "drawing", "photo")
SHEET = 160  # pixels of a drawing's shorter side: a digit that is drawn on a sheet needs no more
MOST_PARTS = 20  # of a drawing that may be digits: more are no number
IN_CELL = 0.35  # of a cell's shorter side: what is written in it is at least so high
SMALLEST_DRAWN = 8  # of these digits one below the other fill a sheet

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class PageDigit:
    """A digit on a page.

    Attributes:
        reading: what is read there; `reading.image` is the digit as the model sees it.
        box: (x, y, width, height) in pixels of the page.
        line: the number of its line, from 0.
        cell: the row and the column of the table that it stands in, from 0; None if it stands in none.
    """

    reading: Reading
    box: Box
    line: int
    cell: tuple[int, int] | None = None


@dataclass(frozen=True)
class Page:
    """What is read on a page.

    Attributes:
        digits: in reading order; what is no digit is not among them.
        size: (width, height) of the picture in whose pixels the boxes are.
        refused: of a drawing without a digit what `read` reads in it: blank or not a digit; else None.
        shape: how many rows and columns the page's table has; None if there is no table.
    """

    digits: list[PageDigit]
    size: tuple[int, int]
    refused: Reading | None = None
    shape: tuple[int, int] | None = None

    @cached_property
    def lines(self) -> list[str]:
        """The digits of each line, from top to bottom."""
        count = 1 + max((digit.line for digit in self.digits), default=-1)
        return ["".join(str(d.reading.digit) for d in self.digits if d.line == line) for line in range(count)]

    @property
    def readings(self) -> list[Reading]:
        """What is read in each of the digits."""
        return [digit.reading for digit in self.digits]

    @property
    def text(self) -> str:
        """The lines, one below the other; empty if there is no digit."""
        return "\n".join(self.lines)

    @cached_property
    def table(self) -> list[list[str]] | None:
        """The digits in each cell, in rows, "" in empty ones; None if there is no table."""
        return in_cells(self.shape, [(digit.cell, str(digit.reading.digit)) for digit in self.digits])

    @property
    def rows(self) -> list[list[str]]:
        """The table, or else the lines, each a row of one cell: for a spreadsheet."""
        return [[line] for line in self.lines] if self.table is None else self.table

    def as_dict(self) -> dict:
        """The same as JSON has it: "text", "lines", of each digit "prediction", "confidence", "status", "box" and
        "line", and, if there is one, the "table"."""
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
        page = {"text": self.text, "lines": self.lines, "digits": digits}
        return page if self.table is None else page | {"table": self.table}


def in_cells(shape: tuple[int, int] | None, digits: list[tuple[tuple[int, int] | None, str]]) -> list[list[str]] | None:
    """Rows of cells, given the table's shape, and of each digit its cell, if it stands in one, and what it is."""
    if shape is None:
        return None
    rows = [[""] * shape[1] for _ in range(shape[0])]
    for cell, digit in digits:
        if cell:
            rows[cell[0]][cell[1]] += digit
    return rows


def read_page(
    image: Image.Image | np.ndarray,
    model: Model,
    reader: PageReader,
    size: tuple[int, int] | None = None,
    deadline: float = math.inf,
    kind: str = "auto",
) -> Page:
    """Read all digits on a photo, a scan or a drawing.

    Args:
        image: whatever `prepare` takes; dark ink on light paper or light on dark. It is turned as its EXIF data says.
        model: which reads each digit that was found.
        reader: which finds them.
        size: (width, height) of the picture in whose pixels the boxes shall be; by default those of `image`. For a
            picture that was reduced while it was opened: `open_page` gives both.
        deadline: the `time.monotonic()` by which all must be read.
        kind: "drawing" for what was drawn on a screen, "photo" for paper, "auto" if that is not known.

    Raises:
        BadImage: the input is not a picture.
        TimeoutError: the deadline passed.
        ValueError: there is no such kind.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}; this is {kind!r}.")
    bright = brightness(image)
    dark = darkness(bright)
    size = size or _size(image)
    if kind == "drawing":  # on a sheet that is there for it digits are large
        return _of_drawing(image, dark, _small(dark), model, reader, size, deadline, SHEET / SMALLEST_DRAWN)
    drawn = None
    if kind == "auto" and is_plain(bright):
        drawn = _of_drawing(image, dark, dark, model, reader, size, deadline)
        if drawn.digits or (drawn.refused and drawn.refused.status == "blank"):
            return drawn
    turn, found = (0, []) if drawn else find_upright(dark, reader, deadline)
    if not found:  # ink and paper may have been mistaken for one another
        dark = 1 - dark
        found = find_on_paper(dark, reader, deadline)
    if len(found) > (drawn is not None):  # on a drawing one alone would be what a letter encloses
        dark = np.rot90(dark, turn)
        table = _table(found, dark)
        if table and (least := max(SMALLEST, IN_CELL * table.side)) < smallest(dark.shape):
            found = find_on_paper(dark, reader, deadline, least) or found
        return _page(found, dark, turn, table, model, reader, size)
    return drawn or Page([], size)


def _table(found: list[FoundDigit], dark: np.ndarray) -> Cells | None:
    """The table in which most of the digits that were found stand, if there is one."""
    cells = find_cells(dark, float(np.median([digit.height for digit in found])))
    inside = sum(cells.at(digit.x, digit.y) is not None for digit in found) if cells else 0
    return cells if inside > len(found) / 2 else None


def _of_drawing(
    image: Image.Image | np.ndarray,
    dark: np.ndarray,
    small: np.ndarray,
    model: Model,
    reader: PageReader,
    size: tuple[int, int],
    deadline: float,
    least: float | None = None,
) -> Page:
    """The page of a drawing: one digit as `read` reads it, a number, or nothing. In `small`, which may be the drawing
    made smaller, digits are found whose parts touch or overlap."""
    whole = read(image, model)
    if whole.status == "blank":
        return Page([], size, whole)
    if whole.status == "not a digit" and (digits := _of_parts(dark, model, size)):
        return Page(digits, size)
    ink = ink_of(small)
    found = find_digits(small, reader, deadline, least) if whole.status != "digit" or may_be_number(ink) else []
    if is_number(whole, found, ink, model, reader.number):
        return _page(found, small, 0, None, model, reader, size)
    if whole.status == "not a digit":
        return Page([], size, whole)
    return Page([PageDigit(whole, _boxed(extent(ink), small.shape, size, 0), 0)], size)


def _of_parts(dark: np.ndarray, model: Model, size: tuple[int, int]) -> list[PageDigit]:
    """The digits of a drawing, if they are its parts with free paper between them: all of these are digits then."""
    boxes = parts(ink_of(dark))
    if not 2 <= len(boxes) <= MOST_PARTS:
        return []
    digits = []
    for box in boxes:
        left, top, right, bottom = box
        reading = read(np.pad(np.rint(255 * dark[top:bottom, left:right]).astype(np.uint8), 3), model)
        if reading.status in ("blank", "not a digit"):
            return []
        digits.append(PageDigit(reading, _boxed(box, dark.shape, size, 0), 0))
    return digits


def _small(dark: np.ndarray) -> np.ndarray:
    """A drawing whose shorter side is at most SHEET pixels."""
    image = Image.fromarray(dark)
    scale = SHEET / min(image.size)
    image.thumbnail((round(scale * image.width), round(scale * image.height)), Image.Resampling.BOX)
    return np.asarray(image)


def _page(
    found: list[FoundDigit],
    dark: np.ndarray,
    turn: int,
    table: Cells | None,
    model: Model,
    reader: PageReader,
    size: tuple[int, int],
) -> Page:
    """The page of what was found on a picture that was turned so many times, and that may have a table."""
    places = [table.at(f.x, f.y) if table else None for f in found]
    lines = _lines(found, places)
    order = [(number, i) for number, line in enumerate(lines) for i in line]
    cuts = [cut_out(dark, found[i], found) for _, i in order]
    images = np.stack([image for image, _ in cuts])
    alone, by_model = model.probabilities(images)
    ordered = [found[i] for _, i in order]
    of_digits = weighed(looks(ordered, dark, alone, reader.closeup), reader.shares, by_model)
    if len(found) == 1 and not is_digit_alone(found[0], by_model[0], of_digits.max(), reader.lone):
        return Page([], size)
    of_any = 1 / (1 + np.exp(-np.array([digit.log_odds for digit in ordered], np.float32)))
    readings = Readings(images, of_digits, of_any, {}, model.rejection_threshold, 0.0)  # none is refused any more
    digits = [
        PageDigit(readings[k], _boxed(box, dark.shape, size, turn), line, places[i])
        for k, ((line, i), (_, box)) in enumerate(zip(order, cuts, strict=True))
    ]
    return Page(digits, size, shape=table.shape if table else None)


def _lines(found: list[FoundDigit], places: list[tuple[int, int] | None]) -> list[list[int]]:
    """Which digits stand in each line, from top to bottom; a row of a table is one."""
    rows: dict[int, list[int]] = {}
    for i, place in enumerate(places):
        if place:
            rows.setdefault(place[0], []).append(i)
    lines = [sorted(row, key=lambda i: (places[i], found[i].x)) for row in rows.values()]
    free = [i for i, place in enumerate(places) if place is None]
    at = (np.array([getattr(found[i], name) for i in free]) for name in ("x", "y", "height"))
    lines += [[free[i] for i in line] for line in in_lines(*at)]
    return sorted(lines, key=lambda line: np.mean([found[i].y for i in line])) if rows else lines


def _boxed(box: Box, shape: tuple[int, int], size: tuple[int, int], turn: int) -> Box:
    """Left, top, right and bottom on a picture of this shape, which was turned so many times to the left -> x, y, width
    and height in a picture of that size as it was."""
    height, width = shape
    left, top, right, bottom = box
    for _ in range(turn):  # back, a quarter at a time
        left, top, right, bottom = height - bottom, left, height - top, right
        height, width = width, height
    across, down = size[0] / width, size[1] / height
    x, y = round(left * across), round(top * down)
    return x, y, min(round(right * across), size[0]) - x, min(round(bottom * down), size[1]) - y


def _size(image: Image.Image | np.ndarray) -> tuple[int, int]:
    """Width and height of a picture, upright."""
    if not isinstance(image, Image.Image):
        height, width = np.asarray(image).shape[:2]
        return width, height
    return upright(image).size
