"""Which pages there are, in which order, and what each is for."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

APP = Path(__file__).parent  # absolute: the app may be started from any working directory


@dataclass(frozen=True)
class Page:
    """A page of the app.

    Attributes:
        folder: in app/, and its address; that of the first page is empty.
        title: at its head, in the navigation and in the browser's tab.
        icon: beside the title in links.
        about: what one does there, in a sentence.
        personal: whether it shows something of the visitor's, and so waits until the browser has said who that is.
    """

    folder: str
    title: str
    icon: str
    about: str = ""
    personal: bool = False

    @property
    def file(self) -> str:
        """By which Streamlit's links know it."""
        return f"app/{self.folder}/page.py"

    def for_streamlit(self) -> StreamlitPage:
        """The same as Streamlit wants it."""
        file, icon = APP / self.folder / "page.py", f":material/{self.icon}:"
        if self is DRAW:
            return st.Page(file, title=self.title, icon=icon, default=True)
        return st.Page(file, title=self.title, icon=icon, url_path=self.folder)


DRAW = Page(
    "draw",
    "Draw",
    "draw",
    "Draw a digit, and two networks read it: the textbook network, a simple one, and the careful network, which has "
    "seen far more handwriting, and much that is no digit.",
)
TRAIN = Page("train", "Train", "model_training", personal=True)
MORE = Page("more", "More", "apps")
FIRST = (
    DRAW,
    Page("look_inside", "Look inside", "visibility"),
    TRAIN,
    MORE,
)
REST = (  # they are found on More
    Page("photo", "Photo", "photo_camera", "Take or choose a photo of handwritten digits, and have them read."),
    Page("practice", "Practice", "edit_note", "Write some digits, and a network learns your handwriting.", True),
    Page("my_digits", "My digits", "fingerprint", "See the digits of yours that are kept here, and delete them.", True),
    Page("dashboard", "Dashboard", "monitoring", "Compare all networks, and see which digits each gets wrong.", True),
    Page("how_good", "How good is it?", "verified", "See how often the networks are right, also on noisy digits."),
)


def is_personal(title: str) -> bool:
    """Whether the page of that title shows something of the visitor's."""
    return any(page.personal for page in (*FIRST, *REST) if page.title == title)


def show_links(current: str) -> None:
    """The navigation, the same on every page.

    Args:
        current: title of the page that is shown.
    """
    # Streamlit's own menu would be hidden on a phone
    with st.container(horizontal=True, key="pages"):
        for page in FIRST:
            on_more = page is MORE and current in [one.title for one in REST]
            with st.container(key=f"link-{page.folder}{'-current' if on_more else ''}"):
                st.page_link(page.file, label=page.title, icon=f":material/{page.icon}:")
