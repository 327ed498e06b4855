"""The exported page: complete in one file, and its answers are Python's for whatever is painted on its sheet."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from in_browser import DESKTOP, ONLY_VIOLATIONS, PHONE, draw
from PIL import Image
from strokes import DIGITS, PLAIN_SEVEN, SEVEN

from api import create_app
from app.shared.answer import as_html
from app.shared.charts.scene import scene
from mnistcore import Model, Reading, load_model, read, read_batch, read_page
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.digit.explain import explain
from mnistcore.digit.files import as_png
from mnistcore.export.html_export import to_html
from mnistcore.export.onnx_export import to_onnx

SHEET = "#sheet"
SIDE = 420  # pixels of the sheet's picture
CLASSIC = load_model("classic")
NEAREST = 25  # of the test digits, to each threshold
MODELS = {
    "classic": replace(CLASSIC, card=CLASSIC.card | {"rejection_threshold": 0.95}),  # it is hardly ever uncertain
    "robust": load_model("robust"),
}

# what a person may draw besides digits, or how, in pixels of the sheet's picture
ODD = {
    "nothing": [],
    "a dot": [[(200, 200)]],
    "a fat dot": [[(200, 200), (203, 200), (203, 203)]],
    "a speck at the border": [[(110, 100), (300, 100), (200, 330)], [(426, 300)]],
    "a small digit": [[(200, 200), (230, 200), (210, 245)]],
    "in the corner": [[(-6, -4), (2, -8)]],  # so little that it is enlarged
    "a cross": [[(60, 60), (360, 360)], [(360, 60), (60, 360)]],
    "a line": [[(30, 210), (390, 210)]],
    "a dash": [[(60, 280), (360, 130)]],
    "over the border": [[(-30, 100), (450, 120), (100, 460)]],
    "along the border": [[(0.5, 5.3), (300, 5.3), (410.7, 200), (409.4, 420)]],
    "ends on the border": [[(12.3, y), (407.6, y + 3.4)] for y in range(20, 420, 40)],
    "more ink than paper": [[(0, y), (420, y)] for y in range(0, 300, 20)],
    "a white sheet with a black 1": [[(x, 0), (x, 420)] for x in (*range(0, 190, 15), *range(240, 421, 15))],
}

PAINT = """strokes => {
    clearSheet();
    for (const [first, ...others] of strokes.map(stroke => stroke.map(([x, y]) => ({ x, y })))) {
        startStroke(first);
        others.forEach(continueStroke);
        endStroke();
    }
    const whole = read(greysOfSheet(), theModel);
    const { layers, probabilities, image, ...reading } = whole;
    const scene = sceneOf(theModel, whole);
    const plain = (key, value) => ArrayBuffer.isView(value) ? [...value] : value;
    return {
        ...reading,
        scene: JSON.parse(JSON.stringify(scene, plain)),
        probabilities: [...probabilities],
        image: [...image],
        words: ["sign", "headline", "detail"].map(id => document.getElementById(id).textContent),
        png: sheet.toDataURL(),
    };
}"""


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    """A page of each model."""
    directory = tmp_path_factory.mktemp("pages")
    pages = {name: directory / f"{name}.html" for name in MODELS}
    for name, path in pages.items():
        path.write_text(to_html(MODELS[name]), encoding="utf-8")
    return pages


@contextmanager
def cut_off(browser, file: Path, **screen) -> Iterator:
    """The page in a browser without any network; a request for anything but the file itself is a failure."""
    with browser.new_context(**screen, offline=True) as context:
        asked, errors = [], []
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text))
        page.goto(file.as_uri())
        yield page
        assert (asked, errors) == ([file.as_uri()], [])


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def page(request, browser, files) -> Iterator:
    with cut_off(browser, files["robust"], **request.param) as page:
        yield page


def in_the_page(file: Path, model: Model) -> Model:
    """The model with the weights that stand in the page, 16 bits each."""
    page = file.read_text(encoding="utf-8")
    content = json.loads(re.search(r'<script type="application/json" id="model">(.*?)</script>', page, re.DOTALL)[1])

    def numbers(text: str, kind: str) -> np.ndarray:
        return np.frombuffer(base64.b64decode(text), kind).astype(np.float32)

    layers = content["layers"]
    weights = [
        numbers(layer["weights"], "<i2").reshape(weight.shape) * numbers(layer["scales"], "<f4")
        for layer, weight in zip(layers, model.weights, strict=True)
    ]
    return replace(model, weights=tuple(weights))


def drawings(count: int) -> Iterator[list[list[tuple[float, float]]]]:
    """The ten digits in turn, no two alike, of all sizes, anywhere on the sheet."""
    rng = np.random.default_rng(0)
    for i in range(count):
        size = rng.uniform(60, 380)
        place = rng.uniform(0, SIDE - size, 2)
        bent = np.eye(2) + rng.normal(0, 0.15, (2, 2))
        for_each = [(np.array(stroke) - 160) @ bent + rng.normal(0, 4, (len(stroke), 2)) for stroke in DIGITS[i % 10]]
        every = np.vstack(for_each)
        scale = size / np.ptp(every, axis=0).max()
        yield [(place + scale * (stroke - every.min(axis=0))).tolist() for stroke in for_each]


@pytest.mark.parametrize("name", MODELS)
def test_everything_is_in_the_file(name, files):
    page, model = files[name].read_text(encoding="utf-8"), MODELS[name]
    assert not re.search(r"https?://|src=|href=|url\(|@import|fetch\(|XMLHttpRequest", page)
    assert "default-src 'none'" in page
    assert files[name].stat().st_size < 3e6
    images, _ = shipped_test_digits()
    exact, rounded = (each.probabilities(images) for each in (model, in_the_page(files[name], model)))
    for before, after in zip(exact, rounded, strict=True):
        assert np.abs(after - before).max() < 1e-3


def test_names_are_escaped():
    model = replace(CLASSIC, card={"name": "</script><b>$x"})
    page = to_html(model)
    assert "&lt;/script&gt;&lt;b&gt;$x" in page
    assert "</script><b>" not in page


@pytest.mark.browser
@pytest.mark.parametrize(("name", "count"), [("classic", 10), ("robust", 50)])
def test_its_answers_are_those_of_python(name, count, browser, files):
    model = in_the_page(files[name], MODELS[name])
    with cut_off(browser, files[name], **DESKTOP) as page:
        page.evaluate("globalThis.theModel = loadModel(document.getElementById('model').textContent)")
        seen = set()
        for strokes in [*ODD.values(), *drawings(count)]:
            theirs = page.evaluate(PAINT, strokes)
            sheet = Image.open(io.BytesIO(base64.b64decode(theirs["png"].split(",")[1])))
            ours = read(sheet, model)
            assert np.array_equal(np.reshape(theirs["image"], (28, 28)), ours.image), strokes
            assert np.abs(theirs["probabilities"] - ours.probabilities).max() < 1e-5
            assert abs(theirs["digitProbability"] - ours.digit_probability) < 1e-5
            fields = (ours.status, ours.digit, ours.runner_up, ours.message)
            assert tuple(theirs[key] for key in ("status", "digit", "runnerUp", "message")) == fields
            if strokes:  # before the first one the app also asks for a number, which the page does not read
                sign, headline, _ = theirs["words"]
                answer = as_html(ours, None, model)  # there it is also said who reads
                assert f'<div class="digit">{sign}</div>' in answer
                assert headline in answer
            if (ours.status, ours.digit) not in seen:
                assert_same_scene(theirs["scene"], model, ours)
            seen |= {ours.status, (ours.status, ours.digit)}
        assert seen >= {"digit", "blank", "not a digit" if name == "robust" else "uncertain"}


def assert_same_scene(theirs: dict, model: Model, reading: Reading) -> None:
    """What the page draws of the network is what the app draws."""
    digit = reading.runner_up if reading.answer is None else reading.answer
    ours = scene(model, explain(model, reading.image), reading, digit)
    assert theirs["best"] == ours["best"]
    assert theirs["bars"] == pytest.approx(ours["bars"], abs=1e-5)
    for mine, other in zip(ours["layers"], theirs["layers"], strict=True):
        assert (other["count"], other["units"]) == (mine["count"], mine["units"])
        for kind in ("shares", "fires"):
            assert other[kind] == pytest.approx(mine[kind], abs=2e-3)
        for sent, picture in zip(mine["pictures"], np.array(other["pictures"]), strict=True):
            exact = np.frombuffer(base64.b64decode(sent), np.int8)
            assert np.abs(exact - 127 * picture.ravel() / np.abs(picture).max()).max() < 1
    for mine, other in zip(ours["edges"], theirs["edges"], strict=True):
        assert np.allclose(mine, other, atol=2e-3)


@pytest.mark.browser
def test_draw_undo_clear_by_mouse_and_by_touch(page):
    def answer() -> tuple[str, str]:
        return page.locator("#sign").inner_text(), page.locator("#headline").inner_text()

    def press(button: str) -> None:
        page.get_by_role("button", name=button).click()

    assert answer() == ("–", "Draw a digit")
    draw(page, PLAIN_SEVEN, sheet=SHEET)
    assert answer()[0] == "7"
    assert page.locator(".bars .best").inner_text().startswith("7")
    draw(page, [[(46, 46), (274, 274)], [(274, 46), (46, 274)], [(46, 152), (274, 152)]], sheet=SHEET)
    assert answer() == ("×", "Not a digit")
    for _ in range(3):
        press("Undo")
    assert answer()[0] == "7"
    press("Clear")
    assert answer() == ("–", "Draw a digit")
    press("Undo")
    assert answer()[0] == "7"
    page.keyboard.press("Delete")
    assert answer() == ("–", "Draw a digit")
    page.keyboard.press("Control+z")
    assert answer()[0] == "7"
    assert page.evaluate("window.scrollY") == 0


@pytest.mark.browser
@pytest.mark.parametrize(("zoom", "density"), [(0.67, 1), (1.1, 1), (1.5, 1), (1, 1.5)])
def test_however_it_is_enlarged_it_may_be_turned_halfway_and_what_is_cleared_is_blank(zoom, density, browser, files):
    upright = {"width": round(820 / zoom), "height": round(1180 / zoom)}  # what zooming changes, besides the density
    screen = {"viewport": upright, "device_scale_factor": zoom * density}
    with cut_off(browser, files["robust"], **screen) as page:
        sign = page.locator("#sign")
        draw(page, SEVEN[:1], sheet=SHEET)
        page.set_viewport_size({"width": upright["height"], "height": upright["width"]})
        draw(page, SEVEN[1:], sheet=SHEET)
        assert sign.inner_text() == "7"
        clear = page.get_by_role("button", name="Clear")
        clear.click()
        draw(page, [[(220 + x / 3, 220 + y / 3) for x, y in stroke] for stroke in SEVEN], sheet=SHEET)
        assert sign.inner_text() == "7"
        clear.click()
        assert sign.inner_text() == "–"
        assert not page.evaluate("greysOfSheet().pixels.some(grey => grey)")


@pytest.mark.browser
def test_the_page_the_graph_the_api_and_the_app_say_the_same_of_digits_nearest_the_thresholds(
    browser, files, monkeypatch
):
    model, images = MODELS["robust"], shipped_test_digits()[0]
    read_at_once = read_batch(images, model)
    doubts = (
        read_at_once.digit_probability - model.digit_threshold,
        read_at_once.confidence - model.rejection_threshold,
    )
    nearest = np.unique([np.abs(doubt).argsort()[:NEAREST] for doubt in doubts])
    monkeypatch.setenv("MNISTCORE_MODEL", "robust")
    client = create_app().test_client()
    graph = onnxruntime.InferenceSession(to_onnx(model), providers=["CPUExecutionProvider"])
    with cut_off(browser, files["robust"], **DESKTOP) as page:
        page.evaluate("globalThis.theModel = loadModel(document.getElementById('model').textContent)")
        for image in np.kron(images[nearest], np.ones((5, 5), np.uint8)):
            ours = read(image, model)
            drawn = read_page(image, model, kind="drawing")
            theirs = page.evaluate(
                "pixels => read({ pixels: Float64Array.from(pixels), height: 140, width: 140 }, theModel)",
                image.ravel().tolist(),
            )
            answer = client.post("/predict?probabilities=true", data=as_png(image), content_type="image/png").get_json()
            (digits,), (of_any,) = graph.run(None, {"images": ours.image[np.newaxis]})
            refused = ours.status == "not a digit"
            said = [
                (theirs["digit"], theirs["status"] == "not a digit", theirs["confidence"] < model.rejection_threshold),
                (answer["prediction"], "warning" in answer, answer["uncertain"]),
                (digits.argmax(), of_any < model.digit_threshold, digits.max() < model.rejection_threshold),
            ]
            assert said == [(ours.digit, refused, ours.uncertain)] * 3
            if not refused:  # otherwise its parts may be digits
                assert (drawn.text, drawn.digits[0].reading.status) == (str(ours.digit), ours.status)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_and_fits_every_screen(scheme, browser, files):
    from axe_playwright_python.sync_playwright import Axe

    with cut_off(browser, files["robust"], **DESKTOP, color_scheme=scheme) as page:
        draw(page, SEVEN, sheet=SHEET)
        for width, height in ((1280, 800), (820, 1180), (390, 844), (844, 390)):
            page.set_viewport_size({"width": width, "height": height})
            # once it is laid out: the page allows no evaluation in it, so it is asked again and again from here
            fits = "document.documentElement.scrollWidth <= window.innerWidth"
            assert any(page.evaluate(fits) or page.wait_for_timeout(100) for _ in range(50))
            box = page.locator(SHEET).bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            assert box["width"] == box["height"]
        found = Axe().run(page, options=ONLY_VIOLATIONS).response["violations"]
        assert [(each["id"], each["nodes"]) for each in found] == []
