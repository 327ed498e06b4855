"""A model learns the handwriting of a profile. It takes some seconds, so it is done in a thread, one at a time."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import streamlit as st

from app.shared import models
from app.shared.confirmed import database
from mnistcore import MnistCoreError, Model
from mnistcore.confirmed import Profile
from mnistcore.models.report import PersonalReport
from mnistcore.models.store import delete_personal, personal_models

LEARNING = "learning"  # session key: what the visitor began last
MOST_WAITING = 8  # learners at a time, of all visitors


class LearningBusy(MnistCoreError):
    """As many models learn as may."""


@dataclass(frozen=True)
class Learnt:
    """What came of it.

    Attributes:
        name: of the personal model, which is kept; None if it was refused.
        report: errors before and after, on the person's own digits in a cross-validation and on MNIST.
        images: (n, 28, 28) uint8, the digits of the profile.
        labels: (n,) what they are.
        before: (n,) what the base model reads in them.
        after: (n,) what the personal model reads in them, which has learnt them.
    """

    name: str | None
    report: PersonalReport
    images: np.ndarray
    labels: np.ndarray
    before: np.ndarray
    after: np.ndarray


@dataclass
class Learning:
    """A model that learns, or has learnt.

    Attributes:
        profile: whose handwriting.
        base: the model that it starts from.
        share: 0-1, how much of it is done.
        outcome: once it is done.
        digit_id: the digit that was kept just before on Draw; None if it was begun elsewhere.
        adopted: whether the visitor draws with the new model.
    """

    profile: Profile
    base: Model
    outcome: Future[Learnt]
    share: float = 0.0
    digit_id: str | None = None
    adopted: bool = False

    @property
    def active(self) -> bool:
        """Whether it waits or learns."""
        return not self.outcome.done()

    @property
    def learnt(self) -> Learnt | None:
        """What came of it; None if it failed."""
        return None if self.active or self.outcome.exception() else self.outcome.result()


def start(profile: Profile, base: Model, digit_id: str | None = None) -> None:
    """Begin to learn; raises LearningBusy if too many others wait."""
    if not _places().acquire(blocking=False):
        raise LearningBusy("Many are learning at the moment. Try again in a minute.")
    learning = st.session_state[LEARNING] = Learning(profile, base, Future(), digit_id=digit_id)
    _executor().submit(_run, learning).add_done_callback(lambda _: _places().release())


def latest() -> Learning | None:
    """What the visitor has begun last."""
    return st.session_state.get(LEARNING)


def adopt() -> None:
    """Have the visitor draw with the model that has just learnt, unless they do already."""
    learning = latest()
    if learning and not learning.adopted and (learnt := learning.learnt):
        learning.adopted = True
        if learnt.name:
            models.personal()[learnt.name] = learning.profile.name
            st.session_state.model = learnt.name


def forget(profile: Profile) -> None:
    """Delete all models that have learnt from a profile."""
    if (learning := latest()) and learning.profile.id == profile.id:
        st.session_state.pop(LEARNING)
    for name in personal_models(profile.id):
        models.personal().pop(name, None)
    delete_personal(profile.id)


def _run(learning: Learning) -> None:
    try:
        learning.outcome.set_result(_learn(learning))
    except BaseException as error:
        learning.outcome.set_exception(error)


def _learn(learning: Learning) -> Learnt:
    from mnistcore.training.personalise import keep_personalised, personalise  # scikit-learn takes a second to load

    def note(share: float) -> None:
        learning.share = share

    base, profile = learning.base, learning.profile
    images, labels = database().images_and_labels(profile.id)
    learnt = personalise(base, images, labels, on_progress=note)
    name = None if learnt.report.refusal else keep_personalised(profile.id, learnt)
    return Learnt(name, learnt.report, images, labels, base.predict(images), learnt.model.predict(images))


@st.cache_resource(show_spinner=False)
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "learning")


@st.cache_resource(show_spinner=False)
def _places() -> threading.Semaphore:
    return threading.BoundedSemaphore(MOST_WAITING)
