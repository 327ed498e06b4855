"""A text file of many rows that is written in chunks: it appears when it is whole, and an interrupted one is resumed.

labels.csv.5f0c9d2e81b7.partial         the rows so far; the middle of its name tells of what they are
labels.csv.5f0c9d2e81b7.partial.sums    a line a chunk: the rows and bytes up to its end, and a checksum of all that
labels.csv                              all of them
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mnistcore.home import check_is_file, lock, named_in_errors

SUFFIX = ".partial"
KEY = 12  # hexadecimal digits in the name


class PartialFile:
    """The rows that are written so far.

    Attributes:
        rows: how many there are.
    """

    def __init__(self, file: BinaryIO, sums: BinaryIO, header: str) -> None:
        """Takes what is whole in both files, and cuts off the rest."""
        self._file, self._sums = file, sums
        self.rows = self._end = self._crc = 0
        file.seek(0)
        sums.seek(0)
        kept = 0
        for line in sums:
            if not self._is_whole(line):
                break
            kept += len(line)
        file.truncate(self._end)
        sums.truncate(kept)
        self._header = "" if self.rows else header

    def append(self, text: str, rows: int) -> None:
        """Add that many rows. If the process is killed at this moment, none of them count."""
        content = os.fsencode(self._header + text)  # names of files need not be UTF-8
        self._header = ""
        self._file.write(content)
        self._file.flush()
        self.rows, self._end, self._crc = self.rows + rows, self._end + len(content), zlib.crc32(content, self._crc)
        self._sums.write(_line(self.rows, self._end, self._crc))
        self._sums.flush()

    def _is_whole(self, line: bytes) -> bool:
        """Whether the next chunk is as this line says; then it counts."""
        found = re.fullmatch(rb"(\d{1,18}) (\d{1,18}) [0-9a-f]{8}\n", line)
        if not found:
            return False
        rows, end = int(found[1]), int(found[2])
        if not self._end < end <= os.fstat(self._file.fileno()).st_size:
            return False
        content = self._file.read(end - self._end)
        crc = zlib.crc32(content, self._crc)
        if line != _line(rows, end, crc):
            return False
        self.rows, self._end, self._crc = rows, end, crc
        return True


@contextmanager
def partial_file(target: Path, facts: object, header: str) -> Iterator[PartialFile]:
    """Resume what there is of `target`, or begin it, and move it there once the block has ended well.

    Args:
        target: the file to be written; a symbolic link stays one.
        facts: plain JSON of all that the rows depend on: a partial file of other facts is deleted.
        header: its first row, which does not count.

    Raises:
        AlreadyRunning: another process is writing the target.
        OSError: there is something else than a file at `target`.
    """
    check_is_file(target)
    sentence = f"Another process is writing {target}."
    for stale in stale_files(target, facts):
        with stale.open("rb") as file:
            lock(file, stale, sentence)
            stale.unlink()
            _sums(stale).unlink(missing_ok=True)
    path = _path(target, facts)
    path.parent.mkdir(parents=True, exist_ok=True)
    with named_in_errors(target), path.open("a+b") as file:
        lock(file, path, sentence)
        with _sums(path).open("a+b") as sums:
            yield PartialFile(file, sums, header)
        file.flush()
        os.fsync(file.fileno())
        if target.exists():  # it keeps its mode
            path.chmod(stat.S_IMODE(target.stat().st_mode))
        path.replace(os.path.realpath(target))
        _sums(path).unlink()


def stale_files(target: Path, facts: object) -> list[Path]:
    """What there is of `target` that depends on other facts."""
    current = _path(target, facts)
    begins = current.name.removesuffix(SUFFIX)[:-KEY]
    others = [path for path in current.parent.glob(f"*{SUFFIX}") if path.name.startswith(begins)]
    return [path for path in others if path != current]


def _path(target: Path, facts: object) -> Path:
    key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:KEY]
    return Path(f"{os.path.realpath(target)}.{key}{SUFFIX}")


def _sums(path: Path) -> Path:
    return path.with_name(f"{path.name}.sums")


def _line(rows: int, end: int, crc: int) -> bytes:
    """What the sums say of all up to the end of a chunk."""
    counts = f"{rows} {end}"
    return f"{counts} {zlib.crc32(counts.encode(), crc):08x}\n".encode()
