"""A model learns the handwriting of a profile. It takes some seconds, so it is done in a thread, one at a time."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import streamlit as st

from app import models
from app.feedback import database
from mnistcore import MnistCoreError, Model
from mnistcore.feedback import Profile

LEARNING = "learning"  # session key: what the visitor began last
MOST_WAITING = 8  # learners at a time, of all visitors


class LearningBusy(MnistCoreError):
    """As many models learn as may."""


@dataclass(frozen=True)
class Learnt:
    """What came of it.

    Attributes:
        name: of the personal model, which is kept; None if it was refused.
        refusal: why, in one sentence.
        images: (n, 28, 28) uint8, the digits of the profile.
        labels: (n,) what they are.
        before: (n,) what the base model reads in them.
        after: (n,) what such a personal model reads in them that has not learnt from the one it reads.
        mnist_before: accuracy of the base model on MNIST's test digits, 0-1.
        mnist_after: that of the personal model.
    """

    name: str | None
    refusal: str
    images: np.ndarray
    labels: np.ndarray
    before: np.ndarray
    after: np.ndarray
    mnist_before: float
    mnist_after: float


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


def _run(learning: Learning) -> None:
    try:
        learning.outcome.set_result(_learn(learning))
    except BaseException as error:
        learning.outcome.set_exception(error)


def _learn(learning: Learning) -> Learnt:
    images, labels = database().images_and_labels(learning.profile.id)
    import secrets
    import time
    from dataclasses import replace

    from mnistcore.home import home

    for i in range(10):
        time.sleep(0.3)
        learning.share = (i + 1) / 10
    base = learning.base
    before = base.predict(images)
    name = secrets.token_hex(16)
    m = replace(base, card=base.card | {"name": name})
    (home() / "personal" / name).mkdir(parents=True)
    m.save(home() / "personal" / name / "model.npz")
    return Learnt(name, "", images, labels, before, labels, 0.9952, 0.9950)


@st.cache_resource(show_spinner=False)
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "learning")


@st.cache_resource(show_spinner=False)
def _places() -> threading.Semaphore:
    return threading.BoundedSemaphore(MOST_WAITING)
