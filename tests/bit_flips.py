"""Files of every kind that the project reads again, tiny ones, and what becomes of them when a bit is flipped.

python tests/bit_flips.py       # every bit of the first 4 kB and 5,000 random ones of each: some minutes
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from mnistcore.bulk import label as bulk
from mnistcore.bulk.partial import PartialFile
from mnistcore.confirmed import LabelledDigit, export_zip, import_zip
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.digit.files import as_png
from mnistcore.digit.model import Model
from mnistcore.errors import MnistCoreError
from mnistcore.models.files import read_model, write_model
from mnistcore.training.checkpoints import Checkpoints
from mnistcore.training.fitting import State, make_scaler
from mnistcore.training.folds import Curves
from mnistcore.training.order import Order
from mnistcore.training.recipes import CLASSIC

HEADER = 128  # bytes of a .npy file before the pixels, of which it has no checksum


class Kind(NamedTuple):
    """A kind of file.

    Attributes:
        content: of a file that is whole.
        read: writes such a content to a file and reads it: what it says, comparable, or None if it is passed over with
            a sentence; raises MnistCoreError if it is refused.
        most: of how many bytes, from the first, bits are flipped.
    """

    content: bytes
    read: Callable[[bytes], object]
    most: int = sys.maxsize


def kinds(directory: Path) -> dict[str, Kind]:
    """All kinds; their files are in the directory, and MNISTCORE_HOME is another one."""
    return {
        "model": _model(directory / "model.npz"),
        "images": _images(directory / "images.npy"),
        "labels": _labels(directory, flipped="rows"),
        "sums of labels": _labels(directory, flipped="sums"),
        "export": _export(),
        "checkpoint": _checkpoint(),
    }


def outcomes(kind: Kind, bits: Iterable[int]) -> Counter[str]:
    """How often a file with one of these bits flipped was "refused", read with "the same content" or "another"."""
    right = kind.read(kind.content)
    found: Counter[str] = Counter()
    for bit in bits:
        damaged = bytearray(kind.content)
        damaged[bit // 8] ^= 1 << bit % 8
        try:
            said = kind.read(bytes(damaged))
        except MnistCoreError as error:
            said = None
            if "\n" in str(error):
                raise
        found["refused" if said is None else "the same content" if said == right else "another content"] += 1
    return found


def some_bits(kind: Kind, first: int, further: int) -> Iterator[int]:
    """All bits of the first bytes, and further random ones."""
    count = 8 * min(len(kind.content), kind.most)
    yield from range(min(8 * first, count))
    yield from random.Random(0).choices(range(count), k=further)


def _arrays(arrays: Iterable[np.ndarray]) -> list[bytes]:
    return [array.tobytes() for array in arrays]


def _model(path: Path) -> Kind:
    rng = np.random.default_rng(0)
    weights = tuple(rng.normal(size=shape).astype(np.float32) for shape in ((784, 2), (2, 10)))
    biases = tuple(rng.normal(size=size).astype(np.float32) for size in (2, 10))
    write_model(Model(weights, biases, {"name": "tiny", "seed": 3, "rejection_threshold": 0.7}), path)

    def read(content: bytes) -> object:
        path.write_bytes(content)
        model = read_model(path)
        return _arrays((*model.weights, *model.biases)), model.card, model.input

    return Kind(path.read_bytes(), read)


def _images(path: Path) -> Kind:
    np.save(path, shipped_test_digits()[0][:4])

    def read(content: bytes) -> object:
        path.write_bytes(content)
        source = bulk.open_source(path)
        return source.count, source.first_column

    return Kind(path.read_bytes(), read, most=HEADER)


def _labels(directory: Path, flipped: str) -> Kind:
    rows, sums = directory / "labels.csv.partial", directory / "labels.csv.partial.sums"
    rows.unlink(missing_ok=True)
    sums.unlink(missing_ok=True)
    with rows.open("a+b") as file, sums.open("a+b") as of_them:
        partial = PartialFile(file, of_them, "index,prediction,confidence,status\n")
        for chunk in range(20):
            partial.append("".join(f"{10 * chunk + row},7,0.9987,digit\n" for row in range(10)), 10)
    whole = {"rows": rows.read_bytes(), "sums": sums.read_bytes()}

    def read(content: bytes) -> object:
        """What counts of it: another beginning of it is as right as all of it, for the rest is read again."""
        given = whole | {flipped: content}
        rows.write_bytes(given["rows"])
        sums.write_bytes(given["sums"])
        with rows.open("a+b") as file, sums.open("a+b") as of_them:
            partial = PartialFile(file, of_them, "")
            file.seek(0)
            kept = file.read()
        lines = kept.count(b"\n") - bool(kept)
        return whole["rows"].startswith(kept) and partial.rows == lines

    return Kind(whole[flipped], read)


def _export() -> Kind:
    images, labels = shipped_test_digits()
    kept: list[tuple] = []

    class Recorder:
        """Instead of a database, which would take longer."""

        def profile(self, _: str) -> None:
            """There is one."""

        def pictures(self, _: str) -> Iterator[tuple[LabelledDigit, bytes]]:
            """Three digits."""
            for i in range(3):
                digit = LabelledDigit(str(i), images[i], int(labels[i]), 1, "tiny", datetime_of(i))
                yield digit, as_png(images[i])

        def add_all(self, _: str, digits: Iterable) -> int:
            """Note them."""
            kept[:] = [(d.picture, d.image.tobytes(), d.label, d.predicted, d.model, d.created) for d in digits]
            return len(kept)

    recorder = Recorder()

    def read(content: bytes) -> object:
        import_zip(recorder, "", BytesIO(content))  # type: ignore[arg-type]
        return list(kept)

    return Kind(export_zip(recorder, ""), read)  # type: ignore[arg-type]


def datetime_of(number: int):
    """A moment of a digit."""
    from datetime import UTC, datetime

    return datetime(2026, 1, 1 + number, tzinfo=UTC)


def _checkpoint() -> Kind:
    rng = np.random.default_rng(0)
    dataset = SimpleNamespace(sha256="0", images=range(3), hands=None)
    recipe = replace(CLASSIC, hidden_layers=(2,))
    kept = Checkpoints(Order(recipe, 1), dataset)  # type: ignore[arg-type]
    weights = [rng.normal(size=shape).astype(np.float32) for shape in ((784, 2), (2, 10))]
    scaler = make_scaler(rng.normal(size=784), rng.normal(size=784))
    state = State(3, 0.5, weights, [weights[0][0], weights[1][0]], scaler, [], {"state": [1, 2]}, None)
    kept.save(None, state, Curves([0.7, 0.6, 0.5], [], [0.8, 0.9, 0.9]), last=True)
    (path,) = kept.directory.glob("*.npz")

    def read(content: bytes) -> object:
        path.write_bytes(content)
        if (loaded := kept.load(None)) is None:
            return None
        state, curves = loaded
        arrays = [*state.weights, *state.biases, state.scaler.mean_, state.scaler.scale_]
        return _arrays(arrays), json.dumps([state.epoch, state.loss, state.shuffle_rng, vars(curves)])

    return Kind(path.read_bytes(), read)


if __name__ == "__main__":
    import os

    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as directory:
        os.environ["MNISTCORE_HOME"] = home
        for name, kind in kinds(Path(directory)).items():
            found = outcomes(kind, some_bits(kind, 4096, 5000))
            said = ", ".join(f"{number:,} {what}" for what, number in sorted(found.items()))
            print(f"{name:15s} {len(kind.content):7,} bytes: {said}", flush=True)
