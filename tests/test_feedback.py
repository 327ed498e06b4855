"""Confirmed digits in their database, in SQLite and PostgreSQL alike."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from conftest import ROOT, await_that, picture_of

from mnistcore.confirmed import Feedback, NewDigit, Profile, database, open_feedback, schema
from mnistcore.confirmed import feedback as module
from mnistcore.confirmed.labelled_digits import MOST_BYTES
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.digit.files import as_png, open_image
from mnistcore.errors import FeedbackError, FeedbackFull, NoSuchProfile
from mnistcore.models.personal_names import label

DIGITS, LABELS = shipped_test_digits()
MODEL = "robust 0b5d7e2f9c41"


@pytest.fixture
def feedback(database_url: str) -> Iterator[Feedback]:
    """An empty store."""
    opened = open_feedback(database_url)
    yield opened
    opened.close()


@pytest.fixture
def ada(feedback: Feedback) -> Profile:
    return feedback.find_or_create_profile("visitor", "Ada")


def add(feedback: Feedback, profile: Profile, index: int, label: int | None = None, predicted: int | None = 7):
    return feedback.add(profile.id, b"picture %d" % index, DIGITS[index], label or int(LABELS[index]), predicted, MODEL)


def test_profiles_are_made_found_renamed_and_deleted(feedback):
    ada, grace = feedback.find_or_create_profile("a", " Ada  L. "), feedback.find_or_create_profile("b", "Grace")
    assert (ada.name, ada.owner, len(ada.id)) == ("Ada L.", "a", 32)
    assert abs(ada.created - datetime.now(UTC)) < timedelta(minutes=1)
    assert feedback.profiles() == [ada, grace]
    assert feedback.profiles("b") == [grace] == [feedback.profile(grace.id)]
    assert feedback.find_or_create_profile("b", "Grace") == grace
    assert feedback.find_or_create_profile("a", "Ada L. ") == ada
    assert feedback.find_or_create_profile("a", "Grace") != grace
    feedback.rename_profile(grace.id, "G. Hopper")
    assert feedback.profile(grace.id).name == "G. Hopper"
    feedback.delete_profile(grace.id)
    assert feedback.profiles("b") == []
    for call in (feedback.profile, feedback.delete_profile, lambda gone: feedback.rename_profile(gone, "x")):
        with pytest.raises(NoSuchProfile, match="There is no such profile"):
            call(grace.id)
    with pytest.raises(NoSuchProfile):
        add(feedback, grace, 0)


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\0b"])
def test_a_name_must_be_one(feedback, name):
    with pytest.raises(FeedbackError, match="1 to 60 letters"):
        feedback.find_or_create_profile("a", name)


def test_digits_are_kept_newest_first(feedback, ada):
    for index in range(7):
        assert add(feedback, ada, index).new
    page = feedback.digits(ada.id, offset=2, limit=3)
    assert [digit.label for digit in page] == LABELS[[4, 3, 2]].tolist()
    assert (page[0].image == DIGITS[4]).all()
    assert (page[0].predicted, page[0].model) == (7, MODEL)
    assert abs(page[0].created - datetime.now(UTC)) < timedelta(minutes=1)
    assert picture_of(feedback, ada.id, page[0].id) == b"picture 4"
    images, labels = feedback.images_and_labels(ada.id)
    assert (images == DIGITS[:7]).all()
    assert (labels == LABELS[:7]).all()
    assert (labels.dtype, images.dtype) == (np.int64, np.uint8)
    assert feedback.count(ada.id) == 7


def test_a_new_label_of_the_same_image_replaces_the_old_one(feedback, ada):
    first, second = add(feedback, ada, 0, 4, predicted=9), add(feedback, ada, 0, 9, predicted=None)
    assert (first.new, second.new, first.id) == (True, False, second.id)
    (digit,) = feedback.digits(ada.id)
    assert (digit.label, digit.predicted) == (9, None)
    assert feedback.count(ada.id) == 1


def test_a_personal_models_name_is_not_kept_with_a_digit(feedback, ada):
    name = f"personal-{'0f' * 16}"
    feedback.add(ada.id, b"picture", DIGITS[0], 7, 7, f"{name} 0b5d7e2f9c41")
    (digit,) = feedback.digits(ada.id)
    assert digit.model == f"{label(name)} 0b5d7e2f9c41"


def test_a_profile_knows_nothing_of_another(feedback, ada):
    grace = feedback.find_or_create_profile("another visitor", "Grace")
    added = add(feedback, ada, 0)
    assert add(feedback, grace, 0).new
    assert feedback.digits(grace.id)[0].id != added.id
    feedback.delete(grace.id, [added.id])
    assert feedback.count(ada.id) == 1
    assert len(feedback.images_and_labels(feedback.find_or_create_profile("third", "Alan").id)[0]) == 0


def test_digits_are_deleted_one_by_one_and_with_their_profile(feedback, ada):
    other = feedback.find_or_create_profile("visitor", "Ada, left hand")
    grace = feedback.find_or_create_profile("another visitor", "Grace")
    ids = [add(feedback, ada, index).id for index in range(5)]
    add(feedback, other, 6)
    add(feedback, grace, 7)
    feedback.delete(ada.id, [*ids[:2], ids[0], "1000000", "-1", "none", "9" * 50])
    assert [digit.id for digit in feedback.digits(ada.id)] == ids[:1:-1]
    assert feedback.count(ada.id) == 3
    for profile in (ada, other):
        feedback.delete_profile(profile.id)
    assert feedback.profiles() == [grace]
    assert feedback.count(grace.id) == 1
    assert feedback.count(ada.id) == 0
    assert add(feedback, grace, 8).id not in ids


def test_a_digit_that_is_corrected_fifty_times_is_one_and_has_its_last_label(feedback, ada):
    for corrected in (*[1] * 50, *[7] * 50):
        add(feedback, ada, 0, corrected)
    assert [digit.label for digit in feedback.digits(ada.id)] == [7]


def test_there_is_a_limit_to_what_is_kept(feedback, ada, monkeypatch):
    monkeypatch.setattr(module, "MOST_ROWS", 2)
    monkeypatch.setattr(module, "MOST_PROFILES", 1)
    add(feedback, ada, 0)
    add(feedback, ada, 1)
    with pytest.raises(FeedbackFull, match="There are 2 digits, as many as are kept"):
        add(feedback, ada, 2)
    assert not add(feedback, ada, 1, 3).new  # what is there can still be corrected
    with pytest.raises(FeedbackFull, match="There are 1 profiles"):
        feedback.find_or_create_profile("b", "Grace")
    assert feedback.count(ada.id) == len(feedback.digits(ada.id)) == 2


@pytest.mark.parametrize(
    ("image", "label", "predicted", "words"),
    [
        (DIGITS[0], 11, 1, "digit from 0 to 9, or 10 for none, not 11"),
        (DIGITS[0], -1, 1, "not -1"),
        (DIGITS[0], 1, 11, "not 11"),
        (DIGITS[0].ravel(), 1, 1, r"must be \(28, 28\) of uint8"),
        (DIGITS[0] / 255, 1, 1, "it is .* of float64"),
    ],
)
def test_what_is_no_digit_is_refused(feedback, ada, image, label, predicted, words):
    with pytest.raises(FeedbackError, match=words):
        feedback.add(ada.id, b"", image, label, predicted, MODEL)


def test_many_are_kept_or_none(feedback, ada):
    def broken() -> Iterator[NewDigit]:
        for index in range(1200):
            yield NewDigit(b"", DIGITS[index], int(LABELS[index]))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        feedback.add_all(ada.id, broken())
    assert feedback.count(ada.id) == len(feedback.digits(ada.id)) == 0
    some = [NewDigit(b"", image, 1, created=datetime(2026, 1, 31, tzinfo=UTC)) for image in DIGITS[:1200]]
    assert feedback.add_all(ada.id, some + some) == 1200
    assert feedback.count(ada.id) == 1200
    assert feedback.digits(ada.id, 1199, 1)[0].created == datetime(2026, 1, 31, tzinfo=UTC)


def test_a_large_picture_is_kept_reduced(feedback, ada):
    noise = np.random.default_rng(0).integers(0, 256, (900, 700, 3), np.uint8)
    added = feedback.add(ada.id, as_png(noise), DIGITS[0], 7, 7, MODEL)
    kept = picture_of(feedback, ada.id, added.id)
    assert len(kept) < MOST_BYTES < noise.size
    assert max(open_image(kept).size) == 512


# --- opening


def test_the_tables_are_those_that_the_migrations_make(database_url):
    open_feedback(database_url).close()
    engine = database.connect(database_url)
    with database.reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"version_table": schema.VERSION_TABLE})
        assert compare_metadata(context, database.metadata) == []
    engine.dispose()


LATER = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "0001"


def upgrade():
    op.add_column("digits", sa.Column("note", sa.String, server_default="none"))
"""


def columns_of(database_url: str) -> list[str]:
    engine = database.connect(database_url)
    try:
        return [column["name"] for column in sa.inspect(engine).get_columns("digits")]
    finally:
        engine.dispose()


def test_an_older_database_is_brought_up_to_date_and_a_newer_one_refused(database_url, tmp_path, monkeypatch):
    older = open_feedback(database_url)
    ada = older.find_or_create_profile("visitor", "Ada")
    add(older, ada, 0)
    with monkeypatch.context() as patch:
        later = shutil.copytree(schema.MIGRATIONS, tmp_path / "migrations")
        (later / "versions" / "9999_notes.py").write_text(LATER)
        patch.setattr(schema, "MIGRATIONS", later)
        newer = open_feedback(database_url)
        assert [digit.label for digit in newer.digits(ada.id)] == [LABELS[0]]
        newer.close()
        assert "note" in columns_of(database_url)
    with pytest.raises(FeedbackError, match="made by a newer version of mnistcore"):
        open_feedback(database_url)
    older.close()


def test_a_migration_that_fails_changes_nothing(database_url, tmp_path, monkeypatch):
    older = open_feedback(database_url)
    ada = older.find_or_create_profile("visitor", "Ada")
    with monkeypatch.context() as patch:
        later = shutil.copytree(schema.MIGRATIONS, tmp_path / "migrations")
        (later / "versions" / "9999_notes.py").write_text(LATER + '    op.execute("SELECT * FROM absent")\n')
        patch.setattr(schema, "MIGRATIONS", later)
        with pytest.raises(FeedbackError, match=r"(no such table: absent|relation .absent. does not exist)"):
            open_feedback(database_url)
    with closing(open_feedback(database_url)) as again:
        assert again.profiles() == [ada]
    older.close()
    assert "note" not in columns_of(database_url)


def test_another_programs_database_is_left_alone(database_url):
    engine = database.connect(database_url)
    with database.writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
    file = Path(engine.url.database)
    before = file.read_bytes() if engine.dialect.name == "sqlite" else None
    with pytest.raises(FeedbackError, match="belongs to another program: MNISTCORE_DB must name one of its own"):
        open_feedback(database_url)
    assert sa.inspect(engine).get_table_names() == ["alembic_version"]
    if before:
        assert file.read_bytes() == before
    engine.dispose()


def test_many_may_open_a_new_database_at_once(database_url):
    opened, failed = [], []

    def open_one() -> None:
        try:
            opened.append(open_feedback(database_url))
        except FeedbackError as error:
            failed.append(error)

    threads = [threading.Thread(target=open_one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len({one.find_or_create_profile("api", "API").id for one in opened}) == 1
    for one in opened:
        one.close()


# --- many at once

WRITER = """
import os, sys, threading
import numpy as np
from mnistcore.confirmed import open_feedback

url, profile, seed, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
feedback = open_feedback(url)


def write(number):
    random = np.random.default_rng([seed, number])
    for _ in range(count):
        image = random.integers(0, 256, (28, 28), np.uint8)
        added = feedback.add(profile, image.tobytes() * 20, image, number % 10, 3, "model")
        os.write(1, f"{added.id} {image[0, :4].tobytes().hex()}\\n".encode())


threads = [threading.Thread(target=write, args=(number,)) for number in range(20)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


@pytest.mark.slow
def test_what_was_confirmed_survives_forty_writers_of_which_half_are_killed(database_url, feedback, ada, tmp_path):
    logs = [tmp_path / "killed", tmp_path / "lives"]
    processes = []
    for seed, (log, count) in enumerate(zip(logs, (1000, 8), strict=True)):
        command = [sys.executable, "-c", WRITER, database_url, ada.id, str(seed), str(count)]
        with log.open("w") as output:
            processes.append(subprocess.Popen(command, cwd=ROOT, stdout=output))
    killed, lives = processes
    await_that(lambda: logs[0].read_text().count("\n") > 100, 60)
    killed.kill()
    killed.wait()
    assert lives.wait(60) == 0
    acknowledged = [line.split() for log in logs for line in log.read_text().splitlines()]
    assert len(acknowledged) == len({id_ for id_, _ in acknowledged}) >= 260
    kept = {digit.id: (digit, picture) for digit, picture in feedback.pictures(ada.id)}
    for id_, beginning in acknowledged:
        digit, picture = kept[id_]
        assert digit.image[0, :4].tobytes().hex() == beginning
        assert picture == digit.image.tobytes() * 20  # no half row
    assert feedback.count(ada.id) == len(kept)
    assert len(kept) - len(acknowledged) <= 20  # written by the killed, which could not say so any more
    assert add(feedback, ada, 0).new
