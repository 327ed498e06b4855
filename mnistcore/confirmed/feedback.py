"""Profiles, each one person's handwriting, and the digits that were confirmed or corrected in them."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from mnistcore.confirmed import database
from mnistcore.confirmed.database import digits, profiles
from mnistcore.confirmed.failures import BUSY
from mnistcore.confirmed.labelled_digits import Added, LabelledDigit, NewDigit, image_of, in_utc
from mnistcore.confirmed.schema import bring_up_to_date
from mnistcore.digit.form import SIDE
from mnistcore.errors import FeedbackBusy, FeedbackError, FeedbackFull, NoSuchProfile
from mnistcore.models.personal_names import label

MOST_ROWS = 200_000  # digits that are kept, of all profiles together
MOST_PROFILES = 20_000
LONGEST_NAME = 60  # characters
CHUNK = 500  # digits that are written or read at a time


log = logging.getLogger("mnistcore")


@dataclass(frozen=True)
class Profile:
    """One person's handwriting.

    Attributes:
        id: 32 hexadecimal digits that nobody can guess.
        owner: whose it is: a visitor's hash as `app/shared/visitors.py` makes it, or "api".
        name: for people, up to LONGEST_NAME characters.
        created: when, in UTC.
    """

    id: str
    owner: str
    name: str
    created: datetime


def open_feedback(url: str | None = None, make: bool = True) -> Feedback:
    """Open the database, which is brought up to date if it is older.

    Args:
        url: "sqlite:////directory/file.db" or "postgresql://user:password@host/name". None takes what the environment
            variable `MNISTCORE_DB` says, or else `feedback.db` in the user's data directory.
        make: whether to make it if there is none.

    Raises:
        FeedbackError: it cannot be opened, or is damaged, another program's, or of a newer version.
    """
    engine = database.connect(url, make)
    try:
        bring_up_to_date(engine)
    except BaseException:
        engine.dispose()
        raise
    return Feedback(engine)


class Feedback:
    """The confirmed digits of all profiles. Any number of threads and processes may use one database.

    Every method raises FeedbackError, with one sentence, if the database cannot do what is asked; then nothing was
    changed. What a method has returned from is kept, even if the process is killed or the machine loses power.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._turn = threading.Lock()  # SQLite has those that wait sleep and try again, and some would wait too long

    def close(self) -> None:
        """End all connections."""
        self._engine.dispose()

    def back_up(self, target: Path) -> None:
        """Write the database into one file, as it is now; raises as `database.back_up` does."""
        database.back_up(self._engine, target)

    # Profiles

    def profiles(self, owner: str | None = None) -> list[Profile]:
        """An owner's profiles, or everybody's, the oldest first."""
        query = sa.select(*_PROFILE).order_by(profiles.c.created, profiles.c.id)
        if owner is not None:
            query = query.where(profiles.c.owner == owner)
        with database.reading(self._engine) as connection:
            return [_profile(row) for row in connection.execute(query)]

    def profile(self, profile_id: str) -> Profile:
        """One profile; raises NoSuchProfile if there is none with this id."""
        with database.reading(self._engine) as connection:
            return _profile(_existing(connection, profile_id))

    def find_or_create_profile(self, owner: str, name: str) -> Profile:
        """The owner's oldest profile of that name, which is made if there is none; raises FeedbackFull if there are
        MOST_PROFILES."""
        name = _checked(name)
        query = sa.select(*_PROFILE).where(profiles.c.owner == owner, profiles.c.name == name)
        with self._writing() as connection:
            if found := connection.execute(query.order_by(profiles.c.created).limit(1)).first():
                return _profile(found)
            if connection.execute(sa.select(sa.func.count()).select_from(profiles)).scalar_one() >= MOST_PROFILES:
                raise FeedbackFull(f"There are {MOST_PROFILES:,} profiles, as many as may be: delete some first.")
            profile = Profile(secrets.token_hex(16), owner, name, datetime.now(UTC))
            connection.execute(sa.insert(profiles).values(**vars(profile), digits=0))
            return profile

    def rename_profile(self, profile_id: str, name: str) -> None:
        """Give a profile another name; raises NoSuchProfile if there is none with this id."""
        with self._writing() as connection:
            _existing(connection, profile_id)
            connection.execute(sa.update(profiles).where(profiles.c.id == profile_id).values(name=_checked(name)))

    def delete_profile(self, profile_id: str) -> None:
        """Delete a profile and all its digits; raises NoSuchProfile if there is none with this id."""
        with self._deleting() as connection:
            _existing(connection, profile_id)
            connection.execute(sa.delete(profiles).where(profiles.c.id == profile_id))

    # Digits

    def add(
        self, profile_id: str, picture: bytes, image: np.ndarray, label: int, predicted: int | None, model: str
    ) -> Added:
        """Keep a digit. If the profile has the same image already, its label and prediction are replaced.

        Args:
            profile_id: of the profile.
            picture: the file as it was given; one longer than MOST_BYTES is kept reduced.
            image: (28, 28) uint8, what the model is given of it.
            label: 0-9, what it is; NON_DIGIT_CLASS if it is no digit.
            predicted: the same, what the model read; None if none was asked.
            model: that model's name and version.

        Raises:
            NoSuchProfile: there is no profile with this id.
            FeedbackFull: there are MOST_ROWS digits.
            FeedbackError: the image or a label is not as described.
            BadImage: the picture is too long, and cannot be read to be reduced.
        """
        row = NewDigit(picture, image, label, predicted, model).row()
        with self._writing() as connection:
            new = _put(connection, profile_id, [row])
            same = (digits.c.profile_id == profile_id) & (digits.c.sha256 == row["sha256"])
            return Added(str(connection.scalar(sa.select(digits.c.id).where(same))), bool(new))

    def add_all(self, profile_id: str, new_digits: Iterable[NewDigit]) -> int:
        """Keep many digits, all or none of them, and return how many of them are new; raises as `add` does."""
        rows, count = (digit.row() for digit in new_digits), 0
        with self._writing() as connection:
            _existing(connection, profile_id)
            while chunk := list(islice(rows, CHUNK)):
                count += _put(connection, profile_id, chunk)
        return count

    def digits(self, profile_id: str, offset: int = 0, limit: int = 50) -> list[LabelledDigit]:
        """A page of a profile's digits, the newest first.

        Args:
            profile_id: of the profile.
            offset: how many are passed over, which takes the longer the more they are.
            limit: how many there are at most.
        """
        every = sa.select(digits.c.id).where(digits.c.profile_id == profile_id).order_by(digits.c.id.desc())
        page = every.offset(offset).limit(limit).subquery()  # from the index alone: what is passed over is not read
        query = sa.select(*_DIGIT).join(page, page.c.id == digits.c.id).order_by(digits.c.id.desc())
        with database.reading(self._engine) as connection:
            return [_labelled_digit(row) for row in connection.execute(query)]

    def pictures(self, profile_id: str) -> Iterator[tuple[LabelledDigit, bytes]]:
        """All digits of a profile with the pictures as they were given, the oldest first."""
        last = 0
        query = sa.select(*_DIGIT, digits.c.picture).where(digits.c.profile_id == profile_id).order_by(digits.c.id)
        with database.reading(self._engine) as connection:
            while rows := connection.execute(query.where(digits.c.id > last).limit(CHUNK)).all():
                yield from ((_labelled_digit(row), row.picture) for row in rows)
                last = rows[-1].id

    def count(self, profile_id: str) -> int:
        """How many digits a profile has; 0 if there is no profile with this id."""
        with database.reading(self._engine) as connection:
            return connection.scalar(sa.select(profiles.c.digits).where(profiles.c.id == profile_id)) or 0

    def images_and_labels(self, profile_id: str) -> tuple[np.ndarray, np.ndarray]:
        """All digits of a profile to learn from: (n, 28, 28) uint8 and (n,) int64, the oldest first."""
        query = sa.select(digits.c.image, digits.c.label).where(digits.c.profile_id == profile_id).order_by(digits.c.id)
        with database.reading(self._engine) as connection:
            rows = connection.execute(query).all()
        images = np.frombuffer(b"".join(row.image for row in rows), np.uint8).reshape(-1, SIDE, SIDE)
        return images, np.array([row.label for row in rows], np.int64)

    def delete(self, profile_id: str, ids: Iterable[str]) -> None:
        """Delete digits of a profile; those that it does not have are passed over."""
        numbers = _numbers(ids)
        with self._deleting() as connection:
            count = 0
            for start in range(0, len(numbers), CHUNK):
                gone = digits.c.id.in_(numbers[start : start + CHUNK]) & (digits.c.profile_id == profile_id)
                count += connection.execute(sa.delete(digits).where(gone)).rowcount
            _add_to_count(connection, profile_id, -count)

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        if not self._turn.acquire(timeout=database.WAIT):
            raise FeedbackBusy(BUSY)
        try:
            with database.writing(self._engine) as connection:
                yield connection
        finally:
            self._turn.release()

    @contextmanager
    def _deleting(self) -> Iterator[sa.Connection]:
        with self._writing() as connection:
            yield connection
        try:
            database.reclaim_space(self._engine)
        except FeedbackError:  # it is deleted all the same
            log.warning("The bytes of deleted digits stay in the database's file until more are deleted.")


_PROFILE = (profiles.c.id, profiles.c.owner, profiles.c.name, profiles.c.created)
_DIGIT = (digits.c.id, digits.c.image, digits.c.label, digits.c.predicted, digits.c.model, digits.c.created)


def _profile(row: Any) -> Profile:
    return Profile(row.id, row.owner, row.name, in_utc(row.created))


def _labelled_digit(row: Any) -> LabelledDigit:
    return LabelledDigit(
        str(row.id), image_of(row.image), row.label, row.predicted, label(row.model), in_utc(row.created)
    )


def _numbers(ids: Iterable[str]) -> list[int]:
    """The ids as the table has them; what cannot be one is left out."""
    return [int(one) for one in ids if one.isascii() and one.isdecimal() and len(one) < 10]


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise FeedbackError(f"The name of a profile must have 1 to {LONGEST_NAME} letters.")
    return name


def _existing(connection: sa.Connection, profile_id: str) -> Any:
    # PostgreSQL takes no NUL, which no id has
    row = connection.execute(sa.select(*_PROFILE).where(profiles.c.id == profile_id.replace("\0", ""))).first()
    if row is None:
        raise NoSuchProfile("There is no such profile, or it was deleted.")
    return row


def _put(connection: sa.Connection, profile_id: str, rows: list[dict[str, Any]]) -> int:
    """Insert the rows whose image the profile does not have, update the others, and return how many were new."""
    _existing(connection, profile_id)
    latest = {row["sha256"]: row for row in rows}  # of several with the same image
    same = (digits.c.profile_id == profile_id) & digits.c.sha256.in_(latest)
    for known in connection.execute(sa.select(digits.c.id, digits.c.sha256).where(same)).all():
        row = latest.pop(known.sha256)
        values = {key: row[key] for key in ("label", "predicted", "model")}
        connection.execute(sa.update(digits).where(digits.c.id == known.id).values(values))
    if latest:
        if connection.execute(sa.select(sa.func.sum(profiles.c.digits))).scalar_one() + len(latest) > MOST_ROWS:
            raise FeedbackFull(f"There are {MOST_ROWS:,} digits, as many as are kept: delete some first.")
        connection.execute(sa.insert(digits), [row | {"profile_id": profile_id} for row in latest.values()])
        _add_to_count(connection, profile_id, len(latest))
    return len(latest)


def _add_to_count(connection: sa.Connection, profile_id: str, number: int) -> None:
    counted = sa.update(profiles).where(profiles.c.id == profile_id)
    connection.execute(counted.values(digits=profiles.c.digits + number))
