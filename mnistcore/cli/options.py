"""What several commands do with their options."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import TYPE_CHECKING

from mnistcore.errors import ClusterError

if TYPE_CHECKING:  # scikit-learn takes a second to load
    from mnistcore.data.datasets import Dataset


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


def log(line: str) -> None:
    """Print a line that is not the command's result."""
    print(line, file=sys.stderr)
