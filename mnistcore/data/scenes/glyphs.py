"""The characters that are put on paper: as people wrote them, as pens write them, and as they are printed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mnistcore.data import pen, synthetic
from mnistcore.data.hands import Written
from mnistcore.data.non_digits import font_directory
from mnistcore.digit.images import prepare

PRINTED = 0.16  # share of the digits, besides those of pens, that are printed


@dataclass
class Glyphs:
    """Characters to write with: ink bright on 0, cut to their boxes' longer side.

    Attributes:
        digits: (n, 28, 28) uint8: half are a dataset's and printed ones, half of pens, in the order of their widths.
        labels: (n,) int64, 0-9.
        others: (m, 28, 28) uint8, letters and signs of pens, in that order, too.
    """

    digits: np.ndarray
    labels: np.ndarray
    others: np.ndarray

    @cached_property
    def by_label(self) -> list[np.ndarray]:
        """Of each digit the rows of `digits` that show it."""
        return [np.flatnonzero(self.labels == digit) for digit in range(10)]


def make_glyphs(
    images: np.ndarray, labels: np.ndarray, written: Written, count: int, rng: np.random.Generator, allographs: float
) -> Glyphs:
    """Digits of a dataset and of people's pens, as many of each, and letters.

    Args:
        images: (n, 28, 28) uint8.
        labels: (n,) int64, 0-9.
        written: what people wrote with pens.
        count: how many digits, and half as many letters.
        rng: the random generator.
        allographs: the share of the pens' digits that are made after `synthetic.allographs`: few people's ways of
            forming digits are among those who wrote.
    """
    print_, of_print = printed()
    some = rng.integers(0, len(print_), int(PRINTED * count / 2))
    rows = rng.integers(0, len(images), count // 2 - len(some))
    of_pens = rng.integers(0, len(written.labels), count - len(rows))
    widths, of_drawn = pen_widths(len(of_pens), rng), written.labels[of_pens]
    drawn = pen.write(written.digits[of_pens], widths, rng)
    made = np.flatnonzero(rng.random(len(of_pens)) < allographs)
    lines = [str(rng.choice(synthetic.allographs()[digit])) for digit in of_drawn[made].tolist()]
    drawn[made] = synthetic.write(lines, widths[made], rng)
    of_others = rng.integers(0, len(written.others), count // 2)
    others = pen.write(written.others[of_others], pen_widths(len(of_others), rng), rng)
    return Glyphs(
        np.concatenate([images[rows], print_[some], drawn]),
        np.concatenate([labels[rows], of_print[some], of_drawn]),
        others,
    )


def pen_widths(count: int, rng: np.random.Generator) -> np.ndarray:
    """(count,) widths of pens, rising. The finest are most: on paper a stroke is rather a tenth than a quarter of a
    digit's height."""
    return np.sort(pen.FINEST + (pen.BROADEST - pen.FINEST) * rng.random(count) ** 2)


@cache
def printed() -> tuple[np.ndarray, np.ndarray]:
    """Digits of the fonts that come with matplotlib, as on a printed form: (n, 28, 28) uint8, and which they are."""
    images, labels = [], []
    for path in fonts():
        font = ImageFont.truetype(str(path), 60)
        for digit in range(10):
            image = Image.new("L", (100, 100))
            ImageDraw.Draw(image).text((20, 10), str(digit), fill=255, font=font)
            images.append(prepare(image))
            labels.append(digit)
    return np.stack(images), np.array(labels)


@cache
def fonts() -> list[Path]:
    """Those that come with matplotlib and have digits as in print."""
    return sorted(
        path
        for path in font_directory().glob("*.ttf")
        if path.name.startswith(("DejaVuSans", "DejaVuSerif", "STIXGeneral")) and "Display" not in path.name
    )
