"""How long from the end of a stroke to the answer and the lighted network, beside a script with the canvas alone?

    python benchmarks/app_latency.py                 # bare script against app, in turns
    python benchmarks/app_latency.py --training      # and the app again while a network is trained in it

Both run on this machine with the app's own settings, in the system's Chromium. The bare canvas waits 0.2 s after the
mouse is up before it sends anything; the app does not.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

from machine import load_printed
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).parent.parent
BARE = """\
import streamlit as st
from streamlit_drawable_canvas import st_canvas

result = st_canvas(
    key="canvas", stroke_width=24, stroke_color="#ffffff", background_color="#000000", height=420, width=420,
    return_image_data=True,
)
st.write("strokes:", len(result.json_data["objects"]) if result.json_data else 0)
"""
SHEET = "canvas.upper-canvas"
SHOWN = {"bare": ".stMarkdown", "app": ".network-root[data-shown=answer]"}  # what differs in each with every drawing

# whether all of it is on the page, or in a part with styles of its own
THERE = """selectors => {
    const find = (root, selector) => root.querySelector(selector)
        ?? [...root.querySelectorAll("*")].map(e => e.shadowRoot && find(e.shadowRoot, selector)).find(Boolean);
    return selectors.every(selector => find(document, selector));
}"""

# notes, for every mouse-up, how long it took until that part of the page was another
STOPWATCH = """selector => {
    const read = () => document.querySelector(selector)?.outerHTML;
    let started = null, before = null;
    window.times = [];
    window.addEventListener("mouseup", () => { started = performance.now(); before = read(); }, true);
    new MutationObserver(() => {
        if (started !== null && read() !== before) { times.push(performance.now() - started); started = null; }
    }).observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true});
}"""


def main() -> None:
    """Measure, and print a table of medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="pages opened of each kind (default: 5)")
    parser.add_argument("--strokes", type=int, default=10, help="strokes drawn in each (default: 10)")
    parser.add_argument("--training", action="store_true", help="measure again while a network is trained")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        script = Path(directory) / "bare.py"
        script.write_text(BARE, encoding="utf-8")
        shutil.copytree(ROOT / ".streamlit", Path(directory) / ".streamlit")
        with served(script, directory) as bare, served(ROOT / "streamlit_app.py", directory) as app:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            results = measure(browser, {"bare": bare, "app": app}, options.rounds, options.strokes)
            show("median, ms", results)
            if options.training:
                page = start_training(browser, app)
                busy = measure(browser, {"app": app}, options.rounds, options.strokes)
                page.get_by_role("button", name="Stop").click()
                show("while training", busy)
                ratio = statistics.median(busy["app"]["later"]) / statistics.median(results["app"]["later"])
                print(f"a later stroke takes {ratio:.2f} times as long while a network is trained")
            browser.close()


def measure(browser: Browser, urls: dict[str, str], rounds: int, strokes: int) -> dict[str, dict[str, list[float]]]:
    """Milliseconds until the page is ready, and from mouse-up to the answer for the first and for later strokes."""
    results = {name: {"ready": [], "first": [], "later": []} for name in urls}
    for name, url in urls.items():
        visit(browser, url, SHOWN[name], 1)  # what only the first visitor of a server waits for
    for _ in range(rounds):
        for name, url in urls.items():
            ready, times = visit(browser, url, SHOWN[name], strokes)
            results[name]["ready"].append(ready)
            results[name]["first"].append(times[0])
            results[name]["later"] += times[1:]
    return results


def visit(browser: Browser, url: str, selector: str, strokes: int) -> tuple[float, list[float]]:
    """Open the page as a new visitor, and draw."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    started = time.perf_counter()
    page.goto(url, wait_until="commit")
    # asked at every frame, while a locator asks less and less often
    page.wait_for_function(THERE, arg=[SHEET, selector])
    ready = 1000 * (time.perf_counter() - started)
    page.wait_for_timeout(500)
    page.evaluate(STOPWATCH, selector)
    for i in range(strokes):
        stroke(page, i)
        page.wait_for_function("number => times.length === number", arg=i + 1)
    times = page.evaluate("times")
    context.close()
    return ready, times


def stroke(page: Page, number: int) -> None:
    """One short stroke, each elsewhere on the sheet."""
    box = page.locator(SHEET).bounding_box()
    x, y = box["x"] + 40 + 24 * number % 240, box["y"] + 60 + 11 * number
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y + 90, steps=6)
    page.mouse.up()


def start_training(visitor: Browser | BrowserContext, url: str) -> Page:
    """Start a training long enough to last, and return the page that follows it."""
    page = visitor.new_page()
    page.goto(f"{url}/train")
    page.get_by_text("Change the settings").click()
    page.get_by_label("Hidden layers").fill("400")
    page.get_by_label("Epochs").fill("1000")
    page.get_by_role("button", name="Start with these settings").click()
    page.get_by_text(re.compile(r"epoch \d+ of 1000")).wait_for(timeout=120_000)
    return page


def show(title: str, results: dict[str, dict[str, list[float]]]) -> None:
    """A row for each kind of page, and the ratio where there are two."""
    print(f"{title:16}{'page ready':>12}{'first stroke':>14}{'later stroke':>14}")
    medians = {name: [statistics.median(values) for values in kinds.values()] for name, kinds in results.items()}
    for name, (ready, first, later) in medians.items():
        print(f"{name:16}{ready:12.0f}{first:14.0f}{later:14.0f}")
    if "bare" in medians:
        ready, first, later = (app / bare for app, bare in zip(medians["app"], medians["bare"], strict=True))
        print(f"{'app / bare':16}{ready:12.2f}{first:14.2f}{later:14.2f}")
    print(f"the app's first stroke takes {medians['app'][1] / medians['app'][2]:.2f} times as long as a later one")


@contextmanager
def served(script: Path, home: str) -> Iterator[str]:
    """Run a Streamlit script on a free port; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", script, f"--server.port={port}", "--server.headless=true"],
        cwd=script.parent,
        env={**os.environ, "MNISTCORE_HOME": home},
        stdout=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        while True:
            if server.poll() is not None:
                raise SystemExit(f"{script} ended at its start.")
            try:
                with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5):
                    break
            except (URLError, OSError):
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    with load_printed():
        main()
