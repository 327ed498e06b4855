"""A photo, scan or drawing of any number of digits -> a Page: the digits in reading order, each with its box.

Where one digit ends and the next begins cannot always be seen before they are read: a 5 has a bar of its own, and two
digits may touch. So the pieces of a line are joined in all likely ways, the network reads every candidate, and the path
from the line's start to its end is taken whose digits are the most probable together (LeCun et al. 1998, section VII:
over-segmentation, and a Viterbi search of the graph).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from PIL import Image

from mnistcore.errors import BlankImage
from mnistcore.images import PAGE_SIDE, SIDE, brightness, prepare
from mnistcore.model import Model
from mnistcore.paper import find_ink
from mnistcore.reading import Reading, read_batch
from mnistcore.segmentation import MOST_CUTS, Piece, bounding_box, cut, find_pieces, group_lines, picture
from mnistcore.store import load_model

MOST_JOINED = 5  # pieces of one digit
WIDEST = 1.5  # heights of a line: a digit is not wider,
TALLEST = 1.6  # nor taller,
LOWEST = 0.4  # nor lower
GAP = 0.3  # heights: between two parts of a digit, across
SURE = 0.8  # a whole piece that is read with such a probability is not cut

# probabilities, before the network is asked:
CUT = 0.1  # that two digits touch, at a place where they might
JOIN = 0.3  # that two pieces side by side are parts of one digit, if they do not lie above each other
OTHER = 0.03  # that a piece is something else than a digit, for each
OTHER_WIDTH = 0.8  # heights of its width
SMALL_OTHER = 0.3  # the same for one that is lower than any digit


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


def read_page(
    image: Image.Image | np.ndarray, model: Model | None = None, size: tuple[int, int] | None = None
) -> Page:
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
    grey = brightness(image, PAGE_SIDE)
    ink = find_ink(grey)
    labels, pieces = find_pieces(ink)
    lines = [_Line(line, labels, ink.strength) for line in group_lines(pieces)]
    _read(lines, model)
    for line in lines:
        line.cut_doubtful()
    _read(lines, model)
    paths = [line.best_path() for line in lines]
    return _page(paths, model, grey.shape, size or _size(image))


@dataclass
class _Candidate:
    """Pieces that may be one digit: their image (28, 28), and how probable it is that they are, and of which digit."""

    image: np.ndarray
    probability: float = 0.0  # of the most probable digit, and that it is a digit at all
    other: float = 1.0  # that it is no digit


class _Line:
    """The pieces of a line, and what the network says of those that may be a digit together."""

    def __init__(self, pieces: list[Piece], labels: np.ndarray, strength: np.ndarray) -> None:
        self.pieces, self.labels, self.strength = pieces, labels, strength
        heights = np.array([piece.height for piece in pieces])
        masses = np.array([piece.mass for piece in pieces])
        order = np.argsort(heights)
        self.height = float(heights[order][np.searchsorted(masses[order].cumsum(), masses.sum() / 2)])
        self.candidates: dict[tuple[int, ...], _Candidate] = {}

    def spans(self) -> list[tuple[int, int]]:
        """The first and the end of the pieces that may be one digit."""
        spans = []
        for start in range(len(self.pieces)):
            for end in range(start + 1, min(start + MOST_JOINED, len(self.pieces)) + 1):
                if not self._may_be_a_digit(start, end):
                    if end - start > 1 or self.pieces[start].width > WIDEST * self.height:
                        break
                    continue
                spans.append((start, end))
        return spans

    def _may_be_a_digit(self, start: int, end: int) -> bool:
        pieces = self.pieces[start:end]
        left, top, right, bottom = bounding_box(pieces)
        if right - left > WIDEST * self.height or bottom - top > TALLEST * self.height:
            return False
        if end - start > 1 and self._gap(start, end - 1) > GAP * self.height:
            return False
        return bottom - top >= LOWEST * self.height or end - start < MOST_JOINED

    def _gap(self, start: int, last: int) -> float:
        """From the pieces before the last to it, across."""
        return self.pieces[last].box[0] - max(piece.box[2] for piece in self.pieces[start:last])

    def key(self, start: int, end: int) -> tuple[int, ...]:
        return tuple(piece.number for piece in self.pieces[start:end])

    def unread(self) -> list[_Candidate]:
        """The candidates that the network has not read yet."""
        new = []
        for start, end in self.spans():
            pieces, key = self.pieces[start:end], self.key(start, end)
            if key in self.candidates:
                continue
            low = bounding_box(pieces)[3] - bounding_box(pieces)[1] < LOWEST * self.height
            self.candidates[key] = candidate = _Candidate(np.zeros((SIDE, SIDE), np.uint8))
            if low:
                continue
            try:
                candidate.image = prepare(picture(self.labels, self.strength, pieces))
            except BlankImage:
                continue
            new.append(candidate)
        return new

    def cut_doubtful(self) -> None:
        """Cut the pieces that no reading explains."""
        explained = set()
        for start, end in self.spans():
            if self.candidates[self.key(start, end)].probability > SURE:
                explained.update(self.key(start, end))
        parts = []
        for piece in self.pieces:
            whole = piece.number in explained or piece.height < LOWEST * self.height
            parts += [piece] if whole else cut(self.labels, piece, self.height)
        self.pieces = sorted(parts, key=lambda piece: piece.x)

    def best_path(self) -> list[tuple[list[Piece], np.ndarray | None]]:
        """The most probable way to divide the line: pieces, and the image if they are a digit."""
        count = len(self.pieces)
        best = np.full(count + 1, -np.inf)
        best[0] = 0
        step: list[tuple[int, np.ndarray | None]] = [(0, None)] * (count + 1)
        digits = {span: self.candidates[self.key(*span)] for span in self.spans()}
        for end in range(1, count + 1):
            for start in range(max(0, end - MOST_CUTS - 1), end):
                score, image = -np.inf, None
                candidate = digits.get((start, end))
                if candidate is not None and candidate.probability > 0:
                    score, image = np.log(candidate.probability) + self._joins(start, end), candidate.image
                if len({piece.origin for piece in self.pieces[start:end]}) == 1:
                    other = self._other(start, end, candidate)
                    if other > score:
                        score, image = other, None
                score += best[start]
                if end < count and self.pieces[end].origin == self.pieces[end - 1].origin:
                    score += np.log(CUT)
                if score > best[end]:
                    best[end], step[end] = score, (start, image)
        path = []
        while count:
            start, image = step[count]
            path.append((self.pieces[start:count], image))
            count = start
        return path[::-1]

    def _joins(self, start: int, end: int) -> float:
        """The logarithm of how probable it is, before reading them, that separate pieces are parts of one digit."""
        total = 0.0
        for last in range(start + 1, end):
            if self.pieces[last].origin != self.pieces[last - 1].origin and self._gap(start, last) > 0:
                total += np.log(JOIN)
        return total

    def _other(self, start: int, end: int, candidate: _Candidate | None) -> float:
        """The logarithm of the probability that pieces are something else than a digit."""
        left, top, right, bottom = bounding_box(self.pieces[start:end])
        whole = self.pieces[start].number == self.pieces[start].origin
        if whole and bottom - top < LOWEST * self.height:
            return float(np.log(SMALL_OTHER))
        others = max(1.0, (right - left) / (OTHER_WIDTH * self.height))
        return float(others * np.log(OTHER) + np.log(candidate.other + 1e-6 if candidate else 1.0))


def _read(lines: list[_Line], model: Model) -> None:
    """Have the network read all candidates that it has not read yet, at once."""
    new = [candidate for line in lines for candidate in line.unread()]
    if not new:
        return
    probabilities, digit_probability = model.probabilities(np.stack([candidate.image for candidate in new]))
    for candidate, digit, is_digit in zip(new, probabilities.max(axis=1), digit_probability, strict=True):
        candidate.probability, candidate.other = float(digit * is_digit), float(1 - is_digit)


def _page(paths, model: Model, shape: tuple[int, int], size: tuple[int, int]) -> Page:
    """The digits on the lines' paths, with boxes in the pixels of a picture of that size."""
    found = [(line, pieces, image) for line, path in enumerate(paths) for pieces, image in path if image is not None]
    if not found:
        return Page([], size)
    readings = read_batch(np.stack([image for _, _, image in found]), model)
    across, down = size[0] / shape[1], size[1] / shape[0]
    digits, numbers = [], {}
    for (line, pieces, _), reading in zip(found, (readings[i] for i in range(len(found))), strict=True):
        if reading.status in ("blank", "not a digit"):
            continue
        left, top, right, bottom = bounding_box(pieces)
        x, y = round(left * across), round(top * down)
        box = x, y, min(round(right * across), size[0]) - x, min(round(bottom * down), size[1]) - y
        digits.append(PageDigit(reading, box, numbers.setdefault(line, len(numbers))))
    return Page(digits, size)


def _size(image: Image.Image | np.ndarray) -> tuple[int, int]:
    """Width and height of a picture, upright."""
    if not isinstance(image, Image.Image):
        height, width = np.asarray(image).shape[:2]
        return width, height
    turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
    return (image.height, image.width) if turned else image.size
