"""Fetching from hosts that may be slow, in trouble, or out of reach.

What can pass is tried again after growing waits; a host that is not there is given up at once, so that working offline
costs no time.
"""

from __future__ import annotations

import sys
import textwrap
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import IncompleteRead
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast
from urllib.error import HTTPError, URLError

from mnistcore.errors import MnistCoreError

if TYPE_CHECKING:
    from tqdm import tqdm

Fetched = TypeVar("Fetched")

TIMEOUT = 10.0  # seconds that a host may stay silent
WAITS = (1.0, 4.0)  # seconds before the second and the third try


def download(url: str, sha256: str, path: Path) -> None:
    """Bring a file to `path`, unless it lies there already; a damaged one is thrown away first.

    Raises:
        ValueError: the host's file has another hash.
        OSError: the host did not deliver (`requests` raises kinds of it), or the file cannot be written.
    """
    import pooch

    pooch.get_logger().setLevel("WARNING")  # the progress bar says it all
    if path.exists() and pooch.file_hash(path) != sha256:
        path.unlink()
    over_http = pooch.HTTPDownloader(progressbar=sys.stderr.isatty(), chunk_size=1 << 15, timeout=TIMEOUT)
    pooch.retrieve(url, sha256, fname=path.name, path=path.parent, downloader=over_http)


@contextmanager
def watched_urlopen(name: str) -> Iterator[None]:
    """Give `urlopen` a timeout and, on a terminal, a progress bar, for libraries that offer neither.

    This holds for the whole process while the block runs; afterwards `urlopen` is as Python has it.
    """
    from tqdm import tqdm

    with tqdm(desc=name, unit="B", unit_scale=True, disable=None, leave=False) as bar:
        urllib.request.install_opener(cast("urllib.request.OpenerDirector", _Opener(bar)))  # only its open is called
        try:
            yield
        finally:
            urllib.request.install_opener(None)


class _Opener:
    """What `urlopen` hands its requests to. After a first failure it refuses the rest: `retry` waits, then asks."""

    def __init__(self, bar: tqdm) -> None:
        self.bar = bar
        self.opener = urllib.request.build_opener()
        self.failure: Exception | None = None

    def open(self, request: urllib.request.Request, data: bytes | None = None, _timeout: object = None) -> object:
        from tqdm.utils import CallbackIOWrapper

        if self.failure:
            raise self.failure
        try:
            response = self.opener.open(request, data, TIMEOUT)
        except Exception as error:
            self.failure = error
            raise
        self.bar.total = self.bar.n + int(response.headers.get("Content-Length") or 0) or None
        return CallbackIOWrapper(self.bar.update, response)


def retry(fetch: Callable[[], Fetched], log: Callable[[str], None]) -> Fetched:
    """Call `fetch`, and again after each of `WAITS` while that can help, telling so; raises what it raised last."""
    for wait in WAITS:
        try:
            return fetch()
        except Exception as error:
            if not _may_pass(error):
                raise
            log(f"{reason(error)}; trying again in {wait:g} s")
        time.sleep(wait)
    return fetch()


def _may_pass(error: Exception) -> bool:
    """Whether another try can help: a server in trouble, a silent one, a cut line; not one that is out of reach."""
    from urllib3.exceptions import ReadTimeoutError

    response = getattr(error, "response", None)
    status = error.code if isinstance(error, HTTPError) else getattr(response, "status_code", None)
    if status is not None:
        return status >= 500 or status == 429
    if isinstance(error, URLError):  # there never was a connection
        return False
    return isinstance(_cause(error), (TimeoutError, ReadTimeoutError, ConnectionResetError, IncompleteRead, EOFError))


def _cause(error: Exception) -> Exception:
    """The error inside those that requests, urllib3 and urllib wrap around it."""
    for inner in (getattr(error, "reason", None), *error.args):
        if isinstance(inner, Exception):
            return _cause(inner)
    return error


def reason(error: Exception) -> str:
    """What went wrong, in one line for people."""
    if isinstance(error, MnistCoreError):
        return str(error).rstrip(".")
    cause = _cause(error)
    text = getattr(cause, "strerror", None) or str(cause)
    return textwrap.shorten(f"{type(cause).__name__}: {text}", 200, placeholder=" ...")
