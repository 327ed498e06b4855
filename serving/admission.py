"""How many requests a worker takes on at a time. Who comes when it is full is told so at once, with 503.

A queue without a bound would make everybody wait longer than clients do, and a worker compute answers that nobody waits
for any more. So a request with a body is refused while MAX_ADMITTED others are being answered, and one that
may take much memory while MAX_LARGE such are. A refusal has to cost little, or refusing would take all the time: it is
written here, before Flask is asked.

What takes long, pictures and batches, waits for its `turn` besides: one at a time in each worker, so that memory stays
bounded, and so that single images need not share the processor with many of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from werkzeug.exceptions import ServiceUnavailable

from serving import contract

MAX_ADMITTED = 32  # requests with a body that a worker answers at the same time
LARGE = 1024 * 1024  # bytes
MAX_LARGE = 4  # further ones with bodies longer than LARGE, or that are to be unpacked
MAX_REFUSED = 20  # further ones whose bodies it reads, in order to refuse them over a connection that stays open
SMALL = 65_536  # bytes: such a body is mostly there when its header is
LONGEST_WAIT = 2.0  # seconds for a turn
RETRY_AFTER = 1  # seconds, that a refused client is told to wait
BODY_READ = "mnistcore.body_read"  # key in the WSGI environment, set by whoever has read the whole body

SENTENCE = "The server has too many requests to answer: try again later."
_CONTENT = msgspec.json.encode(contract.Error(SENTENCE))
_HEADERS = [
    ("Content-Type", "application/json"),
    ("Content-Length", str(len(_CONTENT))),
    ("Retry-After", str(RETRY_AFTER)),
]

_turn = threading.Semaphore(1)


class Busy(ServiceUnavailable):
    """The request takes too long, with all the others that there are."""

    def __init__(self, sentence: str = SENTENCE) -> None:
        super().__init__(sentence, retry_after=RETRY_AFTER)


@contextmanager
def turn(needed: bool = True) -> Iterator[None]:
    """Do what takes long when nobody else in this worker does; raises Busy if that is not soon."""
    if not needed:
        yield
        return
    if not _turn.acquire(timeout=LONGEST_WAIT):
        raise Busy
    try:
        yield
    finally:
        _turn.release()


class Admission:
    """WSGI middleware that refuses requests with a body when there are too many of them.

    It also closes connections over which a body was not read: its rest would be taken for the next request.
    """

    def __init__(self, answer: Callable[..., Any]) -> None:
        self._answer = answer
        self._admitted = threading.Semaphore(MAX_ADMITTED)
        self._large = threading.Semaphore(MAX_LARGE)
        self._refused = threading.Semaphore(MAX_REFUSED)

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        """Answer as the app does, or with 503."""
        length = environ.get("CONTENT_LENGTH") or "0"
        if length == "0" and "HTTP_TRANSFER_ENCODING" not in environ:
            return self._answer(environ, start_response)

        def start(status: str, headers: list, *rest: object) -> object:
            if not environ.get(BODY_READ):
                headers = [*headers, ("Connection", "close")]
            return start_response(status, headers, *rest)

        bytes_announced = int(length) if length.isdecimal() else 0
        large = LARGE < bytes_announced <= contract.MAX_BODY or "HTTP_CONTENT_ENCODING" in environ
        gate = self._large if large else self._admitted
        if gate.acquire(blocking=False):
            try:
                return self._answer(environ, start)
            finally:
                gate.release()
        if bytes_announced <= SMALL:
            self._read(environ, bytes_announced)
        start("503 SERVICE UNAVAILABLE", _HEADERS)
        return [_CONTENT]

    def _read(self, environ: dict, length: int) -> None:
        """Read a small body, if not too many others are being read: some threads must always be free."""
        if self._refused.acquire(blocking=False):
            try:
                environ["wsgi.input"].read(length)
                environ[BODY_READ] = True
            finally:
                self._refused.release()
