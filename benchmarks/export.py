"""Do the exported files answer as Python does, and how long does the page take?

    python benchmarks/export.py --pens drawings.jsonl.gz  # a line each: {"strokes": [[[x, y], ...], ...]}

ONNX: the largest difference of any probability on MNIST's 10,000 test digits, in onnxruntime.

HTML: drawings are painted on the page's sheet, in the system's Chromium without a network, by the page's own functions;
each of another size, anywhere on the sheet. Python is given the sheet's pixels. The time is from the end of the last
stroke until the answer is in the document and laid out. The last hundred are drawn by the mouse: there it is from
the browser's own time of the mouse-up. Other programs that run meanwhile lengthen both, but not the processor time.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import io
import json
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime
from machine import load_printed
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from mnistcore import Model, Reading, load_model, read
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.export.html_export import to_html
from mnistcore.export.onnx_export import to_onnx

SIDE = 420  # pixels of the sheet's picture
BY_MOUSE = 100

Strokes = list[list[list[float]]]

PREPARE = """() => {
    globalThis.theModel = loadModel(document.getElementById('model').textContent);
    sheet.addEventListener("pointerup", event => {
        document.body.getBoundingClientRect();
        globalThis.took = performance.now() - event.timeStamp;
    });
}"""
PAINT = """strokes => {
    clearSheet();
    for (const [first, ...others] of strokes.map(stroke => stroke.map(([x, y]) => ({ x, y })))) {
        startStroke(first);
        others.forEach(continueStroke);
        const start = performance.now();
        endStroke();
        document.body.getBoundingClientRect(); // until all is laid out
        globalThis.took = performance.now() - start;
    }
}"""
LOOK = """() => {
    const { status, digit, probabilities, image } = read(greysOfSheet(), theModel);
    return { status, digit, probabilities: [...probabilities], image: [...image], png: sheet.toDataURL(), took };
}"""


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--pens", type=Path, required=True, metavar="FILE", help="drawings as JSON lines, gzipped or not"
    )
    parser.add_argument("--model", default="robust")
    parser.add_argument("--drawings", type=int, default=2000)
    options = parser.parse_args()
    model = load_model(options.model)
    rng = np.random.default_rng(0)
    drawings = _read_drawings(options.pens)
    chosen = rng.permutation(len(drawings))[: options.drawings]
    measure_onnx(model)
    measure_html(model, [_placed(drawings[i], rng) for i in chosen])


def measure_onnx(model: Model) -> None:
    """The largest difference of any probability, and the rates."""
    images = shipped_test_digits()[0]
    session = onnxruntime.InferenceSession(to_onnx(model), providers=["CPUExecutionProvider"])
    start = time.perf_counter()
    ours = model.probabilities(images)
    between = time.perf_counter()
    theirs = session.run(["probabilities", "digit_probability"], {"images": images})
    seconds = time.perf_counter() - between
    difference = max(float(np.abs(a - b).max()) for a, b in zip(ours, theirs, strict=True))
    print(f"ONNX, {model.name}: probabilities of {len(images):,} digits within {difference:.1e};", end=" ")
    print(f"{seconds:.1f} s in onnxruntime, {between - start:.1f} s in NumPy", flush=True)


def measure_html(model: Model, drawings: list[Strokes]) -> None:
    """How many answers are the same, and how long they take."""
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as play:
        file = Path(directory) / "page.html"
        file.write_text(to_html(model), encoding="utf-8")
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(offline=True)
        page = context.new_page()
        page.goto(file.as_uri())
        page.evaluate(PREPARE)
        painted, mouse, answers = [], [], []
        for i, strokes in enumerate(drawings):
            by_mouse = i >= len(drawings) - BY_MOUSE
            _draw(page, strokes) if by_mouse else page.evaluate(PAINT, strokes)
            theirs = page.evaluate(LOOK)
            sheet = Image.open(io.BytesIO(base64.b64decode(theirs["png"].split(",")[1])))
            answers.append((theirs, read(sheet, model)))
            (mouse if by_mouse else painted).append(theirs["took"])
        processor = _processor_time(page)
        browser.close()
    _report(model, file_size=len(to_html(model).encode()), answers=answers)
    for name, times in (("painted", painted), ("by mouse", mouse)):
        p50, p95, p99 = np.percentile(times, [50, 95, 99])
        within = np.mean(np.array(times) <= 20)
        print(f"  {name}: answer after {p50:.1f} ms (95%: {p95:.1f}, 99%: {p99:.1f}, most: {max(times):.1f});", end=" ")
        print(f"{within:.1%} within 20 ms; the first {times[0]:.1f} ms")
    print(f"  processor time of an answer: {processor:.1f} ms")


def _processor_time(page: Page, repeats: int = 100) -> float:
    """Milliseconds that the page's thread works for one answer."""
    protocol = page.context.new_cdp_session(page)
    protocol.send("Performance.enable", {"timeDomain": "threadTicks"})

    def worked() -> float:
        metrics = protocol.send("Performance.getMetrics")["metrics"]
        return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")

    before = worked()
    page.evaluate("count => { while (count--) { endStroke(); document.body.getBoundingClientRect(); } }", repeats)
    return 1000 * (worked() - before) / repeats


def _report(model: Model, file_size: int, answers: list[tuple[dict, Reading]]) -> None:
    same_digit = np.mean([theirs["digit"] == ours.digit for theirs, ours in answers])
    same_status = np.mean([theirs["status"] == ours.status for theirs, ours in answers])
    same_image = np.mean([theirs["image"] == ours.image.ravel().tolist() for theirs, ours in answers])
    difference = max(float(np.abs(theirs["probabilities"] - ours.probabilities).max()) for theirs, ours in answers)
    print(f"HTML, {model.name}, {file_size / 1e6:.1f} MB: of {len(answers):,} drawings the same digit for", end=" ")
    print(f"{same_digit:.2%}, status {same_status:.2%}, image {same_image:.2%}; probabilities within {difference:.1e}")


def _read_drawings(file: Path) -> list[Strokes]:
    content = file.read_bytes()
    content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    return [json.loads(line)["strokes"] for line in content.splitlines()]


def _placed(strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """The drawing somewhere on the sheet, its longer side 80 to 380 pixels."""
    points = np.array([point for stroke in strokes for point in stroke], float)
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    scale = rng.uniform(80, 380) / max(extent.max(), 1)
    place = rng.uniform(12, SIDE - 12 - scale * extent)
    return [(place + scale * (np.array(stroke) - low)).tolist() for stroke in strokes]


def _draw(page: Page, strokes: Strokes) -> None:
    """By the mouse."""
    page.evaluate("clearSheet()")
    box = page.locator("#sheet").bounding_box()
    assert box
    scale = box["width"] / SIDE
    for stroke in strokes:
        path = [(box["x"] + scale * x, box["y"] + scale * y) for x, y in stroke]
        page.mouse.move(*path[0])
        page.mouse.down()
        for point in path[1:]:
            page.mouse.move(*point)
        page.mouse.up()


if __name__ == "__main__":
    with load_printed():
        main()
