"""Tasks at the same time, run by joblib's current backend: threads, unless another is set as `cluster.py` does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from typing import Any

import joblib
from threadpoolctl import threadpool_limits


@contextmanager
def results_of(tasks: Iterable, in_order: bool) -> Iterator[Generator[Any, None, None]]:
    """What tasks that `joblib.delayed` has made return, as soon as it is there. If the block ends early, the rest of
    them are given up.

    Args:
        tasks: of which a few more are taken than there are cores.
        in_order: of the tasks, or else as they end.
    """
    return_as = "generator" if in_order else "generator_unordered"
    results = joblib.Parallel(-1, prefer="threads", return_as=return_as, batch_size=1)(tasks)
    try:
        yield results
    finally:
        with suppress(_GivenUp):
            results.throw(_GivenUp)  # if it were closed, joblib would warn of the tasks that are under way


class _GivenUp(Exception):
    """The rest of the results are not wanted."""


class ProcessWide:
    """A context that changes settings of the whole process: of the threads that are in it at a time, the first one to
    come makes them, and the last one to go takes them back."""

    def __init__(self, *settings: Callable[[], AbstractContextManager]) -> None:
        self._settings, self._entered = settings, 0
        self._lock, self._made = threading.Lock(), ExitStack()

    def __enter__(self) -> None:
        with self._lock:
            if not self._entered:
                for setting in self._settings:
                    self._made.enter_context(setting())
            self._entered += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._entered -= 1
            if not self._entered:
                self._made.close()


# On one thread a product adds up in the same order on any number of cores, and a core that works alone never waits.
one_blas_thread = ProcessWide(lambda: threadpool_limits(1, "blas"))
