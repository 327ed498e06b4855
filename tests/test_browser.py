"""The running app, driven in Chromium as a person would: by mouse, by touch, from page to page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from conftest import Server, start_app
from PIL import Image

pytestmark = pytest.mark.browser

DESKTOP = {"viewport": {"width": 1280, "height": 800}}
TABLET = {"viewport": {"width": 820, "height": 1180}, "has_touch": True, "is_mobile": True}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

PAGES = {
    "Draw": "Draw a digit",
    "Photo": "Read a photo",
    "Look inside": "Why this answer?",
    "Train": "Train a network",
    "Dashboard": "All models",
    "How good is it?": "How good is it?",
}
LAST_WORDS = {
    "Draw": "Brush",
    "Photo": "Try an example photo",
    "Look inside": "The exact sums",
    "Train": "Your browser remembers",
    "Dashboard": "are misread by both",
    "How good is it?": "Which digits each of them misreads",
}  # at the foot of each page: it is complete when this is there

# strokes on a sheet of 320 x 320 pixels; `draw` brings them to the size that it has on the screen
ONE = [[(160, 60), (160, 260)]]
FOUR = [[(190, 60), (190, 270)], [(120, 60), (90, 180), (240, 180)]]  # the first stroke alone is a 1
SEVEN = [[(80, 80), (230, 80), (150, 250)], [(130, 165), (215, 165)]]
NO_DIGITS = {
    "A": [[(90, 260), (160, 60), (230, 260)], [(118, 190), (202, 190)]],
    "B": [
        [(110, 60), (110, 260)],
        [(110, 60), (175, 68), (200, 105), (175, 145), (110, 152), (185, 165), (212, 208), (180, 250), (110, 260)],
    ],
    "E": [[(210, 60), (110, 60), (110, 260), (215, 260)], [(110, 160), (190, 160)]],
    "H": [[(100, 60), (100, 260)], [(220, 60), (220, 260)], [(100, 160), (220, 160)]],
    "K": [[(105, 60), (105, 260)], [(215, 60), (105, 170), (220, 260)]],
    "M": [[(80, 260), (95, 60), (160, 190), (225, 60), (240, 260)]],
    "R": [[(105, 60), (105, 260)], [(105, 60), (180, 65), (208, 105), (180, 150), (105, 158), (215, 260)]],
    "T": [[(85, 65), (235, 65)], [(160, 65), (160, 260)]],
    "X": [[(95, 60), (225, 260)], [(225, 60), (95, 260)]],
    "heart": [
        [(160, 250), (75, 160), (65, 100), (100, 65), (140, 75), (160, 115)],
        [(160, 115), (180, 75), (220, 65), (255, 100), (245, 160), (160, 250)],
    ],
    "square": [[(80, 80), (240, 80), (240, 240), (80, 240), (80, 80)]],
    "smiley": [
        [(160, 55), (235, 85), (265, 160), (235, 235), (160, 265), (85, 235), (55, 160), (85, 85), (160, 55)],
        [(120, 125), (120, 138)],
        [(200, 125), (200, 138)],
        [(105, 190), (130, 215), (160, 222), (190, 215), (215, 190)],
    ],
    "scribble": [
        [(60, 200), (100, 80), (120, 230), (150, 90), (165, 240), (200, 80), (215, 230), (250, 100)],
        [(90, 160), (240, 190), (70, 120), (250, 150)],
    ],
    "house": [
        [(80, 260), (80, 140), (160, 60), (240, 140), (240, 260), (80, 260)],
        [(140, 260), (140, 190), (180, 190), (180, 260)],
    ],
}


@pytest.fixture
def screen() -> dict:
    """Tests of touch and of narrow screens parametrize it."""
    return DESKTOP


@pytest.fixture
def page(screen: dict, browser, app_server: Server) -> Iterator:
    """The Draw page, ready to draw on."""
    with browser.new_context(**screen) as context:
        yield open_page(context, app_server)


def open_page(context, server: Server):
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(f"http://{server.address}")
    page.locator("canvas.upper-canvas").wait_for()
    return page


@pytest.fixture(scope="module")
def drawn_page(browser, app_server: Server) -> Iterator:
    """The Draw page with a 4, for tests that only look at it."""
    with browser.new_context(**DESKTOP) as context:
        page = open_page(context, app_server)
        draw(page, FOUR)
        expect_digit(page, "4")
        yield page


on_both_screens = pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])


def draw(page, strokes: list[list[tuple[float, float]]], steps: int = 8) -> None:
    """By touch where there is touch, else with the mouse."""
    box = page.locator("canvas.upper-canvas").bounding_box()
    scale = box["width"] / 320
    strokes = [[(box["x"] + scale * x, box["y"] + scale * y) for x, y in stroke] for stroke in strokes]
    touch = page.evaluate("navigator.maxTouchPoints > 0")
    protocol = page.context.new_cdp_session(page) if touch else None
    for stroke in strokes:
        points = [
            (a[0] + (b[0] - a[0]) * i / steps, a[1] + (b[1] - a[1]) * i / steps)
            for a, b in pairwise(stroke)
            for i in range(steps + 1)
        ]
        if touch:
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
    page.locator(".answer .digit", has_text=re.compile(rf"^{re.escape(digit)}$")).wait_for()


def expect_words(page, words: str) -> None:
    page.locator(".answer strong", has_text=words).wait_for()


def settle(page) -> None:
    """Wait until the page is complete: one that is being rewritten closes its lists and popovers."""
    page.locator("[data-test-script-state=notRunning]").wait_for()


def press(page, name: str | re.Pattern) -> None:
    settle(page)
    button = page.get_by_role("button", name=name).first
    button.tap() if page.evaluate("navigator.maxTouchPoints > 0") else button.click()


def expect_strokes(page, number: int) -> None:
    """Wait until so many separate strokes cross the middle row of the canvas."""
    page.wait_for_function(
        """number => {
            const canvas = document.querySelector("canvas.dc-canvas");
            const row = canvas.getContext("2d").getImageData(0, canvas.height / 2, canvas.width, 1).data;
            let count = 0;
            for (let x = 1; x < canvas.width; x++) if (row[4 * x] > 127 && row[4 * x - 4] <= 127) count++;
            return count === number;
        }""",
        arg=number,
    )


@on_both_screens
def test_draw_undo_clear_and_draw_again(page):
    expect_words(page, "Example")
    draw(page, FOUR)
    expect_digit(page, "4")
    press(page, "Undo")
    expect_digit(page, "1")
    press(page, "Clear")
    expect_words(page, "Draw a digit")
    draw(page, SEVEN)
    expect_digit(page, "7")


@pytest.mark.slow
def test_what_is_no_digit_is_said_to_be_none(page):
    for strokes in NO_DIGITS.values():
        draw(page, strokes, steps=3)
        expect_words(page, "Not a digit")
        press(page, "Clear")
        expect_words(page, "Draw a digit")


@on_both_screens
def test_strokes_may_begin_anywhere_along_the_border(page):
    places = range(4, 320, 39)
    starts = [(x, y) for k in places for x, y in ((k, 1), (k, 318), (1, k), (318, k))]
    draw(page, [[(x, y), (0.9 * x + 16, 0.9 * y + 16)] for x, y in starts], steps=2)
    draw(page, [[(308, 12), (308, 12)]], steps=1)  # a tap, where the component's own toolbar has "Reset"
    missing = page.evaluate(
        """starts => {
            const canvas = document.querySelector("canvas.dc-canvas");
            const scale = canvas.width / 320;
            const white = ([x, y]) => canvas.getContext("2d").getImageData(scale * x, scale * y, 1, 1).data[0] > 127;
            return starts.filter(start => !white(start));
        }""",
        starts,
    )
    assert missing == []


def test_fast_strokes_are_all_kept(page):
    draw(page, [[(40 * i, 60), (40 * i, 260)] for i in range(1, 8)])
    expect_strokes(page, 7)
    page.wait_for_timeout(1000)  # the component sends the last one 0.2 s after it
    press(page, "Undo")  # the server answers with the strokes it has been sent
    expect_strokes(page, 6)


def test_strokes_survive_a_change_of_page(page):
    draw(page, FOUR)
    expect_digit(page, "4")
    page.get_by_role("link", name="Dashboard").click()
    page.get_by_role("heading", name=PAGES["Dashboard"]).wait_for()
    page.get_by_role("link", name="Draw").click()
    expect_digit(page, "4")
    press(page, "Undo")
    expect_digit(page, "1")


def test_keyboard_shortcuts(page):
    draw(page, FOUR)
    expect_digit(page, "4")
    page.keyboard.press("Control+z")
    expect_digit(page, "1")
    page.keyboard.press("Delete")
    expect_words(page, "Draw a digit")
    page.keyboard.press("Control+z")  # restores what was cleared
    expect_digit(page, "1")
    page.get_by_role("combobox", name="Model").focus()
    for key in ("ArrowDown", "Escape", "Delete"):  # in a list, Delete is not the canvas's shortcut
        page.keyboard.press(key)
    draw(page, FOUR[1:])
    expect_digit(page, "4")


def test_every_control_is_reached_and_named_by_keyboard(page):
    names = []
    for _ in range(27):
        page.keyboard.press("Tab")
        names.append(
            page.evaluate(
                """() => {
                    let at = document.activeElement;
                    while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
                    return at.ariaLabel || at.labels?.[0]?.innerText || at.innerText;
                }"""
            )
        )
    expected = [
        *PAGES,
        "Undo",
        "Clear",
        "Wide sheet",
        "Random digit",
        "Misread digit",
        "Export",
        "Why this answer?",
        "Thin",
    ]
    missing = [name for name in [*expected, "Model"] if not any(name in found for found in names)]
    assert missing == []


def test_reduced_motion_turns_animations_off(browser, app_server):
    def moving(preference: str) -> int:
        with browser.new_context(reduced_motion=preference) as context:
            page = open_page(context, app_server)
            settle(page)
            return page.evaluate(
                """() => [...document.querySelectorAll("*")].map(e => getComputedStyle(e)).filter(
                    style => style.animationName !== "none" || /[1-9]/.test(style.transitionDuration)).length"""
            )

    assert moving("no-preference") > 0
    assert moving("reduce") == 0


def test_digit_of_mnist_is_put_on_the_canvas_and_removed_by_undo(page):
    press(page, "Misread digit")
    page.locator(".answer.misread .truth").wait_for()
    press(page, "Undo")
    expect_words(page, "Draw a digit")


def test_export(page):
    draw(page, SEVEN)
    expect_digit(page, "7")
    press(page, "Export")
    with page.expect_download() as download:
        press(page, "Network input")
    with Image.open(download.value.path()) as image:
        assert image.size == (28, 28)
    assert "curl" in page.locator("code.language-bash").inner_text()


def test_drawing_survives_a_killed_server(browser, tmp_path):
    server = start_app(tmp_path)
    try:
        with browser.new_context() as context:
            page = open_page(context, server)
            draw(page, FOUR[:1])
            expect_digit(page, "1")
            server.process.kill()
            server.process.wait()
            page.get_by_text("server is not responding").wait_for()  # Streamlit's own words
            server = start_app(tmp_path, server.port)
            page.get_by_text("server is not responding").wait_for(state="hidden")
            settle(page)
            draw(page, FOUR[1:])
            expect_digit(page, "4")
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("screen", "scheme"),
    [(DESKTOP, "light"), (TABLET, "light"), (PHONE, "dark")],
    ids=["desktop", "tablet", "phone"],
)
def test_accessibility(browser, app_server, screen, scheme):
    """axe-core finds nothing serious on any page."""
    from axe_playwright_python.sync_playwright import Axe

    with browser.new_context(**screen, color_scheme=scheme) as context:
        page = open_page(context, app_server)
        draw(page, SEVEN)
        expect_digit(page, "7")
        for title, heading in PAGES.items():
            page.get_by_role("link", name=title).first.click()
            page.get_by_role("heading", name=heading).wait_for()
            page.get_by_text(LAST_WORDS[title]).last.wait_for()
            violations = [
                (found["id"], [node["html"] for node in found["nodes"]])
                for found in Axe().run(page).response["violations"]
                if found["impact"] in ("serious", "critical")
            ]
            assert violations == [], title
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), title


@on_both_screens
def test_layout_stays_put(page):
    def positions() -> list:
        return [page.locator(selector).first.bounding_box() for selector in (".answer", ".network .images", ".digits")]

    page.locator(".network .digits").first.wait_for()
    before = positions()
    draw(page, FOUR)
    expect_digit(page, "4")
    page.locator(".network .best", has_text="4").wait_for()
    assert positions() == before


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080), (820, 1180), (390, 844), (360, 640), (844, 390)], ids=str)
def test_sheet_and_answer_fit_every_screen(size, drawn_page):
    width, height = size
    drawn_page.set_viewport_size({"width": width, "height": height})
    drawn_page.wait_for_timeout(300)  # the layout follows
    sheet = drawn_page.locator("canvas.upper-canvas").bounding_box()
    answer = drawn_page.locator(".answer .said").bounding_box()
    assert drawn_page.evaluate("document.documentElement.scrollWidth") <= width
    for box in (sheet, answer):
        assert 0 <= box["x"] <= box["x"] + box["width"] <= width
        assert 0 <= box["y"] <= box["y"] + box["height"] <= height, "in view without scrolling"
    if width <= 640:
        assert sheet["width"] == width - 32
        assert answer["y"] >= sheet["y"] + sheet["height"]
    else:
        assert sheet["width"] == 420 or width < 900
        assert answer["x"] > sheet["x"] + sheet["width"]


def test_example_is_no_drawing_and_takes_no_stroke(browser, app_server):
    for screen, motion in ((DESKTOP, "no-preference"), (PHONE, "no-preference"), (DESKTOP, "reduce")):
        with browser.new_context(**screen, reduced_motion=motion) as context:
            page = open_page(context, app_server)
            settle(page)
            example = page.locator(".example")
            assert example.is_visible() == (motion == "no-preference")
            expect_words(page, "Example" if motion == "no-preference" else "Draw a digit")
            draw(page, [ONE[0][:1] * 2], steps=1)  # a dot, where the example is
            example.wait_for(state="hidden")
            draw(page, ONE)
            expect_digit(page, "1")
            expect_strokes(page, 1)


@on_both_screens
def test_pointing_at_a_unit_lights_its_lines(page):
    draw(page, SEVEN)
    expect_digit(page, "7")
    page.get_by_role("link", name="Look inside").first.click()
    units = page.locator(".network button")
    units.first.wait_for()
    settle(page)

    def lit() -> list[str]:
        lines = page.locator("path.lit").all()
        return [line.get_attribute("data-from") + " " + line.get_attribute("data-to") for line in lines]

    assert lit() == []
    name = units.nth(1).get_attribute("data-node")
    if page.evaluate("navigator.maxTouchPoints > 0"):
        units.nth(1).tap()
    else:
        units.nth(1).hover()
        assert lit()
        page.mouse.move(0, 0)
        assert lit() == []
        units.nth(1).focus()
    assert lit()
    assert all(name in ends for ends in lit())
    assert page.locator(".about.lit").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
