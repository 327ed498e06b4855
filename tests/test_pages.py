"""From a page to its digits: lines, boxes, light, printed lines, parts that belong together, digits that touch."""

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from paper import IMAGES, digit, ink_of, photo_of
from PIL import Image, ImageDraw
from strokes import FIVE_WITH_ITS_BAR_APART, picture

from mnistcore import BadImage, Page, UnsupportedImage, load_model, open_page, read, read_page
from mnistcore import __main__ as cli
from mnistcore.cli.annotate import CERTAIN, UNCERTAIN, annotate

EXAMPLE = Path(__file__).parent.parent / "docs" / "examples" / "page.jpg"
EXAMPLE_LINES = ["199393", "95802", "456799", "49268"]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model():
    return load_model("robust")


def test_lines_are_read_from_top_to_bottom_and_left_to_right(model) -> None:
    page = read_page(photo_of(ink_of(["0172", "33"])), model)
    assert page.text == "0172\n33"
    assert page.lines == ["0172", "33"]
    assert [found.line for found in page.digits] == [0, 0, 0, 0, 1, 1]
    assert page.size == (600, 400)
    assert all(found.reading.status in ("digit", "uncertain") for found in page.digits)
    x, y, width, height = page.digits[0].box
    assert (x, y, height) == pytest.approx((60, 60, 50), abs=3)
    assert width == pytest.approx(digit(0, 50).shape[1], abs=4)


@pytest.mark.parametrize("dark", [False, True])
def test_a_screenshot_is_read_light_or_dark(model, dark: bool) -> None:
    grey = (40 + 190 * ink_of(["2047"])).astype(np.uint8)
    assert read_page(grey if dark else 255 - grey, model).text == "2047"


def test_printed_lines_and_a_frame_are_not_digits(model) -> None:
    ink = ink_of(["0172", "33"], (800, 600))
    for y in range(40, 600, 35):
        ink[y : y + 2] = np.maximum(ink[y : y + 2], 0.4)
    ink[20:580, 20:23] = ink[20:580, 770:773] = 0.8
    assert read_page(photo_of(ink), model).text == "0172\n33"


def test_one_large_digit_in_marker_fills_the_photo(model) -> None:
    for text, stroke in {"1": [(300, 150), (300, 650)], "7": [(150, 150), (450, 150), (280, 650)]}.items():
        image = Image.new("L", (600, 800))
        ImageDraw.Draw(image).line(stroke, 255, 70, "curve")
        assert read_page(photo_of(np.asarray(image) / 255), model).text == text


def test_a_sheet_on_a_dark_table_is_read(model) -> None:
    table = np.full((700, 900), 90, np.uint8)
    table[150:550, 150:750] = photo_of(ink_of(["0172", "33"]))
    assert read_page(table, model).text == "0172\n33"
    assert read_page(255 - table, model).text == "0172\n33"


def test_a_turned_page_is_read_and_its_boxes_are_in_the_upright_picture(model) -> None:
    upright = Image.fromarray(photo_of(ink_of(["0172"], (300, 150))))
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    upright.transpose(Image.Transpose.ROTATE_90).save(file, "JPEG", quality=95, exif=exif)
    given = Image.open(io.BytesIO(file.getvalue()))
    opened, size = open_page(file.getvalue())
    for page in (read_page(given, model), read_page(opened, model, size)):
        assert page.text == "0172"
        assert page.size == (300, 150)
        assert page.digits[0].box[:2] == pytest.approx((60, 60), abs=4)


def test_boxes_are_in_the_pixels_of_the_picture_as_it_was_sent(model) -> None:
    photo = Image.fromarray(photo_of(ink_of(["0172", "33"]))).resize((4000, 2667), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    photo.save(file, "JPEG")
    opened, size = open_page(file.getvalue())
    assert max(opened.size) < 2600
    assert size == (4000, 2667)
    page = read_page(opened, model, size)
    assert page.text == "0172\n33"
    assert page.digits[0].box[:2] == pytest.approx((400, 400), abs=20)


def test_a_number_of_which_two_digits_touch_is_cut(model) -> None:
    ink = np.zeros((280, 280))
    four, two = digit(4, 120), digit(2, 120)
    ink[80:200, 40 : 40 + four.shape[1]] = four
    x = 40 + four.shape[1] - 3
    ink[80:200, x : x + two.shape[1]] = np.maximum(ink[80:200, x : x + two.shape[1]], two)
    assert read_page((255 * ink).astype(np.uint8), model).text == "42"


def test_a_5_with_a_bar_of_its_own_is_one_digit(model) -> None:
    page = read_page(picture(FIVE_WITH_ITS_BAR_APART), model)
    assert page.text == "5"
    assert page.digits[0].box[1] == pytest.approx(53 - 9, abs=4)  # the bar belongs to it


@pytest.mark.parametrize(
    ("strokes", "text"),
    [
        # the strokes of this 4, which do not meet, look like a 6 and a 1
        (
            [
                [(96, 57), (65, 98), (58, 145), (107, 154), (151, 161), (189, 147), (226, 109)],
                [(263, 97), (254, 127), (232, 170), (219, 232), (227, 248)],
            ],
            "4",
        ),
        ([[(103, 57), (97, 263)], [(194, 57), (189, 263)]], "11"),
        ([[(69, 69), (160, 69), (109, 251)], [(217, 69), (211, 251)]], "71"),
    ],
)
def test_a_drawing_of_one_digit_is_not_divided_and_one_of_two_is(model, strokes: list, text: str) -> None:
    image = picture(strokes, 280, 16)
    page = read_page(image, model)
    assert page.text == text
    if len(text) == 1:  # all doors agree
        assert page.digits[0].reading.probabilities.tolist() == read(image, model).probabilities.tolist()


def test_one_prepared_digit_is_read_as_read_does(model) -> None:
    for image in IMAGES[:20]:
        assert read_page(image, model).text == str(read(image, model).digit)


@pytest.mark.parametrize(
    "empty",
    [
        np.zeros((50, 50), np.uint8),
        np.full((500, 700, 3), 255, np.uint8),
        photo_of(np.zeros((200, 280))),
        np.random.default_rng(0).integers(0, 256, (150, 150), dtype=np.uint8),
        np.zeros((1, 1), np.uint8),
    ],
    ids=["black", "white", "paper", "noise", "one pixel"],
)
def test_a_page_without_digits_is_empty(model, empty: np.ndarray) -> None:
    page = read_page(empty, model)
    assert page.text == ""
    assert page.lines == []
    assert page.as_dict() == {"text": "", "lines": [], "digits": []}


def test_letters_among_digits_are_left_out(model) -> None:
    ink = ink_of(["0172"], (900, 500))
    letters = Image.new("L", (900, 500))
    draw = ImageDraw.Draw(letters)
    draw.line([(100, 400), (120, 340), (140, 400), (160, 340), (180, 400)], 255, 5)  # M
    draw.line([(300, 340), (300, 400), (300, 370), (340, 370), (340, 340), (340, 400)], 255, 5)  # H
    page = read_page(photo_of(np.maximum(ink, np.asarray(letters) / 255)), model)
    assert page.lines[0] == "0172"
    assert len("".join(page.lines[1:])) <= 1  # of five upright strokes one may pass for a 1


def test_what_is_no_picture_is_refused(model) -> None:
    with pytest.raises(BadImage):
        read_page(np.zeros((3, 4, 5, 6)), model)


def test_a_page_may_be_larger_only_as_a_jpeg() -> None:
    file = io.BytesIO()
    Image.new("1", (6000, 5000)).save(file, "PNG")
    with pytest.raises(UnsupportedImage, match="25,000,000"):
        open_page(file.getvalue())


def test_the_example_is_read_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    out = tmp_path / "annotated.png"
    assert cli.main(["read", str(EXAMPLE), "--annotate", str(out)]) == 0
    assert capsys.readouterr().out.split() == EXAMPLE_LINES
    with Image.open(out) as annotated, Image.open(EXAMPLE) as example:
        assert annotated.size == example.size
        assert (np.asarray(annotated) != np.asarray(example)).any()


def test_a_folder_is_read_and_what_cannot_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    Image.fromarray(photo_of(ink_of(["0172"]))).save(tmp_path / "a.png")
    (tmp_path / "b.jpg").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("33")
    assert cli.main(["read", "--json", str(tmp_path)]) == 1
    output = capsys.readouterr()
    (answer,) = map(json.loads, output.out.splitlines())
    assert answer["file"] == str(tmp_path / "a.png")
    assert answer["text"] == "0172"
    assert answer["digits"][0].keys() == {"prediction", "confidence", "status", "box", "line"}
    assert f"{tmp_path / 'b.jpg'}: The picture cannot be read" in output.err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [(["."], "no picture in the folder"), (["a.png", "b.png", "--annotate", "c.png"], "takes one picture")],
)
def test_a_mistake_is_one_sentence(
    arguments: list[str], complaint: str, tmp_path: Path, monkeypatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["read", *arguments]) == 1
    assert complaint in capsys.readouterr().err


def test_an_uncertain_digit_has_a_box_of_another_colour_and_a_question_mark(model) -> None:
    certain, *_ = read_page(photo_of(ink_of(["0172"])), model).digits
    uncertain = replace(certain, reading=replace(certain.reading, status="uncertain"))
    x, y, _, height = certain.box
    widths = []
    for found, colour in ((certain, CERTAIN), (uncertain, UNCERTAIN)):
        annotated = np.asarray(annotate(Image.new("L", (1200, 800), 255), Page([found], (600, 400))))
        assert annotated[2 * y + height, 2 * x].tolist() == list(colour)
        written = (annotated[: 2 * y - 4] != 255).any(axis=(0, 2))  # the columns of what stands above the box
        widths.append(np.ptp(np.flatnonzero(written)))
    assert CERTAIN != UNCERTAIN
    assert 0 < widths[0] < 0.8 * widths[1]


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # as mnistcore.digit.files has it
def test_damaged_exif_data_do_not_cost_the_page():
    file = io.BytesIO()
    exif = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\x01\x12\0\x03" + b"\xff" * 40
    Image.new("L", (300, 200), 255).save(file, "JPEG", exif=exif)
    page = read_page(Image.open(file), load_model("classic"))
    assert (page.text, page.size) == ("", (300, 200))
