"""What can be sent to a friend: a page that reads digits, and a picture of this drawing with its answer."""

import streamlit as st
from PIL import Image, ImageDraw, ImageFont

from app.shared.drawing import Drawing
from mnistcore.digit.files import as_png, open_image
from mnistcore.digit.model import Model
from mnistcore.export.html_export import to_html

PAPER, TEXT, SOFT = "#ffffff", "#31333f", "#6b6d78"
SIDE, MARGIN = 480, 40  # pixels of the picture: the sheet's height, and what is around it


def offer(drawing: Drawing | None, said: tuple[str, str, str] | None, model: Model | None) -> None:
    """A popover with the two downloads; nothing is made before it is opened.

    Args:
        drawing: what is on the sheet.
        said: its answer in words, as `answer.in_words` gives them; None if there is none.
        model: the one in use.
    """
    box = st.popover("Share", icon=":material/share:", on_change="rerun", key="share")
    if not box.open or model is None:
        return
    with box:
        st.download_button(
            "A page to draw on",
            lambda: to_html(model).encode(),
            "draw-a-digit.html",
            "text/html",
            on_click="ignore",
            icon=":material/web:",
        )
        st.write("One file that reads digits and shows how, on any computer or phone, without the internet.")
        if drawing is None or said is None:
            st.write("Draw something first to send a picture of it with its answer.")
            return
        st.download_button(
            "This drawing and its answer",
            lambda: picture(drawing.png, *said),
            "drawing.png",
            "image/png",
            on_click="ignore",
            icon=":material/image:",
        )


def picture(png: bytes, sign: str, headline: str, detail: str) -> bytes:
    """A drawing, a PNG file, beside its answer in words: a PNG file 560 pixels high."""
    sheet = open_image(png).convert("RGB")
    sheet = sheet.resize((SIDE * sheet.width // sheet.height, SIDE))
    text = sheet.width + 2 * MARGIN
    whole = Image.new("RGB", (text + SIDE, SIDE + 2 * MARGIN), PAPER)
    whole.paste(sheet, (MARGIN, MARGIN))
    pen = ImageDraw.Draw(whole)
    size = min(280, int(1.6 * (SIDE - MARGIN) / len(sign)))  # a number is smaller
    pen.text((text, 190), sign, TEXT, ImageFont.load_default(size), anchor="lm")
    y = 340
    for words, size, colour in ((headline, 36, TEXT), (detail, 24, SOFT), ("Read by a neural network.", 24, SOFT)):
        font = ImageFont.load_default(size)
        for line in _wrapped(words, font, SIDE - MARGIN):
            pen.text((text, y), line, colour, font)
            y += int(1.25 * size)
    return as_png(whole)


def _wrapped(words: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> list[str]:
    """Words in lines that are no wider than so many pixels."""
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
