"""Make images of what is no digit, so that a network learns to say so.

A network that has only seen digits takes whatever it is shown for one of them, mostly with full confidence. So training
shows it, as an eleventh class, what people may draw or scan instead:

    characters       letters and signs that people wrote
    drawings         simple drawings, and letters of other alphabets (`non_digits.toml`), as `synthetic` writes digits
    random strokes   one to four strokes that go anywhere
    new characters   two to four strokes of these characters, put together anew
    glyphs           letters and symbols of the fonts that Matplotlib ships, of a dozen alphabets
    several digits   two or three, side by side
    parts of digits  halves that do not look like another digit

The last four are slow to make. They are made once, as a pool, and distorted anew whenever they are shown.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import chain
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from mnistcore.data import augmentation, pen, synthetic
from mnistcore.data.pen import Paths
from mnistcore.digit.form import INK, SIDE
from mnistcore.digit.images import prepare
from mnistcore.errors import BlankImage

CHARACTERS, DRAWINGS, RANDOM_STROKES = 0.45, 0.2, 0.1  # shares of what `generate` makes; the rest is from the pool
NEW_CHARACTERS, SEVERAL_DIGITS, PARTS_OF_DIGITS = 0.4, 0.2, 0.03  # shares of the pool; the rest are glyphs
BROADEST = 3.0  # pixels: a broader pen fills what has more strokes than a digit

# font -> pixels by which its strokes are made narrower, for a pen's are finer than those of most fonts
FONTS = {
    "DejaVuSans.ttf": 2,
    "DejaVuSans-Oblique.ttf": 2,
    "DejaVuSerif.ttf": 0,
    "STIXGeneral.ttf": 0,
    "STIXGeneralItalic.ttf": 0,
}
FONT_SIZE = 56  # pixels: enough for `prepare` to shrink it smoothly
LAST_CODE = 0x2AFF  # of Unicode: letters of most alphabets, punctuation, arrows, mathematical and other symbols,
LINES_AND_DOTS = (*range(0x2500, 0x25A0), *range(0x2800, 0x2900))  # but not the pieces of boxes, and Braille
# of each digit, the halves that do not look like a digit
HALVES = {0: ("top", "bottom", "left", "right"), 2: ("bottom",), 3: ("left",), 4: ("left",), 8: ("left",)}


def generate(count: int, pool: np.ndarray, rng: np.random.Generator, characters: Paths | None = None) -> np.ndarray:
    """Make images of what is no digit.

    Args:
        count: how many.
        pool: (n, 28, 28) uint8, as `make_pool` gives it.
        rng: the random generator; the same seed gives the same images.
        characters: what people wrote; None takes more of the others instead.

    Returns:
        (count, 28, 28) uint8, ink bright on 0, in MNIST's form.
    """
    by_people = 0 if characters is None else round(CHARACTERS * count)
    drawn, anywhere = (round(share / (1 - CHARACTERS) * (count - by_people)) for share in (DRAWINGS, RANDOM_STROKES))
    chosen = rng.integers(0, max(len(pool), 1), count - by_people - drawn - anywhere)
    lines = allographs()
    images = [
        synthetic.write([lines[i] for i in rng.integers(0, len(lines), drawn)], _widths(drawn, rng), rng),
        pen.write(_random_paths(anywhere, rng), _widths(anywhere, rng), rng),
        augmentation.distort(pool[chosen], rng, width_varied=0.0),
    ]
    if characters is not None:
        written = characters[rng.integers(0, len(characters), by_people)]
        images.append(pen.write(written, _widths(by_people, rng), rng))
    return np.concatenate(images)


def make_pool(
    size: int, digits: np.ndarray, labels: np.ndarray, rng: np.random.Generator, characters: Paths | None = None
) -> np.ndarray:
    """New characters, glyphs, several digits, and parts of digits.

    Args:
        size: about how many images.
        digits: (n, 28, 28) uint8 in MNIST's form, to put several of them together, and to cut them.
        labels: (n,) integers 0-9.
        rng: the random generator.
        characters: what people wrote, to make new characters of their strokes; None makes none.

    Returns:
        (m, 28, 28) uint8 in MNIST's form.
    """
    new, several, parts = (round(share * size) for share in (NEW_CHARACTERS, SEVERAL_DIGITS, PARTS_OF_DIGITS))
    new = 0 if characters is None else new
    pictures: Iterator[Image.Image | np.ndarray] = chain(
        glyphs(size - new - several - parts, rng),
        side_by_side(several, digits, rng),
        _parts(parts, digits, labels, rng),
    )
    images: list[np.ndarray] = []
    if characters is not None:
        made = pen.paths([_new_character(characters, rng) for _ in range(new)])
        images += list(pen.write(made, _widths(new, rng), rng))
    for picture in pictures:
        try:
            images.append(prepare(picture))
        except BlankImage:  # a thick half may be only a dot
            continue
    return np.array(images, np.uint8).reshape(-1, SIDE, SIDE)


@cache
def allographs() -> list[str]:
    """The allographs of `non_digits.toml`."""
    sections = tomllib.loads(files("mnistcore.data").joinpath("non_digits.toml").read_text("utf-8"))["allographs"]
    return [line for section in sections.values() for lines in section.values() for line in lines]


def _widths(count: int, rng: np.random.Generator) -> np.ndarray:
    """(count,) float64, pixels: widths of pens, more of them fine than broad."""
    return pen.FINEST + (BROADEST - pen.FINEST) * rng.random(count) ** 2


def _new_character(characters: Paths, rng: np.random.Generator) -> list[np.ndarray]:
    """Strokes that nobody writes together: of several characters, each of a new size, direction and place."""
    strokes = []
    for row in rng.integers(0, len(characters), rng.integers(2, 5)):
        of = characters.strokes[row]
        points = characters.points[row][of == rng.integers(of[-1] + 1)]
        if rng.random() < 0.5:  # a quarter turn
            points = points[:, ::-1] * (1, -1)
        strokes.append(points * rng.uniform(0.4, 0.9) + rng.uniform(-0.3, 0.3, 2))
    return strokes


def _random_paths(count: int, rng: np.random.Generator) -> Paths:
    """Strokes that go anywhere, each a smooth curve near a few random places."""
    characters = []
    for _ in range(count):
        number = rng.integers(1, 5)
        knots = rng.integers(2, 6) + 4 * (number == 1)  # one short stroke would often be a 1, a 7 or a 0
        strokes = []
        for _ in range(number):
            places = rng.uniform(0.2, 0.8, 2) + rng.uniform(0.2, 0.5, 2) * rng.uniform(-1, 1, (knots, 2))
            if rng.random() < 2 / 3:
                places = _curve(knots) @ places
            strokes.append(places)
        characters.append(strokes)
    return pen.paths(characters)


@cache
def _curve(knots: int) -> np.ndarray:
    """(8 * knots, knots): from places to points of a smooth curve through them (Catmull & Rom 1974)."""
    at = np.linspace(0, knots - 1, 8 * knots)
    first = np.minimum(at.astype(int), knots - 2)
    t = (at - first)[:, np.newaxis]
    weights = np.hstack([-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3]) / 2
    curve = np.zeros((len(at), knots))
    for neighbour in range(4):
        np.add.at(curve, (np.arange(len(at)), (first + neighbour - 1).clip(0, knots - 1)), weights[:, neighbour])
    return curve


def glyphs(count: int, rng: np.random.Generator) -> Iterator[Image.Image]:
    """Pictures of letters and symbols that do not look like a digit."""
    every = [(name, code) for name in FONTS for code in characters(name)]
    for choice in rng.integers(0, len(every), count):
        name, code = every[choice]
        picture = Image.new("L", (3 * FONT_SIZE, 3 * FONT_SIZE))
        ImageDraw.Draw(picture).text((FONT_SIZE, FONT_SIZE // 2), chr(code), fill=255, font=_font(name))
        yield picture.filter(ImageFilter.MinFilter(FONTS[name] + 1))


@cache
def _font(name: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(font_directory() / name, FONT_SIZE)


def font_directory() -> Path:
    import matplotlib  # only training and evaluation need it

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


@cache
def characters(font: str) -> list[int]:
    """The characters of a font that are letters or symbols, without those that look like a digit."""
    from matplotlib.ft2font import FT2Font

    left_out = _like_a_digit()
    return [
        code
        for code in sorted(FT2Font(str(font_directory() / font)).get_charmap())
        if ord(" ") < code <= LAST_CODE
        and code not in LINES_AND_DOTS
        and unicodedata.category(chr(code))[0] in "LSP"
        and not set(unicodedata.normalize("NFKD", chr(code))) & left_out
        and unicodedata.numeric(chr(code), None) is None
    ]


@cache
def _like_a_digit() -> frozenset[str]:
    """The characters of fonts that look like a digit."""
    lines = files("mnistcore.data").joinpath("glyphs_like_a_digit.txt").read_text("utf-8").splitlines()
    return frozenset("".join(lines[1:]))


def side_by_side(count: int, digits: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Pictures of two or three digits side by side, from touching to well apart."""
    for _ in range(count):
        picture = np.zeros((2 * SIDE, 4 * SIDE), np.uint8)
        left = 4
        for _ in range(rng.choice([2, 3], p=[0.7, 0.3])):
            digit = _crop(digits[rng.integers(len(digits))])
            height, width = digit.shape
            top = SIDE - height // 2 + rng.integers(-3, 4)
            place = picture[top : top + height, left : left + width]
            np.maximum(place, digit, out=place)
            left += width + rng.integers(-2, 8)
        yield picture


def _parts(count: int, digits: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Pictures of halves of digits."""
    (rows,) = np.nonzero(np.isin(labels, list(HALVES)))
    for row in rng.choice(rows, count):
        digit = _crop(digits[row])
        height, width = (-(-side // 2) for side in digit.shape)
        halves = {
            "top": digit[:height],
            "bottom": digit[-height:],
            "left": digit[:, :width],
            "right": digit[:, -width:],
        }
        yield np.pad(halves[rng.choice(HALVES[labels[row]])], SIDE)


def _crop(digit: np.ndarray) -> np.ndarray:
    rows, columns = (np.flatnonzero((digit > INK).any(axis=axis)) for axis in (1, 0))
    return digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
