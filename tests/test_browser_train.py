"""Training and the board of models in Chromium: on a desktop and a phone, in the light and the dark theme."""

from __future__ import annotations

import json
import re

import pytest
from conftest import Server
from in_browser import (
    DESKTOP,
    PHONE,
    STILL,
    assert_fits_and_is_accessible,
    draw,
    expect_digit,
    go_to,
    open_page,
    point_at,
    point_until,
    press,
    settle,
)
from strokes import SEVEN

pytestmark = pytest.mark.browser

EPOCH = re.compile(r"epoch \d+ of")
TRAINED = "is trained."


def change_settings(page, **fields: str) -> None:
    """Fill in the fields with these labels, with spaces for underscores."""
    page.get_by_text("Change the settings").click()
    for label, value in fields.items():
        page.get_by_label(label.replace("_", " ")).fill(value)


def tooltip(page, mark) -> str:
    """What a chart says when a mark of it is touched or pointed at."""
    point_at(page, mark)
    shown = page.locator("#vg-tooltip-element.visible")
    shown.wait_for()
    return shown.inner_text()


def watch(page) -> None:
    """Look at a training until it is done."""
    page.get_by_text("loading the digits").or_(page.get_by_text(EPOCH)).or_(page.get_by_text(TRAINED)).first.wait_for()
    page.locator(".filters img").nth(11).wait_for()
    page.get_by_role("heading", name="Your drawing, read after every epoch").wait_for()
    page.get_by_text(TRAINED).wait_for()
    assert_fits_and_is_accessible(page)


def compare(page) -> None:
    """Look at the Dashboard's charts, and at a digit that a model misreads."""
    page.get_by_text("are wrong with both").wait_for()
    settle(page)
    chart = page.get_by_test_id("stVegaLiteChart").first
    chart.scroll_into_view_if_needed()
    assert "epoch" in tooltip(page, chart.locator(".mark-symbol.role-mark path").nth(40))
    assert_fits_and_is_accessible(page)

    matrix = page.get_by_test_id("stVegaLiteChart").last
    matrix.scroll_into_view_if_needed()
    settle(page)
    cell = matrix.locator(".mark-text.role-mark text").nth(27)  # row 2, column 7
    count = int(cell.text_content())
    point_until(page, cell, page.get_by_role("button", name="2 as 7").nth(count - 1))
    assert page.get_by_role("button", name=re.compile("as [0-9],")).count() == count
    page.get_by_role("button", name="2 as 7").first.click()
    page.get_by_role("heading", name="Look inside").wait_for()


def read_with(page, name: str) -> None:
    """Choose one's own model on the page Draw."""
    go_to(page, "Draw")
    page.locator(".answer .digit").wait_for()
    settle(page)  # a list that is open closes when the page is drawn anew
    mine = page.get_by_role("option", name=re.compile(rf"^{name}.*\(yours\)$")).first
    point_until(page, page.get_by_role("combobox", name="Who reads?", exact=True), mine)
    mine.click()
    page.locator(".answer .digit").wait_for()


def test_train_watch_compare_and_draw_and_nobody_else_sees_it(browser, app_server: Server):
    with browser.new_context(**DESKTOP) as context, browser.new_context(**STILL) as another:
        page = open_page(context, app_server)
        draw(page, SEVEN)
        expect_digit(page, "7")
        go_to(page, "Train")
        page.locator(".st-key-start-quick button").click()
        watch(page)
        page.get_by_text(re.compile(r"Read .*\b7 in epoch")).wait_for()
        page.get_by_text(re.compile("learn|memorise")).first.wait_for()
        secret = page.evaluate("localStorage.getItem('mnistcore-visitor')")
        assert re.fullmatch("[0-9a-f]{32}", secret)
        (name,) = (path.parent.name for path in (app_server.home / "visitors").glob("*/quick-*/model.npz"))
        kept = "".join(map(str, app_server.home.rglob("*"))) + app_server.log.read_text()
        assert secret not in kept
        assert secret not in page.url

        page.close()
        page = open_page(context, app_server)  # a new session of the same browser
        draw(page, SEVEN)
        go_to(page, "Dashboard")
        page.locator(f'span[title="{name}"]').wait_for()  # among the models whose curves are shown
        compare(page)
        read_with(page, name)

        stranger = open_page(another, app_server)
        go_to(stranger, "Dashboard")
        stranger.get_by_text("are wrong with both").wait_for()
        settle(stranger)
        stranger.locator('span[title="The textbook network"]').wait_for()
        assert stranger.locator(f'span[title="{name}"]').count() == 0


def test_train_with_own_settings_and_compare_on_a_phone(browser, app_server: Server):
    with browser.new_context(**PHONE, color_scheme="dark") as context:
        page = open_page(context, app_server)
        draw(page, SEVEN)
        expect_digit(page, "7")
        go_to(page, "Train")
        change_settings(page, Name_of_the_new_network="by-phone", Epochs="3")
        press(page, "Start with these settings")
        watch(page)
        (report,) = (app_server.home / "visitors").glob("*/by-phone/report.json")
        assert json.loads(report.read_text())["recipe"]["epochs"] == 3, "the field just left counts"
        page.get_by_role("link", name="Compare it with others").click()
        compare(page)


def test_training_goes_on_while_another_visitor_draws_and_a_third_waits(browser, app_server: Server):
    with browser.new_context(**STILL) as first, browser.new_context(**STILL) as second:
        page, other = open_page(first, app_server), open_page(second, app_server)
        go_to(page, "Train")
        change_settings(page, Epochs="1000")
        begun = page.get_by_text("loading the digits").or_(page.get_by_text(EPOCH)).first
        point_until(page, page.get_by_role("button", name="Start with these settings"), begun)
        draw(other, SEVEN)
        expect_digit(other, "7")
        go_to(other, "Train")
        other.locator(".st-key-start-quick button").click()
        other.get_by_text("is number 1 in the queue").wait_for()
        point_until(page, page.get_by_role("button", name="Stop"), page.get_by_text("The training was stopped"))
        other.get_by_text(EPOCH).or_(other.get_by_text(TRAINED)).first.wait_for()
