"""Where POST /feedback keeps the digits that a program's users confirmed or corrected."""

from __future__ import annotations

import logging
import re
import threading
from typing import TYPE_CHECKING

import flask
import numpy as np
from werkzeug.exceptions import BadRequest, NotFound, ServiceUnavailable, TooManyRequests

from mnistcore.errors import FeedbackBusy, FeedbackError, FeedbackFull, NoSuchProfile
from serving.admission import Busy

if TYPE_CHECKING:
    from mnistcore.confirmed import Added, Feedback

MAX_WRITING = 4  # requests that wait for the database at the same time: others are answered while they do
OWNER, NAME = "api", "API"  # of the profile for which no other is named
UNUSABLE = "The digit is not kept: the database of confirmed digits cannot be used. The server's log says why."

log = logging.getLogger("mnistcore.api")


def feedback_parameters(request: flask.Request) -> tuple[int, str | None]:
    """The parameters `digit`, 0-9, and `profile`, None if it is left out.

    Raises:
        BadRequest: the digit is missing or is none, or there is another parameter, or one is given twice.
    """
    if unknown := sorted(request.args.keys() - {"digit", "profile"}):
        raise BadRequest(f"There is no parameter {unknown[0]!r} here; there is 'digit' and 'profile'.")
    values, names = request.args.getlist("digit"), request.args.getlist("profile")
    if len(values) != 1 or not re.fullmatch("[0-9]", values[0]):
        raise BadRequest("The parameter digit must be given once, and be a digit from 0 to 9.")
    if len(names) > 1:
        raise BadRequest("The parameter profile must be given once.")
    return int(values[0]), names[0] if names else None


class FeedbackStore:
    """The database of confirmed digits, opened when it is first needed: other requests need none of its packages."""

    def __init__(self) -> None:
        self._writing = threading.Semaphore(MAX_WRITING)
        self._opening = threading.Lock()
        self._opened: Feedback | None = None

    def add(
        self, profile: str | None, picture: bytes, image: np.ndarray, label: int, predicted: int, model: str
    ) -> Added:
        """Keep a digit; None is the profile that all programs share. The rest is as for `Feedback.add`.

        Raises:
            NotFound: there is no such profile.
            TooManyRequests: as many digits are kept as may be.
            Busy: the database has too much to do.
            ServiceUnavailable: the database cannot be used; only the log says why, which may name hosts and files.
        """
        if not self._writing.acquire(blocking=False):
            raise Busy
        try:
            feedback = self._open()
            profile = feedback.find_or_create_profile(OWNER, NAME).id if profile is None else profile
            return feedback.add(profile, picture, image, label, predicted, model)
        except NoSuchProfile as error:
            raise NotFound(str(error)) from None
        except FeedbackFull as error:
            raise TooManyRequests(str(error)) from None
        except FeedbackBusy as error:
            raise Busy(str(error)) from None
        except FeedbackError as error:
            log.warning("A digit could not be kept: %s", error)
            raise ServiceUnavailable(UNUSABLE) from None
        finally:
            self._writing.release()

    def _open(self) -> Feedback:
        from mnistcore.confirmed import open_feedback

        with self._opening:
            if self._opened is None:
                self._opened = open_feedback()
            return self._opened
