"""The paper under the ink: printed lines, security print, cells and shadows."""

from __future__ import annotations

import numpy as np
from PIL import Image
from scipy import ndimage

from mnistcore.data.scenes.scene import HEIGHT, WIDTH
from mnistcore.data.scenes.strokes import draw_stroke


def on_paper(ink: np.ndarray, rules: np.ndarray, marks, rng: np.random.Generator) -> np.ndarray:
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
            draw_stroke(layer, [(-2, y), (WIDTH + 2, y + tilt * WIDTH)], width)
    else:  # squared paper, or the cells of a table
        high, wide = (rng.uniform(6, 14),) * 2 if kind < 0.55 else (rng.uniform(24, 60), rng.uniform(24, 80))
        left, top = rng.uniform(0, wide), rng.uniform(0, high)
        if kind >= 0.55 and marks:
            x, y, *_ = marks[rng.integers(len(marks))]
            left, top = x - wide * rng.uniform(0.25, 0.75), y - high * rng.uniform(0.25, 0.75)
        for y in np.arange(top % high - high, HEIGHT + high, high):
            draw_stroke(layer, [(-2, y), (WIDTH + 2, y + tilt * WIDTH)], width)
        if kind < 0.55 or rng.random() < 0.8:
            for x in np.arange(left % wide - wide, WIDTH + wide, wide):
                draw_stroke(layer, [(x, -2), (x - tilt * HEIGHT, HEIGHT + 2)], width)
    ground += dark * layer
