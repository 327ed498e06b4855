"""What several commands do with their options."""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mnistcore.errors import ClusterError

if TYPE_CHECKING:  # scikit-learn takes a second to load
    from mnistcore.data.datasets import Dataset


WRITTEN = ("out", "output", "annotate", "save")  # the options that name a file to be written


def load_data(options: argparse.Namespace) -> Dataset:
    """The digits that --data or --source name, or else MNIST; with what --hands names."""
    from mnistcore.data import datasets

    return datasets.load(sources_of(options), options.data, log, getattr(options, "hands", []))


def sources_of(options: argparse.Namespace) -> list[str] | None:
    """The sources that --source names; None if it is left out."""
    return options.source.split(",") if options.source else None


def backend_of(options: argparse.Namespace) -> Callable[[Sequence[object]], AbstractContextManager[None]]:
    """A context in which joblib computes where the options say, given the arguments that many tasks share."""
    if (options.backend == "dask") != bool(options.scheduler):
        raise ClusterError("--backend dask and --scheduler tcp://HOST:PORT go together.")
    if not options.scheduler:
        return lambda _: nullcontext()
    from mnistcore.bulk.cluster import cluster

    return partial(cluster, options.scheduler)


def whole(least: int, most: float = math.inf) -> Callable[[str], int]:
    """The type of an option that is a whole number in that range."""

    def number(word: str) -> int:
        value = int(word) if re.fullmatch("-?[0-9]{1,18}", word) else None
        if value is None or not least <= value <= most:
            at_most = f" to {most}" if most < math.inf else " or more"
            raise argparse.ArgumentTypeError(f"it must be a whole number, {least}{at_most}, not {word[:40]!r}")
        return value

    return number


def share(word: str) -> float:
    """The type of an option that is a share, 0-1."""
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"it must be a number from 0 to 1, not {word[:40]!r}")
    return value


def check_apart(options: argparse.Namespace) -> None:
    """End with a usage error if the file that is to be written is one that is to be read."""
    read: list[str | Path] = []
    for name, value in vars(options).items():
        if name not in WRITTEN:
            read += [path for path in (value if isinstance(value, list) else [value]) if isinstance(path, str | Path)]
    for target in (getattr(options, name, None) for name in WRITTEN):
        if target and any(_is_same_file(target, path) for path in read):
            options.refuse(f"{target} is to be read, so it cannot be written.")


def _is_same_file(one: Path, other: str | Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):  # one of them does not exist, or is no path
        return False


def tell(line: str, target: Path) -> None:
    """Print what has become of a file; on stderr if the file is the output itself, such as /dev/stdout."""
    print(line, file=sys.stdout if target.is_file() else sys.stderr)


def log(line: str) -> None:
    """Print a line that is not the command's result."""
    print(line, file=sys.stderr)
