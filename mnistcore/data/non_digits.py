"""Make images of what is no digit, so that a network learns to say so.

A network that has only seen digits takes whatever it is shown for one of them, mostly with full confidence. So training
shows it, as an eleventh class, what people may draw or scan instead:

    characters       letters, symbols and simple drawings (`non_digits.toml`), written as `synthetic` writes digits
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

from mnistcore.data import augmentation, synthetic
from mnistcore.digit.form import INK, SIDE
from mnistcore.digit.images import prepare
from mnistcore.errors import BlankImage

NOT_A_DIGIT = 10  # the class, after the ten digits

CHARACTERS, RANDOM_STROKES = 0.42, 0.18  # shares of what `generate` makes; the rest is from the pool
NEW_CHARACTERS, SEVERAL_DIGITS, PARTS_OF_DIGITS = 0.3, 0.22, 0.02  # shares of the pool; the rest are glyphs
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


def generate(count: int, pool: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Make images of what is no digit.

    Args:
        count: how many.
        pool: (n, 28, 28) uint8, as `make_pool` gives it.
        rng: the random generator; the same seed gives the same images.

    Returns:
        (count, 28, 28) uint8, ink bright on 0, in MNIST's form.
    """
    characters, strokes = round(CHARACTERS * count), round(RANDOM_STROKES * count)
    lines = allographs()
    chosen = rng.integers(0, max(len(pool), 1), count - characters - strokes)
    return np.concatenate(
        [
            synthetic.write([lines[i] for i in rng.integers(0, len(lines), characters)], _pens(characters, rng), rng),
            synthetic.draw(_random_paths(strokes, rng), _pens(strokes, rng), rng),
            augmentation.distort(pool[chosen], rng, width_varied=0.0),
        ]
    )


def make_pool(size: int, digits: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """New characters, glyphs, several digits, and parts of digits.

    Args:
        size: about how many images.
        digits: (n, 28, 28) uint8 in MNIST's form, to put several of them together, and to cut them.
        labels: (n,) integers 0-9.
        rng: the random generator.

    Returns:
        (m, 28, 28) uint8 in MNIST's form.
    """
    new, several, parts = (round(share * size) for share in (NEW_CHARACTERS, SEVERAL_DIGITS, PARTS_OF_DIGITS))
    pictures: Iterator[Image.Image | np.ndarray] = chain(
        _glyphs(size - new - several - parts, rng),
        side_by_side(several, digits, rng),
        _parts(parts, digits, labels, rng),
    )
    images = list(synthetic.write([_new_character(rng) for _ in range(new)], _pens(new, rng), rng))
    for picture in pictures:
        try:
            images.append(prepare(picture))
        except BlankImage:  # a thick half may be only a dot
            continue
    return np.array(images, np.uint8).reshape(-1, SIDE, SIDE)


@cache
def allographs() -> list[str]:
    """The allographs of `non_digits.toml`."""
    sections = _data()["allographs"]
    return [line for section in sections.values() for lines in section.values() for line in lines]


@cache
def _data() -> dict:
    return tomllib.loads(files("mnistcore.data").joinpath("non_digits.toml").read_text("utf-8"))


def _pens(count: int, rng: np.random.Generator) -> np.ndarray:
    """(count,) float64, pixels: widths of pens, more of them fine than broad."""
    return synthetic.FINEST + (BROADEST - synthetic.FINEST) * rng.random(count) ** 2


def _new_character(rng: np.random.Generator) -> str:
    """An allograph that nobody writes: strokes of several others, each of a new size, direction and place."""
    lines = allographs()
    strokes = []
    for _ in range(rng.integers(2, 5)):
        options = lines[rng.integers(len(lines))].split(" / ")
        points = np.array([point.split(",") for point in options[rng.integers(len(options))].split()], float) - 50
        if rng.random() < 0.5:  # a quarter turn
            points = points[:, ::-1] * [1, -1]
        points = points * rng.uniform(0.4, 0.9) + rng.uniform(20, 80, 2)
        strokes.append(" ".join(f"{x:.0f},{y:.0f}" for x, y in points))
    return " / ".join(strokes)


def _random_paths(count: int, rng: np.random.Generator) -> np.ndarray:
    """Strokes that go anywhere: (count, POINTS, 2) float32, in boxes."""
    paths = np.empty((count, synthetic.POINTS, 2), np.float32)
    strokes, knots = rng.integers(1, 5, count), rng.integers(2, 6, count)
    knots[strokes == 1] += 4  # one short stroke would often be a 1, a 7 or a 0
    for n in range(1, 5):
        samples = synthetic.POINTS // n
        for k in range(2, 10):
            (rows,) = np.nonzero((strokes == n) & (knots == k))
            even = np.stack([np.linspace(0, 1, k), np.zeros(k)], axis=1).astype(np.float32)
            curves = synthetic.curves(even, samples)
            for stroke in range(n):
                middle = rng.uniform(0.2, 0.8, (len(rows), 1, 2))
                reach = rng.uniform(0.2, 0.5, (len(rows), 1, 2))
                points = (middle + reach * rng.uniform(-1, 1, (len(rows), k, 2))).astype(np.float32)
                paths[rows, stroke * samples : (stroke + 1) * samples] = (
                    curves[rng.integers(0, len(curves), len(rows))] @ points
                )
            paths[rows, n * samples :] = paths[rows, n * samples - 1, np.newaxis]
    return paths


def _glyphs(count: int, rng: np.random.Generator) -> Iterator[Image.Image]:
    """Pictures of letters and symbols that do not look like a digit."""
    glyphs = [(name, code) for name in FONTS for code in characters(name)]
    for choice in rng.integers(0, len(glyphs), count):
        name, code = glyphs[choice]
        picture = Image.new("L", (3 * FONT_SIZE, 3 * FONT_SIZE))
        ImageDraw.Draw(picture).text((FONT_SIZE, FONT_SIZE // 2), chr(code), fill=255, font=_font(name))
        yield picture.filter(ImageFilter.MinFilter(FONTS[name] + 1))


@cache
def _font(name: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_font_directory() / name, FONT_SIZE)


def _font_directory() -> Path:
    import matplotlib  # only training and evaluation need it

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def characters(font: str) -> list[int]:
    """The characters of a font that are letters or symbols, without those that look like a digit."""
    from matplotlib.ft2font import FT2Font

    left_out = set(_data()["like_a_digit"])
    return [
        code
        for code in sorted(FT2Font(str(_font_directory() / font)).get_charmap())
        if ord(" ") < code <= LAST_CODE
        and code not in LINES_AND_DOTS
        and unicodedata.category(chr(code))[0] in "LSP"
        and not set(unicodedata.normalize("NFKD", chr(code))) & left_out
        and unicodedata.numeric(chr(code), None) is None
    ]


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
