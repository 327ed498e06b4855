"""The running app, driven in Chromium as a person would: by mouse, by touch, from page to page."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Server, await_that, start_app
from in_browser import (
    CANVAS,
    DESKTOP,
    FITS,
    IN_NAVIGATION,
    PATIENCE,
    PHONE,
    STILL,
    assert_fits_and_is_accessible,
    draw,
    expect_digit,
    expect_words,
    go_to,
    has_touch,
    open_draw,
    open_page,
    point_until,
    press,
    settle,
)
from PIL import Image
from strokes import FOUR, NO_DIGITS, ONE, SEVEN, TICK, WAVE, V

pytestmark = pytest.mark.browser


LAST_WORDS = {
    "Photo": "Try an example photo",
    "Look inside": "The exact sums",
    "Train": "Your browser remembers",
    "More": "noisy digits",
    "Dashboard": "are wrong with both",
    "How good is it?": "Which digits each of them gets wrong",
    "Practice": "Begin",
    "My digits": re.compile(r"Practise ten digits|^\d+ digits?$"),  # none are kept, or some
    "Draw": "Who reads",
}  # at the foot of each page: it is complete when this is there


@pytest.fixture
def screen() -> dict:
    """Tests of touch and of narrow screens parametrize it."""
    return DESKTOP


@pytest.fixture(scope="module")
def page_of(browser) -> Iterator[Callable]:
    """The page of each kind of screen, in which all tests take turns: a new one would load the whole app anew."""
    contexts: dict = {}

    def page_of(screen: dict):
        name = str(screen)
        if name not in contexts:
            contexts[name] = browser.new_context(**screen)
            contexts[name].new_page()
        return contexts[name].pages[0]

    yield page_of
    for context in contexts.values():
        context.close()


@pytest.fixture
def motion() -> str:
    """Tests of what moves parametrize it."""
    return "reduce"


@pytest.fixture
def page(screen: dict, motion: str, page_of: Callable, app_server: Server):
    """The Draw page, ready to draw on, in a session of its own."""
    page = page_of(screen)
    page.set_viewport_size(screen["viewport"])
    page.emulate_media(reduced_motion=motion, color_scheme="light")
    return open_draw(page, app_server)


on_both_screens = pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
in_motion = pytest.mark.parametrize("motion", ["no-preference"])


def expect_strokes(page, number: int) -> None:
    """Wait until so many separate strokes cross the middle row of the canvas."""
    page.wait_for_function(
        """number => {
            const canvas = document.querySelector("canvas.sheet");
            const row = canvas.getContext("2d").getImageData(0, canvas.height / 2, canvas.width, 1).data;
            let count = 0;
            for (let x = 1; x < canvas.width; x++) if (row[4 * x] > 127 && row[4 * x - 4] <= 127) count++;
            return count === number;
        }""",
        arg=number,
    )


@in_motion
@on_both_screens
def test_draw_undo_clear_draw_again_and_look_inside(page):
    def positions() -> list:
        return [page.locator(selector).first.bounding_box() for selector in (".answer", ".network .images", ".bars")]

    expect_words(page, "Example")
    page.locator(".network .bars").wait_for()
    before = positions()
    draw(page, FOUR)
    expect_digit(page, "4")
    page.locator(".network .best", has_text="4").wait_for()
    assert positions() == before
    assert page.locator(".network .track").first.bounding_box()["width"] >= 40, "a bar that one sees"
    press(page, "Undo")
    expect_digit(page, "1")
    press(page, "Clear")
    expect_words(page, "Draw a digit")
    draw(page, SEVEN)
    expect_digit(page, "7")
    page.locator(".network-root[data-shown=answer]").wait_for()
    page.get_by_role("button", name="Next step").click()
    page.get_by_text("your ink is these 28×28 pixels").wait_for()
    assert page.locator(".bars .bar").evaluate_all("bars => bars.every(bar => bar.style.width === '0%')")

    page.get_by_role("link", name="Look inside").first.click()
    about = page.locator(".chosen-unit")
    about.get_by_text("Unit").first.wait_for()  # the strongest is chosen at once
    settle(page)
    stage = page.locator(".network .columns").bounding_box()
    assert stage["y"] + stage["height"] <= page.viewport_size["height"], "all of it is seen at once"
    gaps = page.evaluate(
        """() => [...document.querySelectorAll(".network .lines")].map((lines) => {
            const picture = lines.nextElementSibling.nextElementSibling.querySelector("canvas, .track");
            return picture.getBoundingClientRect().left - lines.getBoundingClientRect().right;
        })"""
    )
    assert max(gaps[:-1]) < 28, "lines lead to the pictures; a direction's arrow stands between"
    height, said = about.bounding_box()["height"], about.inner_text()
    units = page.locator(".network button.node")
    assert units.locator("xpath=self::*[@aria-pressed='true']").count() == 1
    assert page.locator(".network .lit").count() == 0
    other = page.locator(".network button.node[aria-pressed=false]").first
    if has_touch(page):
        other.tap()
    else:
        other.hover()
        assert page.locator(".network .lit").count() > 1, "it and what it is joined to"
        other.click()
    page.wait_for_function("said => document.querySelector('.chosen-unit').innerText !== said", arg=said)
    assert about.bounding_box()["height"] == height
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@in_motion
def test_network_thinks_while_the_pen_moves(page):
    stage = page.locator(".network-root")
    box = page.locator(CANVAS).bounding_box()

    def move(x: float, y: float) -> None:
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])

    def stroke(corners: list[tuple[float, float]]) -> None:
        move(*corners[0])
        page.mouse.down()
        for corner in corners[1:]:
            move(*corner)

    page.wait_for_function("caches.open('networks').then(kept => kept.keys()).then(keys => keys.length === 1)")
    page.wait_for_timeout(500)  # the weights are being unpacked
    stroke([(0.2, 0.2), (0.45, 0.2), (0.7, 0.2), (0.6, 0.5), (0.5, 0.8)])
    page.locator(".network .best", has_text="7").wait_for()
    assert stage.get_attribute("data-shown") != "answer", "it is the browser's"
    assert "example" in page.locator(".answer.digit").text_content(), "the server has been told nothing yet"
    instead = "() => getComputedStyle(document.querySelector('.said > .digit'), '::before').content"
    assert page.evaluate(instead) == '"7"', "what one sees in the answer's place"
    page.evaluate(
        """() => {
            const root = document.querySelector(".network-root");
            globalThis.ours = [];
            new MutationObserver(() => Number(root.dataset.shown) && ours.push(root.querySelector(".best")?.innerText))
                .observe(root, { attributeFilter: ["data-shown"] });
        }"""
    )
    page.mouse.up()
    expect_digit(page, "7")
    assert page.evaluate("ours.pop()")[0] == "7", "nothing is dark until the server has answered"
    page.locator(".network-root[data-shown=answer]").wait_for()
    stroke([(0.9, 0.2), (0.9, 0.8)])  # a number: it is read by the server alone
    page.locator(".network.waiting").wait_for()
    page.wait_for_timeout(3_000)  # for as long as the answer to the stroke before was awaited
    assert page.evaluate(instead) == '"–"'
    page.mouse.up()
    expect_digit(page, "71")
    assert page.evaluate(instead) == "none"
    page.locator(".network.waiting").wait_for(state="detached")
    page.emulate_media(reduced_motion="reduce")
    press(page, "Clear")
    expect_words(page, "Draw a digit")
    settle(page)
    stroke([(0.5, 0.2), (0.5, 0.8)])
    page.wait_for_timeout(300)
    assert stage.get_attribute("data-shown") == "answer"
    page.mouse.up()
    expect_digit(page, "1")


def test_what_is_no_digit_is_said_to_be_none(page):
    for strokes in (NO_DIGITS["heart"], NO_DIGITS["house"], TICK, WAVE, V, NO_DIGITS["M"]):
        draw(page, strokes, steps=3)
        expect_words(page, "Not a digit")
        press(page, "Clear")
        expect_words(page, "Draw a digit")


@on_both_screens
def test_strokes_may_begin_anywhere_along_the_border(page):
    places = range(4, 320, 39)
    starts = [(x, y) for k in places for x, y in ((k, 1), (k, 318), (1, k), (318, k))]
    draw(page, FOUR)
    expect_digit(page, "4")
    covered = page.evaluate(
        """starts => { // what is being rewritten is translucent for a moment, which changes what lies over what
            for (const element of document.querySelectorAll(".st-key-stage *")) element.style.opacity = 0.99;
            const { left, top, width } = document.querySelector(".sheet-place").getBoundingClientRect();
            const found = ([x, y]) => document.elementFromPoint(left + x * width / 320, top + y * width / 320);
            const covered = starts.map(found).filter(element => !element.closest(".sheet-place"));
            for (const element of document.querySelectorAll(".st-key-stage *")) element.style.opacity = null;
            return covered.map(element => element.className);
        }""",
        starts,
    )
    assert covered == []
    press(page, "Clear")
    expect_words(page, "Draw a digit")
    starts = starts[::3]  # from corner to corner of each side; every stroke is read
    draw(page, [[(x, y), (0.9 * x + 16, 0.9 * y + 16)] for x, y in starts], steps=2)
    draw(page, [[(308, 12), (308, 12)]], steps=1)  # a tap, where the component's own toolbar has "Reset"
    missing = page.evaluate(
        """starts => {
            const canvas = document.querySelector("canvas.sheet");
            const scale = canvas.width / 320;
            const white = ([x, y]) => canvas.getContext("2d").getImageData(scale * x, scale * y, 1, 1).data[0] > 127;
            return starts.filter(start => !white(start));
        }""",
        starts,
    )
    assert missing == []
    drawn = page.evaluate("JSON.parse(sessionStorage['mnistcore-sheet-drawing']).strokes.map(({ type }) => type)")
    assert drawn == ["Path"] * (len(starts) + 1)  # what streamlit-drawable-canvas calls a stroke


def test_fast_strokes_are_all_kept(page):
    draw(page, [[(40 * i, 60), (40 * i, 260)] for i in range(1, 8)])
    page.keyboard.press("Control+z")  # at once: the last stroke alone
    expect_strokes(page, 6)
    expect_digit(page, "111111")
    for _ in range(3):
        page.keyboard.press("Control+z")
    expect_strokes(page, 3)
    expect_digit(page, "111")
    page.reload()
    expect_digit(page, "111")
    expect_strokes(page, 3)


def test_a_stroke_is_kept_that_ends_while_others_are_drawn_anew(page):
    draw(page, [[(100, 60), (100, 260)], [(160, 60), (160, 260)]])
    expect_digit(page, "11")
    page.evaluate(
        """() => { // on a busy machine the sheet hears late of what is drawn anew
            const { sheet } = document.querySelector(".sheet-place");
            const take = sheet.take.bind(sheet);
            sheet.take = (drawn) => sheet.ending ? take(drawn) : setTimeout(take, 2000, drawn);
        }"""
    )
    page.keyboard.press("Control+z")
    expect_strokes(page, 1)
    draw(page, [[(220, 60), (220, 260)]])
    expect_digit(page, "11")
    expect_strokes(page, 2)
    assert page.evaluate("JSON.parse(sessionStorage['mnistcore-sheet-drawing']).strokes.length") == 2


def test_question_waits_for_the_answer_to_what_is_drawn(page, app_server: Server):
    draw(page, SEVEN[:1])
    expect_digit(page, "7")
    yes = page.locator(".ask button", has_text=re.compile("^Yes$"))
    page.wait_for_function("!document.querySelector('.ask button').disabled")
    app_server.process.send_signal(signal.SIGSTOP)  # however quick it is
    try:
        draw(page, SEVEN[1:])
        page.wait_for_function("JSON.parse(sessionStorage['mnistcore-sheet-drawing']).strokes.length === 2")
        assert yes.is_disabled(), "it would be said of half of the digit"
    finally:
        app_server.process.send_signal(signal.SIGCONT)
    yes.click()
    page.get_by_text("Kept as a 7").wait_for()


def test_keyboard_shortcuts(page):
    main = page.locator("[data-testid=stMain]")
    main.focus()
    page.keyboard.press("Control+z")  # it removes the example
    assert main.evaluate("e => getComputedStyle(e).outlineStyle") == "none", "a key frames the whole page"
    draw(page, FOUR)
    expect_digit(page, "4")
    page.keyboard.press("Control+z")
    expect_digit(page, "1")
    page.keyboard.press("Delete")
    expect_words(page, "Draw a digit")
    page.keyboard.press("Control+z")  # restores what was cleared
    expect_digit(page, "1")
    page.get_by_role("combobox", name="Who reads?").focus()
    for key in ("ArrowDown", "Escape", "Delete"):  # in a list, Delete is not the canvas's shortcut
        page.keyboard.press(key)
    page.locator(CANVAS).scroll_into_view_if_needed()  # the list stands at the end of the page
    draw(page, FOUR[1:])
    expect_digit(page, "4")


def test_every_control_is_reached_and_named_by_keyboard(page):
    names = []
    for _ in range(28):
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
        *IN_NAVIGATION,
        "Undo",
        "Clear",
        "Wide sheet",
        "Random digit",
        "One it gets wrong",
        "Share",
        "For programmers",
        "Why this answer?",
        "Thin",
    ]
    missing = [name for name in [*expected, "Who reads?"] if not any(name in found for found in names)]
    assert missing == []


def test_the_link_in_focus_does_not_look_like_that_of_the_current_page(page):
    current, other = page.locator(".st-key-pages a").first, page.locator(".st-key-pages a").nth(1)
    page.keyboard.press("Tab")  # from now on it is the keyboard that moves the focus
    other.focus()
    assert other.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    assert current.evaluate("e => getComputedStyle(e).outlineStyle") == "none"


def test_back_leads_to_where_one_was(page):
    go_to(page, "How good is it?")
    link = page.get_by_text(LAST_WORDS["How good is it?"])
    link.click()  # at the page's foot
    page.get_by_text(LAST_WORDS["Dashboard"]).wait_for()
    settle(page)
    page.go_back()
    link.wait_for()
    await_that(lambda: box_in_view(link, 1280, 800))


@in_motion
def test_reduced_motion_turns_animations_off(page):
    def moving() -> int:
        settle(page)
        return page.evaluate(
            """() => [...document.querySelectorAll("*")].map(e => getComputedStyle(e)).filter(
                style => style.animationName !== "none" || /[1-9]/.test(style.transitionDuration)).length"""
        )

    assert moving() > 0
    page.emulate_media(reduced_motion="reduce")
    assert moving() == 0


def test_what_is_rewritten_does_not_flicker_with_reduced_motion(page):
    go_to(page, "Train")
    page.evaluate(
        """() => {
            globalThis.opacities = [];
            const look = () => {
                const stale = [...document.querySelectorAll("[data-stale=true]")];
                opacities.push(...stale.map(element => getComputedStyle(element).opacity));
                requestAnimationFrame(look);
            };
            look();
        }"""
    )
    page.locator(".st-key-start-quick button").click()
    await_that(lambda: page.evaluate("opacities.length") > 50)
    assert page.evaluate("[...new Set(opacities)]") == ["1"]
    point_until(page, page.get_by_role("button", name="Stop"), page.get_by_text("The training was stopped"))


def test_digit_of_mnist_is_put_on_the_canvas_and_removed_by_undo(page):
    press(page, "One it gets wrong")
    page.locator(".answer.misread .truth").wait_for()
    press(page, "Undo")
    expect_words(page, "Draw a digit")


def test_share_and_what_is_for_programmers(page):
    draw(page, SEVEN)
    expect_digit(page, "7")
    press(page, "Share")
    for button, first_bytes, name in (
        ("A page to draw on", b"<!do", "draw-a-digit.html"),
        ("This drawing and its answer", b"\x89PNG", "drawing.png"),
    ):
        with page.expect_download() as download:
            press(page, button)
        assert download.value.suggested_filename == name
        assert Path(download.value.path()).read_bytes().startswith(first_bytes)
    page.keyboard.press("Escape")
    press(page, "For programmers")
    with page.expect_download() as download:
        press(page, "Network input")
    with Image.open(download.value.path()) as image:
        assert image.size == (28, 28)
    assert "curl" in page.locator("code.language-bash").inner_text()


def test_a_model_is_downloaded_in_three_forms_and_the_drawing_is_still_there(page):
    draw(page, FOUR)
    expect_digit(page, "4")
    go_to(page, "Dashboard")
    page.get_by_text(LAST_WORDS["Dashboard"]).wait_for()
    settle(page)
    page.locator(".st-key-download-robust button").click()
    for button, first_bytes, ending in (
        ("One HTML file", b"<!do", "html"),
        ("ONNX", b"\x08\x08", "onnx"),
        ("Model file", b"PK", "npz"),
    ):
        with page.expect_download() as download:
            press(page, button)
        assert download.value.suggested_filename == f"robust.{ending}"
        assert Path(download.value.path()).read_bytes().startswith(first_bytes)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Draw").click()
    expect_digit(page, "4")
    press(page, "Undo")
    expect_digit(page, "1")


def test_strokes_made_while_the_server_is_away_are_read_when_it_is_back(browser, tmp_path):
    server = start_app(tmp_path)
    try:
        with browser.new_context(**STILL) as context:
            page = open_page(context, server)
            draw(page, FOUR[:1])
            expect_digit(page, "1")
            server.process.kill()
            server.process.wait()
            draw(page, FOUR[1:])
            page.get_by_text("server is not responding").wait_for()  # Streamlit's own words
            server = start_app(tmp_path, server.port)
            expect_digit(page, "4")
    finally:
        server.stop()


@pytest.mark.parametrize(("screen", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"])
def test_every_page_fits_and_is_accessible(page, scheme):
    page.emulate_media(color_scheme=scheme)
    draw(page, SEVEN)
    expect_digit(page, "7")
    places = [link.bounding_box()["x"] for link in page.locator(".st-key-pages a").all()]
    for title, words in LAST_WORDS.items():
        go_to(page, title)
        page.get_by_role("heading", name=title, exact=True).wait_for()
        assert page.title() == title
        page.get_by_text(words).last.wait_for()
        settle(page)  # what is being rewritten is faint
        assert_fits_and_is_accessible(page)
        settle(page)
        assert [link.bounding_box()["x"] for link in page.locator(".st-key-pages a").all()] == places
        for table in page.locator("table").all():
            assert table.evaluate("e => e.scrollWidth <= e.parentElement.clientWidth"), "none of its columns is cut"


@pytest.mark.parametrize(
    ("screen", "addresses"),
    [
        (DESKTOP, ["dashboard", "photo", "look_inside", ""]),
        (PHONE, ["how_good", "more", "look_inside", "dashboard", ""]),
    ],
    ids=["desktop", "phone"],
)
def test_nothing_moves_while_a_page_is_loaded_and_digits_are_drawn(browser, app_server: Server, screen, addresses):
    with browser.new_context(**screen | {"reduced_motion": "no-preference"}) as context:
        context.add_init_script(
            """globalThis.moved = 0;
            new PerformanceObserver((list) => list.getEntries().forEach((entry) => { moved += entry.value; }))
                .observe({ type: "layout-shift", buffered: true });"""
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        for address in addresses:
            page.goto(f"http://{app_server.address}/{address}")
            page.get_by_role("heading", level=1).wait_for(state="attached")
            settle(page)
            page.wait_for_timeout(1000)
            assert page.evaluate("moved") <= 0.02, address
        late = page.evaluate(
            """() => { // scripts of Draw that its first HTML does not name
                const { domContentLoadedEventEnd } = performance.getEntriesByType("navigation")[0];
                return performance.getEntriesByType("resource")
                    .filter(({ name, startTime }) => /\\.js$/.test(name) && startTime > domContentLoadedEventEnd)
                    .map(({ name }) => name);
            }"""
        )
        assert late == []
        for digits, strokes in (("4", 0), ("44", 160)):
            draw(page, [[(x / 2 + strokes, y / 2 + 80) for x, y in stroke] for stroke in FOUR])
            expect_digit(page, digits)
        settle(page)
        assert page.evaluate("moved") <= 0.04


@pytest.mark.parametrize("wide", [False, True], ids=["square", "wide"])
def test_sheet_tools_and_answer_fit_every_screen(page, wide):
    draw(page, FOUR)
    expect_digit(page, "4")
    if wide:
        page.get_by_text("Wide sheet").click()
        page.wait_for_function("document.querySelector('canvas.sheet').width === 840")
        settle(page)
        page.locator("[data-testid=stMain]").evaluate("e => { e.scrollTop = 0; }")
    for width, height in ((1280, 800), (1920, 1080), (820, 1180), (390, 844), (360, 640), (844, 390), (640, 400)):
        page.set_viewport_size({"width": width, "height": height})
        await_that(lambda: is_laid_out_for(page, width, height, wide))  # noqa: B023  # it is called at once
        page.wait_for_function(FITS)  # what lies below follows a little later


def is_laid_out_for(page, width: int, height: int, wide: bool) -> bool:
    """Whether sheet, brush, undo, clear and answer are in view without scrolling, one below the other if narrow; what
    the page is for stands above them, unless there is no room."""
    parts = [page.locator(part) for part in ("canvas.sheet", ".answer .said", ".sheet-tools", ".st-key-brush")]
    if not all(box_in_view(part, width, height) for part in parts):
        return False
    sheet, answer, *tools = [part.bounding_box() for part in parts]
    about = page.locator(".st-key-title-draw p").bounding_box()
    if height > 500 and about["y"] + about["height"] > tools[0]["y"]:
        return False
    if any(tool["y"] + tool["height"] > sheet["y"] and tool["x"] < sheet["x"] + sheet["width"] for tool in tools):
        return False  # the sheet would lie over it
    if width <= 640 and height > 500:  # a lower one is a large screen at twice its size
        return sheet["width"] == width - 32 and answer["y"] >= sheet["y"] + sheet["height"]
    if wide and height > 500:
        return sheet["width"] > width / 2 and answer["y"] >= sheet["y"] + sheet["height"]
    return (sheet["width"] >= 480 or width < 900) and answer["x"] > sheet["x"] + sheet["width"]


def test_sheet_and_buttons_of_practice_fit_every_screen(page):
    go_to(page, "Practice")
    press(page, "Begin")
    page.locator(CANVAS).wait_for()
    buttons = [page.get_by_role("button", name=name, exact=True) for name in ("Undo", "Skip", "Next")]
    purpose = page.get_by_text("A network can then learn how you write")
    for width, height in ((1280, 800), (1920, 1080), (820, 1180), (640, 400), (390, 844), (360, 640)):
        page.set_viewport_size({"width": width, "height": height})
        for part in (page.locator(".asked"), page.locator(CANVAS), *buttons, *([purpose] if width > height else [])):
            await_that(lambda: box_in_view(part, width, height))  # noqa: B023  # it is called at once
    press(page, "Stop here")
    press(page, "Practise again")


def box_in_view(part, width: int, height: int) -> bool:
    """Whether all of it is in view without scrolling."""
    box = part.bounding_box()
    return min(box["x"], box["y"]) >= 0 and box["x"] + box["width"] <= width and box["y"] + box["height"] <= height


@on_both_screens
def test_example_is_no_drawing_and_takes_no_stroke(page):
    settle(page)
    assert page.locator(".in-motion .answer").evaluate("e => e.getAnimations({subtree: true}).length") == 0
    example = page.locator(".example")
    for motion, shown in (("reduce", False), ("no-preference", True)):
        page.emulate_media(reduced_motion=motion)
        assert example.is_visible() == shown
        expect_words(page, "Example" if shown else "Draw a digit")
    draw(page, [ONE[0][:1] * 2], steps=1)  # a dot, where the example is
    example.wait_for(state="hidden")
    draw(page, ONE)
    expect_digit(page, "1")
    expect_strokes(page, 1)


@in_motion
@pytest.mark.parametrize("button", ["Clear", "Undo"])
def test_clear_and_undo_remove_the_example(page, button):
    press(page, button)
    page.locator(".example").wait_for(state="detached")
    expect_words(page, "Draw a digit")
