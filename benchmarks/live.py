"""How often is the stage drawn anew while the pen moves, how old is it, and does the browser agree with Python?

    python benchmarks/live.py                                   # robust, and a network of four hidden layers
    python benchmarks/live.py --pens drawings.jsonl.gz          # and whether their last answers are the same

The app runs in the system's Chromium; the mouse draws circles and lines at 60 points a second. The age is that of the
last point that is shown, from the browser's own time of it until the frame after the drawing. Other programs that run
meanwhile slow both down, but not the processor time.

Then each drawing (a line of the file is {"strokes": [[[x, y], ...], ...]}) is drawn in the app. What the browser has
read last by itself is compared with what the server answers. Where they differ, the distance to a threshold or to the
next digit is printed, in points: the logarithm of the odds. Numbers are counted apart: the server alone reads them.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import io
import json
import math
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
from app_latency import ROOT, served
from machine import load_printed
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from mnistcore import Model, load_model, read
from mnistcore.models.files import write_model

LAYERS = (648, 500, 300, 200, 100, 11)
PACE = 1 / 60  # seconds between two points
CANVAS = "canvas.sheet"
Strokes = list[list[list[float]]]

WATCH = """() => {
    const root = document.querySelector(".network-root");
    window.redraws = [];
    new MutationObserver(() => {
        const shown = Number(root.dataset.shown);
        if (shown) requestAnimationFrame(() => redraws.push([performance.now(), performance.now() - shown]));
    }).observe(root, { attributes: true, attributeFilter: ["data-shown"] });
}"""
KEEP = """() => { // what the browser itself shows last, however soon the server answers; null if its stage waits
    const root = document.querySelector(".network-root");
    window.best = () => [...root.querySelectorAll(".bars li")].findIndex(bar => bar.classList.contains("best"));
    const waits = () => root.firstElementChild.classList.contains("waiting");
    const follow = () => waits() ? null : Number(root.dataset.shown) ? best() : window.last;
    new MutationObserver(() => { window.last = follow(); })
        .observe(root, { attributes: true, subtree: true, attributeFilter: ["data-shown", "class"] });
}"""
ANSWERED = """() => {
    const { sheet } = document.querySelector(".sheet-place");
    return sheet.kept.strokes.length && sheet.kept.id === sheet.data.known
        && document.querySelector("[data-test-script-state=notRunning]")
        && document.querySelector(".network-root").dataset.shown === "answer";
}"""
SHEET = "() => document.querySelector('canvas.sheet').toDataURL()"


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strokes", type=int, default=20, help="that are timed with each network (default: 20)")
    parser.add_argument("--pens", type=Path, metavar="FILE", help="drawings as JSON lines, gzipped or not")
    parser.add_argument("--drawings", type=int, default=500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        four = Path(home) / "four-layers.npz"
        write_model(_four_layers(), four)
        for name, file in (("robust", ""), ("four layers", str(four))):
            os.environ["MNISTCORE_MODEL"] = file
            with served(ROOT / "streamlit_app.py", home) as url:
                page = _open(browser, url)
                time_redraws(page, name, options.strokes)
                if options.pens and not file:
                    compare(page, _chosen(options.pens, options.drawings))
        browser.close()


def time_redraws(page: Page, name: str, count: int) -> None:
    """Draw circles and lines, each on an empty sheet, and print how the stage keeps up."""
    page.evaluate(WATCH)
    worked = _clock(page)
    gaps, ages, spent = [], [], []
    for number in range(count):
        turns = np.linspace(0, 2 * math.pi * (number % 2 + 1) / 2, 90)
        page.evaluate("redraws.length = 0")
        before = worked()
        _draw(page, [[[210 + 120 * math.cos(a), 210 + 120 * math.sin(a) * (number % 3) / 2] for a in turns]], PACE)
        drawn = page.evaluate("redraws")
        spent.append((worked() - before) / max(len(drawn), 1))
        gaps += np.diff([when for when, _ in drawn]).tolist()
        ages += [age for _, age in drawn]
        _clear(page)
    rate, age, old = 1000 / np.median(gaps), np.median(ages), np.percentile(ages, 95)
    print(f"{name}: drawn anew {rate:.0f} times a second in the median, {len(gaps):,} times;", end=" ")
    print(f"{age:.0f} ms old in the median, {old:.0f} in the 95th percentile;", end=" ")
    print(f"processor time of the page's thread: {np.median(spent):.1f} ms a redraw", flush=True)


def _clock(page: Page) -> Callable[[], float]:
    """Gives the milliseconds that the page's thread has worked."""
    protocol = page.context.new_cdp_session(page)
    protocol.send("Performance.enable", {"timeDomain": "threadTicks"})

    def worked() -> float:
        metrics = protocol.send("Performance.getMetrics")["metrics"]
        return 1000 * next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")

    return worked


def compare(page: Page, drawings: list[Strokes]) -> None:
    """Draw each, and print where the browser's last answer was not the server's."""
    model, same, numbers, waited, other = load_model("robust"), 0, 0, 0, []
    page.evaluate(KEEP)
    for strokes in drawings:
        page.evaluate("window.last = null")
        _draw(page, strokes)
        page.wait_for_function(ANSWERED)
        theirs, ours = page.evaluate("[last, best()]")
        if page.locator(".answer.number").count():
            numbers += 1
        elif theirs is None:
            waited += 1
        elif theirs == ours:
            same += 1
        else:
            other.append((theirs, ours, _margin(model, page.evaluate(SHEET))))
        _clear(page)
    print(f"{len(drawings):,} drawings: the same answer for {same:,}, another for {len(other)};", end=" ")
    print(f"for {waited} the stage waited for the server, which read {numbers} more as numbers")
    for theirs, ours, margin in other:
        print(f"  browser {theirs}, server {ours} (10: no digit): {margin:.2f} points from a threshold")


def _margin(model: Model, sheet: str) -> float:
    """How far the answer to what is on the sheet is from another one, in points."""
    reading = read(Image.open(io.BytesIO(base64.b64decode(sheet.split(",")[1]))), model)
    first, second = np.sort(reading.probabilities)[[-1, -2]]
    odds = [math.log(p / (1 - p)) for p in np.clip([reading.digit_probability, model.digit_threshold], 1e-9, 1 - 1e-9)]
    return min(math.log(first / max(second, 1e-9)), abs(odds[0] - odds[1]))


def _four_layers() -> Model:
    """A network of the form, with weights by chance: it takes as long as one that has learnt."""
    rng = np.random.default_rng(0)
    shapes = list(pairwise(LAYERS))
    weights = [rng.normal(0, math.sqrt(2 / inputs), (inputs, outputs)).astype(np.float32) for inputs, outputs in shapes]
    biases = [np.zeros(outputs, np.float32) for _, outputs in shapes]
    return Model(tuple(weights), tuple(biases), {"name": "four-layers"}, "stroke directions")


def _open(browser: Browser, url: str) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.set_default_timeout(120_000)
    page.goto(url)
    page.locator(CANVAS).wait_for()
    page.wait_for_function("caches.open('networks').then(kept => kept.keys()).then(keys => keys.length > 0)")
    page.wait_for_timeout(2000)
    page.locator("[data-test-script-state=notRunning]").wait_for()
    page.locator(".network .bars").wait_for()
    return page


def _draw(page: Page, strokes: Strokes, pace: float = 0) -> None:
    """By the mouse, in pixels of the sheet's picture; `pace` seconds between two points."""
    box = page.locator(CANVAS).bounding_box()
    assert box
    scale = box["width"] / 420
    for stroke in strokes:
        due = time.perf_counter()
        for number, (x, y) in enumerate(stroke):
            page.mouse.move(box["x"] + scale * x, box["y"] + scale * y)
            if number == 0:
                page.mouse.down()
            due += pace
            time.sleep(max(0, due - time.perf_counter()))
        page.mouse.up()


def _clear(page: Page) -> None:
    page.locator(".network-root[data-shown=answer]").wait_for()
    page.get_by_role("button", name="Clear").click()
    page.locator(".answer", has_text="Draw a digit").last.wait_for()
    page.wait_for_function("document.querySelector('.network .best') === null")


def _chosen(file: Path, count: int) -> list[Strokes]:
    """Drawings of the file by chance, each made to fit a box of 220 pixels in the middle of the sheet."""
    content = file.read_bytes()
    content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    lines = content.splitlines()
    chosen = np.random.default_rng(0).permutation(len(lines))[:count]
    return [_fitted(json.loads(lines[i])["strokes"]) for i in chosen]


def _fitted(strokes: Strokes) -> Strokes:
    points = np.array([point for stroke in strokes for point in stroke], float)
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    scale = 220 / max(extent.max(), 1)
    return [(210 + scale * (np.array(stroke) - low - extent / 2)).tolist() for stroke in strokes]


if __name__ == "__main__":
    with load_printed():
        main()
