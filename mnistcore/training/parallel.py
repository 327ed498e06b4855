"""Tasks at the same time, run by joblib's current backend: threads, unless another is set as `cluster.py` does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, ContextDecorator, ExitStack, contextmanager, nullcontext, suppress
from itertools import islice
from typing import Any

import joblib
from threadpoolctl import threadpool_limits


@contextmanager
def results_of(tasks: Iterable, in_order: bool, at_a_time: int | None = None) -> Iterator[Generator[Any, None, None]]:
    """What tasks that `joblib.delayed` has made return, as soon as it is there. If the block ends early, the rest of
    them are given up.

    Args:
        tasks: of which a few more are taken than there are cores.
        in_order: of the tasks, or else as they end.
        at_a_time: no further tasks are begun before so many have ended, so that only the results of so many can wait in
            memory for a slow one; None sets no limit.
    """
    return_as = "generator" if in_order else "generator_unordered"
    parallel = joblib.Parallel(-1, prefer="threads", return_as=return_as, batch_size=1)
    remaining = iter(tasks)

    def rounds() -> Generator[Any, None, None]:
        while some := list(islice(remaining, at_a_time)):
            yield from parallel(some)

    # The rounds share their threads: memory that a thread has used is not always used again by those that come after.
    with parallel if at_a_time else nullcontext():
        results = rounds() if at_a_time else parallel(tasks)
        try:
            yield results
        finally:
            with suppress(_GivenUp):
                results.throw(_GivenUp)  # if it were closed, joblib would warn of the tasks that are under way


class _GivenUp(Exception):
    """The rest of the results are not wanted."""


class ProcessWide(ContextDecorator):
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
