"""A training as a film: it follows the newest epoch, or plays from any other one, or stands still at one."""

from collections.abc import Callable

import streamlit as st

from mnistcore.training.order import FIRST_EPOCHS

EPOCH, PLAYING = "film-epoch", "film-playing"  # session keys: which epoch is shown; whether it goes on by itself
END = "film-end"  # session key: which one was the newest when the page was shown last
OF = "film-of"  # session key: the training that was shown last
LATEST = "film-latest"  # session key: the epochs that were shown last
FRAME = 0.5  # seconds
LATER = 2.0  # seconds, after the first epochs, in which most changes: each frame costs all who draw meanwhile


def pace(epochs: int) -> float:
    """After how many seconds a training that has done so many epochs is shown anew."""
    catches_up = playing() and st.session_state.get(EPOCH, 0) < st.session_state.get(END, 0)
    return FRAME if catches_up or epochs <= FIRST_EPOCHS else LATER


def begin(training: str) -> None:
    """Follow the newest epoch of a training that was not shown before."""
    if st.session_state.get(OF) != training:
        for key in (EPOCH, PLAYING, END, LATEST):
            st.session_state.pop(key, None)
        st.session_state[OF] = training


def show(count: int, picture: Callable[[int], None], ended: bool = False) -> None:
    """Pause or play, a slider over so many epochs, and the picture of the one that is chosen. A run plays one on."""
    epoch = min(st.session_state.get(EPOCH, count), count)
    if playing():
        at_the_end = epoch >= st.session_state.get(END, 0)
        epoch = count if at_the_end else epoch + 1
    st.session_state[END] = count
    if count > 1:
        st.session_state[EPOCH] = epoch
        st.session_state[LATEST] = [*(e for e in st.session_state.get(LATEST, []) if e != epoch), epoch][-3:]
        with st.container(horizontal=True, vertical_alignment="bottom", key="film"):
            moves = playing() and not (ended and epoch >= count)
            label, icon = ("Pause", ":material/pause:") if moves else ("Play", ":material/play_arrow:")
            st.button(label, icon=icon, on_click=_toggle, args=(count,), key="film-toggle")
            st.slider("Epoch", 1, count, key=EPOCH, on_change=_chosen)
    picture(epoch)


def show_ended(count: int, picture: Callable[[int], None]) -> None:
    """The same when nothing is added any more: it stops at the last epoch."""
    ticking = playing() and st.session_state.get(EPOCH, count) < count

    def frame() -> None:
        show(count, picture, ended=True)
        if ticking != (playing() and st.session_state.get(EPOCH, count) < count):
            st.rerun()  # it begins to play, or stops

    st.fragment(frame, run_every=FRAME if ticking else None)()


def playing() -> bool:
    """Whether it goes on by itself."""
    return st.session_state.get(PLAYING, True)


def _toggle(count: int) -> None:
    st.session_state[PLAYING] = not playing() or st.session_state[EPOCH] >= count
    if playing() and st.session_state[EPOCH] >= count:
        st.session_state[EPOCH] = 0  # from the beginning


def _chosen() -> None:
    """Stand still at the epoch that a person has chosen. A busy browser may also send one that it was told to show a
    moment ago: that changes nothing."""
    latest = st.session_state[LATEST]
    if playing() and st.session_state[EPOCH] in latest:
        st.session_state[EPOCH] = latest[-1]
    else:
        st.session_state[PLAYING] = False
