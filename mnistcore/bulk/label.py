"""Label millions of images: read in chunks on all cores, or on a cluster, in memory that does not grow with them.

Images do not travel: whoever reads a chunk opens the file or the folder itself, at the same path. A cluster needs them
on a disk that all machines share.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import joblib
import numpy as np

from mnistcore.bulk.partial import partial_file, stale_files
from mnistcore.digit.files import open_image, pictures_in
from mnistcore.digit.form import PIXELS, SIDE
from mnistcore.digit.model import Model
from mnistcore.digit.reading import CHUNK, Readings, read, read_batch
from mnistcore.errors import BadImage
from mnistcore.home import check_is_file
from mnistcore.training.parallel import one_blas_thread, results_of

ROUND = 32  # chunks for each core, of which the results may be waiting: about 6 MB
COLUMNS = "prediction,confidence,status"
CONFIDENCES = [f"{i / 10_000:.4f}" for i in range(10_001)]  # to look one up takes half as long as to format it


@dataclass(frozen=True)
class ArrayFile:
    """A `.npy` file of images, or a part of it.

    Attributes:
        path: absolute.
        indices: of the images.
        facts: what tells the file from any other, as plain JSON.
    """

    path: Path
    indices: range
    facts: list
    first_column: ClassVar[str] = "index"
    chunk: ClassVar[int] = 10_000  # images a task: a few hundredths of a second, 8 MB of pixels

    @property
    def count(self) -> int:
        """How many images there are."""
        return len(self.indices)

    @classmethod
    def open(cls, path: Path) -> ArrayFile:
        """Look at the file; raises BadImage if there are no images in it."""
        images = _mapped(path)
        if images.dtype != np.uint8 or images.shape[1:] not in ((SIDE, SIDE), (PIXELS,)) or not len(images):
            raise BadImage(
                f"{path} must hold images (n, 28, 28) or (n, 784) of uint8; it holds {images.shape} of {images.dtype}."
            )
        status = path.stat()
        return cls(path.absolute(), range(len(images)), [str(path.absolute()), status.st_size, status.st_mtime_ns])

    def part(self, start: int) -> ArrayFile:
        """The chunk that begins there."""
        return replace(self, indices=self.indices[start : start + self.chunk])

    def label(self, model: Model) -> tuple[str, list[str]]:
        """The rows of the images, and no sentences; raises BadImage if this machine has not the file."""
        if not self.path.is_file() or self.path.stat().st_size != self.facts[1]:
            raise BadImage(f"{self.path} is missing or another file at {platform.node()}.")
        # A map that were kept open would count every page of the file as the process's own memory.
        images = _mapped(self.path)[self.indices.start : self.indices.stop].reshape(-1, SIDE, SIDE)
        firsts = range(0, len(images), CHUNK)
        return "".join([_rows(self.indices[i], read_batch(images[i : i + CHUNK], model)) for i in firsts]), []


@dataclass(frozen=True)
class Folder:
    """The picture files in a folder, in the order of their names, or some of them."""

    path: Path
    names: tuple[str, ...]
    facts: list
    first_column: ClassVar[str] = "file"
    chunk: ClassVar[int] = 16  # pictures a task: photos take some milliseconds each

    @property
    def count(self) -> int:
        """How many pictures there are."""
        return len(self.names)

    @classmethod
    def open(cls, path: Path) -> Folder:
        """List the folder; raises BadImage if there are no pictures in it."""
        digest = hashlib.sha256()
        names = []
        for picture in pictures_in(path):
            status = picture.stat()
            digest.update(os.fsencode(f"{picture.name}/{status.st_size}/{status.st_mtime_ns}/"))
            names.append(picture.name)
        return cls(path.absolute(), tuple(names), [str(path.absolute()), digest.hexdigest()])

    def part(self, start: int) -> Folder:
        """The chunk that begins there."""
        return replace(self, names=self.names[start : start + self.chunk])

    def label(self, model: Model) -> tuple[str, list[str]]:
        """The rows of the pictures, and a sentence for each that cannot be read; raises BadImage if this machine has
        not the folder."""
        if not self.path.is_dir():
            raise BadImage(f"The folder {self.path} is missing at {platform.node()}.")
        text, sentences = io.StringIO(), []
        rows = csv.writer(text, lineterminator="\n")
        for name in self.names:
            shown = " ".join(name.splitlines())  # a row is a line
            try:
                reading = read(open_image(self.path / name), model)
            except BadImage as error:
                rows.writerow([shown, "", "", "unreadable"])
                sentences.append(f"{shown}: {error}")
                continue
            blank = reading.digit is None
            rows.writerow(
                [shown, *(("", "") if blank else (reading.digit, f"{reading.confidence:.4f}")), reading.status]
            )
        return text.getvalue(), sentences


def open_source(path: Path) -> ArrayFile | Folder:
    """The images in a `.npy` file or a folder.

    Raises:
        BadImage: there is no such file or folder, it cannot be read, or there are no images in it.
    """
    return Folder.open(path) if path.is_dir() else ArrayFile.open(path)


def label(
    source: ArrayFile | Folder,
    target: Path,
    model: Model,
    on_progress: Callable[[int], None] = lambda _: None,
    log: Callable[[str], None] = lambda _: None,
) -> None:
    """Write a CSV file with a row for each image: its index or file name, prediction, confidence (0-1) and status, as
    `Reading` has them, or the status "unreadable".

    The chunks are read by joblib's current backend, threads unless another is set: processes do not wait for the
    interpreter's lock, and are 1.3 to 1.5 times as fast, but joblib's stay for ever if this one is killed. What is done
    is kept beside the target, which appears when it is whole; the same call resumes it, and ends with the same file.

    Args:
        source: of the images.
        target: the file.
        model: which reads them.
        on_progress: called with the number of images that are done, first of all with those of an interrupted call.
        log: called with one sentence for each picture that cannot be read, and for what there is of the target.

    Raises:
        AlreadyRunning: another process is writing the target.
        BadImage: the images are missing, or others, where they are read.
        OSError: the target is a folder, or cannot be written.
    """
    facts = [source.facts, model.version, model.input, model.rejection_threshold, model.digit_threshold]
    stale = stale_files(target, facts)
    header = f"{source.first_column},{COLUMNS}\n"
    with partial_file(target, facts, header) as partial:
        if stale:
            log(f"The unfinished {target} is of other images or of another model, so it is begun anew.")
        if partial.rows:
            log(f"Resuming {target}: {partial.rows:,} of {source.count:,} images are done.")
        on_progress(partial.rows)
        starts = range(partial.rows, source.count, source.chunk)
        tasks = (joblib.delayed(_label)(source.part(start), model) for start in starts)
        with results_of(tasks, in_order=True, at_a_time=ROUND * joblib.effective_n_jobs(-1)) as results:
            for text, sentences in results:
                partial.append(text, min(source.chunk, source.count - partial.rows))
                on_progress(partial.rows)
                for sentence in sentences:
                    log(sentence)


def _label(part: ArrayFile | Folder, model: Model) -> tuple[str, list[str]]:
    """The rows of a part. One thread adds up in the same order wherever it runs."""
    with one_blas_thread:
        return part.label(model)


def _rows(start: int, readings: Readings) -> str:
    """The rows of images, the first of which has this index."""
    rounded = np.rint(readings.confidence.astype(np.float64) * 10_000).astype(np.int64)  # as .4f rounds
    columns = readings.digit.tolist(), rounded.tolist(), readings.status.tolist()
    rows = [
        f"{index},{digit},{CONFIDENCES[confidence]},{status}\n"
        for index, (digit, confidence, status) in enumerate(zip(*columns, strict=True), start)
    ]
    for index in readings.blank:
        rows[index] = f"{start + index},,,blank\n"
    return "".join(rows)


def _mapped(path: Path) -> np.ndarray:
    """The array in a file, of which only what is looked at is read; raises BadImage if there is none."""
    if not path.exists():
        raise BadImage(f"There is no file {path}.")
    try:
        check_is_file(path)  # a pipe could be waited for without an end
        images = np.load(path, mmap_mode="r", allow_pickle=False)
        if not isinstance(images, np.memmap) or images.offset + images.nbytes != path.stat().st_size:
            raise ValueError("it has not the size that its header says")
    except Exception as error:  # a damaged header makes NumPy fail in more ways than can be listed
        raise BadImage(f"{path} is no whole .npy file of a plain array ({type(error).__name__}).") from error
    return np.asarray(images)
