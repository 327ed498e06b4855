"""A text file of many rows that is written in chunks: it appears when it is whole, and an interrupted one is resumed.

labels.csv.5f0c9d2e81b7.partial    the rows so far; the middle of its name tells of what they are
labels.csv                         all of them
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mnistcore.errors import AlreadyRunning
from mnistcore.home import check_is_file

SUFFIX = ".partial"


class PartialFile:
    """The rows that are written so far.

    Attributes:
        rows: how many there are.
    """

    def __init__(self, file: BinaryIO, rows: int) -> None:
        self._file, self.rows = file, rows

    def append(self, text: str, rows: int) -> None:
        """Add that many rows. If the process is killed at this moment, none of them count."""
        self._file.write(os.fsencode(text))  # names of files need not be UTF-8
        self._file.flush()
        self.rows += rows


@contextmanager
def partial_file(target: Path, facts: object, header: str, chunk: int, total: int) -> Iterator[PartialFile]:
    """Resume what there is of `target`, or begin it, and move it there once the block has ended well.

    Args:
        target: the file to be written.
        facts: plain JSON of all that the rows depend on: a partial file of other facts is deleted.
        header: its first row, which does not count.
        chunk: how many rows are appended at a time; the last ones may be fewer.
        total: how many rows there will be.

    Raises:
        AlreadyRunning: another process is writing the target.
        OSError: there is something else than a file at `target`.
    """
    check_is_file(target)
    for stale in stale_files(target, facts):
        with stale.open("rb") as file:
            _lock(file, stale, target)
            stale.unlink()
    path = _path(target, facts)
    with path.open("a+b") as file:
        _lock(file, path, target)
        rows, end = _whole_chunks(file, chunk, total)
        file.truncate(end)
        if not end:
            file.write(os.fsencode(header))
        yield PartialFile(file, rows)
        file.flush()
        os.fsync(file.fileno())
        path.replace(target)


def stale_files(target: Path, facts: object) -> list[Path]:
    """What there is of `target` that depends on other facts."""
    names = [path for path in target.parent.glob(f"*{SUFFIX}") if path.name.startswith(f"{target.name}.")]
    return [path for path in names if path != _path(target, facts)]


def _lock(file: BinaryIO, path: Path, target: Path) -> None:
    """Keep other processes from the file until it is closed."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(path.stat(), os.fstat(file.fileno())):  # not moved or deleted since it was opened
            return
    except (BlockingIOError, FileNotFoundError):
        pass
    raise AlreadyRunning(f"Another process is writing {target}.")


def _path(target: Path, facts: object) -> Path:
    key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:12]
    return target.with_name(f"{target.name}.{key}{SUFFIX}")


def _whole_chunks(file: BinaryIO, chunk: int, total: int) -> tuple[int, int]:
    """How many rows there are in whole chunks, and the position behind them in bytes."""
    file.seek(0)
    kept, end = 0, len(file.readline())
    position = end
    for row, line in enumerate(file, start=1):
        position += len(line)
        if line.endswith(b"\n") and (row % chunk == 0 or row == total):
            kept, end = row, position
    return (kept, end) if kept else (0, 0)
