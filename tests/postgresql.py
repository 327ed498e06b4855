"""A PostgreSQL server of the tests' own: Debian's, in a temporary directory, reached by a socket there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

ABSENT = "There is no PostgreSQL server on this machine, so the tests that need one cannot run."
OWNER = "nobody" if os.geteuid() == 0 else None  # PostgreSQL does not run as root


def programs() -> Path | None:
    """The directory with initdb and postgres; None if there is none. Debian keeps it out of PATH."""
    found = [Path(program).resolve().parent for program in [shutil.which("postgres")] if program]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((directory for directory in found if (directory / "initdb").exists()), None)


class PostgreSQL:
    """A running server. Its first database is emptied for one test after the other: to make one takes longer."""

    def __init__(self, directory: Path) -> None:
        self._directory, self._numbers = directory, count(1)

    def url(self, name: str = "postgres") -> str:
        """Of one of its databases."""
        return f"postgresql://tests@/{name}?host={self._directory}"

    def empty_database(self) -> str:
        """The URL of the first one, in which there is nothing any more."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        return self.url()

    def new_database(self) -> str:
        """The URL of one for a test that changes its settings."""
        name = f"test{next(self._numbers)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)


@contextmanager
def running(binaries: Path) -> Iterator[PostgreSQL]:
    """Set up a server and start it; at the end it is stopped and deleted."""
    directory = Path(tempfile.mkdtemp(prefix="mnistcore-pg-"))  # outside of pytest's, which only its owner may enter
    if OWNER:
        shutil.chown(directory, OWNER)
    data, log = directory / "data", (directory / "log").open("w")
    process = None
    try:
        initdb = [
            binaries / "initdb",
            "-D",
            data,
            "-U",
            "tests",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]
        subprocess.run(initdb, cwd=directory, user=OWNER, stdout=log, stderr=log, check=True)
        # it need not survive a loss of power, so it does not wait for the disk
        postgres = [binaries / "postgres", "-D", data, "-k", directory, "-c", "listen_addresses=", "-c", "fsync=off"]
        process = subprocess.Popen(postgres, cwd=directory, user=OWNER, stdout=log, stderr=log)
        server = PostgreSQL(directory)
        for _ in range(600):
            try:
                psycopg.connect(server.url()).close()
                break
            except psycopg.OperationalError:
                assert process.poll() is None, (directory / "log").read_text()
                time.sleep(0.05)
        yield server
    finally:
        if process:
            process.send_signal(signal.SIGQUIT)  # end at once, without writing everything to the disk
            process.wait()
        log.close()
        shutil.rmtree(directory)
