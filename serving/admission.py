"""How many requests a worker takes on at a time. Who comes when it is full is told so at once, with 503.

A queue without a bound would make everybody wait longer than clients do, and a worker compute answers that nobody waits
for any more. So a request with a body passes two gates: MAX_RECEIVED bodies may be on their way, for clients may be
slow and a thread that waits for one costs little; and MAX_ADMITTED requests may be answered. A refusal has to cost
little, or refusing would take all the time: it is written here, before Flask is asked. What has no body, such as
/health, always passes.

What takes long, pages, large pictures and batches, waits for the `heavy_slot` besides: one at a time in each worker, so
that memory stays bounded, and so that single images need not share the processor with many of them.
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
MAX_RECEIVED = 128  # bodies up to LARGE that a worker receives at the same time
MAX_ADMITTED = 16  # requests with such bodies that it answers at the same time
LARGE = 3 * 1024 * 1024  # bytes: more than 1,000 images of whole numbers as JSON
MAX_LARGE = 4  # longer ones, or such as are to be unpacked, that it receives and answers at the same time
LIGHT = 65_536  # bytes of JSON that are parsed without waiting for a slot
LIGHT_PICTURE, LIGHT_PIXELS = 16_384, 512 * 512  # bytes and pixels of a PNG that is read without
LIGHT_BATCH = 20  # images likewise
MAX_WAITING = 8  # for a slot, with the one that has it: the others that are admitted are answered without
LONGEST_WAIT = 2.0  # seconds for a slot
RETRY_AFTER = 1  # seconds, that a refused client is told to wait
MAX_DRAINED = 4  # bodies that are refused and read to their end all the same, at the same time
MOST_DRAINED = 2 * contract.MAX_BODY  # bytes of each
BODY_READ = "mnistcore.body_read"  # key in the WSGI environment: whether the whole body was read

SENTENCE = "The server has too many requests to answer: try again later."
_CONTENT = msgspec.json.encode(contract.Error(SENTENCE))
_HEADERS = [
    ("Content-Type", "application/json"),
    ("Content-Length", str(len(_CONTENT))),
    ("Retry-After", str(RETRY_AFTER)),
]

_waiting, _turn = threading.Semaphore(MAX_WAITING), threading.Semaphore(1)
# held while a few images are read: NumPy ends its thread's turn with almost every operation, and of sixteen threads
# that read at once each would come to its next one so much later (an answer under overload took 230 ms, now 30)
light_turn = threading.Lock()


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


def announced_length(environ: dict) -> int:
    """The bytes that Content-Length says the body has, however the number is written; 0 if it says none."""
    digits = environ.get("CONTENT_LENGTH", "").lstrip("0")
    if not (digits.isascii() and digits.isdecimal()):
        return 0
    return int(digits) if len(digits) < 16 else 10**16  # Python reads no number of more than 4,300 digits


class Gate:
    """Lets so many through at a time. A tenth of a semaphore's time, for nobody waits: taking from a list and giving
    back to it are whole steps of Python's, which need no lock."""

    def __init__(self, most: int) -> None:
        self._free = [True] * most

    def enter(self) -> bool:
        """Go through, if there is room; whoever did has to leave."""
        try:
            return self._free.pop()
        except IndexError:
            return False

    def leave(self) -> None:
        """Make room for another."""
        self._free.append(True)


class Admission:
    """WSGI middleware that refuses requests with a body when there are too many of them.

    It also closes connections over which a body was not read: its rest would be taken for the next request. Before that
    it reads and forgets what is still to come, within limits: many clients look at the answer only once they have sent
    everything, and would see a broken connection instead of the sentence.
    """

    def __init__(self, answer: Callable[..., Any], refusal_headers: Callable[[dict], list] = lambda _: []) -> None:
        """Args:
        answer: the app.
        refusal_headers: the headers that a refusal has besides its own, from the WSGI environment.
        """
        self._answer, self._refusal_headers = answer, refusal_headers
        self._drained, self._received = Gate(MAX_DRAINED), Gate(MAX_RECEIVED)
        self._admitted, self._large = Gate(MAX_ADMITTED), Gate(MAX_LARGE)

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        """Answer as the app does, or with 503."""
        length = announced_length(environ)
        if not length and "HTTP_TRANSFER_ENCODING" not in environ:
            return self._answer(environ, start_response)

        def start(status: str, headers: list, *rest: object) -> object:
            if not environ.get(BODY_READ):
                headers = [*headers, ("Connection", "close")]
            return start_response(status, headers, *rest)

        gate = self._admitted
        if LARGE < length <= contract.MAX_BODY or "HTTP_CONTENT_ENCODING" in environ:
            gate = self._large
        elif 0 < length <= LARGE and not self._receive(environ, length):
            return self._refuse(environ, start, length)
        if not gate.enter():
            return self._refuse(environ, start, length)
        try:
            answer = self._answer(environ, start)
        finally:
            gate.leave()
        self._drain(environ, length)
        return answer

    def _receive(self, environ: dict, length: int) -> bool:
        """Read the body, for the app to read it again; False if there are too many others."""
        if not self._received.enter():
            return False
        try:
            environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(length))
            environ[BODY_READ] = True
            return True
        finally:
            self._received.leave()

    def _refuse(self, environ: dict, start: Callable, length: int) -> list[bytes]:
        start("503 SERVICE UNAVAILABLE", [*_HEADERS, *self._refusal_headers(environ)])
        self._drain(environ, length)
        return [_CONTENT]

    def _drain(self, environ: dict, length: int) -> None:
        """Read and forget a body that nobody has read, unless it is too long or there are too many of them."""
        if environ.get(BODY_READ) or not 0 < length <= MOST_DRAINED or not self._drained.enter():
            return
        try:
            while length > 0 and (piece := environ["wsgi.input"].read(min(length, LIGHT))):
                length -= len(piece)
        finally:
            self._drained.leave()
