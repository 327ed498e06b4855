"""Cells, of which some are empty and most others hold one digit."""

from __future__ import annotations

import numpy as np

from mnistcore.data.scenes.glyphs import Glyphs, printed
from mnistcore.data.scenes.scene import HEIGHT, NO_DIGIT, WIDTH
from mnistcore.data.scenes.strokes import draw_stroke, lay, sized
from mnistcore.digit.form import SPAN

CELLS = np.log(1.5), np.log(12)  # heights of a digit, between which a cell of a ledger is wide, on a logarithmic scale


def write_table(ink, rules, marks, glyphs: Glyphs, rng: np.random.Generator) -> None:
    """Cells, of which some are empty and most others hold one digit, printed or written."""
    high = SPAN * rng.uniform(1.25, 2.6)
    wide = high * rng.uniform(0.8, 1.3) if rng.random() < 0.7 else SPAN * np.exp(rng.uniform(*CELLS))
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
            if wide > 3 * SPAN:  # as often at either side
                at_x = x + rng.uniform(0.1, 0.9) * wide - 7.5 * (count - 1)
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
                shape = sized(glyph, tall * (1 if of_print else np.exp(rng.normal(0, 0.08))), 1)
                at = round(at_x - shape.shape[1] / 2), round(at_y - shape.shape[0] / 2)
                middle = at[0] + (shape.shape[1] - 1) / 2, at[1] + (shape.shape[0] - 1) / 2
                if 0 <= middle[0] < WIDTH and 0 <= middle[1] < HEIGHT:
                    lay(ink, shape, *at)
                    marks.append((*middle, float(shape.shape[0]), label))
                at_x += shape.shape[1] + rng.uniform(1, 4)
    width = rng.uniform(0.6, 2.6)
    thick = rng.uniform(1, 2.5) if rng.random() < 0.4 else 1  # some rules may be
    for number, y in enumerate(np.arange(top, HEIGHT + high, high)):
        draw_stroke(rules, [(-2, y), (WIDTH + 2, y + tilt * WIDTH)], width * (thick if number % 3 == 1 else 1))
    if rng.random() < 0.9:
        for number, x in enumerate(np.arange(left, WIDTH + wide, wide)):
            draw_stroke(rules, [(x, -2), (x - tilt * HEIGHT, HEIGHT + 2)], width * (thick if number % 3 == 1 else 1))
    rules *= rng.uniform(0.3, 1)
