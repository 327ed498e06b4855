"""A client that sends requests at a set rate, whatever the answers: as many independent users do.

A client that waits for each answer before it asks again slows down with the server, and so never sees it overloaded.
Latency counts from when a request was due, not from when a connection was free for it.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass


@dataclass
class Answer:
    """What came of one request.

    Attributes:
        kind: as it was given with the request.
        due: seconds from the start to when it was due.
        latency: seconds from then to the whole answer, or to the end of the connection.
        status: 0 if the connection ended without an answer, or none came in time.
        content: the body.
    """

    kind: object
    due: float
    latency: float
    status: int
    content: bytes = b""


def request(path: str, body: bytes = b"", media: str = "application/json", **headers: str) -> bytes:
    """A whole POST request, or GET without a body; underscores in a header's name stand for dashes."""
    lines = [f"{'POST' if body else 'GET'} {path} HTTP/1.1", "Host: localhost"]
    if body:
        lines += [f"Content-Type: {media}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Connection:
    """One connection, with one request at a time."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect_ex(address)
        self.unsent, self.received, self.expected = memoryview(b""), b"", 0
        self.kind: object = None
        self.due = 0.0

    def begin(self, content: bytes, kind: object, due: float) -> None:
        self.unsent, self.received, self.expected = memoryview(content), b"", 0
        self.kind, self.due = kind, due

    def send(self) -> None:
        """Send what can be sent; raises OSError if the connection has ended."""
        while self.unsent:
            try:
                self.unsent = self.unsent[self.socket.send(self.unsent) :]
            except BlockingIOError:
                return

    def receive(self) -> bool:
        """Receive what there is; True once the answer is whole. Raises OSError if the connection ended before."""
        try:
            part = self.socket.recv(1 << 20)
        except BlockingIOError:
            return False
        if not part:
            raise ConnectionError
        self.received += part
        if not self.expected:
            end = self.received.find(b"\r\n\r\n")
            if end < 0:
                return False
            head = self.received[:end].lower()
            place = head.index(b"content-length:") + 15
            self.expected = end + 4 + int(head[place:].partition(b"\r\n")[0])
        return len(self.received) >= self.expected

    @property
    def answer(self) -> tuple[int, bytes, bool]:
        """Status, body, and whether the connection stays open."""
        head, _, body = self.received.partition(b"\r\n\r\n")
        return int(head[9:12]), body, b"connection: close" not in head.lower()


def send(
    address: tuple[str, int],
    requests: Iterator[tuple[bytes, object]],
    rate: float,
    seconds: float,
    connections: int = 500,
    patience: float = 10.0,
) -> list[Answer]:
    """Send requests at a set rate for a while, and wait for the last answers.

    Args:
        address: host and port.
        requests: their bytes, and what kind they are.
        rate: requests a second.
        seconds: for how long.
        connections: the most to have at a time; a request that is due when all are taken gets no answer.
        patience: seconds after which an answer is given up.
    """
    answers: list[Answer] = []
    selector = selectors.EpollSelector()
    free: list[Connection] = []
    busy: set[Connection] = set()
    start = time.perf_counter()
    total, count, last_sweep = round(rate * seconds), 0, 0.0

    def finish(connection: Connection, status: int, content: bytes, keep: bool) -> None:
        now = time.perf_counter() - start
        answers.append(Answer(connection.kind, connection.due, now - connection.due, status, content))
        busy.discard(connection)
        if keep:
            free.append(connection)
        else:
            selector.unregister(connection.socket)
            connection.socket.close()

    while count < total or busy:
        now = time.perf_counter() - start
        while count < total and count / rate <= now:
            content, kind = next(requests)
            due, count = count / rate, count + 1
            if free:
                connection = free.pop()
            elif len(busy) < connections:
                connection = Connection(address)
                selector.register(connection.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, connection)
            else:
                answers.append(Answer(kind, due, 0.0, 0))
                continue
            busy.add(connection)
            connection.begin(content, kind, due)
            _step(connection, finish, selector)
        wait = min(max(0.0, count / rate - (time.perf_counter() - start)), 0.1) if count < total else 0.1
        for key, _ in selector.select(wait):
            connection = key.data
            if connection in busy:
                _step(connection, finish, selector)
            else:  # the server has ended a connection that was free
                free.remove(connection)
                selector.unregister(connection.socket)
                connection.socket.close()
        if now - last_sweep > 0.5:
            last_sweep = now
            for connection in [c for c in busy if now - c.due > patience]:
                finish(connection, 0, b"", False)
    for connection in free:
        connection.socket.close()
    selector.close()
    return answers


def _step(connection: Connection, finish: Callable, selector: selectors.BaseSelector) -> None:
    """Go on with a request as far as possible."""
    try:
        if connection.unsent:
            with suppress(BrokenPipeError):  # there may be an answer already
                connection.send()
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.unsent else 0)
            selector.modify(connection.socket, events, connection)
        if connection.receive():
            finish(connection, *connection.answer)
    except OSError:
        # an answer that came before the server closed, because it did not want to read the rest, counts
        finish(connection, *(connection.answer[:2] if connection.received else (0, b"")), False)
