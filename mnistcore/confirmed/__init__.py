"""Digits that people have confirmed or corrected, kept in a database until they delete them.

    from mnistcore.confirmed import open_feedback

    feedback = open_feedback()  # SQLite, in the user's data directory
    profile = feedback.find_or_create_profile(owner="api", name="Ada")
    feedback.add(profile.id, picture, image, label=4, predicted=9, model="robust 0b5d7e2f9c41")
    images, labels = feedback.images_and_labels(profile.id)

It needs the extra `feedback` (SQLAlchemy and Alembic), and for PostgreSQL the extra `postgresql` (psycopg).

    feedback.py           profiles and their digits: what is stored, replaced, counted, deleted, and how many may be
    labelled_digits.py    what is kept of a digit, and what is refused
    exchange.py           export and import, and what an imported file may cost
    database.py           the tables, and how they are reached: SQLite or PostgreSQL
    schema.py             older databases are brought up to date, by the steps in migrations/
    failures.py           what a database reports, as sentences
"""

from __future__ import annotations

from mnistcore.confirmed.exchange import Imported, export_zip, import_zip
from mnistcore.confirmed.feedback import MOST_ROWS, Feedback, Profile, open_feedback
from mnistcore.confirmed.labelled_digits import Added, LabelledDigit, NewDigit
from mnistcore.errors import FeedbackBusy, FeedbackError, FeedbackFull, NoSuchProfile

__all__ = [
    "MOST_ROWS",
    "Added",
    "Feedback",
    "FeedbackBusy",
    "FeedbackError",
    "FeedbackFull",
    "Imported",
    "LabelledDigit",
    "NewDigit",
    "NoSuchProfile",
    "Profile",
    "export_zip",
    "import_zip",
    "open_feedback",
]
