"""How many requests a worker takes on at a time. Who comes when it is full is told so at once, with 503.

A queue without a bound would make everybody wait longer than clients do, and a worker compute answers that nobody waits
for any more. So a request with a body passes two gates: MAX_RECEIVED bodies may be on their way, for clients may be
slow and a thread that waits for one costs little; and MAX_ADMITTED requests may be answered. A refusal has to cost
little, or refusing would take all the time: it is written here, before Flask is asked. What has no body, such as
/health, always passes.

What takes long, pictures and batches, waits for the `heavy_slot` besides: one at a time in each worker, so that memory
stays bounded, and so that single images need not share the processor with many of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from io import BytesIO
from typing import Any

import msgspec
from werkzeug.exceptions import ServiceUnavailable

from serving import contract

# more threads at once would spend their time on taking turns: they compute one at a time, as all of Python does
MAX_RECEIVED = 48  # bodies up to LARGE that a worker receives at the same time
MAX_ADMITTED = 16  # requests with such bodies that it answers at the same time
LARGE = 3 * 1024 * 1024  # bytes: more than 1,000 images of whole numbers as JSON
MAX_LARGE = 4  # longer ones, or such as are to be unpacked, that it receives and answers at the same time
LIGHT = 65_536  # bytes of JSON that are parsed without waiting for a slot
MAX_WAITING = 8  # for a slot, with the one that has it: the others that are admitted are answered without
LONGEST_WAIT = 2.0  # seconds for a slot
RETRY_AFTER = 1  # seconds, that a refused client is told to wait
BODY_READ = "mnistcore.body_read"  # key in the WSGI environment: whether the whole body was read

SENTENCE = "The server has too many requests to answer: try again later."
_CONTENT = msgspec.json.encode(contract.Error(SENTENCE))
_HEADERS = [
    ("Content-Type", "application/json"),
    ("Content-Length", str(len(_CONTENT))),
    ("Retry-After", str(RETRY_AFTER)),
]

_waiting, _turn = threading.Semaphore(MAX_WAITING), threading.Semaphore(1)


class Busy(ServiceUnavailable):
    """The request takes too long, with all the others that there are."""

    def __init__(self, sentence: str = SENTENCE) -> None:
        super().__init__(sentence, retry_after=RETRY_AFTER)


def heavy_slot(needed: bool = True) -> AbstractContextManager[None]:
    """Do what takes long when nobody else in this worker does; raises Busy if that is not soon."""
    return _take_turn() if needed else nullcontext()


@contextmanager
def _take_turn() -> Iterator[None]:
    if not _waiting.acquire(blocking=False):
        raise Busy
    try:
        if not _turn.acquire(timeout=LONGEST_WAIT):
            raise Busy
        try:
            yield
        finally:
            _turn.release()
    finally:
        _waiting.release()


class Admission:
    """WSGI middleware that refuses requests with a body when there are too many of them.

    It also closes connections over which a body was not read: its rest would be taken for the next request.
    """

    def __init__(self, answer: Callable[..., Any]) -> None:
        self._answer = answer
        self._received = threading.Semaphore(MAX_RECEIVED)
        self._admitted = threading.Semaphore(MAX_ADMITTED)
        self._large = threading.Semaphore(MAX_LARGE)

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        """Answer as the app does, or with 503."""
        announced = environ.get("CONTENT_LENGTH") or "0"
        if announced == "0" and "HTTP_TRANSFER_ENCODING" not in environ:
            return self._answer(environ, start_response)

        def start(status: str, headers: list, *rest: object) -> object:
            if not environ.get(BODY_READ):
                headers = [*headers, ("Connection", "close")]
            return start_response(status, headers, *rest)

        length = int(announced) if announced.isdecimal() else 0
        gate = self._admitted
        if LARGE < length <= contract.MAX_BODY or "HTTP_CONTENT_ENCODING" in environ:
            gate = self._large
        elif 0 < length <= LARGE and not self._receive(environ, length):
            return _refuse(start)
        if not gate.acquire(blocking=False):
            return _refuse(start)
        try:
            return self._answer(environ, start)
        finally:
            gate.release()

    def _receive(self, environ: dict, length: int) -> bool:
        """Read the body, for the app to read it again; False if there are too many others."""
        if not self._received.acquire(blocking=False):
            return False
        try:
            environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(length))
            environ[BODY_READ] = True
            return True
        finally:
            self._received.release()


def _refuse(start: Callable) -> list[bytes]:
    start("503 SERVICE UNAVAILABLE", _HEADERS)
    return [_CONTENT]
