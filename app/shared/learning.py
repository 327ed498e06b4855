"""A model learns the handwriting of a profile: the button, how far it is, and what has changed.

It takes some seconds, so it is done in a thread, one at a time.
"""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import streamlit as st

from app.shared import outcome
from app.shared.charts.pictures import ink_url
from app.shared.confirmed import database
from app.shared.visitors import CHOSEN_MODEL, LEARNING, personal
from app.shared.words import duration, named, spoken
from mnistcore.confirmed.feedback import Profile
from mnistcore.digit.model import Model
from mnistcore.digit.reading import read_batch
from mnistcore.models.report import PersonalReport
from mnistcore.words import counted

BUTTON = "Learn my handwriting"
MOST_WAITING = 8  # learners at a time, of all visitors
SHOWN = 24  # digits that have changed
LEARNING_ALONE = 0.6  # of the time: in the rest the new model is evaluated


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
        digit_id: the digit that was kept just before on Draw; None if it was begun elsewhere.
        outcome: once it is done.
        share: 0-1, how much of it is done.
        started: when it began to learn, by `time.monotonic`; None while it waits for others.
        adopted: whether the visitor draws with the new model.
    """

    profile: Profile
    base: Model
    digit_id: str | None = None
    outcome: Future[Learnt] = field(init=False)
    share: float = 0.0
    started: float | None = None
    adopted: bool = False

    @property
    def active(self) -> bool:
        """Whether it waits or learns."""
        return not self.outcome.done()

    @property
    def learnt(self) -> Learnt | None:
        """What came of it; None if it failed."""
        return None if self.active or self.outcome.exception() else self.outcome.result()


def offer(profile: Profile, count: int, base: Model | None) -> None:
    """The button and what came of it, if the profile has digits to learn from.

    Args:
        profile: whose handwriting is learnt.
        count: how many digits it has.
        base: the model that learns; None if there is none.
    """
    adopt()
    learning = latest()
    if learning and learning.active:
        follow(learning)
    elif count and base:
        if learning and learning.profile.id == profile.id:
            show(learning)
        st.button(BUTTON, key="learn", on_click=start, args=(profile, base), icon=":material/school:", type="primary")
        st.markdown(
            f":small[A copy of **{spoken(base.name)}** learns from these digits. That takes some seconds, longer while "
            "many use this server. Only you can choose it; nobody else's answers change.]"
        )


def start(profile: Profile, base: Model, digit_id: str | None = None) -> None:
    """Begin to learn, unless too many others wait. For `on_click`."""
    if not _places().acquire(blocking=False):
        outcome.flash("Many are learning at the moment. Try again in a minute.", False)
        return
    learning = Learning(profile, base, digit_id)
    learning.outcome = _executor().submit(_learn, learning)
    learning.outcome.add_done_callback(lambda _: _places().release())
    st.session_state[LEARNING] = learning


@st.fragment(run_every=0.5)
def follow(learning: Learning) -> None:
    """How far it is; once it is done the whole page is shown anew."""
    if not learning.active:
        st.rerun()
    st.progress(learning.share, how_far(learning))


def how_far(learning: Learning) -> str:
    """What it is at, and how long it will take from what it has taken so far."""
    if learning.started is None:
        return "Waiting until others have learnt"
    taken, left = time.monotonic() - learning.started, ""
    if learning.share > 0:
        left = f", about {duration(taken * (1 - learning.share) / learning.share)} left"
    return f"Learning {learning.profile.name}: {duration(taken)} so far{left}"


def show(learning: Learning) -> None:
    """What came of it: errors before and after, and the digits that are read otherwise now."""
    learnt = learning.learnt
    if learnt is None:
        st.warning(f"{learning.outcome.exception()} No model was made.")
        return
    report = learnt.report
    if learnt.name is None:
        st.warning(f"{report.refusal} The model is not kept.")
    else:
        st.success(f"From now on, a network that has learnt **{learning.profile.name}** reads what you draw.")
    count = len(learnt.labels)
    metrics = [(f"Wrong, of {report.mnist_digits:,} digits by others", report.mnist_errors)]
    meaning = "The digits by others (MNIST's) show whether it has forgotten anything."
    if count > 1:  # of one alone nothing can be held out
        metrics.insert(0, (f"Wrong, of your {count:,} digits", report.own_errors))
        meaning = (
            "Each of your digits is read by a network that has not learnt from it (cross-validation), so this is what "
            f"to expect of digits that you write from now on. {meaning}"
        )
    with st.container(horizontal=True, gap="large"):
        for title, (before, after) in metrics:
            st.metric(title, after, f"{before} before", delta_color="off", delta_arrow="off")
    st.markdown(f":small[{meaning}]")
    changed = np.flatnonzero(learnt.before != learnt.after)
    if len(changed):
        some = f"; {SHOWN} are shown" if len(changed) > SHOWN else ""
        digits = counted(len(changed), "digit")
        st.markdown(f"**{digits} that the new network reads differently{some}:**")
        st.html(_changes(learnt, changed[:SHOWN]))
    if learnt.name:
        st.markdown("Programs can ask for this network through the API; whoever knows this address can use it:")
        st.code(f"/predict?model={learnt.name}", language=None, wrap_lines=True)


def _changes(learnt: Learnt, rows: np.ndarray) -> str:
    items = ""
    for row in rows:
        label, before, after = int(learnt.labels[row]), int(learnt.before[row]), int(learnt.after[row])
        items += (
            f'<li class="{"better" if after == label else "worse"}"><img src="{ink_url(learnt.images[row])}" '
            f'alt="{named(label)}" width="56" height="56">{named(before)} → <b>{named(after)}</b></li>'
        )
    return f'<ul class="tiles changes">{items}</ul>'


def latest() -> Learning | None:
    """What the visitor has begun last."""
    return st.session_state.get(LEARNING)


def adopt() -> None:
    """Have the visitor draw with the model that has just learnt, unless they do already."""
    learning = latest()
    if learning and not learning.adopted and (learnt := learning.learnt):
        learning.adopted = True
        if learnt.name:
            personal()[learnt.name] = learning.profile.name
            st.session_state[CHOSEN_MODEL] = learnt.name


def _learn(learning: Learning) -> Learnt:
    learning.started = time.monotonic()
    from mnistcore.training.personalise import keep_personalised, personalise  # scikit-learn takes a second to load

    def note(share: float) -> None:
        learning.share = LEARNING_ALONE * share

    base, profile = learning.base, learning.profile
    images, labels = database().images_and_labels(profile.id)
    learnt = personalise(base, images, labels, on_progress=note)
    name = None if learnt.report.refusal else keep_personalised(profile.id, learnt)
    before, after = (read_batch(images, model).answer for model in (base, learnt.model))
    return Learnt(name, learnt.report, images, labels, before, after)


@st.cache_resource(show_spinner=False)
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "learning")


@st.cache_resource(show_spinner=False)
def _places() -> threading.Semaphore:
    return threading.BoundedSemaphore(MOST_WAITING)
