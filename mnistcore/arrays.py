"""An `.npz` file of plain arrays that may be damaged, or come from anybody: what reading it costs is bounded, nothing
is unpickled, and every bit that says something is checked.

ZIP has a checksum of each array, which is compared before NumPy sees a byte of it. A further one, over all arrays
together, tells a file whose parts belong together from one that was put together anew.
"""

from __future__ import annotations

import hashlib
import threading
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np

CHECKSUM = "sha256"  # the name of the array that has it; files of version 1.2 and before have none
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# NumPy has Python parse an array's head, and Python 3.11 fails now and then when threads parse at the same time
# (SystemError: AST constructor recursion depth mismatch, https://github.com/python/cpython/issues/106905)
_parsing = threading.Lock()


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], compressed: bool = True) -> None:
    """Write arrays of plain types with their checksum; the same arrays make the same file."""
    save = np.savez_compressed if compressed else np.savez
    save(path, allow_pickle=False, **arrays, **{CHECKSUM: np.array(_checksum(arrays))})


def read_arrays(path: Path, most: int) -> dict[str, np.ndarray]:
    """The arrays of a file that `write_arrays`, or NumPy, has written, without their checksum.

    Args:
        path: of the file.
        most: bytes that the file may have, and that all arrays may have together.

    Raises:
        FileNotFoundError: there is no such file.
        Exception: of any kind, if it is damaged: NumPy and zipfile fail in more ways than can be listed.
    """
    if not path.is_file() and path.exists():
        raise ValueError("it is not a file")
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError("it is too large")
    with zipfile.ZipFile(BytesIO(content)) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > most:
            raise ValueError("it unpacks to too much")
        arrays = {member.filename.removesuffix(".npy"): _read(archive, member) for member in members}
    if len(arrays) != len(members):
        raise ValueError("two of its arrays have the same name")
    checksum = arrays.pop(CHECKSUM, None)
    if checksum is not None and str(checksum) != _checksum(arrays):
        raise ValueError("its checksum is that of other arrays")
    return arrays


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    if member.compress_type not in METHODS:
        raise ValueError("it is compressed in another way")
    with archive.open(member) as file:
        content = file.read(member.file_size)  # no more, whatever it unpacks to; at its end zipfile compares the sums
    with _parsing:
        return np.asarray(np.load(BytesIO(content), allow_pickle=False))


def _checksum(arrays: Mapping[str, np.ndarray]) -> str:
    """The SHA-256 of the arrays' names, types, shapes and bytes."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
