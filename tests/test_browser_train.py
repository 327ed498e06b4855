"""Training and the board of models in Chromium: on a desktop and a phone, in the light and the dark theme."""

from __future__ import annotations

import json
import re

import pytest
from conftest import Server
from strokes import SEVEN
from test_browser import DESKTOP, PHONE, assert_fits_and_is_accessible, draw, expect_digit, open_page, press, settle

pytestmark = pytest.mark.browser

EPOCH = re.compile(r"epoch \d+ of")


def go_to(page, title: str) -> None:
    page.get_by_role("link", name=title).first.click()
    settle(page)


def start(page, preset: str) -> None:
    settle(page)
    page.locator(f".st-key-start-{preset} button").click()


def point_at(page, mark) -> None:
    """Tap it, or click on it."""
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.touchscreen.tap(x, y) if page.evaluate("navigator.maxTouchPoints > 0") else page.mouse.click(x, y)


def point_until(page, mark, shown) -> None:
    """Tap or click on it until something is shown; a page that is just being drawn anew misses the first time."""
    from playwright.sync_api import TimeoutError  # noqa: A004

    for _ in range(4):
        point_at(page, mark)
        try:
            shown.wait_for(timeout=8_000)
            return
        except TimeoutError:
            settle(page)
    raise AssertionError(f"{shown} is not shown")


def stop(page) -> None:
    """Stop the training that the page shows."""
    point_until(page, page.get_by_role("button", name="Stop"), page.get_by_text("The training was stopped"))


def tooltip(page, mark) -> str:
    """What a chart says when a mark of it is touched or pointed at."""
    point_at(page, mark)
    shown = page.locator("#vg-tooltip-element.visible")
    shown.wait_for()
    return shown.inner_text()


@pytest.mark.parametrize(("screen", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"])
def test_train_watch_compare_and_draw(browser, app_server: Server, screen, scheme):
    with browser.new_context(**screen, color_scheme=scheme) as context:
        page = open_page(context, app_server)
        draw(page, SEVEN)
        expect_digit(page, "7")

        go_to(page, "Train")
        start(page, "quick")
        page.get_by_text("loading the digits").or_(page.get_by_text(EPOCH)).first.wait_for()
        page.locator(".filters img").nth(11).wait_for()
        page.get_by_role("heading", name="Your drawing, read after every epoch").wait_for()
        page.get_by_text("is trained.").wait_for()
        page.get_by_text(re.compile(r"Read .*as 7")).wait_for()
        page.get_by_text(re.compile("learn|memorise")).first.wait_for()
        assert_fits_and_is_accessible(page)

        page.get_by_role("link", name="Compare it with other models").click()
        page.get_by_text("are misread by both").wait_for()
        settle(page)
        chart = page.get_by_test_id("stVegaLiteChart").first
        chart.scroll_into_view_if_needed()
        assert "epoch" in tooltip(page, chart.locator(".mark-symbol.role-mark path").nth(40))
        assert_fits_and_is_accessible(page)

        matrix = page.get_by_test_id("stVegaLiteChart").last
        matrix.scroll_into_view_if_needed()
        settle(page)
        cell = matrix.locator(".mark-text.role-mark text").nth(27)  # row 2, column 7
        point_until(page, cell, page.get_by_role("button", name="2 as 7").nth(9))
        assert page.get_by_role("button", name=re.compile("as [0-9],")).count() == 11
        press(page, "2 as 7")
        page.get_by_role("heading", name="Why this answer?").wait_for()

        go_to(page, "Draw")
        page.locator(".answer .digit").wait_for()
        settle(page)  # a list that is open closes when the page is drawn anew
        mine = page.get_by_role("option", name=re.compile(r"^quick-.*\(yours\)")).first
        point_until(page, page.get_by_role("combobox", name="Model", exact=True), mine)
        mine.click()
        page.locator(".answer .digit").wait_for()


def test_the_browser_remembers_who_it_is_and_nobody_else_sees_it(browser, app_server: Server):
    with browser.new_context() as context, browser.new_context() as another:
        page = open_page(context, app_server)
        go_to(page, "Train")
        page.get_by_text("Change the settings").click()
        page.get_by_label("Epochs").fill("3")
        page.get_by_label("Name of the new model").fill("hers-alone")
        press(page, "Start with these settings")
        page.get_by_text("is trained.").wait_for()
        secret = page.evaluate("localStorage.getItem('mnistcore-visitor')")
        assert re.fullmatch("[0-9a-f]{32}", secret)
        (run,) = (path.parent for path in (app_server.home / "visitors").glob("*/hers-alone/model.npz"))
        assert json.loads((run / "report.json").read_text())["recipe"]["epochs"] == 3, "the field just left counts"
        kept = "".join(map(str, app_server.home.rglob("*"))) + app_server.log.read_text()
        assert secret not in kept
        assert secret not in page.url

        page.close()
        page = open_page(context, app_server)  # a new session of the same browser
        settle(page)
        go_to(page, "Dashboard")
        page.locator('span[title="hers-alone"]').wait_for()  # among the models whose curves are shown

        stranger = open_page(another, app_server)
        go_to(stranger, "Dashboard")
        stranger.get_by_text("are misread by both").wait_for()
        settle(stranger)
        stranger.locator('span[title="classic"]').wait_for()
        assert stranger.locator('span[title="hers-alone"]').count() == 0


def test_training_goes_on_while_another_visitor_draws_and_a_third_waits(browser, app_server: Server):
    with browser.new_context() as first, browser.new_context() as second:
        page = open_page(first, app_server)
        go_to(page, "Train")
        page.get_by_text("Change the settings").click()
        page.get_by_label("Epochs").fill("900")
        press(page, "Start with these settings")
        page.get_by_text(EPOCH).wait_for()
        other = open_page(second, app_server)
        draw(other, SEVEN)
        expect_digit(other, "7")
        go_to(other, "Train")
        start(other, "quick")
        other.get_by_text("is number 1 in the queue").wait_for()
        stop(page)
        other.get_by_text("is trained.").wait_for()
