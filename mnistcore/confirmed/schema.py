"""Whether a database has the tables that it must have; an older one is brought up to date, one step after the other."""

from __future__ import annotations

import time
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from mnistcore.confirmed.database import WAIT, writing
from mnistcore.errors import FeedbackBusy, FeedbackError

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "mnistcore_version"  # not Alembic's own name for it, which other programs' databases have


def bring_up_to_date(engine: sa.Engine) -> None:
    """Make the tables in an empty database, or change those of an older one; all of it or nothing.

    Raises:
        FeedbackError: the database is another program's, or a newer version of this one made it.
    """
    scripts = Config()
    scripts.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with writing(engine) as connection:
        tables = sa.inspect(connection).get_table_names()
        if tables and VERSION_TABLE not in tables:
            raise FeedbackError("The database belongs to another program: MNISTCORE_DB must name one of its own.")
        version = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()
        known = {script.revision for script in ScriptDirectory.from_config(scripts).walk_revisions()}
        if version and version not in known:
            raise FeedbackError("The database was made by a newer version of mnistcore: install that, or a later one.")
        scripts.attributes["connection"] = connection
        command.upgrade(scripts, "head")
    if engine.dialect.name == "sqlite":  # now that the file is known to be ours
        _log_changes(engine)


def _log_changes(engine: sa.Engine) -> None:
    """Have SQLite append changes to a log (WAL), which it refuses at once while others open the file."""
    deadline = time.monotonic() + WAIT
    while True:
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            return
        except FeedbackBusy:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
