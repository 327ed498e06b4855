"""Start the server: granian's workers around the app that api.py makes."""

from __future__ import annotations

import argparse
import fcntl
import logging
import os
import signal
import tempfile
from pathlib import Path

from serving import bodies, security

WORKERS = 2
# a worker's, started as they are needed: a body that arrives slowly keeps one waiting until it is there, but some are
# always left to answer the routes that need no body
THREADS = bodies.MAX_BODIES + 8


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGINT or SIGTERM; what is being answered then is still answered.

    Args:
        arguments: the words of the command line; by default the process's own.
    """
    parser = argparse.ArgumentParser(prog="python api.py", description="Serve POST /predict over HTTP.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=WORKERS, help="processes that answer (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        security.settings()
    except security.BadSetting as error:
        parser.error(str(error))

    # granian warns of so many threads, which is right for work that keeps the processor busy, not for waiting
    logging.getLogger("_granian").addFilter(lambda record: "Python threads" not in record.getMessage())
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings

    # a worker told to stop before it listens for that would go on, with the handler of the parent it was forked from
    os.register_at_fork(after_in_child=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL))
    with tempfile.TemporaryDirectory(prefix="mnistcore-api-") as directory:
        if hasattr(os, "sched_getaffinity") and options.workers >= len(os.sched_getaffinity(0)):
            os.register_at_fork(after_in_child=lambda: keep_to_one_core(Path(directory)))
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", directory)  # where the workers add up what they count
        Granian(
            "api:create_app",
            options.host,
            options.port,
            interface=Interfaces.WSGI,
            factory=True,
            workers=options.workers,
            blocking_threads=THREADS,
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(header_read_timeout=10_000),
            respawn_failed_workers=True,
            workers_kill_timeout=30,
        ).serve()


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
