"""Is a stroke ever lost, or one drawn that nobody drew? Strokes begun at random places of the sheet, mouse and touch.

    python benchmarks/app_strokes.py              # 500 strokes with the mouse, 500 by touch

Every stroke is drawn on an empty sheet, in the app in the system's Chromium. A quarter of them begin on the border or
in a corner; some are single dots. What the sheet then shows is compared with the stroke pixel by pixel: there must be
ink where the pen was, and nowhere else, and the server must have got it. The example of the first visit is on the sheet
when the first stroke begins.
"""

from __future__ import annotations

import argparse
import base64
import io
import random
import shutil
import tempfile
from itertools import pairwise

import numpy as np
from app_latency import ROOT, served
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

SIDE = 420  # pixels of the picture of the sheet
PEN = 24
ALL_BUT_CORNERS = 0.95  # of a stroke's middle line: the component rounds its corners off
Point = tuple[float, float]


def main() -> None:
    """Draw, and print how many strokes were lost and how many were not asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strokes", type=int, default=500, help="of each kind (default: 500)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as home,
        served(ROOT / "streamlit_app.py", home) as url,
        sync_playwright() as play,
    ):
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        for kind in ("mouse", "touch"):
            lost, unbidden = draw_all(browser, url, kind, options.strokes, random.Random(options.seed))
            print(
                f"{kind}: {options.strokes} strokes, {len(lost)} lost, {len(unbidden)} with ink that was not drawn",
                flush=True,
            )
            for name, strokes in (("lost", lost), ("not drawn", unbidden)):
                for stroke in strokes[:10]:
                    print(f"  {name}: {stroke}")
        browser.close()


def draw_all(
    browser: Browser, url: str, kind: str, count: int, chance: random.Random
) -> tuple[list[list[Point]], list[list[Point]]]:
    """The strokes of which some is missing, and those after which there was other ink too."""
    touch = kind == "touch"
    size = {"width": 390, "height": 844} if touch else {"width": 1280, "height": 800}
    context = browser.new_context(viewport=size, has_touch=touch, is_mobile=touch)
    page = context.new_page()
    page.goto(url)
    page.locator("canvas.sheet").wait_for()
    page.locator(".example").wait_for()
    protocol = context.new_cdp_session(page) if touch else None
    lost, unbidden = [], []
    for _ in range(count):
        stroke = random_stroke(chance)
        draw(page, protocol, stroke)
        sheet = ink_on_sheet(page)
        if not (sheet[painted(stroke[:1] * 2, PEN // 2)].all() and sheet[painted(stroke, 1)].mean() > ALL_BUT_CORNERS):
            lost.append(stroke)
        if sheet[~painted(stroke, 2 * PEN)].any():
            unbidden.append(stroke)
        if not clear(page):
            lost.append(stroke)
            page.reload()
            page.locator(".example").wait_for()
    context.close()
    return lost, unbidden


def random_stroke(chance: random.Random) -> list[Point]:
    """Two to five points of the sheet, or one of them twice: a dot. In pixels of the sheet's picture."""
    first = [chance.uniform(1, SIDE - 2), chance.uniform(1, SIDE - 2)]
    place = chance.random()
    if place < 0.25:  # on the border, and half of these in a corner
        first[chance.randrange(2)] = chance.choice([1, SIDE - 2])
        if place < 0.125:
            first = [chance.choice([1, 8, SIDE - 9, SIDE - 2]), chance.choice([1, 8, SIDE - 9, SIDE - 2])]
    if chance.random() < 0.1:
        return [(first[0], first[1])] * 2
    rest = [(chance.uniform(1, SIDE - 2), chance.uniform(1, SIDE - 2)) for _ in range(chance.randint(1, 4))]
    return [(first[0], first[1]), *rest]


def draw(page: Page, protocol: CDPSession | None, stroke: list[Point], steps: int = 12) -> None:
    """One stroke, by touch if there is a protocol session to send touches with."""
    box = page.locator("canvas.sheet").bounding_box()
    assert box
    scale = box["width"] / SIDE
    path = [
        (box["x"] + scale * (a[0] + (b[0] - a[0]) * i / steps), box["y"] + scale * (a[1] + (b[1] - a[1]) * i / steps))
        for a, b in pairwise(stroke)
        for i in range(steps + 1)
    ]
    if protocol is None:
        page.mouse.move(*path[0])
        page.mouse.down()
        for point in path[1:]:
            page.mouse.move(*point)
        page.mouse.up()
        return
    for i, (x, y) in enumerate(path):
        kind = "touchStart" if i == 0 else "touchMove"
        protocol.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    protocol.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def ink_on_sheet(page: Page) -> np.ndarray:
    """(SIDE, SIDE) bool: where the sheet shows ink now."""
    url = page.evaluate(  # the component paints in the next frame
        """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() =>
            done(document.querySelector("canvas.sheet").toDataURL()))))"""
    )
    png = io.BytesIO(base64.b64decode(url.split(",")[1]))
    return np.asarray(Image.open(png).convert("L").resize((SIDE, SIDE))) > 127


def painted(stroke: list[Point], width: int) -> np.ndarray:
    """(SIDE, SIDE) bool: where a round pen of this width would leave ink."""
    picture = Image.new("1", (SIDE, SIDE))
    pen = ImageDraw.Draw(picture)
    pen.line(stroke, fill=1, width=width)
    for x, y in stroke:
        pen.circle((x, y), width / 2, fill=1)
    return np.asarray(picture)


def clear(page: Page) -> bool:
    """Wait until the server has the stroke, and have it wiped off; False if it has never got it."""
    try:
        page.locator('.answer:not(:has-text("Example"), :has-text("Draw a digit"))').first.wait_for()
    except PlaywrightTimeoutError:
        print(f"  no answer in half a minute; ink on the sheet: {ink_on_sheet(page).sum()} pixels", flush=True)
        return False
    page.get_by_role("button", name="Clear").click()
    page.wait_for_function(
        """() => {
            const canvas = document.querySelector("canvas.sheet");
            const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            return data.every((value, i) => i % 4 === 3 || value < 128);
        }"""
    )
    page.locator(".answer", has_text="Draw a digit").last.wait_for()
    return True


if __name__ == "__main__":
    main()
