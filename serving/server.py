"""Start the server: granian's workers around the app that api.py makes."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile

WORKERS = 2
THREADS = 8  # a worker's, so that a few slow bodies and large batches don't keep the others waiting


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

    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings

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
