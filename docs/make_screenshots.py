"""Make the pictures of the app in docs/screenshots anew, in the system's Chromium.

python docs/make_screenshots.py              # all
python docs/make_screenshots.py tour         # only the animated one at the top of the README
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

from app_latency import served  # noqa: E402

PICTURES = ROOT / "docs" / "screenshots"
DESKTOP, PHONE, TOUR = {"width": 1280, "height": 800}, {"width": 390, "height": 844}, {"width": 1280, "height": 720}
# strokes as shares of the sheet's side
SEVEN = [[(0.25, 0.25), (0.72, 0.25), (0.47, 0.78)], [(0.4, 0.52), (0.67, 0.52)]]
FOUR = [[(0.58, 0.18), (0.58, 0.84)], [(0.37, 0.19), (0.28, 0.56), (0.76, 0.56)]]

FIRST_EPOCH = re.compile(r"epoch \d", re.IGNORECASE)  # on the Train page, once the network learns
FRAME = 125  # milliseconds
WIDTH = 860  # pixels of the animated picture
POINTER = """
addEventListener("DOMContentLoaded", () => {
    const dot = document.createElement("div");
    dot.style = "position:fixed;z-index:9999999;width:18px;height:18px;margin:-9px;border-radius:50%;left:-99px;" +
        "pointer-events:none;background:#e07a3fb0;border:2px solid white;box-sizing:border-box";
    document.body.append(dot);
    addEventListener("pointermove", (event) => {
        dot.style.left = event.clientX + "px"; dot.style.top = event.clientY + "px";
    }, true);
});"""  # a screenshot does not show the mouse


def main() -> None:
    """Make the pictures that were asked for."""
    makers = {
        "draw": draw_page,
        "phone": phone,
        "photo": photo,
        "look-inside": look_inside,
        "train": train,
        "tour": tour,
    }
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="which (default: all)")
    names = parser.parse_args().names or list(makers)
    with (
        tempfile.TemporaryDirectory() as home,
        served(ROOT / "streamlit_app.py", home) as url,
        sync_playwright() as play,
    ):
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        for name in names:
            makers[name](browser, url)
        browser.close()


def draw_page(browser: Browser, url: str) -> None:
    """Draw, with a 7."""
    page = open_app(browser, url, DESKTOP)
    for stroke in SEVEN:
        draw(page, stroke)
    save(page, "draw", 720)


def phone(browser: Browser, url: str) -> None:
    """Draw on a phone, in the dark theme."""
    page = open_app(browser, url, PHONE, color_scheme="dark", is_mobile=True)
    for stroke in SEVEN:
        draw(page, stroke)
    save(page, "phone", PHONE["height"])


def photo(browser: Browser, url: str) -> None:
    """Photo, with the example."""
    page = open_app(browser, url, DESKTOP)
    visit(page, "Photo")
    page.get_by_role("button", name="Try an example photo").click()
    page.locator(".box").first.wait_for()
    page.mouse.move(0, 0)
    save(page, "photo", DESKTOP["height"])


def look_inside(browser: Browser, url: str) -> None:
    """All of Look inside, with a hidden unit pointed at."""
    page = open_app(browser, url, DESKTOP)
    for stroke in SEVEN:
        draw(page, stroke)
    page.wait_for_timeout(1500)
    visit(page, "Look inside")
    page.set_viewport_size({"width": 1280, "height": 1720})  # Streamlit scrolls within the page
    page.locator(".network button.node").nth(1).click()
    save(page, "look-inside", 1720)


def train(browser: Browser, url: str) -> None:
    """Train, some epochs after the start."""
    page = open_app(browser, url, DESKTOP)
    visit(page, "Train")
    page.get_by_role("button", name=re.compile("^Start")).first.click()
    page.get_by_text(FIRST_EPOCH).first.wait_for()
    page.wait_for_timeout(1000)
    save(page, "train", DESKTOP["height"])


def tour(browser: Browser, url: str) -> None:
    """Some 20 seconds of drawing, lighting up and training, as an animated picture."""
    page = open_app(browser, url, TOUR, filmed=True)
    frames: list[Image.Image] = []
    film(page, frames, 3.5)
    for stroke in FOUR:
        draw(page, stroke, frames)
        film(page, frames, 1.6)
    visit(page, "Look inside")
    page.locator(".network button.node").first.wait_for()
    page.mouse.move(TOUR["width"] / 2, TOUR["height"] / 2)
    film(page, frames, 1.2)
    page.locator(".network").scroll_into_view_if_needed()
    for number in (1, 9):
        page.locator(".network button.node").nth(number).click()
        film(page, frames, 1.2)
    visit(page, "Train")
    start = page.get_by_role("button", name=re.compile("^Start")).first
    start.wait_for()
    film(page, frames, 1)
    start.click()
    page.get_by_text(FIRST_EPOCH).first.wait_for()
    for _ in range(60):
        if page.get_by_text("is trained").count():
            break
        film(page, frames, FRAME / 1000)
    page.get_by_text("Train another one").wait_for(state="attached")
    page.wait_for_timeout(2000)  # while it is filmed the browser has no time to show what is new
    film(page, frames, 3)
    path = PICTURES / "tour.gif"
    first, *rest = frames
    first.save(path, save_all=True, append_images=rest, duration=FRAME, loop=0, optimize=True)
    print(f"{path}: {len(frames)} frames, {len(frames) * FRAME / 1000:.0f} s, {path.stat().st_size / 1e6:.1f} MB")


def open_app(browser: Browser, url: str, viewport: dict, filmed: bool = False, **options: object) -> Page:
    """The Draw page of a new visitor; to be filmed, from the first moment and with a pointer."""
    page = browser.new_context(viewport=viewport, **options).new_page()
    if filmed:
        page.add_init_script(POINTER)
    page.goto(url)
    page.locator(".example").wait_for()
    if not filmed:
        page.locator(".network .bars").first.wait_for()
    return page


def visit(page: Page, title: str) -> None:
    """Go to another page of the app."""
    if title == "Photo":
        visit(page, "More")
    page.get_by_role("link", name=title).first.click()
    page.locator("[data-test-script-state=notRunning]").wait_for()
    page.wait_for_timeout(800)


def draw(page: Page, stroke: list[tuple[float, float]], frames: list[Image.Image] | None = None) -> None:
    """Draw a stroke with the mouse, and film it."""
    box = page.locator("canvas.sheet").bounding_box()
    assert box
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point, before in zip(points[1:], points, strict=False):
        for i in range(1, 7):
            page.mouse.move(*(b + (p - b) * i / 6 for p, b in zip(point, before, strict=True)))
            if frames is not None:
                frames.append(frame(page))
    page.mouse.up()


def film(page: Page, frames: list[Image.Image], seconds: float) -> None:
    """Add what the page shows during this time, at the pace at which it will be shown."""
    for _ in range(round(1000 * seconds / FRAME)):
        frames.append(frame(page))
        page.wait_for_timeout(40)  # taking the picture takes the rest


def frame(page: Page) -> Image.Image:
    """What the page shows, small and in a few colours."""
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture = picture.resize((WIDTH, round(WIDTH * picture.height / picture.width)), Image.Resampling.LANCZOS)
    return picture.quantize(64, dither=Image.Dither.NONE)


def save(page: Page, name: str, height: int) -> None:
    """The upper part of the page as a PNG of 256 colours."""
    page.wait_for_timeout(2000)
    viewport = page.viewport_size
    assert viewport
    png = page.screenshot(clip={"x": 0, "y": 0, "width": viewport["width"], "height": height})
    path = PICTURES / f"{name}.png"
    Image.open(io.BytesIO(png)).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
