"""Start the server: granian's workers around the app that api.py makes."""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import errno
import fcntl
import logging
import os
import resource
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from flask import Flask

from mnistcore.cli.options import whole
from mnistcore.home import home
from serving import admission, logs, security

WORKERS = 2
# a worker's, started as they are needed: a body that arrives slowly keeps one waiting until it is there, but some are
# always left to answer the routes that need no body
THREADS = admission.MAX_RECEIVED + admission.MAX_ADMITTED + admission.MAX_LARGE + 8
MAX_CONNECTIONS = 4096  # that a worker keeps open: others wait until one ends, an idle one after ten seconds
OTHER_FILES = 128  # that a worker may have open besides
# seconds for which a thread computes before it lets another go on: less than Python's default of 0.005, for which a
# single image would wait several times beside a large picture
LONGEST_HOLD = 0.002
M_ARENA_MAX, M_MMAP_THRESHOLD = -8, -3  # as malloc.h has them
LARGE_PIECE = 8 * 1024 * 1024  # bytes: larger than the arrays of a picture that was reduced, which follow each other
LONGEST_END = 30  # seconds that a worker has for what it is answering when it is told to stop


def main(create_app: Callable[[], Flask], arguments: list[str] | None = None) -> None:
    """Serve until SIGINT or SIGTERM; what is being answered then is still answered.

    Args:
        create_app: makes the app, called in each worker.
        arguments: the words of the command line; by default the process's own.

    Raises:
        SystemExit: with status 2 and a sentence on standard error, if it cannot be served so.
    """
    parser = argparse.ArgumentParser(prog="python api.py", description="Serve POST /predict over HTTP.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=whole(1, 65_535), default=8000, help="port to listen on (default: %(default)s)")
    parser.add_argument(
        "--workers", type=whole(1, 1_000), default=WORKERS, help="processes that answer (default: %(default)s)"
    )
    parser.add_argument(
        "--drain",
        type=whole(0, 3_600),
        default=0,
        metavar="SECONDS",
        help="on SIGTERM, how long /ready answers 503 before the server stops listening (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    try:
        home()
    except OSError as error:
        parser.error(f"MNISTCORE_HOME cannot be used, {error.filename}: {error.strerror}.")
    try:
        logs.setting()
        security.settings()
        address = free_address(options.host, options.port)
        temporary = tempfile.TemporaryDirectory(prefix="mnistcore-api-")
    except logs.BadSetting as error:
        parser.error(str(error))
    except OSError as error:
        parser.error(f"{error.strerror}: set TMPDIR to a directory that can be written to.")

    # granian warns of so many threads, which is right for work that keeps the processor busy, not for waiting
    logging.getLogger("_granian").addFilter(lambda record: "Python threads" not in record.getMessage())
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings

    # a worker told to stop before it listens for that would go on, with the handler of the parent it was forked from
    os.register_at_fork(after_in_child=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL))
    # Ctrl-C reaches this process alone, which tells its workers: one that is told twice may wait for ever
    os.register_at_fork(after_in_child=os.setpgrp)
    with temporary as name:
        directory = Path(name)
        if hasattr(os, "sched_getaffinity") and options.workers >= len(os.sched_getaffinity(0)):
            os.register_at_fork(after_in_child=lambda: keep_to_one_core(directory))
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", name)  # where the workers add up what they count
        server = Granian(
            "api",  # a name alone: what it would import may be another api.py, in the current directory
            address,
            options.port,
            interface=Interfaces.WSGI,
            workers=options.workers,
            blocking_threads=THREADS,
            backpressure=room_for_connections(),
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(header_read_timeout=10_000),
            respawn_failed_workers=True,
            workers_kill_timeout=LONGEST_END,
            log_dictconfig=logs.of_granian(),
        )
        draining = directory / "draining"

        def drain(*_: object) -> None:
            """Have /ready answer 503, and stop a while later; at once if told a second time."""
            seconds = 0 if draining.exists() else options.drain
            with contextlib.suppress(OSError):  # somebody has deleted the directory
                draining.touch()
            timer = threading.Timer(seconds, server.signal_handler_interrupt)
            timer.daemon = True
            timer.start()

        server.on_startup(lambda: signal.signal(signal.SIGTERM, drain))  # granian has set its own handler by then
        server.serve(target_loader=partial(start_worker, create_app, draining, os.getpid()), wrap_loader=False)


def room_for_connections() -> int:
    """How many connections a worker may keep open, after the system was asked for as many files as it allows."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + OTHER_FILES
    if allowed < wanted:
        allowed = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
    return min(MAX_CONNECTIONS, max(allowed - OTHER_FILES, 1))


def start_worker(create_app: Callable[[], Flask], draining: Path, parent: int) -> Flask:
    """The app of a worker, which ends if its parent does.

    Args:
        create_app: makes the app.
        draining: a file that is there once /ready must answer 503.
        parent: process id.
    """
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _give_back_memory()
    sys.setswitchinterval(LONGEST_HOLD)
    app = create_app()
    app.config["DRAINING"] = draining
    return app


def _give_back_memory() -> None:
    """Have the GNU C library give freed memory to other threads, and large pieces back to the system.

    By default each thread keeps what it has freed: after eight large pictures a worker had grown by three of them.
    """
    with contextlib.suppress(OSError, AttributeError):  # other C libraries have no such function
        c_library = ctypes.CDLL(None)
        c_library.mallopt(M_ARENA_MAX, 1)
        c_library.mallopt(M_MMAP_THRESHOLD, LARGE_PIECE)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LONGEST_END)
    os._exit(1)


def free_address(host: str, port: int) -> str:
    """The address of a host, as numbers, IPv4 if it has one.

    Raises:
        BadSetting: it has none on this machine, or something listens there already. The workers share their port, so
            the system would let anybody else's workers share it too, and hand each request to any of them.
    """
    try:
        found = sorted(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE))
        family, kind, _, _, address = found[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that just ended do not count
            probe.bind(address)
            probe.listen()
    except (OSError, UnicodeError) as error:
        number = error.errno if isinstance(error, OSError) else None
        if number == errno.EADDRINUSE:
            raise logs.BadSetting(f"Something else listens on port {port} of {host}: choose another --port.") from None
        if number == errno.EACCES:
            raise logs.BadSetting(f"Port {port} needs more rights: choose a --port above 1023.") from None
        raise logs.BadSetting(f"--host must be an address of this machine, or a name of one, not {host!r}.") from None
    return str(address[0])


def keep_to_one_core(directory: Path) -> None:
    """Keep this worker, and all threads it will start, to one core, which no other worker has taken if there is one.

    The threads of a Python process take turns. NumPy ends its thread's turn with almost every operation, and begins it
    again at once; on several cores each time another thread is woken for nothing, which costs a sixth of all requests.
    Only where there are no more cores than workers: elsewhere the kernel knows better which core is free.

    Args:
        directory: where the workers of one server note what is taken, each by a lock that ends when it does.
    """
    cores = sorted(os.sched_getaffinity(0))
    for core in cores:
        lock = os.open(directory / f"core-{core}", os.O_CREAT | os.O_WRONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
        else:
            os.sched_setaffinity(0, {core})
            return
