"""What the tests in Chromium share: screens, drawing by mouse and by touch, waiting until a page is complete."""

from __future__ import annotations

import re
from itertools import pairwise

from conftest import Server
from strokes import SIDE, Strokes

STILL = {"reduced_motion": "reduce"}  # what moves takes a third of the processor's time: only tests of it let it
DESKTOP = {"viewport": {"width": 1280, "height": 800}} | STILL
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True} | STILL
TABLET_WIDTH = 820
ONLY_VIOLATIONS = {"resultTypes": ["violations"]}  # axe-core would describe all that passes, too
PATIENCE = 180_000  # ms: on a busy machine everything takes its time
CANVAS = "canvas.sheet"
FITS = """[document.documentElement, document.querySelector("[data-testid=stMain]")]
    .every(element => element.scrollWidth <= window.innerWidth)"""  # Streamlit scrolls within the page
IN_NAVIGATION = ("Draw", "Look inside", "Train", "More")


def open_page(context, server: Server):
    """The app's page Draw, in a new page of the browser, ready to draw on."""
    return open_draw(context.new_page(), server)


def open_draw(page, server: Server):
    """The same in a page that there is, with an empty sheet."""
    page.set_default_timeout(PATIENCE)
    if page.url.startswith("http"):
        page.evaluate("sessionStorage.clear()")
    page.goto(f"http://{server.address}")
    page.locator(CANVAS).wait_for()
    settle(page)  # until then everything moves
    return page


def has_touch(page) -> bool:
    """Whether the screen can be touched; then there is no mouse."""
    return page.evaluate("navigator.maxTouchPoints > 0")


def draw(page, strokes: Strokes, steps: int = 4, sheet: str = CANVAS) -> None:
    """Strokes as in strokes.py: by touch where there is touch, else with the mouse.

    Args:
        steps: that each straight line is drawn in.
        sheet: the selector of what is drawn on, whose width is that of the strokes' sheet.
    """
    box = page.locator(sheet).bounding_box()
    scale = box["width"] / SIDE
    protocol = page.context.new_cdp_session(page) if has_touch(page) else None
    for stroke in strokes:
        corners = [(box["x"] + scale * x, box["y"] + scale * y) for x, y in stroke]
        points = [
            (a[0] + (b[0] - a[0]) * i / steps, a[1] + (b[1] - a[1]) * i / steps)
            for a, b in pairwise(corners)
            for i in range(steps + 1)
        ]
        if protocol:
            for i, (x, y) in enumerate(points):
                kind = "touchStart" if i == 0 else "touchMove"
                protocol.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
            protocol.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        else:
            page.mouse.move(*points[0])
            page.mouse.down()
            for point in points[1:]:
                page.mouse.move(*point)
            page.mouse.up()


def expect_digit(page, digit: str) -> None:
    """Wait until that is the answer."""
    page.locator(".answer .digit", has_text=re.compile(rf"^{re.escape(digit)}$")).wait_for()


def expect_words(page, words: str) -> None:
    """Wait until they are the answer's headline."""
    page.locator(".answer strong", has_text=words).wait_for()


def settle(page) -> None:
    """Wait until the page is complete: one that is being rewritten closes its lists and popovers."""
    page.locator("[data-test-script-state=notRunning]").wait_for()


def go_to(page, title: str) -> None:
    """Another page, by its link in the navigation or on the page More."""
    if title not in IN_NAVIGATION and not page.url.endswith("/more"):
        go_to(page, "More")
    before = page.url
    page.get_by_role("link", name=title).first.click()
    page.wait_for_function("before => location.href !== before", arg=before)  # the other page has begun
    settle(page)


def tap(element) -> None:
    """Or click, where there is no touch."""
    element.tap() if has_touch(element.page) else element.click()


def press(page, name: str | re.Pattern) -> None:
    """The button of that name."""
    settle(page)
    tap(page.get_by_role("button", name=name).first)


def point_at(page, mark) -> None:
    """Tap it, or click on it, where it is: a mark of a chart is no element that takes a click."""
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.touchscreen.tap(x, y) if has_touch(page) else page.mouse.click(x, y)


def point_until(page, mark, shown) -> None:
    """Tap or click on it until something is shown; a page that is just being drawn anew misses the first time."""
    from playwright.sync_api import TimeoutError  # noqa: A004

    for _ in range(10):
        point_at(page, mark)
        try:
            shown.wait_for(timeout=3_000)
            return
        except TimeoutError:
            settle(page)
    raise AssertionError(f"{shown} is not shown")


def assert_fits_and_is_accessible(page) -> None:
    """It is no wider than its screen, nor than a tablet, and axe-core finds nothing serious, nor a heading too many."""
    from axe_playwright_python.sync_playwright import Axe

    screen = page.viewport_size
    for width in {TABLET_WIDTH, screen["width"]}:
        page.set_viewport_size(screen | {"width": width})
        page.wait_for_function(FITS)  # charts and tables follow a little later
    page.set_viewport_size(screen)
    violations = [
        (found["id"], [node["html"] for node in found["nodes"]])
        for found in Axe().run(page, options=ONLY_VIOLATIONS).response["violations"]
        if found["impact"] in ("serious", "critical") or found["id"] == "heading-order"
    ]
    assert violations == [], violations
