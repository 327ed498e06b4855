"""The database of confirmed digits, and what the pages keep there."""

import streamlit as st

from mnistcore.confirmed.feedback import Feedback, open_feedback


@st.cache_resource(show_spinner=False)
def database() -> Feedback:
    """The database, opened when somebody first needs it, once for all visitors.

    Raises:
        FeedbackError: it cannot be opened; the next call tries again.
    """
    return open_feedback()
