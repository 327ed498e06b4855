"""What goes wrong with the database of confirmed digits: one sentence each, and nothing confirmed is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from conftest import ROOT

import mnistcore.__main__ as cli
from mnistcore.confirmed import Feedback, NewDigit, database, open_feedback
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.errors import FeedbackBusy, FeedbackError

DIGITS, LABELS = shipped_test_digits()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "feedback.db"


@pytest.fixture
def feedback(file: Path) -> Iterator[Feedback]:
    """A store in SQLite with three digits of the profile "Ada"."""
    opened = open_feedback(f"sqlite:///{file}")
    fill(opened, 3)
    yield opened
    opened.close()


def fill(feedback: Feedback, count: int, start: int = 0) -> str:
    profile = feedback.find_or_create_profile("visitor", "Ada").id
    digits = range(start, start + count)
    feedback.add_all(profile, (NewDigit(picture(index), DIGITS[index], int(LABELS[index])) for index in digits))
    return profile


def picture(index: int) -> bytes:
    """7 kB that are like no other's."""
    return b"<picture %06d>" % index * 400


def kept(file: Path) -> int:
    """How many whole digits are in the file, as SQLite itself sees it."""
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        (counted,) = connection.execute("SELECT sum(digits) FROM profiles").fetchone()
        rows = connection.execute("SELECT picture FROM digits ORDER BY id").fetchall()
        assert [row[0] for row in rows] == [picture(index) for index in range(len(rows))]
        assert counted == len(rows)
        return counted


# --- where it is


def test_it_is_in_the_users_data_directory_and_for_nobody_else_to_read(home, monkeypatch, tmp_path):
    open_feedback().close()
    assert (home / "feedback.db").stat().st_mode & 0o777 == 0o600
    monkeypatch.delenv("MNISTCORE_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    open_feedback().close()
    assert (tmp_path / "data" / "mnistcore" / "feedback.db").is_file()
    monkeypatch.setenv("MNISTCORE_DB", f"sqlite:///{tmp_path}/another.db")
    open_feedback().close()
    assert (tmp_path / "another.db").is_file()


@pytest.mark.parametrize("url", ["feedback.db", "sqlite://", "mysql://host/name", "postgresql://a:secret@b:c/d", "://"])
def test_an_address_that_is_none(url):
    with pytest.raises(FeedbackError) as error:
        open_feedback(url)
    assert str(error.value).startswith("MNISTCORE_DB must be like sqlite:////directory/file.db or postgresql://")
    assert "secret" not in str(error.value)


def test_a_directory_that_cannot_be_made():
    with pytest.raises(FeedbackError, match=r"^The database file cannot be made: Not a directory\.$"):
        open_feedback("sqlite:////dev/full/a/feedback.db")


def test_a_server_that_does_not_answer(tmp_path):
    with pytest.raises(FeedbackError, match=r"^The database cannot be used: connection .* failed: .*\.$"):
        open_feedback(f"postgresql://tests@/none?host={tmp_path}")


# --- SQLite's file


def test_a_file_that_is_moved_deleted_or_replaced_in_use_is_noticed(file, feedback, tmp_path):
    other = tmp_path / "other.db"
    for away in (lambda: file.rename(other), lambda: (shutil.copy(file, other), file.unlink())):
        away()
        with pytest.raises(FeedbackError, match="moved or deleted in use: nothing was changed"):
            fill(feedback, 1, start=3)
        with pytest.raises(FeedbackError, match="moved or deleted in use"):
            feedback.profiles()
        assert not file.exists()
        other.rename(file)  # the same file, or a copy: either is used again
        fill(feedback, 1)
    fill(feedback, 1, start=3)
    assert kept(file) == 4


def test_a_backup_is_whole_while_others_write_and_a_copy_of_the_file_at_rest_is_too(file, feedback, tmp_path, capsys):
    copy, done = tmp_path / "copy" / "digits.db", threading.Event()

    def write() -> None:
        start = 3
        while not done.is_set():
            fill(feedback, 1, start)
            start += 1

    with closing(open_feedback(f"sqlite:///{file}")) as another:
        writer = threading.Thread(target=write)
        writer.start()
        counts = []
        for _ in range(3):
            another.back_up(copy)
            counts.append(kept(copy))
        done.set()
        writer.join()
    assert counts == sorted(counts)
    assert counts[0] >= 3
    assert [path.name for path in copy.parent.iterdir()] == ["digits.db"]
    assert copy.stat().st_mode & 0o777 == 0o600
    shutil.copy(file, tmp_path / "plain.db")  # without its log
    assert kept(tmp_path / "plain.db") == kept(file)

    before = copy.read_bytes()
    assert cli.main(["backup", str(copy)]) == 1  # of a home without a database
    assert capsys.readouterr().err.startswith("There is no database ")
    assert copy.read_bytes() == before
    with pytest.raises(OSError, match="It is not a file"):
        feedback.back_up(tmp_path)
    for name in (file.name, f"{file.name}-wal"):
        with pytest.raises(FeedbackError, match="is the database itself"):
            feedback.back_up(file.with_name(name))


def test_deleted_digits_leave_the_file(file, feedback):
    ada = fill(feedback, 600)
    ids = [digit.id for digit in feedback.digits(ada, limit=1000)]
    large = file.stat().st_size
    feedback.delete(ada, ids[::2])
    assert all(places(file, picture(index)) == (index % 2 == 0) for index in range(600))
    assert file.stat().st_size < 0.6 * large
    feedback.delete_profile(ada)
    assert not places(file, b"<picture")
    assert not places(file, DIGITS[0].tobytes()[200:400])
    assert not places(file, b"Ada")
    assert file.stat().st_size < 100_000


def places(file: Path, content: bytes) -> bool:
    """Whether the content is anywhere in the database's files."""
    return any(content[:200] in part.read_bytes() for part in file.parent.glob(f"{file.name}*"))


def test_what_others_are_reading_is_deleted_all_the_same(file, feedback, monkeypatch, caplog):
    ada = fill(feedback, 3)
    monkeypatch.setattr(database, "WAIT", 0.1)
    with closing(open_feedback(f"sqlite:///{file}")) as impatient, closing(sqlite3.connect(file)) as reader:
        rows = reader.execute("SELECT * FROM digits")
        rows.fetchone()
        impatient.delete_profile(ada)
    assert "stay in the database's file until more are deleted" in caplog.text
    assert feedback.profiles() == []


def test_a_full_disk(file, feedback):
    ada = feedback.profiles()[0].id
    with closing(sqlite3.connect(file)) as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
    sizes = []
    for limit in range(pages, pages + 12):  # the disk fills up at another step of writing each time
        with limited(file, limit) as full, pytest.raises(FeedbackError, match=r"^The disk is full: nothing"):
            add_until_it_fails(full, ada, kept(file))
        sizes.append(kept(file))
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1] < 20
    feedback.add(ada, picture(sizes[-1]), DIGITS[sizes[-1]], 1, None, "")  # there is room again
    assert kept(file) == sizes[-1] + 1


def add_until_it_fails(feedback: Feedback, profile: str, start: int) -> None:
    for index in range(start, start + 200):
        feedback.add(profile, picture(index), DIGITS[index], 1, None, "")


@contextmanager
def limited(file: Path, pages: int) -> Iterator[Feedback]:
    """The store, which may have so many pages only."""

    def limit(connection: sa.Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    with closing(open_feedback(f"sqlite:///{file}")) as opened:
        sa.event.listen(sa.Engine, "begin", limit)
        try:
            yield opened
        finally:
            sa.event.remove(sa.Engine, "begin", limit)


FILL = """
import sys
import numpy as np
from mnistcore.errors import FeedbackError
from mnistcore.confirmed import open_feedback

try:
    feedback = open_feedback(sys.argv[1])
    (profile,) = feedback.profiles()
    for number in range(3, 10_000):
        image = np.full((28, 28), number, np.uint16).view(np.uint8)[:, :28]
        feedback.add(profile.id, b"<picture %06d>" % number * 400, image, 1, None, "")
        print(number, flush=True)
except FeedbackError as error:
    sys.exit(str(error))
"""


def fill_elsewhere(file: Path, *prefix: str, **options: Any) -> subprocess.CompletedProcess:
    """Add digits in another process until that fails."""
    command = [*prefix, sys.executable, "-c", FILL, f"sqlite:///{file}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, **options)


def test_a_disk_that_is_really_full(feedback, file):
    """Of a file system of its own, where that may be made; otherwise of a file that may not grow."""
    import resource

    with tempfile.TemporaryDirectory() as small:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", small], check=False).returncode == 0
        try:
            feedback.close()
            place = Path(shutil.copy(file, small)) if mounted else file

            def forbid_growth() -> None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

            ended = fill_elsewhere(place, preexec_fn=None if mounted else forbid_growth)
            assert ended.stderr.startswith(("The disk is full: nothing", "The disk cannot be read or written: nothing"))
            acknowledged = ended.stdout.count("\n")
            assert acknowledged > 20
            shutil.copy(place, file)
            for log in Path(small).glob("*-wal"):
                shutil.copy(log, file.parent)
            assert kept(file) == 3 + acknowledged
        finally:
            if mounted:
                subprocess.run(["umount", small], check=True)


@pytest.mark.parametrize("directory", [0o755, 0o555], ids=["the file", "its directory too"])
def test_a_file_that_may_only_be_read(file, feedback, directory):
    feedback.close()
    file.chmod(0o444)
    file.parent.chmod(directory)
    # no permissions hold back root, but for this
    as_others = ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []
    ended = fill_elsewhere(file, *as_others)
    file.parent.chmod(0o755)
    assert ended.stderr == (
        "The database file may only be read: nothing was changed. It must be one that can be written to.\n"
    )
    assert kept(file) == 3


def test_what_is_no_database_is_left_alone(file):
    file.write_bytes(b"seven" * 1000)
    with pytest.raises(FeedbackError, match=r"^The database file is damaged, or something else than an SQLite"):
        open_feedback(f"sqlite:///{file}")
    assert file.read_bytes() == b"seven" * 1000


def test_a_damaged_file_loses_nothing_that_is_whole(file, feedback):
    ada = fill(feedback, 500)
    feedback.close()
    content = bytearray(file.read_bytes())
    content[len(content) // 2 :] = b"\xff" * (len(content) - len(content) // 2)
    file.write_bytes(content)
    with closing(open_feedback(f"sqlite:///{file}")) as damaged:
        with pytest.raises(FeedbackError, match=r"^The database file is damaged: restore a copy of it, or move"):
            damaged.images_and_labels(ada)
        with pytest.raises(FeedbackError, match=r"^The database file is damaged: "):
            add_until_it_fails(damaged, ada, 500)
        assert damaged.profile(ada).name == "Ada"
    assert len(file.read_bytes()) >= len(content)


def test_who_waits_too_long_for_others_is_told_so(file, feedback, monkeypatch):
    monkeypatch.setattr(database, "WAIT", 0.1)
    ada = feedback.profiles()[0].id
    with closing(open_feedback(f"sqlite:///{file}")) as impatient, closing(sqlite3.connect(file)) as writer:
        writer.isolation_level = None
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(FeedbackBusy, match=r"^Others are writing to the database: nothing was changed\. Try again"):
            impatient.add(ada, b"", DIGITS[9], 9, None, "")
        assert len(impatient.digits(ada)) == 3  # reading waits for nobody
        writer.execute("ROLLBACK")
        assert impatient.add(ada, b"", DIGITS[9], 9, None, "").new


def test_who_waits_too_long_for_its_own_threads_is_told_so(feedback, monkeypatch):
    monkeypatch.setattr(database, "WAIT", 0.1)
    ada = feedback.profiles()[0].id
    inside, leave = threading.Event(), threading.Event()

    def slow() -> Iterator[NewDigit]:
        inside.set()
        leave.wait(20)
        yield NewDigit(b"", DIGITS[8], 1)

    thread = threading.Thread(target=feedback.add_all, args=(ada, slow()))
    thread.start()
    inside.wait(20)
    with pytest.raises(FeedbackBusy):
        feedback.add(ada, b"", DIGITS[9], 9, None, "")
    leave.set()
    thread.join()
    assert feedback.count(ada) == 4


# --- PostgreSQL


@pytest.mark.server
def test_postgresql_says_what_is_wrong(postgresql_server, monkeypatch):
    url = postgresql_server.new_database()
    monkeypatch.setattr(database, "WAIT", 1)
    with closing(open_feedback(url)) as feedback:
        ada = fill(feedback, 3)
        name = sa.make_url(url).database
        with psycopg.connect(url) as writer:
            writer.execute(f"SELECT pg_advisory_xact_lock({database.WRITERS})")
            with pytest.raises(FeedbackBusy):
                feedback.add(ada, b"", DIGITS[9], 9, None, "")
        with psycopg.connect(postgresql_server.url(), autocommit=True) as administrator:
            administrator.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            administrator.execute(ended, [name])
        with pytest.raises(FeedbackError, match=r"^The database may only be read: nothing was changed\.$"):
            feedback.add(ada, b"", DIGITS[9], 9, None, "")
        assert feedback.count(ada) == len(feedback.digits(ada)) == 3  # over new connections
    with pytest.raises(FeedbackError, match=r"database .none. does not exist"):
        open_feedback(postgresql_server.url("none"))
