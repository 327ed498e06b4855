"""The networks of `page/` as one `.npz` file, which comes with the package: weights in 16 bits."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from mnistcore.arrays import read_arrays, write_arrays
from mnistcore.digit.model import Model
from mnistcore.errors import BadModelFile
from mnistcore.home import atomic_path
from mnistcore.models.files import SHIPPED_DIRECTORY
from mnistcore.page.reader import PageReader

NETWORKS = ("coarse", "fine", "sliding", "context", "closeup")
FITTED = ("doubtful", "shares", "lone", "number")
MOST_BYTES = 64 * 1024 * 1024


def write_reader(reader: PageReader, path: Path) -> None:
    """Write a reader, atomically."""
    arrays = {name: getattr(reader, name) for name in FITTED}
    networks = (*reader.cascade, reader.sliding, reader.context, reader.closeup)
    for name, network in zip(NETWORKS, networks, strict=True):
        for i, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
            arrays |= {f"{name}_weights_{i}": weight.astype(np.float16), f"{name}_biases_{i}": bias}
    with atomic_path(path) as temporary:
        write_arrays(temporary, arrays)


def read_reader(path: Path) -> PageReader:
    """Read a reader that `write_reader` has written.

    Raises:
        BadModelFile: there is no such file, or it is damaged.
    """
    try:
        arrays = read_arrays(path, MOST_BYTES)
        coarse, fine, sliding, context, closeup = (_network(name, arrays) for name in NETWORKS)
        return PageReader((coarse, fine), sliding, context, closeup, *(arrays[name] for name in FITTED))
    except Exception as error:  # a damaged file fails in more ways than can be listed
        raise BadModelFile(
            f"{path.name}, which reads pages, is damaged or missing ({type(error).__name__})."
        ) from error


def _network(name: str, arrays: dict[str, np.ndarray]) -> Model:
    layers = range(sum(key.startswith(f"{name}_biases_") for key in arrays))
    weights = tuple(arrays[f"{name}_weights_{i}"].astype(np.float32) for i in layers)
    return Model(weights, tuple(arrays[f"{name}_biases_{i}"] for i in layers), {"name": name})


@cache
def shipped_reader() -> PageReader:
    """The reader that comes with the package; raises BadModelFile as `read_reader` does."""
    return read_reader(SHIPPED_DIRECTORY / "page.npz")
