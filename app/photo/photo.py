"""The visitor's photo: a file that they upload or the example, what the model reads on it, and what they correct.

Corrections last as long as the visitor's page is open; `keep` keeps them among the visitor's digits.
"""

import hashlib
import threading
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from app.photo.view import CorrectedDigit
from app.shared import profiles
from app.shared.confirmed import database
from app.shared.drawing import cut_out
from mnistcore.confirmed.labelled_digits import NewDigit
from mnistcore.digit.files import data_url, open_page
from mnistcore.digit.form import NON_DIGIT_CLASS
from mnistcore.digit.grey import to_grey
from mnistcore.digit.model import Model
from mnistcore.errors import MnistCoreError
from mnistcore.models.readers import shipped_reader
from mnistcore.page.pages import Page, in_cells, read_page
from mnistcore.words import counted

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "page.jpg"
LARGEST = 25  # MB of a file that is read
SENT = 200  # MB of a file that a browser may send: of a larger one the page could say nothing
SHOWN_SIDE = 1200  # pixels: the longer side of the picture as the page shows it
REFUSED = "photo-refused"  # session key: why the file that they chose last is not read
FILE = "photo-file"  # session key: the file that the visitor chose last
PHOTO = "photo"  # session key: the photo that was read last
UPLOADS = "photo-uploads"  # session key: how many uploaders there were before this one
CORRECTIONS = "corrections"  # session key: hash of a photo -> number of a digit there -> what it is
KEPT = "kept-photo"  # session key: what was kept last, and how that ended

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


def choose() -> bytes | None:
    """Let the visitor upload a photo or take the example; the file that they chose last, on this visit or before."""
    key = f"photo-upload-{st.session_state.get(UPLOADS, 0)}"
    st.file_uploader(
        "Photo, scan or screenshot",
        "image/*",  # phones then offer the camera too
        key=key,
        on_change=lambda: _take_upload(key),
        max_upload_size=SENT,
        label_visibility="collapsed",
    )
    if EXAMPLE.exists():
        st.button("Try an example photo", on_click=_take_example, icon=":material/image:")
    return st.session_state.get(FILE)


def _take_upload(key: str) -> None:
    file = st.session_state[key]
    st.session_state[FILE] = st.session_state[REFUSED] = None
    if file and file.size > LARGEST * 1_000_000:
        st.session_state[REFUSED] = (
            f"{file.name} has {file.size / 1_000_000:.0f} MB; a photo may have {LARGEST} MB at most. "
            "Save it smaller, or take a part of it."
        )
        st.session_state[UPLOADS] = st.session_state.get(UPLOADS, 0) + 1  # a new uploader: the file is not kept
    elif file:
        st.session_state[FILE] = file.getvalue()


def _take_example() -> None:
    st.session_state[FILE], st.session_state[REFUSED] = EXAMPLE.read_bytes(), None
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
        page = read_page(picture, model, shipped_reader(), size, kind="photo")
        shown = as_url(picture)
    hashed = hashlib.sha256(model.name.encode() + b"\0" + content).hexdigest()
    photo = st.session_state[PHOTO] = Photo(content, model, page, shown, hashed)
    return photo


def as_url(picture: Image.Image) -> str:
    """A picture of any mode as a `data:` URL, made smaller to be shown."""
    if picture.mode.startswith(("I", "F")):  # more than 8 bits a pixel
        picture = Image.fromarray(to_grey(picture).astype(np.uint8))
    small = picture.copy()
    small.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
    coloured = small.convert("RGBA")
    on_white = Image.alpha_composite(Image.new("RGBA", coloured.size, "white"), coloured)
    file = BytesIO()
    on_white.convert("RGB").save(file, "JPEG", quality=85)
    return data_url(file.getvalue(), "image/jpeg")


def corrections(photo: Photo) -> dict[int, int]:
    """What the visitor has said on a photo: the number of a digit -> 0-9, or NON_DIGIT_CLASS. The latest stands
    last."""
    return st.session_state.setdefault(CORRECTIONS, {}).setdefault(photo.hash, {})


def correct(photo: Photo, index: int, label: int) -> None:
    """Note what the digit of that number on a photo is: 0-9, or NON_DIGIT_CLASS. The digit that was read
    confirms it."""
    corrections(photo).pop(index, None)
    corrections(photo)[index] = label


def take(photo: Photo, key: str) -> None:
    """Note what a browser has sent to the component of that key, which may be anything."""
    match st.session_state[key].correction:
        case {"index": int(index), "label": int(label)} if (
            0 <= index < len(photo.page.digits) and 0 <= label <= NON_DIGIT_CLASS
        ):
            correct(photo, index, label)


def undo(photo: Photo) -> None:
    """Take back the latest correction on a photo."""
    corrections(photo).popitem()


def lines(photo: Photo) -> list[list[CorrectedDigit]]:
    """The digits of each line, from top to bottom, as the visitor has corrected them; no line is empty."""
    by_line: dict[int, list[CorrectedDigit]] = {}
    for digit in _digits(photo):
        if digit.label != NON_DIGIT_CLASS:
            by_line.setdefault(photo.page.digits[digit.index].line, []).append(digit)
    return [by_line[line] for line in sorted(by_line)]


def corrected(photo: Photo) -> list[CorrectedDigit]:
    """What the visitor has corrected, also what they say is no digit."""
    return [digit for digit in _digits(photo) if digit.corrected]


def _digits(photo: Photo) -> list[CorrectedDigit]:
    said = corrections(photo)
    return [
        CorrectedDigit(index, label, digit.reading, index in said, digit.box)
        for index, digit in enumerate(photo.page.digits)
        if (label := said.get(index, digit.reading.digit)) is not None
    ]


def table(photo: Photo) -> list[list[str]] | None:
    """The cells of the page's table, in rows, as the visitor has corrected them; None if there is no table."""
    cells = [(photo.page.digits[d.index].cell, str(d.label)) for line in lines(photo) for d in line]
    return in_cells(photo.page.shape, cells)


def as_csv(rows: list[list[str]]) -> str:
    """The cells of a table as spreadsheets read them: they hold nothing but digits."""
    return "".join(",".join(row) + "\n" for row in rows)


def kept(photo: Photo, digits: list[CorrectedDigit]) -> str | None:
    """How it ended that just these digits were kept, in one sentence; None if they were not."""
    known, sentence = st.session_state.get(KEPT, (None, None))
    return sentence if known == _what(photo, digits) else None


def keep(photo: Photo, digits: list[CorrectedDigit]) -> None:
    """Keep digits among the visitor's own, each cut out of the photo, and what is none as such. For `on_click`."""
    try:
        picture, _ = open_page(photo.content)
        across, down = picture.width / photo.page.size[0], picture.height / photo.page.size[1]
        new = []
        for digit in digits:
            x, y, width, height = digit.box
            box = round(across * x), round(down * y), round(across * width), round(down * height)
            reading, model = digit.reading, photo.model.full_name
            new.append(NewDigit(cut_out(picture, box), reading.image, digit.label, reading.digit, model))
        profile = profiles.active_or_first()
        database().add_all(profile.id, new)
        sentence = f"{counted(len(new), 'correction')} kept in {profile.name}."
    except MnistCoreError as error:
        sentence = f":orange[{error}] Nothing was kept."
    st.session_state[KEPT] = _what(photo, digits), sentence


def _what(photo: Photo, digits: list[CorrectedDigit]) -> tuple:
    return photo.hash, [(digit.index, digit.label) for digit in digits]
