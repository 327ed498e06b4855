"""Photos and numbers in Chromium: uploaded, corrected by a tap and copied; drawn on the sheet and on a wide one."""

from __future__ import annotations

import pytest
from conftest import ROOT, Server
from in_browser import (
    DESKTOP,
    PHONE,
    assert_fits_and_is_accessible,
    draw,
    expect_digit,
    expect_words,
    go_to,
    open_page,
    press,
    settle,
    tap,
)
from strokes import FOUR_TWO

pytestmark = pytest.mark.browser

EXAMPLE = ROOT / "docs" / "examples" / "page.jpg"


def number_of(page) -> list[str]:
    return page.locator("code").first.inner_text().split()


def test_a_photo_is_read_and_corrected_by_touch_and_a_wide_sheet_fits_a_phone(browser, app_server: Server):
    with browser.new_context(**PHONE, color_scheme="dark") as context:
        page = open_page(context, app_server)
        tap(page.get_by_text("Wide sheet"))
        page.wait_for_function("document.querySelector('canvas.sheet').width === 840")
        settle(page)
        page.locator("canvas.sheet").scroll_into_view_if_needed()
        draw(page, [[(160 + x / 2, y / 2) for x, y in stroke] for stroke in FOUR_TWO])
        expect_digit(page, "42")
        assert_fits_and_is_accessible(page)
        go_to(page, "Photo")
        page.locator("input[type=file]").set_input_files(EXAMPLE)
        tap(page.locator(".box").nth(1))
        dialog = page.get_by_role("dialog")
        dialog.get_by_text("Which digit is it?").wait_for()
        assert_fits_and_is_accessible(page)
        tap(dialog.get_by_role("button", name="5"))
        page.locator(".box.corrected", has_text="5").wait_for()


def test_a_photo_is_read_corrected_and_copied_and_a_number_drawn(browser, app_server: Server):
    copying = ["clipboard-read", "clipboard-write"]
    with browser.new_context(**DESKTOP, permissions=copying) as context:
        page = open_page(context, app_server)
        settle(page)
        go_to(page, "Photo")
        page.get_by_role("button", name="Try an example photo").wait_for()
        page.locator("input[type=file]").set_input_files(EXAMPLE)
        boxes, tiles = page.locator(".box"), page.locator(".tile")
        boxes.nth(20).wait_for()
        settle(page)
        read = number_of(page)
        assert "".join(read) == "".join(boxes.all_inner_texts()).replace("?", "")
        picture, first = page.get_by_alt_text("The photo").first.bounding_box(), boxes.first.bounding_box()
        assert first["x"] - picture["x"] == pytest.approx(picture["width"] * 130 / 900, abs=5), "where it begins"

        tap(boxes.nth(1))
        dialog = page.get_by_role("dialog")
        dialog.get_by_text("Which digit is it?").wait_for()
        assert_fits_and_is_accessible(page)
        tap(dialog.get_by_role("button", name="5"))
        page.locator(".box.corrected").wait_for()
        assert boxes.nth(1).inner_text() == "5"
        page.locator(".tile.corrected", has_text="corrected").wait_for()
        tap(tiles.nth(0))
        page.keyboard.press("Escape")
        dialog.wait_for(state="hidden")
        tap(tiles.nth(0))
        tap(dialog.get_by_role("button", name="Not a digit"))
        page.get_by_text(f"{len(''.join(read)) - 1} digits").wait_for()
        corrected = ["5" + read[0][2:], *read[1:]]
        assert number_of(page) == corrected
        settle(page)
        copy = page.get_by_role("button", name="Copy to clipboard")
        assert copy.evaluate("e => e.closest('[data-testid=stCode] > div').checkVisibility({opacityProperty: true})")
        tap(copy)
        assert page.evaluate("navigator.clipboard.readText()").split() == corrected
        press(page, "Undo correction")
        page.get_by_text(f"{len(''.join(read))} digits").wait_for()

        page.get_by_role("link", name="Draw").click()
        page.locator("canvas.sheet").wait_for()
        settle(page)
        draw(page, FOUR_TWO)
        expect_digit(page, "42")
        settle(page)
        square = page.locator("canvas.sheet").bounding_box()
        tap(page.get_by_text("Wide sheet"))
        page.wait_for_function("document.querySelector('canvas.sheet').width === 840")
        settle(page)
        wide = page.locator("canvas.sheet").bounding_box()
        assert wide["width"] == pytest.approx(2 * wide["height"])
        assert wide["width"] > square["width"]
        page.locator("canvas.sheet").scroll_into_view_if_needed()
        middle = 320 / 2  # `draw` takes the sheet's width for 320
        draw(page, [[(middle + x / 2, y / 2) for x, y in stroke] for stroke in FOUR_TWO])
        expect_digit(page, "4242")
        assert_fits_and_is_accessible(page)
        settle(page)
        tap(page.get_by_text("Wide sheet"))  # all four are kept, in half the size
        page.wait_for_function("document.querySelector('canvas.sheet').width === 420")
        settle(page)
        expect_digit(page, "4242")
        tap(page.locator(".tile").first)
        page.locator(".tile[aria-pressed=true]", has_text="4").wait_for()
        page.get_by_role("link", name="Look inside").first.click()
        page.get_by_text("You drew a number").wait_for()
        expect_digit(page, "4")
        page.get_by_role("link", name="Draw").click()
        page.locator("canvas.sheet").wait_for()
        press(page, "Clear")
        expect_words(page, "Draw a digit")


def test_a_file_that_is_too_large_to_be_sent_is_refused_in_words(browser, app_server: Server, tmp_path):
    large = tmp_path / "large.jpg"
    with large.open("wb") as file:
        file.truncate(201 * 2**20)  # of nothing
    with browser.new_context(**DESKTOP) as context:
        page = open_page(context, app_server)
        go_to(page, "Photo")
        page.locator("input[type=file]").set_input_files(large)
        page.get_by_text("must be 200").wait_for()
        page.get_by_text("digits, of 25 MB at most").wait_for()
        assert page.get_by_text("200MB per file").is_hidden()
