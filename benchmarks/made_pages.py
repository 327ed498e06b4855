"""Make photos of pages whose digits are known, for benchmarks/photos.py: digits, letters and scribbles on paper.

A page is put together as a camera would find it: ink on paper with grain and printed lines, seen at an angle, in uneven
light with a shadow, blurred, and saved as a JPEG. No two pages are alike.
"""

import io
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from mnistcore import BlankImage, prepare
from mnistcore.data import non_digits

INKS = {"black pen": (35, 35, 40), "blue pen": (40, 55, 140), "pencil": (115, 115, 118), "marker": (15, 15, 20)}
PAPERS = [(250, 249, 245), (240, 238, 230), (228, 224, 212), (245, 240, 215), (215, 218, 222)]
LINES = ["plain", "ruled", "squared", "frame"]


@dataclass(frozen=True)
class Kind:
    """How pages are made. Lengths are in shares of the page's shorter side."""

    digits: tuple[int, int] = (1, 40)  # how many, from and to
    row: tuple[int, int] = (2, 10)  # digits a row, from and to
    height: tuple[float, float] = (0.04, 0.1)  # of a digit; a page with few digits may have larger ones
    gap: tuple[float, float] = (0.15, 0.9)  # between two digits, in heights of a digit; negative ones overlap
    touching: float = 0.0  # the share of neighbours that touch
    others: float = 0.25  # letters and scribbles, as a share of the digits
    light: float = 0.35  # how much of the light is missing where there is least
    size: tuple[int, int] = (1600, 1200)
    camera: bool = True  # otherwise a drawing or a scan without any flaw


@dataclass
class Made:
    """A page, and what stands on it: labels (n,), boxes (n, 4) as left, top, right, bottom, and the text."""

    image: Image.Image
    labels: np.ndarray
    boxes: np.ndarray
    text: str
    pairs: np.ndarray  # (k,) the first digit of each two that touch


def make_page(glyphs, labels, rng, kind):
    """One page.

    Args:
        glyphs: function from an index into `labels` and a height in pixels to ink, (height, width) float32 in 0-1.
        labels: (n,) the digits to choose from.
        rng: the random generator.
        kind: what it is like.
    """
    width, height = kind.size if rng.random() < 0.5 else kind.size[::-1]
    ink, chosen, boxes, rows, pairs = _write(glyphs, labels, rng, kind, width, height)
    digits = labels[chosen]
    text = "\n".join("".join(str(digits[i]) for i in row) for row in rows)
    colour = list(INKS.values())[rng.integers(len(INKS))]
    picture = _on_paper(ink, colour, rng, kind, boxes)
    if kind.camera:
        picture, boxes = _seen_at_an_angle(picture, boxes, rng)
        picture = _photographed(picture, rng, kind)
    return Made(picture, digits, boxes, text, np.array(pairs, int))


def make_mark_sheet(glyphs, labels, rng):
    """A table of marks, printed or drawn with a ruler, and what stands in its cells: a picture, and rows of strings."""
    kind = Kind()
    rows, columns = int(rng.integers(5, 31)), int(rng.integers(2, 7))
    width, height = 1200, 1600
    left, top = rng.uniform(0.05, 0.12, 2) * width
    high = min(0.85 * height / rows, rng.uniform(60, 110))
    wide = rng.uniform(0.6, 0.88) * width / columns
    x, y = left + wide * np.arange(columns + 1), top + high * np.arange(rows + 1)
    ink = np.zeros((height, width), np.float32)
    table = [[""] * columns for _ in range(rows)]
    tall, filled = high * rng.uniform(0.45, 0.65), rng.uniform(0.6, 1)
    for row in range(rows):
        for column in range(columns):
            if rng.random() > filled:
                continue
            chosen = rng.integers(0, len(labels), rng.choice([1, 2, 2, 3]))
            parts = [glyphs(int(i), tall * rng.uniform(0.9, 1.1)) for i in chosen]
            gap = 0.12 * tall
            space = wide - sum(part.shape[1] + gap for part in parts)
            if space < 0.2 * tall:
                continue
            at = x[column] + space * rng.uniform(0.2, 0.8)
            for part in parts:
                down = int(y[row] + (high - part.shape[0]) / 2 + rng.normal(0, 0.04) * high)
                view = ink[down : down + part.shape[0], int(at) : int(at) + part.shape[1]]
                np.maximum(view, part, out=view)
                at += part.shape[1] + gap
            table[row][column] = "".join(str(labels[i]) for i in chosen)
    page = _on_paper(ink, list(INKS.values())[rng.integers(len(INKS))], rng, kind, ())
    rules = Image.new("L", (width, height))
    draw, thick, off = ImageDraw.Draw(rules), int(rng.integers(2, 6)), 3 if rng.random() < 0.5 else 0  # drawn ones are
    for here in x:
        draw.line([(here + rng.normal(0, off), y[0] - off), (here + rng.normal(0, off), y[-1] + off)], 255, thick)
    for here in y:
        draw.line([(x[0] - off, here + rng.normal(0, off)), (x[-1] + off, here + rng.normal(0, off))], 255, thick)
    dark = rng.uniform(40, 130)
    page += (dark - page) * (np.asarray(rules, np.float32) / 255)[..., np.newaxis]
    page, _ = _seen_at_an_angle(page, np.zeros((0, 4)), rng)
    return _photographed(page, rng, kind), table


def mnist_glyphs(images):
    """MNIST's digits as `make_page` takes them."""

    def glyph(index, height, pen=None):
        del pen  # is MNIST's own
        return enlarged(images[index], height)

    return glyph


def enlarged(image, height):
    """The ink of an MNIST image, (height, width) float32 in 0-1, with sharp edges again."""
    rows, columns = (np.flatnonzero((image > 20).any(axis=axis)) for axis in (1, 0))
    digit = Image.fromarray(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    scale = height / 20  # the longer side of each of MNIST's digits
    size = max(2, round(digit.width * scale)), max(2, round(digit.height * scale))
    soft = np.asarray(digit.resize(size, Image.Resampling.BICUBIC), np.float32) / 255
    return np.clip((soft - 0.5) * max(1.0, scale) + 0.5, 0, 1)


def pen_glyphs(drawings):
    """Digits given as strokes, [[x, y], ...] each, as `make_page` takes them."""

    def glyph(index, height, pen=0.09):
        strokes = [np.asarray(stroke, float) for stroke in drawings[index]["strokes"]]
        points = np.concatenate(strokes)
        low, high = points.min(axis=0), points.max(axis=0)
        radius = max(1.0, pen * height / 2)
        scale = (height - 2 * radius) / max((high - low).max(), 1e-6)
        return paint([(stroke - low) * scale + radius + 1 for stroke in strokes], 2 * radius)

    return glyph


def paint(strokes, brush):
    """Strokes, (k, 2) pixels each, drawn by a round brush: (height, width) float32 in 0-1."""
    smooth = 2  # times larger, then reduced
    extent = np.ceil(np.concatenate(strokes).max(axis=0) + brush / 2 + 2).astype(int)
    image = Image.new("L", tuple(int(side) * smooth for side in extent))
    draw, radius = ImageDraw.Draw(image), brush * smooth / 2
    for stroke in strokes:
        points = [tuple(point) for point in stroke * smooth]
        if len(points) > 1:
            draw.line(points, fill=255, width=round(2 * radius), joint="curve")
        for x, y in points:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    image = image.reduce(smooth)
    return np.asarray(image.crop(image.getbbox()), np.float32) / 255


def _write(glyphs, labels, rng, kind, width, height):
    """Ink, chosen digits, their boxes, rows of their numbers, and pairs that touch."""
    count = int(np.exp(rng.uniform(*np.log([kind.digits[0], kind.digits[1] + 0.99]))))
    short, edge = min(width, height), 0.06 * min(width, height)
    tall = rng.uniform(*kind.height) * short
    if count <= 5:
        tall *= rng.uniform(1, 2.5)
    pen = rng.uniform(0.05, 0.13)
    ink = np.zeros((height, width), np.float32)
    chosen, boxes, rows, pairs = [], [], [], []
    top = edge + rng.uniform(0, 0.15) * height
    while len(chosen) < count and top + 1.6 * tall < height - edge:
        row, left = [], edge + rng.uniform(0, 0.2) * width
        end = len(chosen) + int(rng.integers(min(kind.row[0], count), kind.row[1] + 1))
        drift = rng.normal(0, 0.02)
        previous = None
        while len(chosen) < min(count, end):
            index = int(rng.integers(len(labels)))
            glyph = glyphs(index, tall * rng.uniform(0.85, 1.15), pen)
            y = int(top + 0.6 * tall - glyph.shape[0] / 2 + drift * (left - edge) + rng.normal(0, 0.06) * tall)
            touches = previous is not None and rng.random() < kind.touching
            if touches:
                x = touching_place(ink, previous, glyph, y)
            else:
                x = int(left if previous is None else previous[2] + rng.uniform(*kind.gap) * tall)
                if previous is not None and kind.gap[0] > 0:  # slanting digits may reach over the next
                    x = max(x, touching_place(ink, previous, glyph, y) + 4)
            box = (x, y, x + glyph.shape[1], y + glyph.shape[0])
            if box[2] > width - edge or y < 0 or box[3] > height:
                break
            if touches:
                pairs.append(len(chosen) - 1)
            view = ink[box[1] : box[3], box[0] : box[2]]
            np.maximum(view, glyph, out=view)
            row.append(len(chosen))
            chosen.append(index)
            boxes.append(box)
            previous = box
        if row:
            rows.append(row)
        top += tall * rng.uniform(1.5, 2.6)
    _scatter_others(ink, boxes, rng, round(kind.others * len(chosen) + (kind.others > 0) * rng.random()), tall, edge)
    return ink, np.array(chosen), np.array(boxes, float).reshape(-1, 4), rows, pairs


def touching_place(ink, previous, glyph, y):
    """The leftmost x at which a glyph's ink just meets that of its predecessor's box."""
    left, _, right, _ = previous
    before = ink[max(y, 0) : y + glyph.shape[0], left:right] > 0.5
    after = glyph[max(-y, 0) :][: len(before)] > 0.5
    rows = before.any(axis=1) & after.any(axis=1)
    if not rows.any():
        return right - 1
    end = left + before.shape[1] - before[:, ::-1].argmax(axis=1)
    return int((end - after.argmax(axis=1))[rows].max()) - 1


def _scatter_others(ink, boxes, rng, count, tall, edge):
    """Letters, symbols and scribbles, where there is room."""
    height, width = ink.shape
    for _ in range(count):
        if rng.random() < 0.7:
            glyph = enlarged(_other(rng), tall * rng.uniform(0.7, 1.2))
        else:
            knots = rng.normal(0, 0.25, (rng.integers(8, 20), 2)).cumsum(axis=0)
            glyph = paint([(knots - knots.min(axis=0)) * tall * 0.5 + 4], max(2, 0.07 * tall))
            glyph = glyph[: int(3 * tall), : int(4 * tall)]
        for _ in range(20):
            x = int(rng.uniform(edge, width - edge - glyph.shape[1]))
            y = int(rng.uniform(edge, height - edge - glyph.shape[0]))
            place = np.array([x, y, x + glyph.shape[1], y + glyph.shape[0]]) + 0.4 * tall * np.array([-1, -1, 1, 1])
            apart = [b[0] > place[2] or b[2] < place[0] or b[1] > place[3] or b[3] < place[1] for b in boxes]
            around = ink[max(0, int(place[1])) : int(place[3]), max(0, int(place[0])) : int(place[2])]
            if all(apart) and not around.any():
                ink[y : y + glyph.shape[0], x : x + glyph.shape[1]] = glyph
                break


def _other(rng):
    """A letter or a symbol that is more than a dot."""
    while True:
        with suppress(BlankImage):
            return prepare(next(non_digits.glyphs(1, rng)))


def _on_paper(ink, colour, rng, kind, boxes):
    """Ink on paper with its grain and printed lines: (height, width, 3) float32 in 0-255."""
    height, width = ink.shape
    paper = np.array(PAPERS[rng.integers(len(PAPERS))] if kind.camera else (255, 255, 255), np.float32)
    page = np.broadcast_to(paper, (height, width, 3)).copy()
    if kind.camera:
        fine = rng.normal(0, rng.uniform(0.5, 2.5), (height, width))
        coarse = _smooth_field(rng, width, height, 40) * rng.uniform(0, 4)
        page += (fine + coarse)[..., np.newaxis].astype(np.float32)
        page = _with_lines(page, rng, boxes)
    strength = ink * rng.uniform(0.8, 1.0)
    if kind.camera:  # a pen does not write evenly, a pencil least of all
        strength = strength * (1 - rng.uniform(0, 0.25) * np.abs(_smooth_field(rng, width, height, 150)))
    return page + (np.array(colour, np.float32) - page) * strength[..., np.newaxis]


def _with_lines(page, rng, boxes):
    """The page with the lines of its kind of paper, or a frame drawn around the digits."""
    kind = LINES[rng.integers(len(LINES))]
    height, width = page.shape[:2]
    drawing = Image.new("L", (width, height))
    draw = ImageDraw.Draw(drawing)
    thick = int(rng.integers(1, 4))
    step = min(width, height) * (rng.uniform(0.06, 0.12) if kind == "ruled" else rng.uniform(0.035, 0.08))
    if kind in ("ruled", "squared"):
        for y in np.arange(rng.uniform(0, step), height, step):
            draw.line([(0, y), (width, y)], fill=255, width=thick)
    if kind == "squared":
        for x in np.arange(rng.uniform(0, step), width, step):
            draw.line([(x, 0), (x, height)], fill=255, width=thick)
    if kind == "frame" and len(boxes):
        margin = 0.03 * min(width, height)
        frame = np.concatenate([boxes[:, :2].min(axis=0) - margin, boxes[:, 2:].max(axis=0) + margin])
        draw.rectangle([float(side) for side in frame], outline=255, width=thick + 1)
    colours = [(150, 175, 215), (170, 170, 175), (205, 150, 150), (140, 190, 160)]
    if kind == "frame":
        colours = [(60, 60, 60), (120, 120, 120)]
    colour = np.array(colours[rng.integers(len(colours))], np.float32)
    strength = np.asarray(drawing, np.float32)[..., np.newaxis] / 255 * rng.uniform(0.4, 1)
    return page + (colour - page) * strength


def _smooth_field(rng, width, height, scale):
    """Random hills and valleys about `scale` pixels wide, (height, width) float32 of standard deviation about 1."""
    small = rng.normal(0, 1, (height // scale + 3, width // scale + 3)).astype(np.float32)
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))


def _seen_at_an_angle(page, boxes, rng):
    """The page turned a little and seen in perspective, and its boxes there."""
    height, width = page.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    angle = np.radians(np.clip(rng.normal(0, 2), -5, 5))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = corners.mean(axis=0)
    target = (corners - middle) @ turn.T + middle + rng.normal(0, 0.012, (4, 2)) * min(width, height)
    back = _homography(target, corners)
    image = Image.fromarray(np.clip(page, 0, 255).astype(np.uint8))
    fill = tuple(int(v) for v in page[0, 0].clip(0, 255) * (0.35 if rng.random() < 0.4 else 1))  # the table
    image = image.transform(
        (width, height), Image.Transform.PERSPECTIVE, back, Image.Resampling.BICUBIC, fillcolor=fill
    )
    a, b, c, d, e, f, g, h = _homography(corners, target)
    x, y = boxes[:, [0, 2, 2, 0]], boxes[:, [1, 1, 3, 3]]
    w = g * x + h * y + 1
    x, y = (a * x + b * y + c) / w, (d * x + e * y + f) / w
    return np.asarray(image, np.float32), np.stack([x.min(1), y.min(1), x.max(1), y.max(1)], axis=1)


def _homography(source, target):
    """The eight numbers of the perspective map that takes four points to four others."""
    rows = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    return np.linalg.solve(np.array(rows), target.reshape(-1))


def _photographed(page, rng, kind):
    """Uneven light and a shadow, a camera's blur and noise, and JPEG."""
    height, width = page.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / max(height, width)
    direction = rng.uniform(0, 2 * np.pi)
    slope = x * np.cos(direction) + y * np.sin(direction)
    slope = (slope - slope.min()) / max(slope.max() - slope.min(), 1e-6)
    light = 1 - rng.uniform(0, kind.light) * slope
    if rng.random() < 0.5:  # the shadow of a hand or a phone
        centre, radius = rng.uniform(0, 1, 2), rng.uniform(0.15, 0.5)
        distance = np.hypot(x - centre[0], (y - centre[1]) * rng.uniform(0.6, 1.6))
        soft = rng.uniform(0.01, 0.08)
        light *= 1 - rng.uniform(0, kind.light) / (1 + np.exp(((distance - radius) / soft).clip(-50, 50)))
    page = page * light[..., np.newaxis] * rng.uniform(0.75, 1.0)
    image = Image.fromarray(page.clip(0, 255).astype(np.uint8))
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.6) * max(image.size) / 1600))
    noisy = np.asarray(image, np.float32) + rng.normal(0, rng.uniform(0.5, 4), (height, width, 1))
    file = io.BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=int(rng.integers(50, 95)))
    return Image.open(file)


KINDS = {
    "1 to 40 digits": Kind(),
    "touching pairs": Kind(digits=(2, 20), touching=0.4),
    "a phone number": Kind(digits=(10, 10), row=(10, 10), height=(0.05, 0.065), gap=(0.08, 0.45), others=0.0),
}
EXAMPLE = Kind((18, 26), row=(5, 8), height=(0.085, 0.1), others=0.1, size=(900, 1200), light=0.4)
