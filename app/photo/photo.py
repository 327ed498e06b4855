"""The visitor's photo: a file that they upload, or the example, and what the model reads on it."""

from __future__ import annotations

import base64
import hashlib
import io
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from app.photo.corrections import NO_DIGIT, corrected
from mnistcore import Model, Page, Reading, open_page, read_page
from mnistcore.digit.grey import to_grey

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "page.jpg"
LARGEST = 25  # MB of a file
SHOWN_SIDE = 1200  # pixels: the longer side of the picture as the page shows it
FILE, PHOTO, UPLOADS = "photo-file", "photo", "photo-uploads"  # session keys

_turn = threading.Lock()  # one photo at a time, of all visitors: a large one takes some 300 MB


@dataclass(frozen=True)
class Photo:
    """A picture and what is read on it.

    Attributes:
        content: the file.
        model: that has read it.
        page: what it reads.
        picture: the same picture, small enough to be shown, as a `data:` URL.
        hash: of the file and the model's name, by which corrections are found again: they are of one reading.
    """

    content: bytes
    model: Model
    page: Page
    picture: str
    hash: str


@dataclass(frozen=True)
class Found:
    """A digit on a photo, as the visitor has corrected it.

    Attributes:
        index: its number on the page.
        digit: 0-9.
        reading: what the model reads there.
        corrected: whether the visitor has said what it is.
        box: (x, y, width, height) in pixels of the page.
        line: the number of its line on the page.
    """

    index: int
    digit: int
    reading: Reading
    corrected: bool
    box: tuple[int, int, int, int]
    line: int

    @property
    def uncertain(self) -> bool:
        """Whether the model is not certain of it, and the visitor has said nothing."""
        return not self.corrected and self.reading.status != "digit"


def choose() -> bytes | None:
    """Let the visitor upload a photo or take the example; the file that they chose last, on this visit or before."""
    key = f"photo-upload-{st.session_state.get(UPLOADS, 0)}"
    st.file_uploader(
        "Photo, scan or screenshot",
        "image/*",  # phones then offer the camera too
        key=key,
        on_change=lambda: _take_upload(key),
        max_upload_size=LARGEST,
        label_visibility="collapsed",
    )
    if EXAMPLE.exists():
        st.button("Try an example photo", on_click=_take_example, icon=":material/image:")
    return st.session_state.get(FILE)


def _take_upload(key: str) -> None:
    file = st.session_state[key]
    st.session_state[FILE] = file.getvalue() if file else None


def _take_example() -> None:
    st.session_state[FILE] = EXAMPLE.read_bytes()
    st.session_state[UPLOADS] = st.session_state.get(UPLOADS, 0) + 1  # a new uploader, which names no file


def read(content: bytes, model: Model) -> Photo:
    """Read a picture file, unless it was read just before.

    Raises:
        BadImage, UnsupportedImage: as `open_page` does.
    """
    known = st.session_state.get(PHOTO)
    if known and known.content == content and known.model is model:
        return known
    with _turn:
        picture, size = open_page(content)
        page = read_page(picture, model, size)
        shown = _as_url(picture)
    hashed = hashlib.sha256(model.name.encode() + b"\0" + content).hexdigest()
    photo = st.session_state[PHOTO] = Photo(content, model, page, shown, hashed)
    return photo


def _as_url(picture: Image.Image) -> str:
    if picture.mode.startswith(("I", "F")):  # more than 8 bits a pixel
        picture = Image.fromarray(to_grey(picture).astype(np.uint8))
    small = picture.copy()
    small.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
    coloured = small.convert("RGBA")
    on_white = Image.alpha_composite(Image.new("RGBA", coloured.size, "white"), coloured)
    file = io.BytesIO()
    on_white.convert("RGB").save(file, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def lines(photo: Photo) -> list[list[Found]]:
    """The digits of each line, from top to bottom, as the visitor has corrected them; no line is empty."""
    found: dict[int, list[Found]] = {}
    for index, digit in enumerate(photo.page.digits):
        said = corrected(photo.hash, index)
        if said == NO_DIGIT or digit.reading.digit is None:
            continue
        is_digit = digit.reading.digit if said is None else said
        found.setdefault(digit.line, []).append(
            Found(index, is_digit, digit.reading, said is not None, digit.box, digit.line)
        )
    return [found[line] for line in sorted(found)]
