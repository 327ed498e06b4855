"""What SQLite and PostgreSQL report, as a sentence for people."""

from __future__ import annotations

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

from mnistcore.errors import FeedbackBusy, FeedbackError

NOTHING_CHANGED = "nothing was changed"

# the beginnings of SQLite's names of errors (https://sqlite.org/rescode.html)
SQLITE = {
    "SQLITE_FULL": f"The disk is full: {NOTHING_CHANGED}. Free some space and try again.",
    "SQLITE_IOERR": f"The disk cannot be read or written: {NOTHING_CHANGED}.",
    "SQLITE_READONLY": f"The database file may only be read: {NOTHING_CHANGED}. It must be one that can be written to.",
    "SQLITE_CANTOPEN": "The database file cannot be opened: its directory must be one that can be written to.",
    "SQLITE_PERM": "The database file cannot be opened: its permissions forbid it.",
    "SQLITE_AUTH": "The database file cannot be opened: its permissions forbid it.",
    "SQLITE_NOTADB": "The database file is damaged, or something else than an SQLite database.",
    "SQLITE_CORRUPT": "The database file is damaged: restore a copy of it, or move it away to begin anew.",
}
SQLITE_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")

# the beginnings of PostgreSQL's codes (https://www.postgresql.org/docs/current/errcodes-appendix.html)
POSTGRESQL = {
    "53100": f"The database server's disk is full: {NOTHING_CHANGED}.",
    "25006": f"The database may only be read: {NOTHING_CHANGED}.",
    "42501": "The database user lacks the rights to do this.",
    "28": "The database server refuses the user or the password.",
    "3D": "There is no such database on the server.",
    "XX": "The database is damaged, as its server says.",
}
POSTGRESQL_BUSY = ("55P03", "57014", "53300", "40")  # a lock or a statement took too long; too many connections

BUSY = f"Others are writing to the database: {NOTHING_CHANGED}. Try again in a moment."
MOVED = f"The database file was moved or deleted in use: {NOTHING_CHANGED}. Put it back, or restart what uses it."


def explain_failures(engine: Engine) -> None:
    """Have every error of the database's driver raised as a FeedbackError."""
    driver_error = engine.dialect.loaded_dbapi.Error

    @event.listens_for(engine, "handle_error")
    def explain(context: ExceptionContext) -> None:
        # a connection that was found broken before its use (is_pre_ping) is replaced
        if isinstance(context.original_exception, driver_error) and not context.is_pre_ping:
            raise explained(context.original_exception)


def explained(error: BaseException) -> FeedbackError:
    """The driver's error as one of ours.

    Args:
        error: of `sqlite3`, with the attribute `sqlite_errorname`, or of psycopg, with the attribute `sqlstate`.
    """
    code = getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None) or ""
    if code.startswith(SQLITE_BUSY + POSTGRESQL_BUSY):
        return FeedbackBusy(BUSY)
    for beginning, sentence in (SQLITE | POSTGRESQL).items():
        if code.startswith(beginning):
            return FeedbackError(sentence)
    said = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return FeedbackError(f"The database cannot be used: {said.rstrip('.')[:200]}.")
