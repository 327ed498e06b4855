"""Ten visitors draw at once: is every answer their own and right, and does the server's memory stay flat?

    python benchmarks/app_visitors.py --seconds 120
    python benchmarks/app_visitors.py --seconds 120 --training 2    # and again while two others watch a training

Each visitor draws the same digit over and over, so an answer that belongs to someone else shows at once.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from app_latency import ROOT, STOPWATCH, served, start_training
from machine import load_printed
from playwright.sync_api import Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

DIGITS = {  # strokes on a sheet of 320 x 320 pixels
    "0": [[(160, 60), (100, 110), (95, 200), (150, 265), (215, 220), (225, 120), (160, 60)]],
    "1": [[(160, 60), (160, 260)]],
    "4": [[(190, 60), (190, 270)], [(120, 60), (90, 180), (240, 180)]],
    "7": [[(80, 80), (230, 80), (150, 250)]],
}


def main() -> None:
    """Let them draw, and print what went wrong, the median answer and the server's memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--training", type=int, default=0, help="then again, while so many others watch theirs")
    options = parser.parse_args()
    os.environ["MNISTCORE_TRAININGS"] = str(max(options.training, 1))
    with (
        tempfile.TemporaryDirectory() as home,
        sync_playwright() as playwright,
        served(ROOT / "streamlit_app.py", home) as url,
    ):
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        pages = [open_page(browser.new_context(), url) for _ in range(options.visitors)]
        calm = let_them_draw(pages, options.seconds, url)
        print(f"median {calm:.0f} ms from mouse-up to answer")
        if options.training:
            for _ in range(options.training):
                start_training(browser, url)
            busy = let_them_draw(pages, options.seconds, url)
            print(f"median {busy:.0f} ms while {options.training} train, {busy / calm:.2f} times as long")
        browser.close()


def let_them_draw(pages: list[Page], seconds: float, url: str) -> float:
    """Each visitor draws their digit and clears it, in turns; returns the median time to an answer in milliseconds."""
    wanted = [list(DIGITS)[i % len(DIGITS)] for i in range(len(pages))]
    for page in pages:
        page.evaluate("window.times = []")
    answers, wrong, told = 0, [], 0.0
    started = time.monotonic()
    while (elapsed := time.monotonic() - started) < seconds:
        for page, digit in zip(pages, wanted, strict=True):
            draw(page, digit)
        for page, digit in zip(pages, wanted, strict=True):
            answers += 1
            if not says(page, digit):
                wrong.append((digit, page.locator(".answer .said").inner_text()))
        for page in pages:
            page.evaluate("window.answered = [...(window.answered ?? []), ...times.splice(0)]")
            page.get_by_role("button", name="Clear").first.click()
        for page in pages:
            page.locator(".answer strong", has_text="Draw a digit").wait_for()
            page.evaluate("times.length = 0")  # not the answer to Clear
        if elapsed >= told:
            print(f"{elapsed:5.0f} s   {answers:4} answers   {len(wrong)} wrong   {memory(url):6.0f} MB", flush=True)
            told += 10
    for digit, said in wrong:
        print(f"a {digit} was answered by {said!r}")
    print(f"{answers} answers to {len(pages)} visitors, {len(wrong)} of them wrong")
    return statistics.median(ms for page in pages for ms in page.evaluate("answered.splice(0)"))


def open_page(context, url: str) -> Page:
    """A new visitor on the Draw page."""
    page = context.new_page()
    page.goto(url)
    page.locator("canvas.sheet").wait_for()
    page.evaluate(STOPWATCH, ".answer")
    return page


def draw(page: Page, digit: str) -> None:
    """The strokes of a digit, as fast as the mouse goes."""
    box = page.locator("canvas.sheet").bounding_box()
    scale = box["width"] / 320
    for stroke in DIGITS[digit]:
        page.mouse.move(box["x"] + scale * stroke[0][0], box["y"] + scale * stroke[0][1])
        page.mouse.down()
        for x, y in stroke[1:]:
            page.mouse.move(box["x"] + scale * x, box["y"] + scale * y, steps=5)
        page.mouse.up()


def says(page: Page, digit: str) -> bool:
    """Whether the answer becomes this digit."""
    try:
        page.locator(".answer .digit", has_text=re.compile(f"^{digit}$")).wait_for(timeout=20_000)
    except PlaywrightTimeoutError:
        return False
    return True


def memory(url: str) -> float:
    """Megabytes that the server at this address holds (Linux)."""
    port = f"--server.port={url.rsplit(':', 1)[1]}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if port in (process / "cmdline").read_bytes().split(b"\0"):
                status = (process / "status").read_text(encoding="utf-8")
                return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1000
        except OSError:  # it ended meanwhile
            continue
    return float("nan")


if __name__ == "__main__":
    with load_printed():
        main()
