"""One person's handwriting in Chromium: misread, corrected, learnt and deleted, practised on a phone, and private."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator

import pytest
from conftest import Server, start_app
from in_browser import (
    DESKTOP,
    PHONE,
    STILL,
    assert_fits_and_is_accessible,
    draw,
    expect_digit,
    go_to,
    open_page,
    point_until,
    press,
    settle,
)
from strokes import DIGITS, FOUR_LIKE_A_NINE, SEVEN

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An app whose visitors are no operators, though they are at the machine."""
    server = start_app(tmp_path_factory.mktemp("app"), MNISTCORE_ADMIN_PASSWORD="correct horse")
    yield server
    server.stop()


def answer(page, words: str) -> None:
    """Tap a button of "Is this right?", by what stands on it, once it asks about what is shown above it."""
    settle(page)
    page.locator(".ask button", has_text=re.compile(f"^{words}$")).click()


def export(page) -> dict[str, bytes]:
    """The files of the archive that My digits exports."""
    with page.expect_download() as download:
        press(page, "Export")
    with zipfile.ZipFile(download.value.path()) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def labels(archive: dict[str, bytes]) -> list[str]:
    return [line["label"] for line in csv.DictReader(io.StringIO(archive["digits.csv"].decode()))]


def on_disk(server: Server, what: bytes) -> bool:
    """Whether any piece of the bytes is in a file of the server's home: a database keeps long ones in parts."""
    pieces = [what[start : start + 64] for start in range(0, len(what) - 64, 64)]
    contents = [path.read_bytes() for path in server.home.rglob("*") if path.is_file()]
    return any(piece in content for piece in pieces for content in contents)


def expect_personal_models(page, names: list[str]) -> None:
    """What the list of models on Draw offers that somebody's handwriting was learnt by."""
    from playwright.sync_api import expect

    settle(page)
    models = page.get_by_role("combobox", name="Who reads?", exact=True)
    point_until(page, models, page.get_by_role("option", name="The textbook network"))  # a list may close again
    expect(page.get_by_role("option", name=re.compile(r"^A network that knows"))).to_have_text(names)
    page.keyboard.press("Escape")


def test_misread_correct_learn_draw_again_and_delete_all(browser, server):
    with browser.new_context(**DESKTOP) as context, browser.new_context(**STILL) as another:
        page = open_page(context, server)
        draw(page, FOUR_LIKE_A_NINE, steps=8)
        expect_digit(page, "9")
        answer(page, "4")
        page.get_by_text("Kept as a 4 in My handwriting.").wait_for()
        press(page, "Learn my handwriting")
        page.get_by_text("this was read as a 9 before, and is read as a 4 now").wait_for()
        expect_digit(page, "4")
        press(page, "Clear")
        page.locator(".answer strong", has_text="Draw a digit").wait_for()
        draw(page, FOUR_LIKE_A_NINE, steps=8)
        expect_digit(page, "4")
        expect_personal_models(page, ["A network that knows My handwriting"])

        go_to(page, "My digits")
        page.get_by_role("heading", name="1 digit").wait_for()
        page.get_by_text("/predict?model=").wait_for()
        assert_fits_and_is_accessible(page)
        archive = export(page)
        picture = archive["pictures/000001.png"]
        assert labels(archive) == ["4"]
        assert on_disk(server, picture)
        assert list((server.home / "personal").rglob("model.npz"))

        stranger = open_page(another, server)
        expect_personal_models(stranger, [])
        go_to(stranger, "My digits")
        stranger.get_by_text("You have not kept any").wait_for()

        page.get_by_role("button", name="Delete").last.click()
        page.get_by_role("button", name="Yes, delete").click()
        page.get_by_text("Deleted: My handwriting.").wait_for()
        page.get_by_text("You have not kept any").wait_for()
        assert not on_disk(server, picture)
        assert not list((server.home / "personal").rglob("model.npz"))

        go_to(page, "Draw")
        expect_digit(page, "9")
        expect_personal_models(page, [])
        press(page, "Clear")
        page.locator(".answer strong", has_text="Draw a digit").wait_for()
        draw(page, SEVEN)
        expect_digit(page, "7")
        answer(page, "Yes")
        page.get_by_text("Kept as a 7").wait_for()
        go_to(page, "My digits")
        page.get_by_role("heading", name="1 digit").wait_for()
        assert labels(export(page)) == ["7"]


def test_practice_on_a_phone(browser, server):
    with browser.new_context(**PHONE, color_scheme="dark") as context:
        page = open_page(context, server)
        go_to(page, "Practice")
        page.get_by_text("10", exact=True).tap()
        press(page, "Begin")
        page.locator("canvas.sheet").wait_for()
        assert_fits_and_is_accessible(page)

        def asked_for(number: int) -> int:
            page.locator(".asked small", has_text=re.compile(f"^{number} of 10$")).wait_for()
            settle(page)
            return int(page.locator(".asked b").inner_text())

        press(page, "Skip")
        asked_for(2)
        press(page, "Undo")
        for number in range(1, 11):
            draw(page, DIGITS[asked_for(number)], steps=2)
            if number not in (4, 10):
                press(page, "Next")  # at once; these two wait for the pause
        page.get_by_role("button", name="Save 10 digits").wait_for()
        page.get_by_text(re.compile(r"reads (8|9|10) of 10 of your digits correctly")).wait_for()
        page.locator(".chosen-digits li").nth(9).wait_for()  # a component of its own, it comes after the words
        assert page.locator(".chosen-digits li").count() == 10
        assert_fits_and_is_accessible(page)
        press(page, "Save 10 digits")
        press(page, "Learn my handwriting")
        page.get_by_text("Wrong, of your 10 digits").wait_for()
        assert_fits_and_is_accessible(page)
