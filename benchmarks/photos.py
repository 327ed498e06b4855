#!/usr/bin/env python3
"""How well `mnistcore.read_page` reads pages of known digits, how long it takes and how much memory.

    .venv/bin/python benchmarks/photos.py                          # made photos of MNIST's test digits
    .venv/bin/python benchmarks/photos.py --pens drawings.jsonl.gz # and drawings of one to five digits

A page is made as `made_pages.py` says: digits, letters and scribbles in pen or pencil, on plain, ruled, squared or
framed paper, photographed at an angle in uneven light. Three kinds: 1 to 40 digits; the same with pairs that touch; a
phone number. A digit counts as found if a box that was found covers it, and as right if it is read as what it is.

--pens: a file of JSON lines, {"label": 7, "strokes": [[[x, y], ...], ...]}. Numbers of two to five such digits are
drawn side by side as on the app's canvas, from touching to wide apart; and each digit alone, in six ways.
"""

import argparse
import gzip
import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")
sys.path.insert(0, str(Path(__file__).parent.parent))

import made_pages
import numpy as np
from PIL import Image

import mnistcore
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.digit.files import open_page

COVERED = 0.4  # intersection of the two boxes over their union
CANVAS = 280  # pixels
SINGLE = {  # brush in pixels, size, place on the canvas, dark on light
    "brush 20": (20, 0.7, (0, 0), False),
    "brush 12": (12, 0.7, (0, 0), False),
    "brush 6": (6, 0.7, (0, 0), False),
    "brush 16, large": (16, 0.94, (0, 0), False),
    "brush 10, small, in a corner": (10, 0.4, (-70, -70), False),
    "brush 12, dark on light": (12, 0.7, (0, 0), True),
}


def matched(made, page):
    """For each digit on the page the number of what was found there, or -1: (n,) int."""
    found = np.array([digit.box for digit in page.digits], float).reshape(-1, 4)
    found[:, 2:] += found[:, :2]
    low = np.maximum(made.boxes[:, np.newaxis, :2], found[:, :2])
    high = np.minimum(made.boxes[:, np.newaxis, 2:], found[:, 2:])
    common = np.prod(np.maximum(high - low, 0), axis=2)

    def area(boxes):
        return np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)

    share = common / (area(made.boxes)[:, np.newaxis] + area(found) - common)
    match = np.full(len(made.boxes), -1)
    while share.size and share.max() > COVERED:
        digit, place = np.unravel_index(share.argmax(), share.shape)
        match[digit] = place
        share[digit], share[:, place] = 0, 0
    return match


def measure(name, pages, model, keep=None):
    """Read pages and print a line of the table."""
    digits = found = false = right = whole = pairs = pairs_right = 0
    taken = []
    for number, made in enumerate(pages):
        started = time.perf_counter()
        page = mnistcore.read_page(made.image, model)
        taken.append(time.perf_counter() - started)
        match = matched(made, page)
        read = np.array([page.digits[k].reading.digit if k >= 0 else -1 for k in match], int)
        correct = read == made.labels
        digits += len(match)
        found += (match >= 0).sum()
        false += len(page.digits) - (match >= 0).sum()
        right += correct.sum()
        whole += page.text == made.text
        pairs += len(made.pairs)
        pairs_right += (correct[made.pairs] & correct[made.pairs + 1]).sum() if len(made.pairs) else 0
        if keep and page.text != made.text:
            keep.mkdir(parents=True, exist_ok=True)
            annotated(made, page).save(keep / f"{name.replace(' ', '-')}-{number}.jpg", quality=80)
    touching = f"{pairs_right / pairs:8.2%}" if pairs else "       -"
    print(
        f"{name:26s}{len(taken):6d}{digits:8,d}{found / digits:9.2%}{false / max(1, found + false):9.2%}"
        f"{right / found:9.2%}{touching}{whole / len(taken):9.2%}{np.median(taken):8.2f} s",
        flush=True,
    )


def measure_tables(sheets, model):
    """Read mark sheets, and print how many of their cells are read right."""
    cells = right = whole = count = 0
    for image, table in sheets:
        read = mnistcore.read_page(image, model, kind="photo").table or []
        same = [len(row) for row in read] == [len(row) for row in table]
        good = (
            [a == b for row, truth in zip(read, table, strict=True) for a, b in zip(row, truth, strict=True)]
            if same
            else []
        )
        count, whole = count + 1, whole + same
        cells, right = cells + sum(map(len, table)), right + sum(good)
    print(
        f"{'mark sheets':26s}{count:6d}{cells:8,d} cells, {right / cells:.2%} right; {whole} tables of the right size"
    )


def annotated(made, page):
    """The page with what was found on it."""
    from PIL import ImageDraw

    image = made.image.convert("RGB")
    draw = ImageDraw.Draw(image)
    for digit in page.digits:
        x, y, width, height = digit.box
        draw.rectangle((x, y, x + width, y + height), outline=(255, 0, 0))
        draw.text((x, y - 24), str(digit.reading.digit), fill=(255, 0, 0), font_size=24)
    draw.text((4, 4), f"{made.text!r} read {page.text!r}", fill=(0, 0, 255), font_size=24)
    return image


def drawn_numbers(drawings, count, rng):
    """Numbers of two to five digits as the app's canvas shows them, white on black."""
    glyphs = made_pages.pen_glyphs(drawings)
    for _ in range(count):
        length = rng.integers(2, 6)
        brush = rng.uniform(5, 14) if length > 2 else rng.uniform(6, 20)
        gap = rng.choice([0.0, 0.05, 0.15, 0.35])
        chosen = rng.integers(0, len(drawings), length)
        tall = 0.55 * CANVAS if length == 2 else 0.9 * CANVAS / (0.85 * length)
        parts = [glyphs(int(i), tall * rng.uniform(0.9, 1.1), brush / tall) for i in chosen]
        room = CANVAS - 6
        while sum(part.shape[1] + gap * tall for part in parts) > room:
            tall *= 0.95
            parts = [glyphs(int(i), tall, brush / tall) for i in chosen]
        canvas = np.zeros((CANVAS, CANVAS), np.float32)
        boxes, pairs, x = [], [], 3
        for k, part in enumerate(parts):
            y = int(np.clip((CANVAS - part.shape[0]) / 2 + rng.normal(0, 0.05) * tall, 0, CANVAS - part.shape[0]))
            if boxes:
                meets = made_pages.touching_place(canvas, boxes[-1], part, y)
                x = max(boxes[-1][0] + 3, meets + round(gap * tall * rng.uniform(0.5, 1.5)) + (gap > 0))
                if gap == 0:
                    pairs.append(k - 1)
            part = part[:, : CANVAS - x]
            view = canvas[y : y + part.shape[0], x : x + part.shape[1]]
            np.maximum(view, part, out=view)
            boxes.append((x, y, x + part.shape[1], y + part.shape[0]))
        labels = np.array([drawings[i]["label"] for i in chosen])
        image = Image.fromarray(np.rint(255 * canvas).astype(np.uint8))
        text = "".join(map(str, labels))
        yield made_pages.Made(image, labels, np.array(boxes, float), text, np.array(pairs, int))


def measure_single(drawings, model):
    """Each digit alone: is it one digit, and is it read as `read` reads it?"""
    print(f"\n{'one digit on the canvas':32s}{'one digit':>10s}{'right':>9s}{'by read':>9s}")
    glyphs = made_pages.pen_glyphs(drawings)
    for name, (brush, size, (right, down), dark) in SINGLE.items():
        one = correct = by_read = 0
        for index, drawing in enumerate(drawings):
            glyph = glyphs(index, size * CANVAS, brush / (size * CANVAS))[:CANVAS, :CANVAS]
            canvas = np.zeros((CANVAS, CANVAS), np.float32)
            y, x = (np.clip((CANVAS - side) // 2 + shift, 0, CANVAS - side)
                    for side, shift in zip(glyph.shape, (down, right), strict=True))  # fmt: skip
            canvas[y : y + glyph.shape[0], x : x + glyph.shape[1]] = glyph
            image = Image.fromarray(np.rint(255 * (1 - canvas if dark else canvas)).astype(np.uint8))
            page = mnistcore.read_page(image, model)
            one += len(page.digits) == 1
            correct += [digit.reading.digit for digit in page.digits] == [drawing["label"]]
            by_read += mnistcore.read(image, model).digit == drawing["label"]
        n = len(drawings)
        print(f"{name:32s}{one / n:10.2%}{correct / n:9.2%}{by_read / n:9.2%}", flush=True)


def measure_cost():
    """Time and memory of large photos, each in a process of its own, from the file's bytes to the page."""
    print(f"\n{'large photos':32s}{'seconds':>10s}{'MB above rest':>15s}")
    images, labels = shipped_test_digits()
    kind = made_pages.Kind(digits=(40, 40))
    made = made_pages.make_page(made_pages.mnist_glyphs(images), labels, np.random.default_rng(0), kind)
    for megapixels, size in {12: (4000, 3000), 50: (8160, 6120)}.items():
        for mode in ("baseline", "progressive"):
            file = io.BytesIO()
            upright = made.image.height > made.image.width
            photo = made.image.convert("RGB").resize(size[::-1] if upright else size, Image.Resampling.BICUBIC)
            photo.save(file, "JPEG", quality=90, progressive=mode == "progressive")
            command = [sys.executable, __file__, "--cost-of-stdin"]
            out = subprocess.run(command, input=file.getvalue(), capture_output=True, check=True).stdout
            seconds, above = json.loads(out)
            print(f"{f'{megapixels} megapixels, {mode} JPEG':32s}{seconds:10.2f}{above:15.0f}", flush=True)


def cost_of_stdin():
    content = sys.stdin.buffer.read()
    model = mnistcore.load_model()
    mnistcore.read_page(np.zeros((100, 100), np.uint8), model)  # imports are of the rest
    rest = memory("VmRSS")
    started = time.perf_counter()
    image, size = open_page(content)
    mnistcore.read_page(image, model, size)
    seconds = time.perf_counter() - started
    print(json.dumps([seconds, memory("VmHWM") - rest]))


def memory(kind):
    """MB, of this process: now (VmRSS) or at most so far (VmHWM); Linux."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status[kind].split()[0]) / 1024


def main():
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--pages", type=int, default=100, help="how many of each kind (default: 100)")
    cli.add_argument("--seed", type=int, default=0, help="of the pages (default: 0)")
    cli.add_argument("--data", type=Path, help="take MNIST's training digits from this mnist.npz instead")
    cli.add_argument("--pens", type=Path, help="digits as strokes, JSON lines, perhaps gzipped")
    cli.add_argument("--drawings", type=int, default=1000, help="how many of them (default: 1000)")
    cli.add_argument("--misread", type=Path, metavar="DIRECTORY", help="keep pages that were not read wholly right")
    cli.add_argument("--only", choices=["photos", "tables", "pens", "cost"], help="measure this alone")
    cli.add_argument("--cost-of-stdin", action="store_true", help=argparse.SUPPRESS)
    cli.add_argument("--example", type=Path, metavar="OUT.jpg", help="only make the documentation's example page")
    options = cli.parse_args()
    if options.cost_of_stdin:
        return cost_of_stdin()
    if options.example:
        images, labels = shipped_test_digits()
        glyphs = made_pages.mnist_glyphs(images)
        page = made_pages.make_page(glyphs, labels, np.random.default_rng(33), made_pages.EXAMPLE)
        return page.image.save(options.example, quality=75)
    model = mnistcore.load_model()
    print(
        f"{'':26s}{'pages':>6s}{'digits':>8s}{'found':>9s}{'false':>9s}{'right':>9s}{'pairs':>8s}{'whole':>9s}{'time':>10s}"
    )
    if options.data:
        with np.load(options.data) as mnist:
            images, labels = mnist["x_train"], mnist["y_train"]
    else:
        images, labels = shipped_test_digits()
    glyphs = made_pages.mnist_glyphs(images)
    if options.only in (None, "photos"):
        for name, kind in made_pages.KINDS.items():
            rng = np.random.default_rng(options.seed)
            pages = (made_pages.make_page(glyphs, labels, rng, kind) for _ in range(options.pages))
            measure(name, pages, model, options.misread)
    if options.only in (None, "tables"):
        rng = np.random.default_rng(options.seed)
        measure_tables((made_pages.make_mark_sheet(glyphs, labels, rng) for _ in range(options.pages)), model)
    if options.pens and options.only in (None, "pens"):
        opened = gzip.open if options.pens.suffix == ".gz" else open
        with opened(options.pens, "rt") as file:
            drawings = [json.loads(line) for line in file]
        order = np.random.default_rng(options.seed).permutation(len(drawings))
        drawings = [drawings[i] for i in order[: options.drawings]]
        numbers = drawn_numbers(drawings, options.drawings // 2, np.random.default_rng(options.seed))
        measure("numbers on the canvas", numbers, model, options.misread)
        measure_single(drawings, model)
    if options.only in (None, "cost"):
        measure_cost()
    return None


if __name__ == "__main__":
    main()
