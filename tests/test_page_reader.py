"""Digits on paper: in tables, on their side, in a cell with printed rules; and the scenes that their finder learns."""

import csv
import io
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import strokes
from paper import digit, ink_of, photo_of
from PIL import Image

from mnistcore import BadModelFile, Page, PageDigit, load_model, prepare, read, read_page
from mnistcore import __main__ as cli
from mnistcore.data import pen
from mnistcore.data.hands import Written
from mnistcore.data.scenes.drawings import drawing
from mnistcore.data.scenes.glyphs import Glyphs, make_glyphs
from mnistcore.data.scenes.pictures import scenes
from mnistcore.data.scenes.scene import HEIGHT, WIDTH
from mnistcore.digit import images
from mnistcore.models.readers import read_reader, shipped_reader, write_reader
from mnistcore.page import closeup, darkness, pages
from mnistcore.page.context import FoundDigit
from mnistcore.page.decisions import digits_among
from mnistcore.page.lines import in_lines
from mnistcore.page.scan import extended, heights
from mnistcore.page.table import find_cells
from mnistcore.training.page_reader.closeup import closeup_data
from mnistcore.training.page_reader.windows import window_data

CELLS = [["4", "", "7"], ["", "2", "0"], ["3", "9", ""], ["1", "5", "8"]]


@pytest.fixture(scope="module")
def model():
    return load_model("robust")


def table_of(cells: list[list[str]], side: int = 90, height: int = 48) -> np.ndarray:
    """Ink of a ruled table, (H, W) float64 in 0-1."""
    ink = np.zeros((side * len(cells) + 80, side * len(cells[0]) + 80))
    for row in range(len(cells) + 1):
        ink[40 + row * side : 43 + row * side, 40:-37] = 0.9
    for column in range(len(cells[0]) + 1):
        ink[40:-37, 40 + column * side : 43 + column * side] = 0.9
    for row, line in enumerate(cells):
        for column, text in enumerate(line):
            if text:
                shape = digit(int(text), height, 2)
                y, x = 40 + row * side + 22, 40 + column * side + 45 - shape.shape[1] // 2
                ink[y : y + height, x : x + shape.shape[1]] = np.maximum(
                    ink[y : y + height, x : x + shape.shape[1]], shape
                )
    return ink


@pytest.mark.slow
def test_a_table_is_read_cell_by_cell(model) -> None:
    page = read_page(photo_of(table_of(CELLS)), model)
    assert page.table == CELLS
    assert page.rows == CELLS
    assert page.lines == ["".join(row) for row in CELLS]
    assert page.as_dict()["table"] == CELLS


@pytest.mark.slow
def test_a_table_is_printed_for_a_spreadsheet(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    file = tmp_path / "marks.png"
    photo = photo_of(table_of(CELLS))
    Image.fromarray(photo).save(file)
    assert cli.main(["read", "--csv", str(file)]) == 0
    assert list(csv.reader(io.StringIO(capsys.readouterr().out))) == CELLS


@pytest.mark.slow
def test_where_there_are_no_rules_there_is_no_table(model) -> None:
    page = read_page(photo_of(ink_of(["0172", "33"])), model)
    assert page.table is None
    assert page.rows == [["0172"], ["33"]]
    assert "table" not in page.as_dict()


def test_a_cell_whose_rule_is_broken_lies_where_the_others_say() -> None:
    ink = table_of([["", "", ""]] * 4)
    ink[60:120, 128:136] = 0  # between two cells
    cells = find_cells(ink.astype(np.float32), 8)
    assert cells is not None
    assert cells.shape == (4, 3)
    assert cells.at(85, 85) == (0, 0)
    assert cells.at(175, 85) == (0, 1)
    assert cells.at(5, 5) is None


@pytest.mark.parametrize("degrees", [-8, 7])
def test_the_cells_of_a_sheet_that_is_aslant_are_found(degrees: int) -> None:
    ink = table_of([[""] * 3] * 20, side=70)
    aslant = Image.fromarray(ink.astype(np.float32)).rotate(degrees, Image.Resampling.BILINEAR, expand=True)
    cells = find_cells(np.asarray(aslant), 20)
    assert cells is not None
    assert cells.shape == (20, 3)
    assert 60 < cells.side < 70
    turn = np.deg2rad(degrees)
    for row, column in np.ndindex(20, 3):
        right, down = 75 + 70 * column - ink.shape[1] / 2, 75 + 70 * row - ink.shape[0] / 2
        x = aslant.width / 2 + np.cos(turn) * right + np.sin(turn) * down
        y = aslant.height / 2 - np.sin(turn) * right + np.cos(turn) * down
        assert cells.at(x, y) == (row, column)


def test_rules_as_faint_as_the_grain_of_the_paper_are_found() -> None:
    rules = table_of([[""] * 3] * 20, side=70) > 0
    ink = 0.07 * rules + 0.04 * np.random.default_rng(0).standard_normal(rules.shape)
    ink[150:190, 150:154] = 0.6  # a 1, much darker
    cells = find_cells(ink.clip(0, 1).astype(np.float32), 20)
    assert cells is not None
    assert cells.shape == (20, 3)


def test_squares_that_are_smaller_than_the_digits_are_no_cells(model) -> None:
    paper = np.zeros((640, 640))
    paper[20::45] = paper[:, 20::45] = 0.25
    shape = digit(5, 60, 4)
    for x in (100, 160, 220):
        paper[300:360, x : x + shape.shape[1]] = np.maximum(paper[300:360, x : x + shape.shape[1]], shape)
    page = read_page(photo_of(paper), model, kind="photo")
    assert page.lines == ["555"]
    assert page.table is None


@pytest.mark.slow
def test_digits_of_a_large_sheet_are_read_that_are_smaller_than_any_without_a_table(model) -> None:
    cells = [["17", "", "204"], ["", "35", "6"], ["98", "41", ""]] * 10
    ink = np.zeros((1640, 700))
    for row in range(31):
        ink[40 + 46 * row : 42 + 46 * row, 40:632] = 0.9
    for column in range(4):
        ink[40:1422, 40 + 197 * column : 42 + 197 * column] = 0.9
    for row, line in enumerate(cells):
        for column, text in enumerate(line):
            for k, letter in enumerate(text):
                shape = digit(int(letter), 22, 1)
                y, x = 52 + 46 * row, 90 + 197 * column + 24 * k
                ink[y : y + shape.shape[0], x : x + shape.shape[1]] = shape
    assert min(heights(ink.shape)) > 27  # pixels
    table = read_page(photo_of(ink), model, kind="photo").table
    assert table is not None
    assert (len(table), len(table[0])) == (30, 3)
    right = sum(a == b for row, truth in zip(table, cells, strict=True) for a, b in zip(row, truth, strict=True))
    assert right >= 84  # of 90


@pytest.mark.slow
def test_what_was_found_stays_if_a_closer_look_finds_nothing(model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "find_on_paper", lambda *_: [])
    monkeypatch.setattr(pages, "smallest", lambda _: 1e9)  # so that any table asks for the closer look
    assert read_page(photo_of(table_of(CELLS)), model, kind="photo").table == CELLS


def test_among_sure_digits_a_doubtful_one_is_a_digit_and_among_doubtful_ones_it_is_not() -> None:
    def found(*odds: float) -> list[FoundDigit]:
        return [FoundDigit(9.0 * k, 9, 9, np.full(10, 0.1), np.full(10, 0.1), each) for k, each in enumerate(odds)]

    weights = shipped_reader().doubtful
    sure = found(6, 6, 6, 6, -0.3)
    assert digits_among(sure, weights) == sure
    assert digits_among(found(0.1, -1, -1, -1, -1), weights) == []
    assert digits_among(found(-3.0), weights) == digits_among([], weights) == []


def test_a_tiny_picture_has_no_table() -> None:
    assert find_cells(np.random.default_rng(0).random((9, 11), np.float32), 1) is None


def test_a_view_shows_a_digit_alike_in_any_size_and_at_the_border() -> None:
    ink = np.zeros((60, 60), np.float32)
    ink[10:50, 20:40] = digit(5, 40)[:, :20]
    small = closeup.views(ink, [(30, 30, 40)])
    large = closeup.views(ink.repeat(3, axis=0).repeat(3, axis=1), [(90, 90, 120)])
    cut = closeup.views(ink[8:52, 16:44], [(14, 22, 40)])
    assert small.shape == (1, closeup.INPUTS)
    for other in (large, cut):
        assert np.corrcoef(small[0], other[0])[0, 1] > 0.97


def middle_of(box: tuple[int, int, int, int]) -> tuple[float, float]:
    x, y, width, height = box
    return x + width / 2, y + height / 2


@pytest.fixture(scope="module")
def upright() -> np.ndarray:
    return photo_of(ink_of(["0172", "3394", "5628"], height=40))


@pytest.fixture(scope="module")
def first_of_upright(model, upright: np.ndarray) -> tuple[float, float]:
    """The middle of its first digit."""
    return middle_of(read_page(upright, model).digits[0].box)


@pytest.mark.slow
@pytest.mark.parametrize("turn", [1, 2, 3])
def test_a_page_that_lies_on_its_side_is_read(model, upright, first_of_upright, turn: int) -> None:
    page = read_page(np.rot90(upright, turn), model)
    assert page.lines == ["0172", "3394", "5628"]
    assert page.size == upright.shape[:: -1 if turn == 2 else 1]
    middle = np.zeros(upright.shape)
    middle[round(first_of_upright[1]), round(first_of_upright[0])] = 1
    (row,), (column,) = np.nonzero(np.rot90(middle, turn))
    assert middle_of(page.digits[0].box) == pytest.approx((column, row), abs=3)


def test_of_a_cell_with_printed_rules_only_the_digit_is_prepared(model) -> None:
    ink = np.zeros((80, 80))
    ink[2:6, :], ink[:, 74:77] = 1, 1
    four = digit(4, 44)
    ink[18:62, 16 : 16 + four.shape[1]] = four
    cell = photo_of(ink)
    reading = read(cell, model)
    assert (reading.digit, reading.status) == (4, "digit")
    alone = images.prepare(np.rint(255 * four).astype(np.uint8)).astype(int)
    pixel_aside = [np.roll(prepare(cell), (down, across), (0, 1)) for down in (-1, 0, 1) for across in (-1, 0, 1)]
    assert min(np.abs(moved - alone).mean() for moved in pixel_aside) < 8


@pytest.mark.parametrize("height", [20, 300])
def test_one_digit_of_any_size_is_found_on_a_photo(model, height: int) -> None:
    ink = np.zeros((700, 700))
    seven = digit(7, height)
    ink[90 : 90 + height, 130 : 130 + seven.shape[1]] = seven
    assert read(photo_of(ink), model).digit == 7


@pytest.mark.parametrize("printed", [40, 170], ids=["dark", "light"])
def test_a_2_whose_foot_lies_on_a_rule_is_a_2(model, printed: int) -> None:
    paper = 255 - np.asarray(strokes.picture(strokes.DIGITS[2], 200, 8))
    foot = np.flatnonzero((paper < 128).any(axis=1))[-1]
    paper[foot - 1 : foot + 1] = np.minimum(paper[foot - 1 : foot + 1], printed)
    assert (read(paper, model).digit, read_page(paper, model).text) == (2, "2")


def test_a_drawing_is_prepared_as_it_ever_was() -> None:
    drawing = np.zeros((100, 100), np.uint8)
    drawing[10:90, 40:52] = 255
    assert np.array_equal(prepare(drawing), images.prepare(drawing))


def test_ink_may_be_darker_or_brighter_than_paper() -> None:
    ink = ink_of(["0172", "33"])
    bright = darkness.brightness(photo_of(ink))
    for seen in (bright, 1 - bright):
        dark = darkness.darkness(seen)
        assert dark[ink > 0.5].min() > dark[ink < 0.1].mean()


@pytest.mark.parametrize("turn", range(4))
def test_a_scan_as_white_as_a_screen_is_no_drawing_if_it_has_a_margin(turn: int) -> None:
    sheet = np.ones((200, 150), np.float32)
    sheet[80:110, 90:94] = 0
    assert darkness.is_plain(sheet)
    scan = sheet.copy()
    scan[:, :20] = 0.02
    assert not darkness.is_plain(np.rot90(scan, turn))


def test_strokes_that_are_cut_off_end_at_the_border() -> None:
    picture = np.ones((40, 60), np.float32)
    picture[:, 28:31] = 0
    wider = extended(picture, 5, 6, 7, 8)
    assert wider.shape == (51, 75)
    assert wider[:5].min() == 1
    assert np.array_equal(wider[5:-6, 7:-8], picture)


def test_lines_go_from_top_to_bottom_though_the_page_is_aslant() -> None:
    x = np.array([10.0, 50, 90, 130, 10, 50, 90])
    y = np.array([10.0, 14, 18, 22, 60, 64, 68])
    assert in_lines(x, y, np.full(7, 30.0)) == [[0, 1, 2, 3], [4, 5, 6]]


def test_a_damaged_reader_is_named(tmp_path: Path) -> None:
    path = tmp_path / "page.npz"
    write_reader(shipped_reader(), path)
    assert np.array_equal(read_reader(path).shares, shipped_reader().shares)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(BadModelFile, match=r"page\.npz, which reads pages, is damaged"):
        read_reader(path)


@pytest.fixture(scope="module")
def written() -> Written:
    """Some 1s and crosses."""
    one = [np.array([[0, 0], [0, 100]], np.float32)]
    cross = [np.array([[0, 0], [90, 100]], np.float32), np.array([[90, 0], [0, 100]], np.float32)]
    return Written(pen.paths([one] * 4), np.ones(4, np.int64), pen.paths([cross] * 4))


@pytest.fixture(scope="module")
def glyphs(written: Written) -> Glyphs:
    made = np.stack([images.prepare(np.rint(255 * digit(label, 60)).astype(np.uint8)) for label in range(10)])
    return make_glyphs(made, np.arange(10), written, 200, np.random.default_rng(0), 0.5)


def test_scenes_are_marked_where_the_digits_are(written: Written, glyphs: Glyphs) -> None:
    rng = np.random.default_rng(0)
    for scene in scenes(glyphs, 30, rng):
        assert scene.picture.shape == (HEIGHT, WIDTH)
        assert scene.picture.min() >= 0
        assert scene.picture.max() <= 1
    drawn = drawing(written, rng, letters=0, count=2)
    assert [label for *_, label in drawn.marks] == [1, 1]
    for x, y, *_ in drawn.marks:
        assert drawn.picture[int(y), max(0, int(x) - 3) : int(x) + 4].min() < 0.8


def test_what_is_learnt_from_is_read_as_what_it_is_said_to_be(written: Written, glyphs: Glyphs) -> None:
    rng, reader = np.random.default_rng(0), shipped_reader()
    for network, data in (
        (reader.sliding, partial(window_data, network=None)),
        (reader.closeup, closeup_data),
    ):
        inputs, classes = map(np.concatenate, zip(*data(glyphs, written, 30, rng), strict=True))
        said = network.forward(inputs.astype(np.float32))[-1].argmax(axis=1)
        assert (said == classes).mean() > 0.75


def test_a_page_says_what_stands_in_its_cells(model) -> None:
    reading = read(np.pad(np.rint(255 * digit(7, 60)).astype(np.uint8), 10), model)
    digits = [PageDigit(reading, (0, 0, 5, 9), 0, (1, 0)), PageDigit(reading, (6, 0, 5, 9), 0, (1, 0))]
    assert Page(digits, (20, 20), shape=(2, 2)).table == [["", ""], ["77", ""]]
