"""Digits, letters and signs that people wrote with a pen, as strokes.

Three forms are read, and `mnistcore hands` turns the first two into the third:

    train_r01_v07       the folder that UNIPEN's archive unpacks to: digits, letters and signs by some 250 people of two
                        dozen donors. International Unipen Foundation, CC BY 4.0, doi 10.5281/zenodo.1195803 (Guyon et
                        al. 1994, "UNIPEN project of on-line data exchange and recognizer benchmarks")
    pendigits-orig.tra  7,494 digits by 30 people, "Pen-Based Recognition of Handwritten Digits" of the UCI Machine
                        Learning Repository, CC BY 4.0, doi 10.24432/C5MG6K (Alpaydin & Alimoglu 1998)
    *.jsonl.gz          one character a line: {"label": 3, "writer": "apa:w02", "strokes": [[[x, y], ...], ...]}

None of it comes with the package. Some people's writing is for testing and is never loaded: in UNIPEN that of the
writers whom `is_tester` names, of UCI's digits the 14 people of `pendigits-orig.tes`. Of the others a sixth, whom
`for_validation` names, are trained on in no model: seeds, thresholds and recipes are chosen on what they wrote. What is
labelled wrongly is left out; `mislabelled.txt` lists it. So are, of letters and signs to train on as non-digits, those
that look like a digit: `LIKE_A_DIGIT` and `look_alikes.txt`.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mnistcore.data import pen
from mnistcore.data.pen import Paths
from mnistcore.errors import DataUnavailable
from mnistcore.home import atomic_path

BOX = 500  # units along the side of the square that a character lies in,
LONGER_SIDE = 320  # and those along its own longer side, where the source knows no square
PARTS_OF_UNIPEN = ("1a", "1b", "1c", "1d")  # single digits, capitals, small letters, and signs
# letters and signs that many people write like a digit
LIKE_A_DIGIT = frozenset("OSIZGDgqosbzl/|',])(\\`")
# the names by which recipes say what they learn from
SOURCES = {
    "unipen": "UNIPEN train_r01_v07, International Unipen Foundation, CC BY 4.0, doi 10.5281/zenodo.1195803",
    "pendigits": "UCI Pen-Based Recognition of Handwritten Digits, the 30 people of pendigits-orig.tra, E. Alpaydin "
    "and F. Alimoglu, CC BY 4.0, doi 10.24432/C5MG6K",
}


@dataclass(frozen=True, eq=False)
class Character:
    """What one person wrote once.

    Attributes:
        label: the digit, letter or sign that it is: one character.
        writer: who wrote it, as the source names them.
        strokes: one (n, 2) float32 array a stroke, n at least 1: the pen's x to the right and y downwards, whole
            numbers within a square of BOX units, no point twice in succession.
    """

    label: str
    writer: str
    strokes: tuple[np.ndarray, ...]

    @property
    def is_digit(self) -> bool:
        """Whether the label is one of 0-9."""
        return self.label in tuple("0123456789")

    @property
    def fingerprint(self) -> str:
        """12 hexadecimal digits that tell it from any other character."""
        digest = hashlib.sha256(self.label.encode())
        for stroke in self.strokes:
            digest.update(b"/" + stroke.astype("<i2").tobytes())
        return digest.hexdigest()[:12]


@dataclass(frozen=True, eq=False)
class Written:
    """What some people wrote, to be written anew with other pens.

    Attributes:
        digits: the paths of n digits.
        labels: (n,) int64, 0-9.
        others: the paths of letters and signs, without those that look like a digit.
    """

    digits: Paths
    labels: np.ndarray
    others: Paths


@dataclass(frozen=True, eq=False)
class Hands:
    """What people wrote, split.

    Attributes:
        training: by those to train on,
        validation: and by others.
        source: one line for people.
        sha256: of all of it.
    """

    training: Written
    validation: Written
    source: str
    sha256: str


def gather(paths: Sequence[Path], log: Callable[[str], None] = print) -> Hands:
    """Load characters from several files or folders, and split them.

    Raises:
        DataUnavailable: as `load` does; or there are no digits, or no letters, by people to train on or to validate on.
    """
    characters = [character for path in paths for character in load(path, log)]
    training, validation = split(characters)
    digest = hashlib.sha256("".join(character.fingerprint for character in characters).encode())
    names = ", ".join(Path(path).name for path in paths)
    return Hands(
        _written([*training, *_slashed(training)], "train"),
        _written(validation, "validate"),
        f"{len(characters):,} characters of {names}",
        digest.hexdigest(),
    )


def _slashed(characters: list[Character]) -> list[Character]:
    """A tenth of the 0s once more, with a slash: some people write it so, but few of those who are trained on."""
    rng = np.random.default_rng(0)
    more = []
    for zero in [character for character in characters if character.label == "0"][::10]:
        points = np.vstack(zero.strokes)
        low, high = points.min(axis=0), points.max(axis=0)
        angle, half = (
            rng.uniform(-0.2, 1.2),
            rng.uniform(0.45, 0.75) * (high - low).max(),
        )  # it mostly rises to the right
        middle = (low + high) / 2 + rng.normal(0, 0.05, 2) * (high - low)
        slash = middle + half * np.array([[-1, 1], [1, -1]]) * (np.cos(angle), np.sin(angle))
        more.append(Character("0", zero.writer, (*zero.strokes, slash.astype(np.float32))))
    return more


def _written(characters: list[Character], what: str) -> Written:
    digits = [character for character in characters if character.is_digit]
    unlike = [character for character in characters if not (character.is_digit or character.label in LIKE_A_DIGIT)]
    others = [character for character in unlike if character.fingerprint not in _listed("look_alikes.txt")]
    for some, name in ((digits, "digits"), (others, "letters")):
        if not some:
            raise DataUnavailable(
                f"There are no {name} by people to {what} on: give UNIPEN's, or files made from it, too."
            )
    return Written(
        pen.paths([character.strokes for character in digits]),
        np.array([int(character.label) for character in digits]),
        pen.paths([character.strokes for character in others]),
    )


def for_validation(writer: str) -> bool:
    """Whether nothing that this person wrote may be trained on, so that choices can be made on it: one of six."""
    return zlib.crc32(writer.encode()) % 6 == 0


def is_tester(donor: str, writer: str) -> bool:
    """Whether what this writer of UNIPEN wrote is for testing, as three of ten's is: it is not even loaded."""
    return zlib.crc32(f"{donor}:{writer}".encode()) % 10 < 3


def split(characters: list[Character]) -> tuple[list[Character], list[Character]]:
    """Those to train on, and those to validate on.

    In UNIPEN one person may have two names. So whoever shares a character (of more than a few points) with someone who
    is kept for validation is in neither.
    """
    validation = [character for character in characters if for_validation(character.writer)]
    seen = {character.fingerprint for character in validation if sum(map(len, character.strokes)) >= 10}
    namesakes = {character.writer for character in characters if character.fingerprint in seen}
    left_out = namesakes | {character.writer for character in validation}
    return [character for character in characters if character.writer not in left_out], validation


def load(path: Path, log: Callable[[str], None] = print) -> list[Character]:
    """Read characters from one of the three forms.

    Args:
        path: the folder or the file.
        log: called with one line that says what was read and under which licence it may be used, and with one for what
            could not be read.

    Raises:
        DataUnavailable: there is nothing there, it is none of the three or damaged, or it is a set that is for testing.
    """
    path = Path(path)
    if path.name.startswith("pendigits-orig.tes"):
        raise DataUnavailable(
            f"{path.name} is what everybody tests on, and is not to be trained on: give pendigits-orig.tra."
        )
    if not path.exists():
        raise DataUnavailable(f"There is no file or folder {path}.")
    if not (path.is_dir() or path.is_file()):  # a pipe could be waited for without an end
        raise DataUnavailable(f"{path} is not a file.")
    try:
        if path.is_dir():
            licence, characters = SOURCES["unipen"], _unipen(path, log)
        elif path.suffix == ".tra":
            licence, characters = SOURCES["pendigits"], list(_pendigits(path))
        elif path.name.endswith(".jsonl.gz"):
            licence, characters = "the licence of what it was made from", list(_compact(path))
        else:
            raise DataUnavailable(
                f"{path.name} is neither UNIPEN's folder train_r01_v07, nor pendigits-orig.tra, nor a .jsonl.gz file."
            )
    except DataUnavailable:
        raise
    except Exception as error:  # a damaged file fails in more ways than can be listed
        raise DataUnavailable(f"{path.name} is damaged or cannot be read ({type(error).__name__}).") from error
    wrong = _listed("mislabelled.txt")
    kept = [character for character in characters if character.fingerprint not in wrong]
    if not kept:
        raise DataUnavailable(f"There are no characters in {path.name}.")
    writers = len({character.writer for character in kept})
    log(f"{path.name}: {len(kept):,} characters by {writers} people ({licence})")
    return kept


def save(path: Path, characters: Iterable[Character]) -> None:
    """Write characters as a .jsonl.gz file, atomically; the same characters make the same bytes."""
    lines = []
    for character in characters:
        label = int(character.label) if character.is_digit else character.label
        strokes = [stroke.astype(int).tolist() for stroke in character.strokes]
        writer = int(character.writer) if character.writer.isdecimal() else character.writer
        fields = {"label": label, "writer": writer, "strokes": strokes}
        lines.append(json.dumps(fields, separators=(",", ":")) + "\n")
    with atomic_path(path) as temporary:
        temporary.write_bytes(gzip.compress("".join(lines).encode(), mtime=0))


@cache
def _listed(name: str) -> frozenset[str]:
    """The fingerprints in a list of characters that comes with the package."""
    text = files("mnistcore.data").joinpath(name).read_text("utf-8")
    return frozenset(line.split()[0] for line in text.splitlines() if line and not line.startswith("#"))


def _whole(strokes: Iterable[np.ndarray]) -> tuple[np.ndarray, ...]:
    """Strokes of whole numbers, without the points at which the pen stood still."""
    rounded = [np.rint(stroke).astype(np.float32) for stroke in strokes]
    return tuple(stroke[np.r_[True, (np.diff(stroke, axis=0) != 0).any(axis=1)]] for stroke in rounded)


# The compact form


def _compact(path: Path) -> Iterator[Character]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                fields = json.loads(line)
                label, writer = str(fields["label"]), str(fields["writer"])
                strokes = [np.array(stroke, np.float32).reshape(len(stroke), 2) for stroke in fields["strokes"]]
                inside = all(len(stroke) and stroke.min() >= 0 and stroke.max() <= BOX for stroke in strokes)
            except (KeyError, TypeError, ValueError):
                inside = False
            if not (inside and strokes and len(label) == 1):
                raise DataUnavailable(
                    f"Line {number} of {path.name} is not a label of one character, a writer, and strokes of points "
                    f"(x, y) in 0-{BOX}."
                )
            yield Character(label, writer, _whole(strokes))


# UNIPEN's format: statements that start with a dot and a keyword, and go on until the next one does


class _Component(NamedTuple):
    """What the pen did between two of its changes: (n, 2) float64 points in the tablet's units, y upwards."""

    down: bool
    points: np.ndarray
    writer: str


SEGMENT = re.compile(r'(?:CHARACTER|DIGIT)\s+([\d:,\s-]+?)\s+(\S+)\s+"(.+)"\s*', re.DOTALL)


def _statements(path: Path) -> Iterator[tuple[str, str]]:
    """Each statement's keyword and the text after it."""
    text = path.read_text("latin-1")
    for statement in re.split(r"^[ \t]*\.(?=[A-Z])", text, flags=re.MULTILINE)[1:]:
        keyword, *rest = statement.split(maxsplit=1)
        yield keyword, rest[0].strip() if rest else ""


def _including(path: Path, include: Path) -> Iterator[tuple[str, str]]:
    """As `_statements`, with those of the files that it includes in their place."""
    for keyword, rest in _statements(path):
        if keyword == "INCLUDE":
            yield from _including(include / rest, include)
        else:
            yield keyword, rest


def _unipen(folder: Path, log: Callable[[str], None]) -> list[Character]:
    root = folder if (folder / "data").is_dir() else folder / "train_r01_v07"
    for part in ("data", "include"):
        if not (root / part).is_dir():
            raise DataUnavailable(
                f"{folder.name or folder} is not UNIPEN's folder train_r01_v07: it has no folder {part}."
            )
    characters, unreadable = [], 0
    paths = [path for part in PARTS_OF_UNIPEN for path in sorted((root / "data" / part).rglob("*.dat"))]
    for path in paths:
        donor = path.relative_to(root / "data").parts[1]
        try:
            characters += _unipen_file(path, root / "include", donor)
        except (OSError, ValueError, IndexError, RecursionError):
            unreadable += 1
    if unreadable:
        log(f"{folder.name}: {unreadable:,} of {len(paths):,} files are damaged or include one that is not there")
    return list(_boxed(characters))


def _unipen_file(path: Path, include: Path, donor: str) -> list[Character]:
    """The characters of one file under data/ that are not by testers, strokes in the tablet's units, y upwards."""
    components: list[_Component] = []
    segments: list[tuple[str, str]] = []  # components and label
    columns, writer, resolution = ["X", "Y"], "", {"X": 1.0, "Y": 1.0}
    for keyword, rest in _including(path, include):
        if keyword == "COORD":
            columns = rest.split()
        elif keyword == "WRITER_ID":
            writer = rest
        elif keyword[1:] in ("_POINTS_PER_INCH", "_POINTS_PER_MM"):
            resolution[keyword[0]] = float(rest)
        elif keyword in ("PEN_DOWN", "PEN_UP") and rest:
            numbers = np.array(rest.split(), float).reshape(-1, len(columns))
            points = numbers[:, [columns.index("X"), columns.index("Y")]] / (resolution["X"], resolution["Y"])
            components.append(_Component(keyword == "PEN_DOWN", points, writer))
        elif keyword == "SEGMENT" and (match := SEGMENT.fullmatch(rest)):
            where, quality, label = match.groups()
            label = label[1:] if len(label) == 2 and label[0] == "\\" else label
            if quality != "BAD" and len(label) == 1:
                segments.append((where, label))
    characters = []
    for where, label in segments:
        chosen = list(_chosen(where, components))
        strokes = [component.points for component in chosen if component.down and len(component.points)]
        if strokes and not is_tester(donor, chosen[0].writer):
            characters.append(Character(label, f"{donor}:{chosen[0].writer}", tuple(strokes)))
    return characters


def _chosen(where: str, components: list[_Component]) -> Iterator[_Component]:
    """The components that a segment names: "3", "0-1", "2:10-4:22" with the points of the first and the last, and lists
    of these; both ends belong to it."""
    for extent in where.replace(" ", "").split(","):
        first, _, last = extent.partition("-")
        (start, _, start_point), (end, _, end_point) = first.partition(":"), (last or first).partition(":")
        for index in range(int(start), int(end) + 1):
            down, points, writer = components[index]
            to = int(end_point) + 1 if end_point and last and index == int(end) else None
            since = int(start_point) if start_point and index == int(start) else None
            yield _Component(down, points[since:to], writer)


def _boxed(characters: list[Character]) -> Iterator[Character]:
    """Each character in the middle of the square, y downwards. Of each writer those less than half as large as usual
    keep their size, so that a dot stays a dot."""
    corners = [[extreme(np.vstack(c.strokes), axis=0) for extreme in (np.min, np.max)] for c in characters]
    sizes = np.array([(high - low).max() for low, high in corners])
    writers = np.array([character.writer for character in characters])
    usual = {writer: np.median(sizes[writers == writer]) for writer in set(writers.tolist())}
    for character, (low, high), size in zip(characters, corners, sizes, strict=True):
        side = size if size > usual[character.writer] / 2 else usual[character.writer]
        scale = LONGER_SIDE / max(side, 1e-6) * np.array([1, -1])
        strokes = _whole((stroke - (low + high) / 2) * scale + BOX / 2 for stroke in character.strokes)
        yield Character(character.label, character.writer, strokes)


def _pendigits(path: Path) -> Iterator[Character]:
    """UCI's file: a segment's statement, a comment of the digit, the writer and a number, and then its strokes."""
    label, writer = "", ""
    strokes: list[np.ndarray] = []
    for keyword, rest in [*_statements(path), ("SEGMENT", "")]:
        if keyword == "SEGMENT":
            if strokes:
                yield Character(label, writer, _whole(strokes))
            label, writer, strokes = rest[-2:-1], "", []
        elif keyword == "COMMENT" and label:
            _, writer, _ = rest.split()
        elif keyword == "PEN_DOWN" and rest:
            points = np.array(rest.split(), float).reshape(-1, 2)
            strokes.append(points * (1, -1) + (0, BOX))
