"""Learning a handwriting as a page shows it: the button, how far it is, and what has changed."""

from __future__ import annotations

import numpy as np
import streamlit as st

from app.shared import learning, models, outcome
from app.shared.charts.pictures import ink_url
from app.shared.learning import Learning, LearningBusy, Learnt
from mnistcore import Model
from mnistcore.confirmed import Profile

BUTTON = "Learn my handwriting"
SHOWN = 24  # digits that have changed


def offer(profile: Profile, count: int) -> None:
    """The button and what came of it, if the profile has digits to learn from."""
    learning.adopt()
    latest, base = learning.latest(), models.base_model()
    if latest and latest.active:
        follow(latest)
    elif count and base:
        if latest and latest.profile.id == profile.id:
            show(latest)
        st.button(BUTTON, key="learn", on_click=start, args=(profile, base), icon=":material/school:", type="primary")
        st.markdown(
            f":small[A model of your own is made from **{base.name}** and these digits, within seconds. Only you can "
            "choose it; nobody else's answers change.]"
        )


def start(profile: Profile, base: Model, digit_id: str | None = None) -> None:
    """Begin to learn. For `on_click`."""
    try:
        learning.start(profile, base, digit_id)
    except LearningBusy as error:
        outcome.tell(str(error), False)


@st.fragment(run_every=0.5)
def follow(latest: Learning) -> None:
    """How far it is; once it is done the whole page is shown anew."""
    if not latest.active:
        st.rerun()
    st.progress(latest.share, f"Learning {latest.profile.name}")


def show(latest: Learning) -> None:
    """What came of it: errors before and after, and the digits that are read otherwise now."""
    learnt = latest.learnt
    if learnt is None:
        st.warning(f"{latest.outcome.exception()} No model was made.")
        return
    report = learnt.report
    if learnt.name is None:
        st.warning(f"{report.refusal} The model is not kept.")
    else:
        st.success(f"You draw with **{latest.profile.name} (personal)** from now on.")
    count = len(learnt.labels)
    metrics = [(f"Misread of MNIST's {report.mnist_digits:,}", report.mnist_errors)]
    meaning = "MNIST shows what is forgotten."
    if count > 1:  # of one alone nothing can be held out
        metrics.insert(0, (f"Misread of your {count:,} digits", report.own_errors))
        meaning = (
            "Each of your digits is read by a model that has learnt from the others only (cross-validation), so this "
            f"is what to expect of digits that you write from now on. {meaning}"
        )
    with st.container(horizontal=True, gap="large"):
        for title, (before, after) in metrics:
            st.metric(title, after, f"{before} before", delta_color="off", delta_arrow="off")
    st.markdown(f":small[{meaning}]")
    changed = np.flatnonzero(learnt.before != learnt.after)
    if len(changed):
        some = f"; {SHOWN} are shown" if len(changed) > SHOWN else ""
        words = "digits are" if len(changed) > 1 else "digit is"
        st.markdown(f"**{len(changed)} {words} read otherwise by the new model, which has learnt from all{some}:**")
        st.html(_changes(learnt, changed[:SHOWN]))
    if learnt.name:
        st.markdown("Programs can ask for this model through the API; whoever knows this address can use it:")
        st.code(f"/predict?model={learnt.name}", language=None, wrap_lines=True)


def _changes(learnt: Learnt, rows: np.ndarray) -> str:
    items = ""
    for row in rows:
        label, before, after = int(learnt.labels[row]), int(learnt.before[row]), int(learnt.after[row])
        items += (
            f'<li class="{"better" if after == label else "worse"}"><img src="{ink_url(learnt.images[row], 255)}" '
            f'alt="A {label}" width="56" height="56">{before} → <b>{after}</b></li>'
        )
    return f'<ul class="tiles changes">{items}</ul>'
