"""Matrix products on one thread, for settings that are the whole process's while several of its threads compute."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

from threadpoolctl import threadpool_limits


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
