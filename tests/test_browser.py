"""The really running app, driven in Chromium as a person would: by mouse, by touch, from page to page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from conftest import free_port, start_app
from PIL import Image

pytestmark = pytest.mark.browser

DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

PAGES = {
    "Draw": "Draw a digit, and see it read",
    "Look inside": "Why does it read what it reads?",
    "Train": "Train a network",
    "Dashboard": "How the network was trained",
    "How good is it?": "How good is it?",
}
LAST_WORDS = {
    "Draw": "Brush",
    "Look inside": "How this is computed",
    "Train": "Accuracy on unseen digits",
    "Dashboard": "Where it came from",
    "How good is it?": "The test digits it misread",
}  # what stands at the foot of each page: it is complete when this is there

# strokes on the sheet of 320 x 320 pixels
ONE = [[(160, 60), (160, 260)]]
FOUR = [[(190, 60), (190, 270)], [(120, 60), (90, 180), (240, 180)]]  # the first stroke alone is a 1
SEVEN = [[(80, 80), (230, 80), (150, 250)], [(130, 165), (215, 165)]]
LONG_FLAGGED_ONE = [[(70, 200), (170, 60), (170, 260)]]  # which MNIST's American writers hardly ever write
FOUR_OR_NINE = [[(195, 60), (190, 270)], [(140, 65), (110, 150), (190, 150)], [(140, 65), (180, 80)]]
ZERO = [[(160, 60), (100, 110), (95, 200), (150, 265), (215, 220), (225, 120), (160, 60)]]


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def page(request: pytest.FixtureRequest, browser, app_url: str) -> Iterator:
    context = browser.new_context(**request.param)
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(app_url)
    page.locator("canvas.upper-canvas").wait_for()
    yield page
    context.close()


def draw(page, strokes: list[list[tuple[int, int]]]) -> None:
    """With the finger where there is touch, else with the mouse."""
    box = page.locator("canvas.upper-canvas").bounding_box()
    strokes = [[(box["x"] + x, box["y"] + y) for x, y in stroke] for stroke in strokes]
    touch = page.evaluate("navigator.maxTouchPoints > 0")
    protocol = page.context.new_cdp_session(page) if touch else None
    for stroke in strokes:
        points = [
            (a[0] + (b[0] - a[0]) * i / 8, a[1] + (b[1] - a[1]) * i / 8) for a, b in pairwise(stroke) for i in range(9)
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


def test_draw_clear_and_draw_again(page):
    expect_words(page, "Draw a digit")
    for digit, strokes in (("7", SEVEN), ("4", FOUR), ("1", ONE), ("0", ZERO)):
        draw(page, strokes)
        expect_digit(page, digit)
        press(page, "Clear")
        expect_words(page, "Draw a digit")


def test_undo_takes_back_one_stroke_at_a_time(page):
    draw(page, FOUR)
    expect_digit(page, "4")
    press(page, "Undo")
    expect_digit(page, "1")
    press(page, "Undo")
    expect_words(page, "Draw a digit")


def test_dot_is_no_digit(page):
    draw(page, [[(150, 150), (151, 151)]])
    expect_words(page, "Only a dot so far")


def test_drawing_survives_a_change_of_page(page):
    draw(page, FOUR)
    expect_digit(page, "4")
    page.get_by_role("link", name="Dashboard").click()
    page.get_by_role("heading", name="How the network was trained").wait_for()
    page.get_by_role("link", name="Draw").click()
    expect_digit(page, "4")
    press(page, "Undo")  # the strokes are on the sheet again, not only the answer
    expect_digit(page, "1")


def test_fast_strokes_are_all_kept(page):
    draw(page, [[(40 * i, 60), (40 * i, 260)] for i in range(1, 8)])
    expect_strokes(page, 7)
    page.locator(".answer .digit", has_text=re.compile(r"[0-9?]")).wait_for()
    page.wait_for_timeout(1000)  # an answer that came back late must not wipe any of them out
    expect_strokes(page, 7)


def test_shortcuts_on_the_keyboard(page):
    draw(page, FOUR)
    expect_digit(page, "4")
    page.keyboard.press("Control+z")
    expect_digit(page, "1")
    page.keyboard.press("Delete")
    expect_words(page, "Draw a digit")
    page.keyboard.press("Control+z")  # what was cleared comes back
    expect_digit(page, "1")
    page.get_by_role("combobox", name="Model").focus()
    for key in ("ArrowDown", "Escape", "Delete"):
        page.keyboard.press(key)
    page.wait_for_timeout(500)
    expect_digit(page, "1")  # keys pressed in a list are no business of the sheet


def test_every_control_is_reached_and_named_by_keyboard(page):
    names = []
    for _ in range(25):
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
    expected = [*PAGES, "Undo", "Clear", "Give me one", "One it misreads", "Take it away", "Why this answer?", "Thin"]
    missing = [name for name in [*expected, "Model"] if not any(name in found for found in names)]
    assert missing == []


def test_nothing_moves_for_who_asked_for_less_motion(browser, app_url):
    def moving(preference: str) -> int:
        with browser.new_context(reduced_motion=preference) as context:
            page = context.new_page()
            page.goto(app_url)
            page.locator("canvas.upper-canvas").wait_for()
            settle(page)
            return page.evaluate(
                """() => [...document.querySelectorAll("*")].map(e => getComputedStyle(e)).filter(
                    style => style.animationName !== "none" || /[1-9]/.test(style.transitionDuration)).length"""
            )

    assert moving("no-preference") > 0
    assert moving("reduce") == 0


def test_ready_made_digit_is_read_explained_and_survives(page):
    press(page, "Give me one")
    page.locator(".answer .digit", has_text=re.compile(r"[0-9?]")).wait_for()
    said = page.locator(".answer .digit").inner_text()
    page.get_by_role("link", name="Look inside").click()
    page.get_by_role("heading", name="The way through the network").wait_for()
    expect_digit(page, said)
    page.get_by_role("link", name="Draw").first.click()
    expect_digit(page, said)
    press(page, "Undo")
    expect_words(page, "Draw a digit")


def test_take_the_drawing_away(page):
    draw(page, SEVEN)
    expect_digit(page, "7")
    press(page, "Take it away")
    with page.expect_download() as download:
        press(page, "What the network sees")
    with Image.open(download.value.path()) as image:
        assert image.size == (28, 28)
    assert "curl" in page.locator("code.language-bash").inner_text()


def test_misread_digit_opens_in_look_inside(page):
    page.get_by_role("link", name="Dashboard").click()
    press(page, re.compile(r"^\d as \d$"))
    page.get_by_role("heading", name="The way through the network").wait_for()
    page.get_by_text("How this is computed").wait_for()
    settle(page)
    question = page.get_by_role("combobox", name="Question")
    question.focus()  # by keyboard, which a list that moves while it opens does not mislead
    page.keyboard.type("Why not")
    page.get_by_role("option", name=re.compile("Why not")).wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("the lead of").wait_for()


def test_train_use_rename_and_delete(page, app_home):
    page.get_by_role("link", name="Train").click()
    page.get_by_label("Epochs").fill("3")
    press(page, "Start training")  # straight from the field, which must count
    page.get_by_text("is trained: it reads").wait_for(timeout=120_000)
    (run,) = (path.parent for path in (app_home / "models").glob("[!.]*/model.npz"))
    assert json.loads((run / "report.json").read_text())["recipe"]["epochs"] == 3
    press(page, "Use it from now on")
    page.get_by_text(f"{run.name} is in use.").wait_for()
    page.get_by_role("link", name="Draw").click()
    draw(page, SEVEN)
    page.locator(".answer .digit", has_text=re.compile(r"[0-9?]")).wait_for()
    page.get_by_role("link", name="Train").click()
    press(page, "Rename")
    page.get_by_label("New name").fill("mine")
    press(page, "Rename it")
    page.get_by_text(f"{run.name} is called mine now.").wait_for()
    press(page, "Delete")
    press(page, "Delete it")
    page.get_by_text("mine is deleted.").wait_for()
    assert not (app_home / "models" / "mine").exists()


def test_train_goes_on_while_another_visitor_draws(page, browser, app_url):
    page.goto(f"{app_url}/train")
    page.get_by_label("Epochs").fill("300")
    page.keyboard.press("Enter")
    press(page, "Start training")
    page.get_by_text(re.compile(r"epoch \d+ of 300")).wait_for()
    other = browser.new_page()
    other.goto(app_url)
    other.locator("canvas.upper-canvas").wait_for()
    draw(other, SEVEN)
    expect_digit(other, "7")
    other.get_by_role("link", name="Train").first.click()
    other.get_by_text(re.compile(r"epoch \d+ of 300")).wait_for()  # it is everybody's
    other.close()
    press(page, "Stop")
    page.get_by_text("The training was stopped").wait_for()


def test_server_is_killed_and_comes_back(browser, tmp_path):
    port = free_port()
    server = start_app(tmp_path, port)
    page = browser.new_page()
    try:
        page.goto(f"http://127.0.0.1:{port}")
        page.locator("canvas.upper-canvas").wait_for()
        draw(page, FOUR[:1])
        expect_digit(page, "1")
        server.kill()
        server.wait()
        page.get_by_text("server is not responding").wait_for()  # Streamlit's own words
        server = start_app(tmp_path, port)
        page.get_by_text("server is not responding").wait_for(state="hidden")
        settle(page)
        draw(page, FOUR[1:])
        expect_digit(page, "4")
    finally:
        page.close()
        server.kill()
        server.wait()


def test_classic_fails_where_robust_reads(page):
    draw(page, LONG_FLAGGED_ONE)
    expect_digit(page, "1")
    settle(page)
    picker = page.get_by_role("combobox", name="Model")
    picker.focus()
    page.keyboard.type("classic")
    page.keyboard.press("Enter")
    page.locator(".answer .digit", has_text=re.compile(r"^[02-9?]$")).wait_for()
    page.get_by_role("link", name="Look inside").click()  # the choice holds on every page
    page.get_by_role("heading", name="The way through the network").wait_for()
    page.locator(".answer .digit", has_text=re.compile(r"^[02-9?]$")).wait_for()


def test_unsure_says_between_which(page):
    draw(page, FOUR_OR_NINE)
    expect_words(page, "Not sure")
    expect_digit(page, "?")
    assert re.fullmatch(r"\d \(\d+%\) or \d \(\d+%\)\?", page.locator(".answer p").inner_text())


def test_curves_of_models_lie_in_one_picture(page):
    page.get_by_role("link", name="Train").click()
    page.get_by_text("Accuracy on unseen digits").last.wait_for()
    for curves in ("training loss", "accuracy on unseen digits"):
        names = page.locator(f'[role=graphics-document][aria-label="{curves}"]').text_content()
        assert "robust" in names, curves
        assert "classic" in names, curves


def expect_strokes(page, number: int) -> None:
    """Wait until so many separate strokes cross the middle of the sheet."""
    page.wait_for_function(
        """number => {
            const find = root => root.querySelector("canvas.dc-canvas") ||
                [...root.querySelectorAll("*")].map(e => e.shadowRoot && find(e.shadowRoot)).find(Boolean);
            const canvas = find(document);
            const row = canvas.getContext("2d").getImageData(0, canvas.height / 2, canvas.width, 1).data;
            let count = 0;
            for (let x = 1; x < canvas.width; x++) if (row[4 * x] > 127 && row[4 * x - 4] <= 127) count++;
            return count === number;
        }""",
        arg=number,
    )


@pytest.mark.parametrize(
    ("screen", "scheme"), [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light"), (PHONE, "dark")]
)
def test_nobody_is_shut_out(browser, app_url, screen, scheme):
    """axe-core finds nothing serious on any page, be it ours or Streamlit's own."""
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(**screen, color_scheme=scheme)
    page = context.new_page()
    page.goto(app_url)
    page.locator("canvas.upper-canvas").wait_for()
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
    context.close()


def test_layout_stays_put_and_fits(page):
    def positions() -> list:
        return [page.locator(selector).bounding_box() for selector in (".answer", ".answer img", ".answer ol")]

    empty = positions()
    draw(page, SEVEN)
    expect_digit(page, "7")
    assert positions() == empty
    sheet = page.locator("canvas.upper-canvas").bounding_box()
    digit = page.locator(".answer .digit").bounding_box()
    assert digit["y"] + digit["height"] <= page.viewport_size["height"], "the answer is in view without scrolling"
    assert digit["x"] > sheet["x"] + sheet["width"] or digit["y"] >= sheet["y"] + sheet["height"]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
