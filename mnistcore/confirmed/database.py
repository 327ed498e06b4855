"""The database: its tables, and how it is reached.

SQLite in one file, or PostgreSQL where several servers share one. What was confirmed survives a process that is killed
and a machine that loses power: SQLite appends each change to a log (WAL) and waits until the disk has it, as PostgreSQL
does by itself. There is one writer at a time in either.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, DisconnectionError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from mnistcore.confirmed.failures import BUSY, MOVED, explain_failures, explained
from mnistcore.errors import FeedbackBusy, FeedbackError
from mnistcore.home import PRIVATE, atomic_path, data_directory, how_to_install

WAIT = 10  # seconds for other writers
WRITERS = 28_28  # the number of PostgreSQL's advisory lock that a writer holds

metadata = sa.MetaData()

profiles = sa.Table(
    "profiles",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False, index=True),
    sa.Column("name", sa.String(60), nullable=False),
    sa.Column("created", sa.DateTime(timezone=True), nullable=False),
    sa.Column("digits", sa.Integer, nullable=False),  # how many: counting 100,000 anew each time would take too long
)
digits = sa.Table(
    "digits",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("profile_id", sa.String(32), sa.ForeignKey("profiles.id", ondelete="CASCADE"), nullable=False),
    sa.Column("sha256", sa.LargeBinary, nullable=False),  # of the image
    sa.Column("label", sa.SmallInteger, nullable=False),
    sa.Column("predicted", sa.SmallInteger),
    sa.Column("model", sa.String(200), nullable=False),
    sa.Column("created", sa.DateTime(timezone=True), nullable=False),
    sa.Column("image", sa.LargeBinary, nullable=False),  # 784 bytes
    sa.Column("picture", sa.LargeBinary, nullable=False),  # the last: SQLite reads a row no further than it must
    sa.UniqueConstraint("profile_id", "sha256", name="digits_image"),
    sa.Index("digits_newest", "profile_id", "id"),
    sqlite_autoincrement=True,  # or the id of a deleted digit would be given to another
)


def connect(url: str | None = None, make: bool = True) -> sa.Engine:
    """The database as SQLAlchemy has it; nothing is read or written yet.

    Args:
        url: "sqlite:////directory/file.db" or "postgresql://user:password@host/name". None takes what the environment
            variable `MNISTCORE_DB` says, or else `feedback.db` in the user's data directory.
        make: whether to make the file if there is none.

    Raises:
        FeedbackError: the URL is not one of these, its driver is not installed, or the file cannot be made.
    """
    url = url or os.environ.get("MNISTCORE_DB") or f"sqlite:///{data_directory() / 'feedback.db'}"
    try:
        parsed = sa.make_url(url)
        kind = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}.get(
            parsed.drivername, parsed.drivername
        )
        if kind == "sqlite" and parsed.database and parsed.database != ":memory:" and not parsed.query:
            if make:
                _make_file(Path(parsed.database))
            elif not Path(parsed.database).exists():
                raise FeedbackError(f"There is no database {parsed.database}.")
            engine = sa.create_engine(parsed, connect_args={"timeout": WAIT}, pool_timeout=WAIT)
            _configure_sqlite(engine)
            _watch_file(engine, Path(parsed.database))
        elif kind == "postgresql+psycopg":
            limits = f"-c lock_timeout={WAIT}s -c statement_timeout={6 * WAIT}s"
            engine = sa.create_engine(
                parsed.set(drivername=kind),
                connect_args={"connect_timeout": WAIT, "options": limits},
                pool_timeout=WAIT,
                pool_pre_ping=True,  # the server may have been restarted
            )
        else:
            raise ArgumentError
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise FeedbackError(
            "MNISTCORE_DB must be like sqlite:////directory/file.db or postgresql://user:password@host/name."
        ) from None
    except ModuleNotFoundError:
        raise FeedbackError(f"PostgreSQL needs psycopg: {how_to_install('postgresql')}") from None
    except OSError as error:
        raise FeedbackError(f"The database file cannot be made: {error.strerror}.") from error
    explain_failures(engine)
    return engine


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that reads; in SQLite what it sees does not change while it lasts."""
    with _begin(engine, "BEGIN") as connection:
        yield connection


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that writes, the only one at its time: all of it is kept at the end, or nothing if it raises."""
    with _begin(engine, "BEGIN IMMEDIATE") as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(WRITERS)))
        yield connection


def reclaim_space(engine: sa.Engine) -> None:
    """Have what was deleted leave the file as well, where its bytes would stay until they are overwritten.

    In SQLite they are overwritten with zeros when they are deleted (secure_delete). Here the free pages are cut off and
    the log is emptied, in which the bytes were written once. PostgreSQL's own log keeps them for a while.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM digits, profiles")
        return
    with engine.connect() as connection:
        sqlite: Any = connection.connection.driver_connection
        try:
            sqlite.executescript("PRAGMA incremental_vacuum")  # `execute` would take one step, which is one page
        except engine.dialect.loaded_dbapi.Error as error:
            raise explained(error) from error
        busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    if busy:
        raise FeedbackBusy(BUSY)


@contextmanager
def _begin(engine: sa.Engine, statement: str) -> Iterator[sa.Connection]:
    try:
        with engine.connect() as connection, connection.execution_options(begin=statement).begin():
            yield connection
    except NoConnectionLeft:
        raise FeedbackBusy(BUSY) from None


def _make_file(path: Path) -> None:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=PRIVATE)  # nobody else on this machine need see it


def _watch_file(engine: sa.Engine, path: Path) -> None:
    """Notice that the file was moved, deleted or replaced while it is in use: SQLite would go on writing into the one
    that it has opened, which nobody may ever find again."""

    def identity() -> tuple[int, int]:
        try:
            file = path.stat()
        except OSError:
            raise FeedbackError(MOVED) from None
        return file.st_dev, file.st_ino

    @event.listens_for(engine, "do_connect")
    def check(*_: object) -> None:
        identity()  # or SQLite would make an empty file

    @event.listens_for(engine, "connect")
    def note(_: object, record: Any) -> None:
        record.info["file"] = identity()

    @event.listens_for(engine, "checkout")
    def compare(_: object, record: Any, __: object) -> None:
        if record.info["file"] != identity():
            raise DisconnectionError  # SQLAlchemy opens the file that is there now


def back_up(engine: sa.Engine, target: Path) -> None:
    """Write the database into one file, as it is at one moment, while others may go on using it (SQLite's own backup).

    Raises:
        FeedbackError: it is no SQLite database, or it cannot be read; or the target is the database itself.
        OSError: the target cannot be written.
    """
    if engine.dialect.name != "sqlite":
        raise FeedbackError("A PostgreSQL database is backed up by PostgreSQL's own program, pg_dump.")
    own = os.path.realpath(str(engine.url.database))
    if os.path.realpath(target) in (own, f"{own}-wal", f"{own}-shm"):
        raise FeedbackError(f"{target} is the database itself: name another file for its copy.")
    with engine.connect() as connection, atomic_path(target, PRIVATE) as temporary:
        sqlite: Any = connection.connection.driver_connection
        error_kind = engine.dialect.loaded_dbapi.Error
        try:
            with closing(engine.dialect.loaded_dbapi.connect(temporary)) as copy:
                sqlite.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
                (found,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        except error_kind as error:
            raise explained(error) from error
        if found != "ok":
            raise FeedbackError(f"The database is damaged ({found[:100]}): the copy is not kept.")


def _configure_sqlite(engine: sa.Engine) -> None:
    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: object) -> None:
        connection.isolation_level = None  # or Python's sqlite3 would begin transactions of its own
        # each change goes from the log into the file at once: a copy of the file alone, made at rest, lacks nothing
        for setting in ("foreign_keys = ON", "synchronous = FULL", "secure_delete = ON", "wal_autocheckpoint = 1"):
            connection.execute(f"PRAGMA {setting}")
        if connection.execute("PRAGMA page_count").fetchone() == (0,):  # a new file: it can be set before all else only
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        if statement := connection.get_execution_options().get("begin"):
            connection.exec_driver_sql(statement)
