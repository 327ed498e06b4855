"""Lines of digits with dots, dashes, letters and closing strokes among them; and printed words."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mnistcore.data.scenes.glyphs import Glyphs, fonts
from mnistcore.data.scenes.scene import HEIGHT, LIKE_DIGIT, NO_DIGIT, WIDTH
from mnistcore.data.scenes.strokes import draw_stroke, lay, sized
from mnistcore.digit.form import SPAN

LETTERS = "abcdefghijklmnopqrstuvwxyz" * 3 + "ABCDEFGHIJKLMNOPQRSTUVWXYZ.,:-()"
LOOK_LIKE_DIGITS = frozenset("OoQDIliSsZzBbqgG")


def write_lines(ink, marks, glyphs: Glyphs, rng: np.random.Generator) -> None:
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
            write_line(ink, marks, glyphs, y, height, slope, rng, other_writing=number > 0 and rng.random() < 0.5)


def write_line(
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
        shape = sized(glyph, tall, squeeze)
        left, top = round(x), round(y + slope * (x - first) - shape.shape[0] / 2 + down)
        if left + shape.shape[1] > WIDTH - 1:
            break
        if before is not None and marks and label != NO_DIGIT and gap < 3 and rng.random() < 0.2:
            _join(ink, left, top, shape, rng)
        lay(ink, shape, left, top)
        marks.append((left + (shape.shape[1] - 1) / 2, top + (shape.shape[0] - 1) / 2, float(shape.shape[0]), label))
        x = left + shape.shape[1] + max(rng.normal(gap, spread), -3.5)
        if rng.random() < 0.12:
            x = _point(ink, marks, x, y + height / 2, rng)
    if rng.random() < 0.5 and x < WIDTH - 12:
        _closing(ink, marks, x + rng.uniform(-1, 6), y, height, rng)
    if rng.random() < 0.12:  # underlined
        stroke = y + height / 2 + rng.uniform(0.5, 6)
        draw_stroke(ink, [(first - rng.uniform(-3, 6), stroke), (x, stroke + rng.normal(0, 2))], rng.uniform(0.8, 2.2))


def _print_line(ink: np.ndarray, marks, y: float, height: float, rng: np.random.Generator) -> None:
    """Printed words, whose capitals are so high."""
    some = fonts()
    font = ImageFont.truetype(str(some[rng.integers(len(some))]), max(6, round(1.37 * height)))
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


def _join(ink: np.ndarray, left: int, top: int, shape: np.ndarray, rng: np.random.Generator) -> None:
    """A thin stroke from what stands before to a digit's beginning, as of a pen that was not lifted."""
    y = top + shape.shape[0] * rng.uniform(0.05, 0.6)
    bend = (left - 2, y + rng.uniform(-2, 3))
    draw_stroke(ink, [(left - rng.uniform(4, 8), y + rng.uniform(-3, 6)), bend, (left + 3, y)], rng.uniform(0.7, 1.5))


def _point(ink: np.ndarray, marks, x: float, base: float, rng: np.random.Generator) -> float:
    """A dot or a comma at the foot of the line; where the next digit begins."""
    size = rng.uniform(1.2, 3.2)
    y = base - rng.uniform(-1, 3.5) if rng.random() < 0.85 else base - SPAN / 2
    tail = (0, 0) if rng.random() < 0.6 else (-rng.uniform(0, 3), rng.uniform(1, 5))
    draw_stroke(ink, [(x, y), (x + 0.4 + tail[0], y + 0.4 + tail[1])], size)
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
            draw_stroke(
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
            draw_stroke(ink, [(x + shift + lean + 3, y - height / 2), (x + shift - 2, y + height / 2)], width)
    elif kind == 5:
        draw_stroke(ink, [(x, middle - 5), (x + 9, middle + 5)], width)
        draw_stroke(ink, [(x + 9, middle - 5), (x, middle + 5)], width)
    else:
        for shift in (-2, 2):
            draw_stroke(ink, [(x, middle + shift + 1), (x + 12, middle + shift - 1)], width)
            draw_stroke(ink, [(x + 5 + shift, middle - 5), (x + 3 + shift, middle + 6)], width)
    marks.append((x + wide / 2, middle, height / 2, NO_DIGIT))
