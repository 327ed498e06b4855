"""Start the server: granian's workers around the app that api.py makes."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import tempfile

from serving import guards

WORKERS = 2
# a worker's, started as they are needed: a body that arrives slowly keeps one waiting until it is there
THREADS = 64


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
        guards.settings()
    except guards.BadSetting as error:
        parser.error(str(error))

    # granian warns of so many threads, which is right for work that keeps the processor busy, not for waiting
    logging.getLogger("_granian").addFilter(lambda record: "Python threads" not in record.getMessage())
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings

    # a worker told to stop before it listens for that would go on, with the handler of the parent it was forked from
    os.register_at_fork(after_in_child=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL))
    with tempfile.TemporaryDirectory(prefix="mnistcore-metrics-") as directory:
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


if __name__ == "__main__":
    sys.exit(main())
