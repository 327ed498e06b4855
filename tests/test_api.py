"""The HTTP contract: every form a request may have, and every way to get it wrong."""

from __future__ import annotations

import gzip
import json
import os
import re
import tempfile
import zlib
from functools import cache
from io import BytesIO

import numpy as np
import pytest
import strokes
from conftest import ROOT
from flask.testing import FlaskClient
from PIL import Image

from api import create_app
from mnistcore import __main__ as cli
from mnistcore import load_model, open_page, prepare, read_batch, read_page
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.models.files import write_model
from serving import admission, contract

DIGITS, LABELS = (array[:8] for array in shipped_test_digits())
SEVEN = DIGITS[0].ravel().tolist()
JSON, RAW, FORM = "application/json", "application/octet-stream", "multipart/form-data"
EXAMPLE = ROOT / "docs" / "examples" / "page.jpg"
EMPTY_PAGE = {"text": "", "lines": [], "digits": []}
both = pytest.mark.parametrize("path", ["/predict", "/read"])

pytestmark = pytest.mark.usefixtures("api_environment")


@pytest.fixture(scope="module")
def app():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNISTCORE_MODEL", "classic")
        return create_app()


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def fresh_client():
    """Of an app that has answered nothing yet and has loaded only its own model."""
    return create_app().test_client()


def picture(image: Image.Image | np.ndarray = DIGITS[0], kind: str = "PNG", **options) -> bytes:
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def digits_in(answer) -> str:
    """What a route read, whichever it is: "7"."""
    content = answer.get_json()
    return content["text"] if "text" in content else str(content["prediction"])


def large(pixels: np.ndarray = DIGITS[0]) -> Image.Image:
    return Image.fromarray(np.kron(pixels, np.ones((10, 10), np.uint8)))


def test_one_image_is_answered_with_its_digit_and_nothing_else(client):
    answer = client.post("/predict", json={"data": SEVEN})
    assert (answer.status_code, answer.data) == (200, b'{"prediction":7}')


def test_a_batch_is_answered_in_order(client):
    answer = client.post("/predict", json={"data": DIGITS.reshape(8, 784).tolist()})
    assert answer.get_json() == {"predictions": load_model("classic").predict(DIGITS).tolist()}


def test_raw_bytes_are_a_batch(client):
    answer = client.post("/predict", data=DIGITS.tobytes(), content_type=RAW)
    assert answer.get_json() == {"predictions": load_model("classic").predict(DIGITS).tolist()}


@pytest.mark.parametrize(
    "pixels",
    [
        pytest.param(DIGITS[0] / 255, id="within 0-1"),
        pytest.param(DIGITS[0].astype(float), id="floating point"),
        pytest.param(np.where(DIGITS[0] > 127, 1, 0), id="black and white"),
        pytest.param(np.roll(DIGITS[0], (-4, 3), (0, 1)), id="off-centre"),
        pytest.param(255 - DIGITS[0], id="dark on light"),
    ],
)
def test_pixels_are_understood_in_every_scale_and_place(client, pixels):
    assert client.post("/predict", json={"data": pixels.ravel().tolist()}).get_json() == {"prediction": 7}
    if pixels.max() > 1 or pixels.dtype.kind == "i":  # what bytes can say
        raw = pixels.astype(np.uint8).tobytes()
        assert client.post("/predict", data=raw, content_type=RAW).get_json() == {"predictions": [7]}


def test_pixels_of_hardly_any_contrast_are_answered_with_a_warning_by_every_door(client):
    faint = DIGITS[0] // 17  # 0-15
    answer = client.post("/predict", json={"data": faint.ravel().tolist()})
    assert "nothing drawn" in answer.get_json()["warning"]
    answer = client.post("/predict", data=faint.tobytes(), content_type=RAW)
    assert "nothing drawn" in answer.get_json()["warnings"]["0"]


def test_a_byte_order_mark_before_json_is_ignored(client):
    body = b"\xef\xbb\xbf" + json.dumps({"data": SEVEN}).encode()
    assert client.post("/predict", data=body, content_type=JSON).get_json() == {"prediction": 7}


def test_a_batch_answers_as_its_images_would_singly(client):
    images = [DIGITS[0].ravel().tolist(), (DIGITS[1] / 255).ravel().tolist(), [1] * 784, [0.5] * 784]
    singly = [client.post("/predict", json={"data": image}).get_json()["prediction"] for image in images]
    assert client.post("/predict", json={"data": images}).get_json()["predictions"] == singly


def test_probabilities_are_added_when_asked_for(client):
    answer = client.post("/predict?probabilities=true", json={"data": SEVEN}).get_json()
    expected = load_model("classic").predict_proba(DIGITS[:1])[0]
    np.testing.assert_allclose(answer["probabilities"], expected, atol=1e-6)
    assert answer["confidence"] == max(answer["probabilities"])
    assert answer["uncertain"] is False
    assert sorted(answer) == ["confidence", "prediction", "probabilities", "uncertain"]

    answer = client.post("/predict?probabilities=true", data=DIGITS.tobytes(), content_type=RAW).get_json()
    np.testing.assert_allclose(answer["probabilities"], load_model("classic").predict_proba(DIGITS), atol=1e-6)
    assert answer["confidences"] == [max(row) for row in answer["probabilities"]]
    assert answer["uncertain"] == [False] * 8
    assert sorted(answer) == ["confidences", "predictions", "probabilities", "uncertain"]


def test_an_image_is_uncertain_where_the_reading_is(client):
    pool = shipped_test_digits()[0]
    uncertain = read_batch(pool, load_model("classic")).uncertain
    digits = np.array([pool[uncertain][0], pool[~uncertain][0]])
    raw = {"data": digits.tobytes(), "content_type": RAW}
    assert client.post("/predict?probabilities=true", **raw).get_json()["uncertain"] == [True, False]
    answer = client.post("/predict?probabilities=true", json={"data": digits[0].ravel().tolist()}).get_json()
    assert answer["uncertain"] is True


@pytest.mark.parametrize("level", [0, 0.5, 1, 255])
def test_blank_pixels_are_answered_with_a_warning(client, level):
    answer = client.post("/predict", json={"data": [level] * 784})
    assert answer.status_code == 200
    assert answer.get_json()["prediction"] in range(10)
    assert "nothing drawn" in answer.get_json()["warning"]


def test_warnings_in_a_batch_say_which_image(client):
    dot = np.zeros((28, 28), np.uint8)
    dot[10:14, 10:14] = 255
    images = [DIGITS[0], dot, DIGITS[1], np.zeros((28, 28), np.uint8)]
    answer = client.post("/predict", json={"data": [image.ravel().tolist() for image in images]}).get_json()
    assert sorted(answer["warnings"]) == ["1", "3"]
    assert "dot" in answer["warnings"]["1"]
    assert "nothing drawn" in answer["warnings"]["3"]


def test_what_is_no_digit_is_answered_with_a_warning(monkeypatch):
    monkeypatch.setenv("MNISTCORE_MODEL", "robust")
    client = create_app().test_client()
    cross = strokes.picture(strokes.NO_DIGITS["X"])
    warning = "This does not look like a digit."
    png = {"data": picture(cross), "content_type": "image/png"}
    answer = client.post("/predict", **png).get_json()
    assert answer == {"prediction": answer["prediction"], "warning": warning}
    answer = client.post("/predict?probabilities=true", **png).get_json()
    assert answer["warning"] == warning
    assert answer["digit_probability"] < 0.1
    assert answer["uncertain"] is (answer["confidence"] < load_model("robust").rejection_threshold)
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-5)  # given that it is a digit

    raw = {"data": np.array([DIGITS[0], prepare(cross)]).tobytes(), "content_type": RAW}
    answer = client.post("/predict?probabilities=true", **raw).get_json()
    assert answer["warnings"] == {"1": warning}
    assert answer["digit_probabilities"] == pytest.approx([1, 0], abs=0.1)


@both
def test_a_form_takes_a_picture(client, path):
    form = {"image": (BytesIO(picture(large())), "seven.png")}
    assert digits_in(client.post(path, data=form, content_type=FORM)) == "7"


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by a quarter, clockwise
    return picture(large().transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif)


def with_broken_exif(kind: str) -> bytes:
    return picture(large(), kind, exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\x01\x12\0\x03" + b"\xff" * 40)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # as mnistcore.digit.images has it
@both
@pytest.mark.parametrize(
    ("media", "body"),
    [
        pytest.param("image/png", picture(large()), id="PNG"),
        pytest.param("image/png", picture(), id="PNG of 28x28"),
        pytest.param("image/jpeg", picture(large(), "JPEG"), id="JPEG"),
        pytest.param("image/jpg", picture(large(), "JPEG"), id="JPEG by its common wrong name"),
        pytest.param("image/webp", picture(large(), "WEBP"), id="WebP"),
        pytest.param("image/gif", picture(large(), "GIF"), id="GIF"),
        pytest.param("image/bmp", picture(large(), "BMP"), id="BMP"),
        pytest.param("image/tiff", picture(large(), "TIFF"), id="TIFF"),
        pytest.param("image/png", picture(large(), "JPEG"), id="JPEG said to be PNG"),
        pytest.param("image/jpeg", picture(large().convert("CMYK"), "JPEG"), id="CMYK"),
        pytest.param("image/png", picture(large().convert("P")), id="palette"),
        pytest.param("image/png", picture(large().convert("1")), id="one bit"),
        pytest.param("image/png", picture(np.asarray(large(), np.uint16) * 257), id="16 bit"),
        pytest.param("image/png", picture(large().resize((1100, 1100)).convert("1")), id="one bit, large"),
        pytest.param(
            "image/png", picture(np.asarray(large().resize((1100, 1100)), np.uint16) * 257), id="16 bit, large"
        ),
        pytest.param("image/png", picture(large().resize((1100, 1100)).convert("P")), id="palette, large"),
        pytest.param("image/tiff", picture(np.asarray(large(), np.float32) / 255, "TIFF"), id="floats in 0-1"),
        pytest.param("image/tiff", picture(np.asarray(large(), np.float32) / 128 - 1, "TIFF"), id="floats from -1"),
        pytest.param("image/jpeg", turned(), id="turned by EXIF"),
        pytest.param("image/jpeg", picture(large(), "JPEG", progressive=True), id="progressive JPEG"),
        pytest.param("image/jpeg", picture(large().resize((3000, 4000)), "JPEG"), id="JPEG of 12 megapixels"),
        pytest.param("image/png", picture(large().resize((3001, 1999)).convert("RGBA")), id="RGBA of 6 megapixels"),
        *(
            pytest.param("image/png", with_broken_exif(kind), id=f"{kind}, EXIF broken")
            for kind in ("JPEG", "PNG", "WEBP")
        ),
        pytest.param("image/png", picture(Image.merge("LA", (large().point(lambda _: 0), large()))), id="transparent"),
    ],
)
def test_pictures_of_every_kind_are_read(client, path, media, body):
    assert digits_in(client.post(path, data=body, content_type=media)) == "7"


def first_line(lying: bool = False) -> bytes:
    """The example's first line; or as a phone keeps it: larger, on its side, with EXIF data that say so."""
    exif = Image.Exif()
    with Image.open(EXAMPLE) as example:
        line = example.crop((0, 0, 900, 300))
    if lying:
        exif[0x0112] = 6
        line = line.resize((3600, 1200)).transpose(Image.Transpose.ROTATE_90)
    return picture(line, "JPEG", exif=exif, quality=90)


@pytest.mark.slow
def test_a_page_is_read_as_by_the_package_and_on_the_command_line(client, tmp_path, capsys):
    file = tmp_path / "page.jpg"
    file.write_bytes(first_line(lying=True))
    answer = client.post("/read?model=robust", data=file.read_bytes(), content_type="image/jpeg")
    assert answer.headers["X-Model"].startswith("robust ")
    page = answer.get_json()
    opened, size = open_page(file)
    assert page == read_page(opened, load_model("robust"), size).as_dict()
    assert cli.main(["read", "--json", "--model", "robust", str(file)]) == 0
    assert {"file": str(file)} | page == json.loads(capsys.readouterr().out)

    assert max(opened.size) < max(size)
    with Image.open(file) as image:
        whole = read_page(image, load_model("robust")).as_dict()
    assert page["lines"] == whole["lines"] == ["199393"]
    boxes = (np.array([digit["box"] for digit in some["digits"]]) for some in (page, whole))
    np.testing.assert_allclose(*boxes, atol=8)  # a large JPEG was reduced while it was opened


def pixels_with(last: str, count: int = 784) -> str:
    return '{"data": [' + ", ".join(["0"] * (count - 1) + [last]) + "]}"


def animated() -> bytes:
    frames = [large(DIGITS[0]), large(DIGITS[1])]
    return picture(frames[0], "GIF", save_all=True, append_images=frames[1:])


@cache
def bomb() -> bytes:
    return picture(Image.new("1", (20_000, 20_000)))


def scans(count: int) -> bytes:
    """A progressive JPEG with so many more scans, each of its cheapest kind."""
    jpeg = picture(large(), "JPEG", progressive=True)
    last = jpeg.rindex(b"\xff\xda")
    return jpeg[:-2] + jpeg[last:-2] * count + jpeg[-2:]


def png_of_parts(count: int) -> bytes:
    """A PNG with so many empty chunks before its pixels."""
    png = picture(large())
    chunk = b"\0\0\0\0teSt"
    return png[:33] + (chunk + zlib.crc32(chunk[4:]).to_bytes(4)) * count + png[33:]


# body (or what makes it, if that takes long), content type, status, words of the sentence
BAD = {
    "no body": (b"", JSON, 400, "the JSON is cut off"),
    "nested deeply": (b'{"data": ' + b"[" * 1_000_000, JSON, 400, "got array"),
    "nested deeply, and closed": (b'{"data": ' + b"[" * 99_999 + b"]" * 99_999 + b"}", JSON, 400, "data"),
    "no JSON": (b"seven", JSON, 400, "it is not JSON"),
    "cut off": (b'{"data": [0, 0', JSON, 400, "the JSON is cut off"),
    "invalid UTF-8": (b'{"d\xff": 1}', JSON, 400, "it is not JSON"),
    "UTF-16": ('{"data": []}'.encode("utf-16"), JSON, 400, "it is not JSON"),
    "something behind": (pixels_with("0") + "]", JSON, 400, "it is not JSON"),
    "a list": ("[]", JSON, 400, "expected object, got array"),
    "a nested list": ("[[1]]", JSON, 400, "expected object, got array"),
    "null": ("null", JSON, 400, "expected object, got null"),
    "another key": ('{"pixels": []}', JSON, 400, "unknown field pixels"),
    "a second key": ('{"data": [], "x": 1}', JSON, 400, "data: expected array of length >= 784"),
    "nothing in it": ("{}", JSON, 400, "missing required field data"),
    "data null": ('{"data": null}', JSON, 400, "data: expected array, got null"),
    "data text": ('{"data": "7"}', JSON, 400, "data: expected array, got str"),
    "data empty": ('{"data": []}', JSON, 400, "data: expected array of length >= 784"),
    "783 numbers": (pixels_with("0", 783), JSON, 400, "data: expected array of length >= 784"),
    "785 numbers": (pixels_with("0", 785), JSON, 400, "data: expected array of length <= 784"),
    "negative": (pixels_with("-1"), JSON, 400, "data[783]: expected int >= 0"),
    "a little negative": (pixels_with("-0.001"), JSON, 400, "data[783]: expected float >= 0.0"),
    "256": (pixels_with("256"), JSON, 400, "data[783]: expected int <= 255"),
    "255.5": (pixels_with("255.5"), JSON, 400, "data[783]: expected float <= 255.0"),
    "1e39": (pixels_with("1e39"), JSON, 400, "data[783]: expected float <= 255.0"),
    "1e400": (pixels_with("1e400"), JSON, 400, "data[783]: number out of range"),
    "400 digits": (pixels_with("9" * 400), JSON, 400, "data[783]: expected int <= 255"),
    "NaN": (pixels_with("NaN"), JSON, 400, "it is not JSON"),
    "Infinity": (pixels_with("-Infinity"), JSON, 400, "it is not JSON"),
    "boolean": (pixels_with("true"), JSON, 400, "data[783]: expected int | float, got bool"),
    "string": (pixels_with('"5"'), JSON, 400, "data[783]: expected int | float, got str"),
    "null in it": (pixels_with("null"), JSON, 400, "data[783]: expected int | float, got null"),
    "object in it": (pixels_with("{}"), JSON, 400, "data[783]: expected int | float, got object"),
    "list in it": (pixels_with("[1]"), JSON, 400, "data[783]: expected int | float, got array"),
    "deep nesting": (pixels_with("[" * 100_000), JSON, 400, "data[783]: expected int | float, got array"),
    "nested thrice": ('{"data": ' + "[" * 100_000, JSON, 400, "data[0][0]: expected int | float, got array"),
    "same key twice": (pixels_with("0")[:-1] + ", " + pixels_with("0")[1:], JSON, 400, "once, not several times"),
    "rows of 28": (json.dumps({"data": [[0] * 28] * 28}), JSON, 400, "each image row by row"),
    "empty image in batch": ('{"data": [[]]}', JSON, 400, "data[0]: expected array of length >= 784"),
    "uneven batch": ('{"data": [[' + "0," * 783 + "0], [1]]}", JSON, 400, "data[1]: expected array of length >= 784"),
    "number in batch": ('{"data": [[' + "0," * 783 + "0], 1]}", JSON, 400, "data[1]: expected array, got int"),
    "too many lists": (json.dumps({"data": [[0] * 784] * 1001}), JSON, 400, "data: expected array of length <= 1000"),
    "no bytes": (b"", RAW, 400, "these are 0 bytes"),
    "783 bytes": (bytes(783), RAW, 400, "these are 783 bytes"),
    "too many images": (bytes(784 * 10_001), RAW, 400, "1 to 10,000 images"),
    "17 MiB": (bytes(17 * 1024 * 1024), RAW, 413, "16 MiB"),
    "17 MiB of JSON": (b" " * (17 * 1024 * 1024), JSON, 413, "16 MiB"),
    "no content type": (pixels_with("0"), None, 415, "and none was sent"),
    "text": (pixels_with("0"), "text/plain", 415, "not text/plain"),
    "form without file": (b"data=1", "application/x-www-form-urlencoded", 415, "not application/x-www-form"),
    "junk for content type": (pixels_with("0"), ";;;/", 415, "The content type must be one of"),
    "SVG": (b"<svg/>", "image/svg+xml", 415, "not image/svg+xml"),
    "form without boundary": (b"x", FORM, 400, "it holds 0"),
    "form with a long head": (
        b'--x\r\nContent-Disposition: form-data; name="image"; ' + b"a=b;" * 3_000 + b"\r\n\r\n1\r\n--x--\r\n",
        f"{FORM}; boundary=x",
        400,
        "a head of at most 8,192 bytes",
    ),
    "no picture": (b"seven", "image/png", 400, "cannot be read: it must be a whole PNG"),
    "empty picture": (b"", "image/png", 400, "cannot be read"),
    "PNG cut off": (picture(large())[:-100], "image/png", 400, "cannot be read"),
    "JPEG cut off": (picture(large(), "JPEG")[:-500], "image/jpeg", 400, "cannot be read"),
    "a format left out": (picture(large(), "ICO"), "image/png", 400, "cannot be read"),
    "animated GIF": (animated(), "image/gif", 422, "animated"),
    "LAB": (picture(Image.new("LAB", (40, 40)), "TIFF"), "image/tiff", 400, "mode LAB cannot be read"),
    "endless pixel": (picture(np.full((40, 40), -np.inf, np.float32), "TIFF"), "image/tiff", 400, "finite numbers"),
    "a key of 8 MB": ('{"' + "k" * 8_000_000 + '": 1}', JSON, 400, "unknown field kkk"),
    "decompression bomb": (bomb, "image/png", 422, "25,000,000 pixels at most"),
    "too many pixels": (
        picture(Image.new("1", (6_000, 6_000))),
        "image/png",
        422,
        "this one has 36,000,000",
    ),
    "too large a WebP": (
        lambda: picture(Image.new("L", (5_000, 5_000)), "WEBP", method=0),
        "image/webp",
        422,
        "12,500,000 pixels",
    ),
    "2,000 scans": (scans(2_000), "image/jpeg", 422, "50 scans at most"),
    "100,000 JPEG segments": (b"\xff\xd8" + b"\xff\xfe\0\2" * 100_000, "image/jpeg", 422, "too many parts"),
    "100,000 PNG chunks": (png_of_parts(100_000), "image/png", 422, "too many parts"),
}


@pytest.mark.parametrize(
    ("path", "body", "media", "status", "words"),
    [
        pytest.param(path, *row, id=f"{path} {name}")
        for path in ("/predict", "/read")
        for name, row in BAD.items()
        if path == "/predict" or row[1] not in (JSON, RAW)
    ],
)
def test_a_bad_body_gets_one_clear_sentence(client, path, body, media, status, words):
    body = body() if callable(body) else body
    length = {"CONTENT_LENGTH": str(len(body))}  # which the test client leaves out when it is 0
    answer = client.post(path, data=body, content_type=media, environ_overrides=length)
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert_error_shape(answer)
    assert words in answer.get_json()["error"]


@pytest.mark.parametrize(("body", "media"), [(pixels_with("0"), JSON), (DIGITS.tobytes(), RAW)])
def test_a_page_is_sent_as_a_picture_never_as_pixels(client, body, media):
    answer = client.post("/read", data=body, content_type=media)
    assert answer.status_code == 415
    assert_error_shape(answer)
    pictures = "image/png, image/jpeg, image/webp, image/gif, image/bmp, image/tiff"
    expected = f"The content type must be one of multipart/form-data, {pictures}, not {media}."
    assert answer.get_json()["error"] == expected


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(Image.new("L", (280, 280), 255), id="white"),
        pytest.param(Image.new("L", (1, 1), 255), id="1x1"),
        pytest.param(Image.new("L", (30_000, 1), 255), id="30,000x1"),
        pytest.param(Image.new("RGBA", (99, 99)), id="fully transparent"),
    ],
)
def test_a_blank_picture_has_no_digit_and_is_an_empty_page(client, image):
    png = {"data": picture(image), "content_type": "image/png"}
    answer = client.post("/predict", **png)
    assert (answer.status_code, "nothing drawn" in answer.get_json()["error"]) == (422, True)
    assert_error_shape(answer)
    answer = client.post("/read", **png)
    assert (answer.status_code, answer.get_json()) == (200, EMPTY_PAGE)


def assert_error_shape(answer):
    assert answer.content_type == "application/json"
    assert list(answer.get_json()) == ["error"]
    sentence = answer.get_json()["error"]
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "Traceback" not in sentence
    assert len(sentence) < 500


@both
def test_a_picture_that_waits_too_long_for_others_is_told_so(client, monkeypatch, path):
    monkeypatch.setattr(admission, "LONGEST_WAIT", 0.01)
    photo = {"data": picture(large(), "JPEG"), "content_type": "image/jpeg"}
    with admission.heavy_slot():
        answer = client.post(path, **photo)
        assert client.post("/predict", json={"data": SEVEN}).get_json() == {"prediction": 7}
        assert digits_in(client.post("/predict", data=picture(), content_type="image/png")) == "7", "it is small"
        few, many = (DIGITS[0].tobytes() * count for count in (admission.LIGHT_BATCH, admission.LIGHT_BATCH + 1))
        assert client.post("/predict", data=few, content_type=RAW).status_code == 200
        assert client.post("/predict", data=many, content_type=RAW).status_code == 503
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "too many requests" in answer.get_json()["error"]
    assert digits_in(client.post(path, **photo)) == "7"


@pytest.mark.parametrize(
    ("pixels", "status"),
    [
        (np.zeros((3000, 3000), np.uint8), 503),
        (np.add.outer(np.arange(512) // 4, np.arange(512) // 4).astype(np.uint8), 503),
        (np.asarray(large()), 200),
    ],
    ids=["much to unpack", "paper", "drawing"],
)
def test_a_small_png_waits_for_others_unless_it_is_a_drawing(client, monkeypatch, pixels, status):
    monkeypatch.setattr(admission, "LONGEST_WAIT", 0.01)
    png = picture(pixels)
    assert len(png) < admission.LIGHT_PICTURE
    with admission.heavy_slot():
        assert client.post("/predict", data=png, content_type="image/png").status_code == status


def test_a_batch_that_cannot_be_prepared_in_time_is_told_so(client, monkeypatch):
    monkeypatch.setattr(contract, "DEADLINE", -1.0)
    raw = {"data": np.roll(DIGITS, 5, axis=1).tobytes(), "content_type": RAW}
    answer = client.post("/predict", **raw)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "send fewer at a time" in answer.get_json()["error"]
    assert client.post("/predict", data=DIGITS.tobytes(), content_type=RAW).status_code == 200  # nothing to prepare


def test_a_page_that_cannot_be_read_in_time_is_told_so(client, monkeypatch):
    monkeypatch.setattr(contract, "DEADLINE", -1.0)
    answer = client.post("/read", data=first_line(), content_type="image/jpeg")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert_error_shape(answer)
    assert "send a part of it" in answer.get_json()["error"]


@pytest.mark.parametrize(
    ("path", "body", "media"),
    [
        ("/predict", json.dumps({"data": SEVEN}).encode(), JSON),
        ("/predict", DIGITS.tobytes(), RAW),
        ("/predict", picture(large()), "image/png"),
        ("/read", picture(large()), "image/png"),
        (
            "/predict",
            b'--x\r\nContent-Disposition: form-data; name="image"; filename="7"\r\n\r\n' + picture() + b"\r\n--x--\r\n",
            f"{FORM}; boundary=x",
        ),
    ],
    ids=["JSON", "raw", "picture", "page", "form"],
)
def test_a_body_may_be_sent_as_gzip(client, path, body, media):
    plain = client.post(path, data=body, content_type=media)
    assert plain.status_code == 200
    packed = client.post(path, data=gzip.compress(body), content_type=media, headers={"Content-Encoding": "GZIP"})
    assert packed.data == plain.data


@both
@pytest.mark.parametrize(
    ("encoding", "body", "status", "words"),
    [
        ("br", bytes(784), 415, "in no other Content-Encoding"),
        ("gzip, gzip", gzip.compress(gzip.compress(bytes(784))), 415, "in no other Content-Encoding"),
        ("gzip", bytes(784), 400, "is not gzip"),
        ("gzip", gzip.compress(bytes(784))[:-3], 400, "cut off"),
        ("gzip", gzip.compress(bytes(784)) * 2, 400, "something follows"),
        ("gzip", gzip.compress(bytes(50_000_000)), 413, "16 MiB"),
    ],
    ids=["br", "twice", "not packed", "cut off", "two files", "too much in it"],
)
def test_a_body_that_cannot_be_unpacked_is_refused(client, path, encoding, body, status, words):
    answer = client.post(path, data=body, content_type="image/png", headers={"Content-Encoding": encoding})
    assert answer.status_code == status
    assert_error_shape(answer)
    assert words in answer.get_json()["error"]


def test_beyond_what_a_worker_takes_on_requests_with_a_body_are_refused(monkeypatch):
    packed = {"data": gzip.compress(DIGITS.tobytes()), "content_type": RAW, "headers": {"Content-Encoding": "gzip"}}

    def full(gate: str) -> FlaskClient:
        monkeypatch.setattr(admission, gate, 0)
        return create_app().test_client()

    client = full("MAX_ADMITTED")
    answer = client.post("/predict", json={"data": SEVEN})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert_error_shape(answer)
    assert "Connection" not in answer.headers  # the body was read
    client = full("MAX_RECEIVED")
    assert client.post("/predict", json={"data": SEVEN}).headers["Connection"] == "close"
    assert client.post("/predict", **packed).status_code == 200  # there are others for what takes memory
    client = full("MAX_LARGE")
    assert client.post("/predict", **packed).status_code == 503
    assert client.post("/predict", json={"data": SEVEN}).status_code == 503
    assert all(client.get(route).status_code == 200 for route in ("/health", "/ready", "/metrics"))
    assert 'requests_total{route="unknown",status="503"} 2.0' in client.get("/metrics").get_data(as_text=True)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "POST"])
@pytest.mark.parametrize("path", ["/health", "/predict", "/read", "/nope"])
def test_a_connection_is_closed_if_a_body_was_not_read_whatever_the_method(client, method, path):
    answer = client.open(path, method=method, data=bytes(4_000_000), content_type="text/plain")
    assert answer.headers["Connection"] == "close"
    assert "Connection" not in client.open(path, method=method, data=b"x").headers  # this one was read
    assert "Connection" not in client.open(path, method=method).headers


@pytest.mark.parametrize(
    ("length", "status"),
    [("0" * 5_000 + "784", 200), ("9" * 5_000, 413), ("0" * 5_000, 400), ("-784", 400), ("7x", 400)],
)
def test_a_length_may_be_written_in_any_way(client, length, status):
    environ = {
        "wsgi.input": BytesIO(DIGITS[0].tobytes()),
        "CONTENT_LENGTH": length,
        "CONTENT_TYPE": RAW,
        "REQUEST_METHOD": "POST",
    }
    answer = client.open("/predict", environ_overrides=environ)
    assert answer.status_code == status
    if status == 200:
        assert answer.get_json() == {"predictions": [7]}
    else:
        assert_error_shape(answer)


def test_a_folder_whose_name_is_not_utf_8_is_harmless(client, home):
    folder = home / "models" / os.fsdecode(b"bad\xff")
    folder.mkdir(parents=True)
    write_model(load_model("classic"), folder / "model.npz")
    answer = client.post("/predict?model=nope", data=DIGITS[0].tobytes(), content_type=RAW)
    assert answer.status_code == 404
    assert answer.get_json()["error"] == "There is no model 'nope'; there are classic, robust."


@pytest.mark.parametrize(
    ("headers", "status"), [({"Content-Type": "text/plain"}, 415), ({"Content-Length": str(17 * 2**20)}, 413)]
)
def test_a_body_that_is_refused_unread_is_read_to_its_end(client, headers, status):
    body = BytesIO(bytes(int(headers.get("Content-Length", 4_000_000))))
    environ = {"wsgi.input": body, "CONTENT_LENGTH": str(len(body.getvalue())), "CONTENT_TYPE": RAW}
    environ |= {f"{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    answer = client.open("/predict", method="POST", environ_overrides=environ)
    assert (answer.status_code, answer.headers["Connection"]) == (status, "close")
    assert body.read() == b""


def test_a_page_of_another_origin_may_read_that_the_server_is_busy(monkeypatch):
    monkeypatch.setenv("MNISTCORE_CORS_ORIGINS", "https://example.com")
    monkeypatch.setattr(admission, "MAX_ADMITTED", 0)
    client = create_app().test_client()
    for origin, allowed in (("https://example.com", "https://example.com"), ("https://example.org", None)):
        answer = client.post("/predict", json={"data": SEVEN}, headers={"Origin": origin})
        assert (answer.status_code, answer.headers.get("Access-Control-Allow-Origin")) == (503, allowed)


@both
def test_a_form_is_kept_in_memory(client, monkeypatch, path):
    monkeypatch.setattr(tempfile, "tempdir", "/no/such/directory")
    part = b'--x\r\nContent-Disposition: form-data; name="image"; filename="seven.bmp"\r\n\r\n'
    form = part + picture(large().resize((1000, 1000)), "BMP") + b"\r\n--x--\r\n"
    assert digits_in(client.post(path, data=form, content_type=f"{FORM}; boundary=x")) == "7"


@both
def test_a_form_takes_exactly_one_file(client, path):
    two = {"image": [(BytesIO(picture()), "a.png"), (BytesIO(picture()), "b.png")]}
    assert "it holds 2" in client.post(path, data=two, content_type=FORM).get_json()["error"]
    text = client.post(path, data={"image": "seven"}, content_type=FORM)
    assert (text.status_code, "it holds 0" in text.get_json()["error"]) == (400, True)


@both
def test_a_body_that_ends_too_early_is_refused(client, path):
    png = {"data": bytes(784), "content_type": "image/png"}
    answer = client.post(path, **png, environ_overrides={"CONTENT_LENGTH": "1568"})
    assert answer.status_code == 400
    assert_error_shape(answer)
    assert "ended after 784 of the 1,568 bytes" in answer.get_json()["error"]


@both
def test_a_body_of_unknown_length_is_refused(client, path):
    chunked = {"Transfer-Encoding": "chunked"}
    answer = client.post(path, input_stream=BytesIO(picture()), headers=chunked, content_type="image/png")
    assert answer.status_code == 411
    assert_error_shape(answer)


@pytest.mark.parametrize("query", ["maybe", "1", "", "True", "true&probabilities=true", "true&probabilities=false"])
def test_probabilities_must_be_true_or_false(client, query):
    answer = client.post(f"/predict?probabilities={query}", json={"data": SEVEN})
    assert answer.status_code == 400
    assert "probabilities must be true or false" in answer.get_json()["error"]


@pytest.mark.parametrize("query", ["probabilites=true", "probabilities=true&token=x", "=", "é", "%ff"])
@pytest.mark.parametrize(("path", "known"), [("/predict", "'probabilities' and 'model'"), ("/read", "'model'")])
def test_parameters_that_there_are_not_are_refused(client, path, known, query):
    answer = client.post(f"{path}?{query}", data=picture(), content_type="image/png")
    assert answer.status_code == 400
    assert_error_shape(answer)
    assert f"there is {known}." in answer.get_json()["error"]


def test_a_second_slash_changes_nothing(fresh_client):
    answer = fresh_client.post("/predict", json={"data": SEVEN}, environ_overrides={"PATH_INFO": "//predict"})
    assert answer.get_json() == {"prediction": 7}
    assert 'requests_total{route="/predict",status="200"} 1.0' in fresh_client.get("/metrics").get_data(as_text=True)


GET_ROUTES = [
    *("/", "/health", "/ready", "/model", "/metrics", "/openapi.json", "/docs"),
    *("/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/classic", "/v2/models/classic/ready"),
]


@pytest.mark.parametrize("route", GET_ROUTES)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_method_that_a_route_does_not_take(client, route, method):
    answer = client.open(route, method=method)
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert_error_shape(answer)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@both
def test_what_reads_takes_only_post(client, path, method):
    answer = client.open(path, method=method)
    assert (answer.status_code, "POST" in answer.headers["Allow"]) == (405, True)
    assert_error_shape(answer)


@pytest.mark.parametrize(
    "path", ["/nope", "/predict/", "/predict/7", "/read/", "/../etc/passwd", "/%00", "/static/x", "/%ff"]
)
def test_unknown_routes_are_json_too(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert_error_shape(answer)


@pytest.mark.parametrize("route", GET_ROUTES)
def test_every_route_answers(client, route):
    answer = client.get(route)
    assert answer.status_code == 200
    expected = {"/metrics": "text/plain", "/docs": "text/html"}.get(route, "application/json")
    assert answer.mimetype == expected


def test_the_index_names_every_route(client):
    listed = {line.split()[1].replace("{name}", "classic") for line in client.get("/").get_json()["routes"]}
    assert listed == {*GET_ROUTES, "/predict", "/read", "/feedback", "/v2/models/classic/infer"}


def test_the_model_tells_where_it_comes_from(client):
    answer = client.get("/model").get_json()
    model = load_model("classic")
    card = model.card
    assert answer == {"name": "classic", "version": model.version, "figures": card["figures"], "card": card}


def test_every_answer_says_which_model_it_is_of(fresh_client):
    version = load_model("classic").version
    assert re.fullmatch("[0-9a-f]{12}", version)
    assert fresh_client.post("/predict", json={"data": SEVEN}).headers["X-Model"] == f"classic {version}"
    assert fresh_client.get("/model").headers["X-Model"] == f"classic {version}"
    text = fresh_client.get("/metrics").get_data(as_text=True)
    assert f'mnistcore_model_info{{model="classic",version="{version}"}} 1.0' in text
    assert f'mnistcore_predictions_total{{confidence="0.99",digit="7",model="classic",version="{version}"}} 1.0' in text


def test_another_model_may_be_asked_by_name(fresh_client, mine):
    write_model(load_model("robust"), mine)
    for name, kept in (("robust", "robust"), ("mine", "robust"), ("classic", "classic")):
        answer = fresh_client.post(f"/predict?model={name}&probabilities=true", json={"data": SEVEN})
        expected = load_model(kept).predict_proba(DIGITS[:1])[0]
        np.testing.assert_allclose(answer.get_json()["probabilities"], expected, atol=1e-6)
        assert answer.headers["X-Model"].endswith(load_model(kept).version)
    assert fresh_client.get("/model?model=robust").get_json()["name"] == "robust"


@pytest.mark.parametrize(
    "name", ["nope", "", "../models/mine/model.npz", "/etc/passwd", "mine/model.npz", "%00", "%ff"]
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/predict"), ("POST", "/read"), ("GET", "/model")])
@pytest.mark.usefixtures("mine")
def test_a_model_that_there_is_not_is_refused(client, method, path, name):
    answer = client.open(f"{path}?model={name}", method=method, data=picture(), content_type="image/png")
    assert answer.status_code == 404
    assert_error_shape(answer)
    assert "there are classic, mine, robust." in answer.get_json()["error"]


@both
def test_a_model_is_named_once(client, path):
    answer = client.post(f"{path}?model=classic&model=robust", data=picture(), content_type="image/png")
    assert (answer.status_code, "given once" in answer.get_json()["error"]) == (400, True)


@both
def test_a_damaged_model_that_is_asked_for_is_answered_with_503(fresh_client, mine, path):
    mine.write_bytes(b"PK")
    answer = fresh_client.post(f"{path}?model=mine", data=picture(), content_type="image/png")
    assert answer.status_code == 503
    assert_error_shape(answer)


def test_figures_of_a_model_are_numbers(monkeypatch):
    monkeypatch.setenv("MNISTCORE_MODEL", "robust")  # which was not cross-validated
    figures = create_app().test_client().get("/model").get_json()["figures"]
    assert all(isinstance(figure, float) for figure in figures.values())
    assert "test_accuracy" in figures


@pytest.mark.parametrize("fault", ["missing", "damaged", "unknown name"])
def test_without_a_model_it_starts_and_answers_503(monkeypatch, tmp_path, fault):
    file = tmp_path / "model.npz"
    if fault == "damaged":
        file.write_bytes(b"PK\3\4 and then nothing")
    monkeypatch.setenv("MNISTCORE_MODEL", "no-such-model" if fault == "unknown name" else str(file))
    client = create_app().test_client()
    png = {"data": picture(), "content_type": "image/png"}
    refused = client.post("/predict", **png), client.post("/read", **png), client.get("/ready"), client.get("/model")
    for answer in refused:
        assert answer.status_code == 503
        assert_error_shape(answer)
    assert client.get("/health").status_code == 200
    assert client.get("/metrics").status_code == 200
