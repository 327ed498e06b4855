"""The pieces of a line -> its digits, by what the network says of them.

Where one digit ends and the next begins cannot always be seen before they are read: a 5 has a bar of its own, and two
digits may touch. So the pieces of a line are joined in all likely ways, the network reads every candidate, and the path
from the line's start to its end is taken whose digits are the most probable together (LeCun et al. 1998, section VII:
over-segmentation, and a Viterbi search of the graph).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np

from mnistcore.digit.form import SIDE
from mnistcore.digit.images import prepare
from mnistcore.digit.model import Model
from mnistcore.errors import BlankImage
from mnistcore.page.cuts import cut
from mnistcore.page.segmentation import Piece, bounding_box, picture

MOST_JOINED = 5  # pieces of one digit, not counting cuts,
MOST_PARTS = 20  # and counting them
WIDEST = 1.8  # heights of a line: a digit in one piece is not wider,
WIDEST_JOINED = 1.3  # one that is put together or cut off not wider than this,
TALLEST = 1.6  # nor taller,
LOWEST = 0.4  # nor lower
GAP = 0.3  # heights: between two parts of a digit, across
USUAL_WIDTH = 1.1  # heights: nearly all digits are narrower,
WIDTH_COST = 8.0  # and each height more makes one by e to the power of this less probable
LONGEST = 15.0  # heights: what is longer is no row of digits that touch
SURE = 0.8  # a whole piece that is read with such a probability is not cut

# probabilities, before the network is asked:
CUT = 0.3  # that two digits touch, at a place where they might
ABOVE = 0.05  # that of two digits of a line one is above the other
JOIN = 0.3  # that two pieces side by side are parts of one digit, if they do not lie above each other
OTHER_WIDTH = 0.8  # heights of its width
SMALL_OTHER = 0.3  # the same for one that is lower than any digit


@dataclass
class Candidate:
    """Pieces that may be one digit.

    Attributes:
        image: (28, 28) uint8, as `prepare` leaves them.
        probabilities: (10,) float32, of each digit, given that they are one; all 0 where the network was not asked.
        digit_probability: 0-1, that they are a digit.
        digit: the most probable one.
        probability: 0-1, that they are that digit.
        other: 0-1, that they are no digit.
    """

    image: np.ndarray
    probabilities: np.ndarray = field(default_factory=lambda: np.zeros(10, np.float32))
    digit_probability: float = 0.0
    digit: int = 0
    probability: float = 0.0
    other: float = 1.0


class Line:
    """The pieces of a line, and what the network says of those that may be a digit together."""

    def __init__(self, pieces: list[Piece], labels: np.ndarray, strength: np.ndarray, other: float) -> None:
        self.pieces, self.labels, self.strength, self.other = pieces, labels, strength, other
        heights = np.array([piece.height for piece in pieces])
        masses = np.array([piece.mass for piece in pieces])
        order = np.argsort(heights)
        self.height = float(heights[order][np.searchsorted(masses[order].cumsum(), masses.sum() / 2)])
        self.candidates: dict[tuple[int, ...], Candidate] = {}

    def spans(self) -> list[tuple[int, int]]:
        """The first and the end of the pieces that may be one digit."""
        spans = []
        for start in range(len(self.pieces)):
            for end in range(start + 1, len(self.pieces) + 1):
                if not self._may_be_a_digit(start, end):
                    if end - start > 1 or self.pieces[start].width > WIDEST * self.height:
                        break
                    continue
                spans.append((start, end))
        return spans

    def _may_be_a_digit(self, start: int, end: int) -> bool:
        pieces = self.pieces[start:end]
        joined = len({piece.origin for piece in pieces})
        if joined > MOST_JOINED:
            return False
        left, top, right, bottom = bounding_box(pieces)
        whole = end - start == 1 and pieces[0].number == pieces[0].origin
        widest = WIDEST if whole else WIDEST_JOINED
        if right - left > widest * self.height or bottom - top > TALLEST * self.height:
            return False
        return end - start == 1 or self._gap(start, end - 1) <= GAP * self.height

    def _gap(self, start: int, last: int) -> float:
        """From the pieces before the last to it, across."""
        return self.pieces[last].box[0] - max(piece.box[2] for piece in self.pieces[start:last])

    def _width(self, start: int, end: int) -> float:
        """Of pieces together, in heights of the line."""
        left, _, right, _ = bounding_box(self.pieces[start:end])
        return (right - left) / self.height

    def key(self, start: int, end: int) -> tuple[int, ...]:
        return tuple(piece.number for piece in self.pieces[start:end])

    def unread(self, deadline: float) -> list[Candidate]:
        """The candidates that the network has not read yet; TimeoutError after the deadline."""
        new = []
        for start, end in self.spans():
            check_time(deadline)
            pieces, key = self.pieces[start:end], self.key(start, end)
            if key in self.candidates:
                continue
            low = bounding_box(pieces)[3] - bounding_box(pieces)[1] < LOWEST * self.height
            self.candidates[key] = candidate = Candidate(np.zeros((SIDE, SIDE), np.uint8))
            if low:
                continue
            try:
                candidate.image = prepare(picture(self.labels, self.strength, pieces))
            except BlankImage:
                continue
            new.append(candidate)
        return new

    def split_unexplained(self, deadline: float) -> None:
        """Cut the pieces that no reading explains, and those that are wider than most digits; raises TimeoutError after
        the deadline."""
        explained: set[int] = set()
        for start, end in self.spans():
            narrow = self._width(start, end) <= USUAL_WIDTH
            if narrow and self.candidates[self.key(start, end)].probability > SURE:
                explained.update(self.key(start, end))
        parts = []
        for piece in self.pieces:
            check_time(deadline)
            whole = piece.number in explained or piece.height < LOWEST * self.height
            whole |= piece.width > LONGEST * self.height
            parts += [piece] if whole else cut(self.labels, piece, self.height)
        self.pieces = sorted(parts, key=lambda piece: piece.x)

    def best_path(self) -> tuple[float, list[tuple[list[Piece], Candidate | None]]]:
        """The most probable way to divide the line: the logarithm of its probability, and its pieces, each with the
        candidate if they are a digit."""
        count = len(self.pieces)
        best = np.full(count + 1, -np.inf)
        best[0] = 0
        step: list[tuple[int, Candidate | None]] = [(0, None)] * (count + 1)
        digits = {span: self.candidates[self.key(*span)] for span in self.spans()}
        for end in range(1, count + 1):
            for start in range(max(0, end - MOST_PARTS), end):
                score, chosen = -np.inf, None
                candidate = digits.get((start, end))
                if candidate is not None and candidate.probability > 0:
                    score, chosen = np.log(candidate.probability) + self._joins(start, end), candidate
                    score -= WIDTH_COST * max(0.0, self._width(start, end) - USUAL_WIDTH)
                if len({piece.origin for piece in self.pieces[start:end]}) == 1:
                    other = self._non_digit_log_prob(start, end, candidate)
                    if other > score:
                        score, chosen = other, None
                score += best[start]
                if end < count:
                    score += self._boundary_log_prior(end)
                if score > best[end]:
                    best[end], step[end] = score, (start, chosen)
        total, path = float(best[count]), []
        while count:
            start, chosen = step[count]
            path.append((self.pieces[start:count], chosen))
            count = start
        return total, path[::-1]

    def _boundary_log_prior(self, end: int) -> float:
        """The logarithm of how probable it is, before reading them, that one digit ends and another begins there."""
        before, after = self.pieces[end - 1], self.pieces[end]
        if before.origin == after.origin:
            return float(np.log(CUT))
        common = min(before.box[2], after.box[2]) - max(before.box[0], after.box[0])
        return float(np.log(ABOVE)) if common > 0.6 * min(before.width, after.width) else 0.0

    def _joins(self, start: int, end: int) -> float:
        """The logarithm of how probable it is, before reading them, that separate pieces are parts of one digit."""
        total = 0.0
        for last in range(start + 1, end):
            if self.pieces[last].origin != self.pieces[last - 1].origin and self._gap(start, last) > 0:
                total += np.log(JOIN)
        return total

    def _non_digit_log_prob(self, start: int, end: int, candidate: Candidate | None) -> float:
        """The logarithm of the probability that pieces are something else than a digit."""
        left, top, right, bottom = bounding_box(self.pieces[start:end])
        whole = self.pieces[start].number == self.pieces[start].origin
        if whole and bottom - top < LOWEST * self.height:
            return float(np.log(SMALL_OTHER))
        others = max(1.0, (right - left) / (OTHER_WIDTH * self.height))
        return float(others * np.log(self.other) + np.log(candidate.other + 1e-6 if candidate else 1.0))


def read_candidates(line: Line, model: Model, deadline: float) -> None:
    """Have the network read the candidates of a line that it has not read yet; TimeoutError after the deadline."""
    new = line.unread(deadline)
    if not new:
        return
    read = model.probabilities(np.stack([candidate.image for candidate in new]))
    for candidate, of_digits, of_any in zip(new, *read, strict=True):
        candidate.probabilities, candidate.digit_probability = of_digits, of_any
        candidate.digit = int(of_digits.argmax())
        candidate.probability, candidate.other = float(of_digits.max() * of_any), float(1 - of_any)


def check_time(deadline: float) -> None:
    """Raise TimeoutError if the `time.monotonic()` of a deadline has passed."""
    if time.monotonic() > deadline:
        raise TimeoutError("The page could not be read in time.")
