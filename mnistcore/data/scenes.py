"""Bits of written paper, put together: lines of digits on grounds of every kind, and where each digit's middle is.

`page/` slides a network over photos and scans. What it learns from is made here, never twice the same:

    1. write    a line of digits as people wrote them (MNIST's, or pens'), with dots, dashes and letters among them
    2. paper    printed lines, security print, cells and shadows under the ink, other writing above and below
    3. copy     what cameras, scanners and thresholds leave of it

All lengths are in pixels where a digit of the line is SPAN high.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from mnistcore.data import pen, synthetic
from mnistcore.data.hands import Written
from mnistcore.data.non_digits import font_directory
from mnistcore.digit.form import INK, SPAN
from mnistcore.digit.images import prepare
from mnistcore.page.scan import extended

HEIGHT, WIDTH = 84, 180  # pixels of a scene
NO_DIGIT, LIKE_DIGIT = 10, 11  # classes beside 0-9: what is none, and what is none but looks like one
LETTERS = "abcdefghijklmnopqrstuvwxyz" * 3 + "ABCDEFGHIJKLMNOPQRSTUVWXYZ.,:-()"
LOOK_LIKE_DIGITS = frozenset("OoQDIliSsZzBbqgG")
PRINTED = 0.16  # share of the digits, besides those of pens, that are printed
TABLES = 0.15  # share of the scenes that show cells of a table


@dataclass
class Scene:
    """A bit of paper.

    Attributes:
        picture: (HEIGHT, WIDTH) float32 in 0-1, 0 black: its brightness.
        marks: one (x, y, height, class) a character: its middle and height in pixels, and the digit that it is, or
            NO_DIGIT or LIKE_DIGIT.
    """

    picture: np.ndarray
    marks: list[tuple[float, float, float, int]]


@dataclass
class Glyphs:
    """Characters to write with: ink bright on 0, cut to their boxes' longer side, in the order of the pens' widths.

    Attributes:
        digits: (n, 28, 28) uint8, of any source.
        labels: (n,) int64, 0-9.
        others: (m, 28, 28) uint8, letters and signs.
        by_label: of each digit the rows of `digits` that show it.
    """

    digits: np.ndarray
    labels: np.ndarray
    others: np.ndarray
    by_label: list[np.ndarray] = field(init=False)

    def __post_init__(self) -> None:
        self.by_label = [np.flatnonzero(self.labels == digit) for digit in range(10)]


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
    for path in _fonts():
        font = ImageFont.truetype(str(path), 60)
        for digit in range(10):
            image = Image.new("L", (100, 100))
            ImageDraw.Draw(image).text((20, 10), str(digit), fill=255, font=font)
            images.append(prepare(image))
            labels.append(digit)
    return np.stack(images), np.array(labels)


@cache
def _fonts() -> list[Path]:
    """Those that come with matplotlib and have digits as in print."""
    paths = sorted(font_directory().glob("*.ttf"))
    return [
        path
        for path in paths
        if path.name.startswith(("DejaVuSans", "DejaVuSerif", "STIXGeneral")) and "Display" not in path.name
    ]


def scenes(glyphs: Glyphs, count: int, rng: np.random.Generator) -> Iterator[Scene]:
    """So many bits of paper."""
    for _ in range(count):
        yield _scene(glyphs, rng)


def _scene(glyphs: Glyphs, rng: np.random.Generator) -> Scene:
    ink, rules = np.zeros((2, HEIGHT, WIDTH), np.float32)
    marks: list[tuple[float, float, float, int]] = []
    if rng.random() < TABLES:
        _write_table(ink, rules, marks, glyphs, rng)
    else:
        _write_lines(ink, marks, glyphs, rng)
        _shear(ink, marks, rng.normal(0.06, 0.18))  # most people's writing leans to the right
    picture = _on_paper(ink, rules, marks, rng)
    if rng.random() < 0.35:
        picture = _cropped(picture, marks, rng)
    return Scene(_copied(picture, rng), marks)


def sparse(glyphs: Glyphs, rng: np.random.Generator) -> Scene:
    """One to three digits on a large empty sheet, which may have rules, and something dark beside it."""
    ink, rules = np.zeros((2, HEIGHT, WIDTH), np.float32)
    marks: list[tuple[float, float, float, int]] = []
    _write_line(ink, marks, glyphs, HEIGHT / 2, rng.normal(SPAN, 1.6), 0, rng, False, rng.choice([12, 30, 55]))
    _shear(ink, marks, rng.normal(0.06, 0.18))
    picture = _copied(_on_paper(ink, rules, marks, rng), rng)
    top, bottom, left, right = rng.integers(0, 160, 4).tolist()
    picture = extended(picture, top, bottom, left, right)
    picture += rng.uniform(0, 0.03) * rng.standard_normal(picture.shape, np.float32)
    if rng.random() < 0.5:
        edge = int(rng.integers(3, 60))
        picture = np.pad(picture, ((0, 0), (edge, 0)), constant_values=rng.uniform(0, 0.3))
        left += edge
    marks = [(x + left, y + top, height, label) for x, y, height, label in marks]
    return Scene(picture.clip(0, 1), marks)


def drawing(written: Written, rng: np.random.Generator, letters: float = 0.2, count: int | None = None) -> Scene:
    """A number as on a screen or a tablet: so many digits of any size, and among them a share of letters, drawn with a
    pen of any width without flaws."""
    height = float(np.exp(rng.uniform(np.log(30), np.log(230))))
    count = count or int(rng.integers(1, 6) if height < 110 else rng.integers(1, 4))
    pen_width = max(1, round(min(height * rng.uniform(0.01, 0.14), 14)))
    gap = height * (rng.uniform(0.02, 0.5) if rng.random() < 0.8 else rng.uniform(0.5, 1.2))
    margin = rng.uniform(0.02, 0.6, 4) * height
    if rng.random() < 0.3:
        margin = np.full(4, pen_width / 2 + 1)  # to the border
    shapes, x, marks = [], float(margin[0]), []
    repeat, repeated = rng.random() < 0.2, int(rng.choice((0, 1, 1, int(rng.integers(0, 10)))))
    for _ in range(count):
        letter = rng.random() < letters
        source = written.others if letter else written.digits
        at = rng.integers(len(source))
        if repeat and not letter:  # as in 11, or 100
            at = rng.choice(np.flatnonzero(written.labels == repeated))
        points = source.points[at] * (1, 1)
        low, high = points.min(axis=0), points.max(axis=0)
        size = np.maximum(high - low, 0.05)
        tall = height * np.exp(rng.normal(0, 0.08)) * (rng.uniform(0.5, 1.1) if letter else 1)
        scale = min(tall / size[1], 1.8 * tall)  # a box's longer side is 1
        shift = np.array([x, margin[1] + (height - scale * size[1]) / 2 + rng.normal(0, 0.04) * height])
        shapes.append(((points - low) * scale + shift, source.strokes[at]))
        middle = shift + scale * size / 2
        marks.append(
            (
                float(middle[0]),
                float(middle[1]),
                float(scale * size[1]),
                NO_DIGIT if letter else int(written.labels[at]),
            )
        )
        x += scale * size[0] + max(gap * np.exp(rng.normal(0, 0.4)), 1.5 * pen_width)
    wide, high = max(40, round(x + margin[2])), max(40, round(margin[1] + 1.1 * height + margin[3]))
    picture = Image.new("L", (wide, high))
    draw = ImageDraw.Draw(picture)
    for points, strokes in shapes:
        for stroke in np.unique(strokes):
            line = [tuple(point) for point in points[strokes == stroke].tolist()]
            draw.line(line if len(line) > 1 else line * 2, fill=255, width=pen_width, joint="curve")
            for end in (line[0], line[-1]):
                draw.ellipse(
                    [end[0] - pen_width / 2, end[1] - pen_width / 2, end[0] + pen_width / 2, end[1] + pen_width / 2],
                    fill=255,
                )
    ink = ndimage.gaussian_filter(np.asarray(picture, np.float32) / 255, rng.uniform(0, 0.6))
    return Scene((1 - ink * rng.uniform(0.4, 1)).astype(np.float32), marks)


# Writing


def _write_lines(ink, marks, glyphs: Glyphs, rng: np.random.Generator) -> None:
    """A line of digits, or none, and what stands above and below, of any size."""
    middle, slope = rng.uniform(24, HEIGHT - 24), rng.normal(0, 0.03)
    rows = [(middle, rng.normal(SPAN, 1.6))] if rng.random() > 0.05 else []
    for side in (-1, 1):
        if rng.random() < 0.45:
            height = float(np.clip(SPAN * np.exp(rng.normal(0, 0.35)), 9, 34))
            rows.append((middle + side * (rng.uniform(0.9, 2.2) * max(height, SPAN)), height))
    for number, (y, height) in enumerate(rows):
        if rng.random() < (0.2 if number else 0.04):
            _print_line(ink, marks, y, height, rng)
        else:
            _write_line(ink, marks, glyphs, y, height, slope, rng, other_writing=number > 0 and rng.random() < 0.5)


def _write_table(ink, rules, marks, glyphs: Glyphs, rng: np.random.Generator) -> None:
    """Cells, of which some are empty and most others hold one digit, printed or written."""
    high = SPAN * rng.uniform(1.25, 2.6)
    wide = high * rng.uniform(0.8, 1.3) if rng.random() < 0.7 else SPAN * rng.uniform(1.5, 4.5)
    top, left, tilt = rng.uniform(-high, 0), rng.uniform(-wide, 0), rng.normal(0, 0.012)
    images, labels = printed()
    font = 10 * int(rng.integers(len(images) // 10))
    in_print, filled = rng.choice([0, 0, 0.5, 1]), rng.uniform(0.25, 1)
    tall = SPAN * np.exp(rng.normal(0, 0.06))
    for y in np.arange(top, HEIGHT, high):
        for x in np.arange(left, WIDTH, wide):
            if rng.random() > filled:
                continue
            count = 1 if wide < 2 * SPAN or rng.random() < 0.5 else int(rng.integers(1, 4))
            at_x = x + wide / 2 - 7.5 * (count - 1) + rng.normal(0, 0.07) * wide
            at_y = y + high / 2 + tilt * at_x + rng.normal(0, 0.06) * high
            of_print = rng.random() < in_print
            for _ in range(count):
                if of_print:
                    row = font + int(rng.integers(10))
                    glyph, label = images[row], int(labels[row])
                elif rng.random() < 0.07:
                    glyph, label = glyphs.others[rng.integers(len(glyphs.others))], NO_DIGIT
                else:
                    row = int(rng.integers(len(glyphs.labels)))
                    glyph, label = glyphs.digits[row], int(glyphs.labels[row])
                shape = _sized(glyph, tall * (1 if of_print else np.exp(rng.normal(0, 0.08))), 1)
                at = round(at_x - shape.shape[1] / 2), round(at_y - shape.shape[0] / 2)
                middle = at[0] + (shape.shape[1] - 1) / 2, at[1] + (shape.shape[0] - 1) / 2
                if 0 <= middle[0] < WIDTH and 0 <= middle[1] < HEIGHT:
                    _add(ink, shape, *at)
                    marks.append((*middle, float(shape.shape[0]), label))
                at_x += shape.shape[1] + rng.uniform(1, 4)
    width = rng.uniform(0.6, 2.6)
    thick = rng.uniform(1, 2.5) if rng.random() < 0.4 else 1  # some rules may be
    for number, y in enumerate(np.arange(top, HEIGHT + high, high)):
        _stroke(rules, [(-2, y), (WIDTH + 2, y + tilt * WIDTH)], width * (thick if number % 3 == 1 else 1))
    if rng.random() < 0.9:
        for number, x in enumerate(np.arange(left, WIDTH + wide, wide)):
            _stroke(rules, [(x, -2), (x - tilt * HEIGHT, HEIGHT + 2)], width * (thick if number % 3 == 1 else 1))
    rules *= rng.uniform(0.3, 1)


def _write_line(
    ink, marks, glyphs: Glyphs, y, height, slope, rng: np.random.Generator, other_writing: bool, length: float = 0
) -> None:
    """Characters from left to right, as far as `length`, if that is given."""
    kind = rng.random()
    letters = 0.9 if other_writing else 1.0 if kind < 0.06 else 0.35 if kind < 0.28 else 0.0
    x = rng.uniform(-8, 60) if rng.random() < 0.7 else rng.uniform(2, 6)
    end = min(WIDTH - 4, x + (length or rng.choice([30, 60, 90, 120, WIDTH])))
    gap, spread = rng.normal(2.5, 2.5), rng.uniform(0.5, 2.0)
    if rng.random() < 0.15:
        gap = rng.uniform(8, 26)
    pens = rng.random() < 0.5
    half = len(glyphs.digits) // 2
    place = rng.random()  # among the pens' widths, which a line keeps
    squeeze = np.exp(rng.normal(0, 0.15))
    repeat = rng.random() < 0.12
    zeros = x + rng.uniform(12, 70) if rng.random() < 0.22 else end  # from there on, as in 5000
    smaller = rng.uniform(0.4, 0.95) if rng.random() < 0.4 else 1  # are zeros, with many people
    before = None
    first = x
    while x < end:
        if rng.random() < letters:
            at = int(np.clip(place + rng.normal(0, 0.05), 0, 0.999) * len(glyphs.others))
            glyph, label = glyphs.others[at], NO_DIGIT
        else:
            label = before if repeat and before is not None else 0 if x > zeros else int(rng.integers(0, 10))
            rows = glyphs.by_label[label]
            middle = int(np.searchsorted(rows, half))
            if pens and middle < len(rows):
                rows = rows[middle:]
                glyph = glyphs.digits[rows[int(np.clip(place + rng.normal(0, 0.05), 0, 0.999) * len(rows))]]
            else:
                glyph = glyphs.digits[rows[rng.integers(0, max(1, middle))]]
            before = label
        tall = height * np.exp(rng.normal(0, 0.1))
        down = rng.normal(0, 0.8)
        if label == 0:
            down += rng.uniform(-0.1, 0.5) * tall * (1 - smaller)
            tall *= smaller
        if label == NO_DIGIT:
            tall *= rng.uniform(0.55, 1.15)
        shape = _sized(glyph, tall, squeeze)
        left, top = round(x), round(y + slope * (x - first) - shape.shape[0] / 2 + down)
        if left + shape.shape[1] > WIDTH - 1:
            break
        if before is not None and marks and label != NO_DIGIT and gap < 3 and rng.random() < 0.2:
            _join(ink, left, top, shape, rng)
        _add(ink, shape, left, top)
        marks.append((left + (shape.shape[1] - 1) / 2, top + (shape.shape[0] - 1) / 2, float(shape.shape[0]), label))
        x = left + shape.shape[1] + max(rng.normal(gap, spread), -3.5)
        if rng.random() < 0.12:
            x = _point(ink, marks, x, y + height / 2, rng)
    if rng.random() < 0.5 and x < WIDTH - 12:
        _closing(ink, marks, x + rng.uniform(-1, 6), y, height, rng)
    if rng.random() < 0.12:  # underlined
        stroke = y + height / 2 + rng.uniform(0.5, 6)
        _stroke(ink, [(first - rng.uniform(-3, 6), stroke), (x, stroke + rng.normal(0, 2))], rng.uniform(0.8, 2.2))


def _print_line(ink: np.ndarray, marks, y: float, height: float, rng: np.random.Generator) -> None:
    """Printed words, whose capitals are so high."""
    fonts = _fonts()
    font = ImageFont.truetype(str(fonts[rng.integers(len(fonts))]), max(6, round(1.37 * height)))
    layer = Image.new("L", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(layer)
    x, base = rng.uniform(-8, 60), y + height / 2
    end = min(WIDTH, x + rng.choice([40, 90, WIDTH]))
    while x < end:
        letter = LETTERS[rng.integers(len(LETTERS))] if rng.random() < 0.85 else " "
        draw.text((x, base), letter, fill=255, font=font, anchor="ls")
        left, top, right, bottom = font.getbbox(letter, anchor="ls")
        if letter != " " and x + left > 0 and x + right < WIDTH:
            kind = LIKE_DIGIT if letter in LOOK_LIKE_DIGITS else NO_DIGIT
            marks.append((x + (left + right - 1) / 2, base + (top + bottom - 1) / 2, float(bottom - top), kind))
        x += font.getlength(letter)
    np.maximum(ink, np.asarray(layer, np.float32) / 255, out=ink)


def _sized(glyph: np.ndarray, height: float, squeeze: float) -> np.ndarray:
    """A glyph's ink, so many pixels high: float32 in 0-1."""
    image = Image.fromarray(glyph)
    box = Image.fromarray((glyph > INK).view(np.uint8)).getbbox() or (0, 0, 28, 28)
    wide, high = box[2] - box[0], box[3] - box[1]
    scale = height / max(high, 0.55 * wide, 4)  # what lies, such as a dash, is not made tall
    size = max(1, round(wide * scale * squeeze)), max(2, round(high * scale))
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR, box=box), np.float32) / 255


def _add(ink: np.ndarray, shape: np.ndarray, left: int, top: int) -> None:
    """Lay a shape over the ink, as far as it lies inside."""
    rows, columns = max(0, top), max(0, left)
    part = shape[rows - top : max(0, HEIGHT - top), columns - left : max(0, WIDTH - left)]
    if part.size:
        place = ink[rows : rows + part.shape[0], columns : columns + part.shape[1]]
        np.maximum(place, part, out=place)


def _stroke(ink: np.ndarray, points, width: float) -> None:
    """A line with a round pen through some points (x, y)."""
    image = Image.new("L", (2 * WIDTH, 2 * HEIGHT))
    line = [(2 * x, 2 * y) for x, y in points]
    ImageDraw.Draw(image).line(line, fill=255, width=max(1, round(2 * width)), joint="curve")
    np.maximum(ink, np.asarray(image.reduce(2), np.float32) / 255, out=ink)


def _join(ink: np.ndarray, left: int, top: int, shape: np.ndarray, rng: np.random.Generator) -> None:
    """A thin stroke from what stands before to a digit's beginning, as of a pen that was not lifted."""
    y = top + shape.shape[0] * rng.uniform(0.05, 0.6)
    bend = (left - 2, y + rng.uniform(-2, 3))
    _stroke(ink, [(left - rng.uniform(4, 8), y + rng.uniform(-3, 6)), bend, (left + 3, y)], rng.uniform(0.7, 1.5))


def _point(ink: np.ndarray, marks, x: float, base: float, rng: np.random.Generator) -> float:
    """A dot or a comma at the foot of the line; where the next digit begins."""
    size = rng.uniform(1.2, 3.2)
    y = base - rng.uniform(-1, 3.5) if rng.random() < 0.85 else base - SPAN / 2
    tail = (0, 0) if rng.random() < 0.6 else (-rng.uniform(0, 3), rng.uniform(1, 5))
    _stroke(ink, [(x, y), (x + 0.4 + tail[0], y + 0.4 + tail[1])], size)
    marks.append((x, y, size, NO_DIGIT))
    return x + size + rng.uniform(0.5, 4)


def _closing(ink: np.ndarray, marks, x: float, y: float, height: float, rng: np.random.Generator) -> None:
    """What people put after an amount, so that nobody adds to it: a dash or two, slashes, a cross, a double cross."""
    kind, wide, width = rng.integers(0, 7), rng.uniform(5, 26), rng.uniform(0.8, 2.6)
    tilt = rng.normal(0, 2)
    middle = y + rng.normal(0, 3)
    if kind <= 3:
        lines = [0.0] if kind < 2 else [-2.5, 2.5]
        for shift in lines:
            if kind == 3:
                wide *= rng.uniform(0.7, 1.3)
            _stroke(
                ink,
                [
                    (x, middle + shift),
                    (x + wide / 2, middle + shift + rng.normal(0, 1)),
                    (x + wide, middle + shift + tilt),
                ],
                width,
            )
    elif kind == 4:
        for shift in (0, rng.uniform(3, 6))[: rng.integers(1, 3)]:
            lean = rng.uniform(2, 7)  # a slash leans more than a 1
            _stroke(ink, [(x + shift + lean + 3, y - height / 2), (x + shift - 2, y + height / 2)], width)
    elif kind == 5:
        _stroke(ink, [(x, middle - 5), (x + 9, middle + 5)], width)
        _stroke(ink, [(x + 9, middle - 5), (x, middle + 5)], width)
    else:
        for shift in (-2, 2):
            _stroke(ink, [(x, middle + shift + 1), (x + 12, middle + shift - 1)], width)
            _stroke(ink, [(x + 5 + shift, middle - 5), (x + 3 + shift, middle + 6)], width)
    marks.append((x + wide / 2, middle, height / 2, NO_DIGIT))


def _shear(ink: np.ndarray, marks, shear: float) -> None:
    """Slant all writing alike, in place."""
    for y in range(HEIGHT):
        shift = round(shear * (HEIGHT / 2 - y))
        if shift > 0:
            ink[y, shift:], ink[y, :shift] = ink[y, :-shift].copy(), 0
        elif shift < 0:
            ink[y, :shift], ink[y, shift:] = ink[y, -shift:].copy(), 0
    marks[:] = [(x + shear * (HEIGHT / 2 - y), y, height, label) for x, y, height, label in marks]


# Paper


def _on_paper(ink: np.ndarray, rules: np.ndarray, marks, rng: np.random.Generator) -> np.ndarray:
    """Ink on a ground that may have the rules of a table: brightness, (HEIGHT, WIDTH) float32 in 0-1."""
    ground = np.zeros((HEIGHT, WIDTH), np.float32)  # darkness
    plain = rng.random() < 0.25
    strength = rng.uniform(0.3, 1.0)
    if not plain:
        if rng.random() < 0.45:
            _security_print(ground, rng, strength)
        if not rules.any() and rng.random() < 0.45:
            _printed_lines(ground, marks, rng, strength)
        ground += rng.uniform(0, 0.05) * rng.standard_normal(ground.shape, np.float32)
        if rng.random() < 0.4:
            ground = ndimage.gaussian_filter(ground, rng.uniform(0.3, 1.0))
    ground += rules * strength
    uneven = 1 - rng.uniform(0, 0.5) * _smooth(rng)
    ink = ink * uneven * strength
    light = np.full(ground.shape, rng.uniform(0.55, 1.0))
    if not plain:
        light *= 1 - rng.uniform(0, 0.35) * _smooth(rng)
        if rng.random() < 0.12:  # the sheet's edge, or the black beside a scan
            edge = int(rng.integers(2, 30))
            light[:, slice(0, edge) if rng.random() < 0.5 else slice(-edge, None)] *= rng.uniform(0, 0.4)
    # printed and written ink take light away one after the other
    return (light * (1 - ground.clip(0, 1)) * (1 - ink)).astype(np.float32)


def _smooth(rng: np.random.Generator) -> np.ndarray:
    """A smooth field, (HEIGHT, WIDTH) float32 in 0-1."""
    knots = Image.fromarray(rng.random((4, 7)).astype(np.float32))
    return np.asarray(knots.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)).clip(0, 1)


def _security_print(ground: np.ndarray, rng: np.random.Generator, strength: float) -> None:
    """One to three families of thin wavy lines."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    for _ in range(rng.integers(1, 4)):
        angle, spacing = (
            rng.choice([0.0, 0.0, np.pi / 2, rng.uniform(0, np.pi)]) + rng.normal(0, 0.15),
            rng.uniform(1.6, 7),
        )
        along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
        wave = rng.uniform(0, 4) * np.sin(along * rng.uniform(0.04, 0.5) + rng.uniform(0, 6))
        if rng.random() < 0.3:  # rings
            across = np.hypot(x - rng.uniform(0, WIDTH), y - rng.uniform(-80, HEIGHT + 80))
        line = np.cos((across + wave) * (2 * np.pi / spacing))
        ground += rng.uniform(0.1, 0.5) * strength * ((line - rng.uniform(-0.2, 0.8)).clip(0, 1))


def _printed_lines(ground: np.ndarray, marks, rng: np.random.Generator, strength: float) -> None:
    """A ruled line, or the lines of a grid whose cells hold some characters."""
    layer, width, dark = np.zeros_like(ground), rng.uniform(0.6, 3.2), rng.uniform(0.3, 1.1) * strength
    kind = rng.random()
    tilt = rng.normal(0, 0.015)
    if kind < 0.4:  # ruled, near the writing's foot or anywhere
        spacing = rng.uniform(18, 60)
        start = marks[0][1] + rng.uniform(6, 16) if marks and rng.random() < 0.6 else rng.uniform(0, spacing)
        for y in (
            np.arange(start - 3 * spacing, HEIGHT + 9, spacing)[: rng.integers(1, 9)] if rng.random() < 0.5 else [start]
        ):
            _stroke(layer, [(-2, y), (WIDTH + 2, y + tilt * WIDTH)], width)
    else:  # squared paper, or the cells of a table
        high, wide = (rng.uniform(6, 14),) * 2 if kind < 0.55 else (rng.uniform(24, 60), rng.uniform(24, 80))
        left, top = rng.uniform(0, wide), rng.uniform(0, high)
        if kind >= 0.55 and marks:
            x, y, *_ = marks[rng.integers(len(marks))]
            left, top = x - wide * rng.uniform(0.25, 0.75), y - high * rng.uniform(0.25, 0.75)
        for y in np.arange(top % high - high, HEIGHT + high, high):
            _stroke(layer, [(-2, y), (WIDTH + 2, y + tilt * WIDTH)], width)
        if kind < 0.55 or rng.random() < 0.8:
            for x in np.arange(left % wide - wide, WIDTH + wide, wide):
                _stroke(layer, [(x, -2), (x - tilt * HEIGHT, HEIGHT + 2)], width)
    ground += dark * layer


# Copy


def _cropped(picture: np.ndarray, marks, rng: np.random.Generator) -> np.ndarray:
    """Cut close to the writing at some sides; what is beyond goes on as the border is."""
    if not marks:
        return picture
    boxes = np.array(
        [(x - h / 2, y - h / 2, x + h / 2, y + h / 2) for x, y, h, _ in marks if h > 12] or [(20, 20, 60, 60)]
    )
    sides = rng.random(4) < (0.5, 0.6, 0.5, 0.6)
    main = boxes[0]
    left = int(np.clip(boxes[:, 0].min() + rng.uniform(-3, 1), 0, WIDTH - 30)) if sides[0] else 0
    top = int(np.clip(main[1] + rng.uniform(-9, 0.5), 0, HEIGHT - 30)) if sides[1] else 0
    right = int(np.clip(boxes[:, 2].max() + rng.uniform(-1, 4), left + 20, WIDTH)) if sides[2] else WIDTH
    bottom = int(np.clip(main[3] + rng.uniform(-0.5, 9), top + 20, HEIGHT)) if sides[3] else HEIGHT
    marks[:] = [mark for mark in marks if left <= mark[0] < right and top <= mark[1] < bottom]
    return extended(picture[top:bottom, left:right], top, HEIGHT - bottom, left, WIDTH - right)


def _copied(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Made coarse, blurred, thresholded or compressed."""
    if rng.random() < 0.35:
        share = rng.uniform(0.5, 0.95)
        small = Image.fromarray(picture).resize(
            (round(WIDTH * share), round(HEIGHT * share)), Image.Resampling.BILINEAR
        )
        picture = np.asarray(small.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))
    if rng.random() < 0.5:
        picture = ndimage.gaussian_filter(picture, rng.uniform(0.3, 1.0))
    if rng.random() < 0.5:
        picture = picture + rng.uniform(0, 0.05) * rng.standard_normal(picture.shape, np.float32)
    if rng.random() < 0.12:
        around = ndimage.uniform_filter(picture, 31)
        hard = np.where(picture < around * rng.uniform(0.75, 0.92), 0.0, 1.0).astype(np.float32)
        picture = ndimage.gaussian_filter(hard, rng.uniform(0.2, 0.6))
    return np.clip(picture, 0, 1).astype(np.float32)
