"""What the workers of one server have counted: each adds up its own, and writes it to a file that the others read.

To write at every request would take longer than to answer some of them. So what is written is up to PERIOD old, and a
worker that is killed loses no more than that; whoever asks a worker for the totals gets its own as they are.
"""

from __future__ import annotations

import os
import secrets
import threading
from bisect import bisect_left
from collections import Counter, defaultdict
from contextlib import suppress
from pathlib import Path

import msgspec

PERIOD = 0.5  # seconds from a count to its writing
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)  # seconds


class Counts(msgspec.Struct):
    """Counts of one worker, or of all together.

    Attributes:
        worker: process id; 0 of all together.
        in_progress: requests that are being answered.
        requests: route and status -> how many.
        durations: route and index of the smallest of BUCKETS that is no shorter (or their number) -> how many.
        seconds: route -> those of all its requests together.
        predictions: model, version, digit and index of the confidence's band -> how many digits were read.
    """

    worker: int = 0
    in_progress: int = 0
    requests: dict[tuple[str, int], int] = msgspec.field(default_factory=Counter)
    durations: dict[tuple[str, int], int] = msgspec.field(default_factory=Counter)
    seconds: dict[str, float] = msgspec.field(default_factory=lambda: defaultdict(float))
    predictions: dict[tuple[str, str, int, int], int] = msgspec.field(default_factory=Counter)

    def add(self, other: Counts) -> None:
        """Count what another has counted, too."""
        self.in_progress += other.in_progress
        for name in ("requests", "durations", "seconds", "predictions"):
            own = getattr(self, name)
            for key, count in getattr(other, name).items():
                own[key] += count


class SharedCounts:
    """The counts of this worker, which any number of threads add to; and of all workers, if there is a directory."""

    def __init__(self, directory: Path | None) -> None:
        """Args:
        directory: where the workers write; None if there is one worker.
        """
        self.own = Counts(os.getpid())
        self._file = directory / f"{os.getpid()}-{secrets.token_hex(4)}.counts" if directory else None
        self._lock = threading.Lock()
        self._will_write = False

    def begin(self) -> None:
        """Count a request that begins to be answered."""
        with self._lock:
            self.own.in_progress += 1
            self._write_soon()

    def end(self, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered after so many seconds."""
        own, bucket = self.own, bisect_left(BUCKETS, seconds)
        with self._lock:
            own.in_progress -= 1
            own.requests[route, status] += 1
            own.durations[route, bucket] += 1
            own.seconds[route] += seconds
            self._write_soon()

    def predicted(self, model: str, version: str, counts: dict[tuple[int, int], int]) -> None:
        """Count digits that were read in a request that is in progress: digit and confidence's band -> how many."""
        with self._lock:
            for (digit, band), count in counts.items():
                self.own.predictions[model, version, digit, band] += count

    def totals(self) -> Counts:
        """What all workers have counted. Those that ended have nothing in progress; what they had counted stays."""
        totals = Counts()
        with self._lock:
            totals.add(self.own)
        for file in self._file.parent.glob("*.counts") if self._file else ():
            if file != self._file:
                try:
                    other = _decoder.decode(file.read_bytes())
                except (msgspec.MsgspecError, OSError):  # somebody else's, or damaged: the other workers' count
                    continue
                other.in_progress *= _is_alive(other.worker)
                totals.add(other)
        return totals

    def _write_soon(self) -> None:
        """Write within PERIOD, by a thread that ends then: an idle worker sleeps."""
        if self._file and not self._will_write:
            self._will_write = True
            timer = threading.Timer(PERIOD, self._write, [self._file])
            timer.daemon = True
            timer.start()

    def _write(self, file: Path) -> None:
        with self._lock:
            self._will_write = False
            content = msgspec.msgpack.encode(self.own)
        new = file.with_suffix(".new")
        with suppress(OSError):  # the directory is gone, or full: to answer is more than to count
            new.write_bytes(content)
            new.replace(file)


_decoder = msgspec.msgpack.Decoder(Counts)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
