"""Export and import of a profile's digits.

An export is a ZIP archive, the oldest digit first:

    digits.csv            picture, label, predicted, model, created: one line a digit; the label "none" is no digit
    pictures/000001.png   the picture of a digit, as it was given
    mnist.npz             the 28x28 images and their labels, in the layout of Keras' mnist.npz; its test set is empty,
                          and the images of what is no digit are an array of their own, non_digits

What is imported may be such an archive, one with digits.csv and pictures alone, or a file in the layout of mnist.npz.
It may come from anybody: nothing in it is unpickled, and what it may cost is bounded.
"""

from __future__ import annotations

import csv
import re
import time
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from io import BytesIO, StringIO
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from mnistcore.confirmed.feedback import MOST_ROWS, Feedback
from mnistcore.confirmed.labelled_digits import MOST_BYTES, NewDigit, in_utc
from mnistcore.data.datasets import KERAS_KEYS, checked_digits
from mnistcore.digit.files import as_png, open_image
from mnistcore.digit.form import NON_DIGIT_CLASS, SIDE
from mnistcore.digit.images import prepare
from mnistcore.errors import BadImage, BlankImage, FeedbackError, MnistCoreError

TABLE, ARRAYS = "digits.csv", "mnist.npz"
NON_DIGITS = "non_digits"  # the array of mnist.npz
NONE = "none"  # in digits.csv: no digit
COLUMNS = ("picture", "label", "predicted", "model", "created")
MOST_UNPACKED = 1024 * 1024 * 1024  # bytes of all that an archive holds
MOST_TABLE = 64 * 1024 * 1024  # bytes of digits.csv
MOST_PREPARED = 5_000  # pictures of an archive without mnist.npz, which take some milliseconds each
MOST_ARRAY = 256 * 1024 * 1024  # bytes of mnist.npz and of each array in it: room for MOST_ROWS images
LONGEST_PREPARING = 60.0  # seconds
EXTENSIONS = {b"\x89PNG": "png", b"\xff\xd8": "jpg", b"RIFF": "webp", b"GIF8": "gif", b"BM": "bmp"}
WHAT_IS_EXPECTED = "it must be an exported ZIP archive, or a file in the layout of mnist.npz"


class Imported(NamedTuple):
    """How many digits were new, and how many were known already and have the label of the file now."""

    new: int
    known: int


def export_zip(feedback: Feedback, profile_id: str) -> bytes:
    """All digits of a profile as a ZIP archive; raises NoSuchProfile if there is none with this id."""
    feedback.profile(profile_id)
    file, table = BytesIO(), StringIO()
    images, labels, non_digits = [], [], []
    writer = csv.writer(table)
    writer.writerow(COLUMNS)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (digit, picture) in enumerate(feedback.pictures(profile_id), 1):
            name = f"pictures/{number:06}.{_extension(picture)}"
            archive.writestr(name, picture, zipfile.ZIP_STORED)  # it is compressed already
            said = [_written(digit.label), _written(digit.predicted)]
            writer.writerow([name, *said, digit.model, digit.created.isoformat()])
            if digit.label == NON_DIGIT_CLASS:
                non_digits.append(digit.image)
            else:
                images.append(digit.image)
                labels.append(digit.label)
        archive.writestr(TABLE, table.getvalue())
        with archive.open(ARRAYS, "w") as arrays:
            np.savez_compressed(
                arrays,
                x_train=np.array(images, np.uint8).reshape(-1, SIDE, SIDE),
                y_train=np.array(labels, np.uint8),
                x_test=np.empty((0, SIDE, SIDE), np.uint8),
                y_test=np.empty(0, np.uint8),
                non_digits=np.array(non_digits, np.uint8).reshape(-1, SIDE, SIDE),
            )
    return file.getvalue()


def import_zip(feedback: Feedback, profile_id: str, file: BinaryIO) -> Imported:
    """Add the digits of a file to a profile: all of them, or none.

    Args:
        feedback: where to.
        profile_id: of the profile.
        file: an archive that `export_zip` made, one of digits.csv and pictures alone, or a file in the layout of
            mnist.npz.

    Raises:
        FeedbackError: the file is none of these, is damaged or too large, or a label in it is no digit; or as
            `Feedback.add_all` does.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            if sum(member.file_size for member in archive.infolist()) > MOST_UNPACKED:
                raise FeedbackError(f"The file is too large: unpacked it may have {MOST_UNPACKED >> 20:,} MiB.")
            if damaged := archive.testzip():  # not only what is read below: what is passed over must not be damaged too
                raise zipfile.BadZipFile(damaged)
            found: Iterable[NewDigit]
            if f"{KERAS_KEYS[0]}.npy" in archive.namelist():
                found = _of_arrays(archive)
                count = len(found)
            else:
                count, found = _of_table(archive)
            new = feedback.add_all(profile_id, found)
    except FeedbackError:
        raise
    except MnistCoreError as error:  # a picture that cannot be read, arrays of another shape
        raise FeedbackError(str(error)) from error
    except Exception as error:  # damaged, encrypted and malicious files fail in more ways than can be listed
        raise FeedbackError(f"The file cannot be read: {WHAT_IS_EXPECTED}.") from error
    return Imported(new, count - new)


def _of_arrays(archive: zipfile.ZipFile) -> list[NewDigit]:
    """The digits of a file in the layout of mnist.npz."""
    images, labels = _arrays(archive)
    return [NewDigit(as_png(image), image, label) for image, label in zip(images, labels.tolist(), strict=True)]


def _of_table(archive: zipfile.ZipFile) -> tuple[int, Iterator[NewDigit]]:
    """How many digits an exported archive has, and the digits, whose pictures are read one by one."""
    text = _read(archive, TABLE, MOST_TABLE).decode("utf-8-sig", "replace")
    lines = list(csv.DictReader(StringIO(text)))
    if len(lines) > MOST_ROWS:
        raise FeedbackError(f"{TABLE} may have {MOST_ROWS:,} lines at most.")
    values = [_values(number, line) for number, line in enumerate(lines, 2)]
    names = [line.get("picture") or "" for line in lines]
    images = _images(archive, names, np.array([value["label"] for value in values], np.int64))
    return len(lines), (
        NewDigit(picture=_read(archive, name, MOST_BYTES), image=image, **value)
        for name, image, value in zip(names, images, values, strict=True)
    )


def _values(number: int, line: dict[str, str]) -> dict[str, Any]:
    """What a line of digits.csv says of a digit, besides its picture."""

    def digit(column: str) -> int:
        if (said := (line.get(column) or "").strip()) == NONE:
            return NON_DIGIT_CLASS
        if not re.fullmatch("[0-9]", said):
            raise FeedbackError(
                f"Line {number} of {TABLE}: the {column} must be a digit from 0 to 9, or {NONE}, not {said[:40]!r}."
            )
        return int(said)

    created = line.get("created") or ""
    try:
        moment = in_utc(datetime.fromisoformat(created)) if created else None
    except (ValueError, OverflowError):
        raise FeedbackError(f"Line {number} of {TABLE}: {created[:40]!r} is no date and time of ISO 8601.") from None
    predicted = digit("predicted") if line.get("predicted") else None
    return {"label": digit("label"), "predicted": predicted, "model": line.get("model") or "", "created": moment}


def _images(archive: zipfile.ZipFile, names: list[str], labels: np.ndarray) -> np.ndarray:
    """(n, 28, 28) uint8, of the pictures with these names and labels: from mnist.npz, or else prepared anew."""
    if ARRAYS in archive.namelist():
        with zipfile.ZipFile(BytesIO(_read(archive, ARRAYS, MOST_ARRAY))) as arrays:
            images, classes = _arrays(arrays)
        if len(images) != len(names) or sum(classes == NON_DIGIT_CLASS) != sum(labels == NON_DIGIT_CLASS):
            raise FeedbackError(f"{TABLE} has {len(names):,} digits and {ARRAYS} {len(images):,}: it must be as many.")
        in_order = np.empty_like(images)
        for of_none in (False, True):
            in_order[(labels == NON_DIGIT_CLASS) == of_none] = images[(classes == NON_DIGIT_CLASS) == of_none]
        return in_order
    if len(names) > MOST_PREPARED:
        raise FeedbackError(f"A file without {ARRAYS} may hold {MOST_PREPARED:,} pictures at most.")
    images, end = np.empty((len(names), SIDE, SIDE), np.uint8), time.monotonic() + LONGEST_PREPARING
    for image, name in zip(images, names, strict=True):
        try:
            image[:] = prepare(open_image(_read(archive, name, MOST_BYTES)))
        except (BadImage, BlankImage) as error:
            raise FeedbackError(f"{name[:100]}: {error}") from error
        if time.monotonic() > end:
            raise FeedbackError("It takes too long to prepare these pictures: import fewer or smaller ones at a time.")
    return images


def _arrays(archive: zipfile.ZipFile) -> tuple[np.ndarray, np.ndarray]:
    """All digits of a file in the layout of mnist.npz, its test set and then its non-digits last: (n, 28, 28) uint8 and
    (n,) int64."""
    images, labels = [np.empty((0, SIDE, SIDE), np.uint8)], [np.empty(0, np.int64)]
    for x, y in (KERAS_KEYS[:2], KERAS_KEYS[2:]):
        if f"{x}.npy" not in archive.namelist():
            continue
        pair = [np.load(BytesIO(_read(archive, f"{key}.npy", MOST_ARRAY)), allow_pickle=False) for key in (x, y)]
        if len(pair[1]):
            some_images, some_labels = checked_digits(pair[0], pair[1], f"set of {x} and {y}")
            images.append(some_images)
            labels.append(some_labels)
    if f"{NON_DIGITS}.npy" in archive.namelist():
        others = np.load(BytesIO(_read(archive, f"{NON_DIGITS}.npy", MOST_ARRAY)), allow_pickle=False)
        if len(others):
            some_images, _ = checked_digits(others, np.zeros(len(others)), f"set of {NON_DIGITS}")
            images.append(some_images)
            labels.append(np.full(len(others), NON_DIGIT_CLASS))
    return np.concatenate(images), np.concatenate(labels)


def _read(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """A file of the archive, if it is there and no longer than that."""
    try:
        with archive.open(name) as member:
            content = member.read(most + 1)
    except KeyError:
        raise FeedbackError(f"The file has no {name[:100]!r}: {WHAT_IS_EXPECTED}.") from None
    if len(content) > most:
        raise FeedbackError(f"{name[:100]} is too large: it may have {most >> 20:,} MiB.")
    return content


def _written(label: int | None) -> str:
    """A label as digits.csv has it."""
    return "" if label is None else NONE if label == NON_DIGIT_CLASS else str(label)


def _extension(picture: bytes) -> str:
    """What the name of such a file ends with."""
    return next((ending for start, ending in EXTENSIONS.items() if picture.startswith(start)), "tiff")
