"""Bits of paper, put together; and pictures of them in any resolution, whole, cut to a line or to one character."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

from mnistcore.data.hands import Written
from mnistcore.data.scenes.copies import copied, cropped
from mnistcore.data.scenes.drawings import drawing
from mnistcore.data.scenes.glyphs import Glyphs
from mnistcore.data.scenes.paper import on_paper
from mnistcore.data.scenes.scene import HEIGHT, NO_DIGIT, WIDTH, Scene
from mnistcore.data.scenes.strokes import slant
from mnistcore.data.scenes.table import write_table
from mnistcore.data.scenes.writing import write_line, write_lines
from mnistcore.digit.form import SPAN
from mnistcore.page.scan import extended

TABLES = 0.15  # share of the scenes that show cells of a table
ZOOMS = np.log(0.75), np.log(2.6)  # between these a picture is enlarged, on a logarithmic scale


def scenes(glyphs: Glyphs, count: int, rng: np.random.Generator) -> Iterator[Scene]:
    """So many bits of paper."""
    for _ in range(count):
        yield _scene(glyphs, rng)


def _scene(glyphs: Glyphs, rng: np.random.Generator, tables: float = TABLES) -> Scene:
    ink, rules = np.zeros((2, HEIGHT, WIDTH), np.float32)
    marks: list[tuple[float, float, float, int]] = []
    if rng.random() < tables:
        write_table(ink, rules, marks, glyphs, rng)
    else:
        write_lines(ink, marks, glyphs, rng)
        slant(ink, marks, rng.normal(0.06, 0.18))  # most people's writing leans to the right
    picture = on_paper(ink, rules, marks, rng)
    if rng.random() < 0.35:
        picture = cropped(picture, marks, rng)
    return Scene(copied(picture, rng), marks)


def sparse(glyphs: Glyphs, rng: np.random.Generator) -> Scene:
    """One to three digits on a large empty sheet, which may have rules, and something dark beside it."""
    ink, rules = np.zeros((2, HEIGHT, WIDTH), np.float32)
    marks: list[tuple[float, float, float, int]] = []
    write_line(ink, marks, glyphs, HEIGHT / 2, rng.normal(SPAN, 1.6), 0, rng, False, rng.choice([12, 30, 55]))
    slant(ink, marks, rng.normal(0.06, 0.18))
    picture = copied(on_paper(ink, rules, marks, rng), rng)
    top, bottom, left, right = rng.integers(0, 160, 4).tolist()
    picture = extended(picture, top, bottom, left, right)
    picture += rng.uniform(0, 0.03) * rng.standard_normal(picture.shape, np.float32)
    if rng.random() < 0.5:
        edge = int(rng.integers(3, 60))
        picture = np.pad(picture, ((0, 0), (edge, 0)), constant_values=rng.uniform(0, 0.3))
        left += edge
    marks = [(x + left, y + top, height, label) for x, y, height, label in marks]
    return Scene(picture.clip(0, 1), marks)


def pictures(glyphs: Glyphs, written: Written, count: int, rng: np.random.Generator) -> Iterator[Scene]:
    """Bits of paper in any resolution, whole or cut to a line; drawings, lone digits, tables, characters cut out."""
    for scene in scenes(glyphs, count, rng):
        kind = rng.random()
        if kind < 0.25:
            yield drawing(written, rng)
            continue
        if kind < 0.4:
            scene = sparse(glyphs, rng)
            yield Scene(*resized(scene, float(np.exp(rng.uniform(np.log(0.4), np.log(1.5))))))
            continue
        if kind < 0.55:
            yield cutting(glyphs, rng)
            continue
        zoom = float(np.exp(rng.uniform(*ZOOMS)))
        if kind < 0.7:
            yield Scene(*resized(_scene(glyphs, rng, tables=1), zoom))
            continue
        picture, marks = resized(scene, zoom)
        if rng.random() < 0.85:
            high = min(picture.shape[0], int(rng.uniform(1.2, 4) * SPAN * zoom))
            wide = min(picture.shape[1], int(np.exp(rng.uniform(np.log(1.2), np.log(9))) * SPAN * zoom))
            x, y, *_ = marks[0] if marks else (picture.shape[1] / 2, picture.shape[0] / 2)
            top = int(np.clip(y - high / 2 + rng.normal(0, 3) * zoom, 0, picture.shape[0] - high))
            left = int(np.clip(x - rng.uniform(0.6, 3) * SPAN / 2 * zoom, 0, picture.shape[1] - wide))
            yield _cut(picture, marks, left, top, wide, high)
        else:
            yield Scene(picture, marks)


def cutting(glyphs: Glyphs, rng: np.random.Generator) -> Scene:
    """One digit, or as often one letter, cut out closely, with whatever stands beside it."""
    letter = rng.random() < 0.5
    wanted: list[tuple[float, float, float, int]] = []
    while not wanted:
        scene = _scene(glyphs, rng)
        wanted = [m for m in scene.marks if (m[3] == NO_DIGIT if letter else m[3] < NO_DIGIT) and m[2] > SPAN / 2]
    zoom = float(np.exp(rng.uniform(*ZOOMS)))
    picture, marks = resized(scene, zoom)
    x, y, height, _ = (zoom * side for side in wanted[rng.integers(len(wanted))])
    wide, high = (round(height * rng.uniform(*sides)) for sides in ((0.7, 1.6), (1.02, 1.7)))
    left, top = (round(m - s / 2 + rng.normal(0, 0.06) * height) for m, s in ((x, wide), (y, high)))
    return _cut(picture, marks, max(0, left), max(0, top), wide, high)


def zoomed(scene: Scene, rng: np.random.Generator) -> Scene:
    """The scene with writing that is far too large or too small for a window."""
    zoom = rng.uniform(1.45, 3.2) if rng.random() < 0.65 else rng.uniform(0.35, 0.65)
    high, wide = scene.picture.shape
    picture, marks = resized(scene, zoom)
    if zoom < 1:
        down, right = high - picture.shape[0], wide - picture.shape[1]
        picture = extended(picture, down // 2, down - down // 2, right // 2, right - right // 2)
        return Scene(picture, [(x + right // 2, y + down // 2, h, label) for x, y, h, label in marks])
    x, y, *_ = marks[rng.integers(len(marks))] if marks else (wide, high, 0, 0)
    left = int(np.clip(x - rng.uniform(40, wide - 40), 0, picture.shape[1] - wide))
    top = int(np.clip(y - high / 2 + rng.normal(0, 10), 0, picture.shape[0] - high))
    return _cut(picture, marks, left, top, wide, high)


def resized(scene: Scene, zoom: float) -> tuple[np.ndarray, list]:
    """Its picture and marks, so many times as large."""
    image = Image.fromarray(scene.picture)
    method = Image.Resampling.BICUBIC if zoom > 1 else Image.Resampling.BOX
    image = image.resize((round(image.width * zoom), round(image.height * zoom)), method)
    marks = [(x * zoom, y * zoom, height * zoom, label) for x, y, height, label in scene.marks]
    return np.asarray(image).clip(0, 1), marks


def _cut(picture: np.ndarray, marks: list, left: int, top: int, wide: int, high: int) -> Scene:
    inside = [(x - left, y - top, height, label) for x, y, height, label in marks]
    inside = [mark for mark in inside if 0 <= mark[0] < wide and 0 <= mark[1] < high]
    return Scene(picture[top : top + high, left : left + wide], inside)
