"""A page with a box around each digit and what it was read as, to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from mnistcore.page.pages import Page

CERTAIN, UNCERTAIN = (0, 130, 60), (215, 95, 0)


def annotate(image: Image.Image, page: Page) -> Image.Image:
    """Draw what was read on the picture that it was read from.

    Args:
        image: the picture, upright, in whatever size.
        page: what was read there.

    Returns:
        A new RGB picture of the same size; digits that are uncertain have a box of another colour and a question mark.
    """
    annotated = image.convert("RGB")
    draw = ImageDraw.Draw(annotated)
    across, down = image.width / page.size[0], image.height / page.size[1]
    thick = max(1, round(max(image.size) / 800))
    for digit in page.digits:
        x, y, width, height = digit.box
        left, top, right, bottom = x * across, y * down, (x + width) * across, (y + height) * down
        uncertain = digit.reading.status != "digit"
        colour = UNCERTAIN if uncertain else CERTAIN
        draw.rectangle((left, top, right, bottom), outline=colour, width=thick)
        size = max(12.0, 0.4 * (bottom - top))
        label = f"{digit.reading.digit}?" if uncertain else str(digit.reading.digit)
        draw.text((left, max(0, top - thick)), label, colour, font_size=size, anchor="lb" if top > size else "lt")
    return annotated
