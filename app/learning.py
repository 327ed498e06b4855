"""A model learns the handwriting of a profile: in a thread, for it takes some seconds, and one at a time."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import streamlit as st

from app.feedback import database
from mnistcore import Model
from mnistcore.errors import MnistCoreError
from mnistcore.feedback import Profile

LEARNING = "learning"  # session key: the visitor's latest
MOST_WAITING = 8


class LearningBusy(MnistCoreError):
    """Too many others are learning."""


@dataclass
class Learning:
    """A model that learns, or has learnt.

    Attributes:
        profile: whose handwriting.
        base: the model that it starts from.
        future: the outcome, once there is one.
        share: 0-1, how much of it is done.
    """

    profile: Profile
    base: Model
    future: Future
    share: float = 0.0


def forget(profile: Profile) -> None:
    """Delete all models that have learnt from a profile."""


@st.cache_resource(show_spinner=False)
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "learning")
