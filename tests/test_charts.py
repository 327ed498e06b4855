"""The app's charts: what the stage shows of the network, and curves and bars of measures."""

from __future__ import annotations

import base64
import io
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from app.shared.charts.measures import (
    VALIDATION,
    Curve,
    calibration_chart,
    epoch_chart,
    risk_coverage_chart,
    robustness_chart,
)
from app.shared.charts.pictures import ink_url, weights_url
from app.shared.charts.scene import kinds_shown, scene, strongest, unit_shares
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.digit.explain import Explanation, explain
from mnistcore.digit.model import Model
from mnistcore.digit.reading import Reading, read
from mnistcore.models.answering import load_model
from mnistcore.models.report import Evaluation


@pytest.fixture(scope="module", params=["classic", "robust"], ids=["one hidden layer", "two hidden layers"])
def model(request: pytest.FixtureRequest) -> Model:
    return load_model(request.param)


@pytest.fixture(scope="module")
def reading(model: Model) -> Reading:
    images, _ = shipped_test_digits()
    return read(images[0], model)


@pytest.fixture(scope="module")
def parts(model: Model, reading: Reading) -> Explanation:
    return explain(model, reading.image)


@pytest.mark.parametrize("rival", [None, 9])
def test_strongest_units_come_first_and_the_rest_matter_less(parts, rival):
    shares = unit_shares(parts, 0, 7, rival)
    shown = strongest(shares, 5)
    assert len(shown) == 5
    assert (np.diff(shares[shown]) <= 0).all()
    assert np.abs(np.delete(shares, shown)).max() <= np.abs(shares[shown]).min()


def test_scene_has_a_bar_for_each_answer_and_what_each_node_adds_to_the_next(model, parts, reading):
    shown = scene(model, parts, reading, 7)
    assert shown["best"] == 7
    assert len(shown["bars"]) == (11 if model.knows_non_digits else 10)
    assert sum(shown["bars"]) == pytest.approx(1)
    counts = [1, *([8] if parts.planes is not None else []), *[5] * len(parts.units), len(shown["bars"])]
    assert [np.shape(amounts) for amounts in shown["edges"]] == list(pairwise(counts))
    assert np.allclose(shown["edges"][-1], parts.units[-1][shown["layers"][-1]["units"]], atol=1e-3)
    if parts.planes is not None:
        assert np.allclose(shown["edges"][1], parts.direction_flows[:, shown["layers"][0]["units"]], atol=1e-3)


def test_scene_without_ink_has_no_light(model):
    blank = read(np.zeros((28, 28), np.uint8), model)
    shown = scene(model, explain(model, blank.image), blank, 7)
    assert (shown["best"], shown["edges"], set(shown["bars"])) == (None, [], {0.0})
    assert {fires for layer in shown["layers"] for fires in layer["fires"]} == {0.0}


def test_units_that_look_for_the_same_are_shown_as_one_and_explain_most_of_the_lead(model, parts, reading):
    layer = len(parts.units) - 1
    groups = [kinds_shown(model, parts, number, 7, 9) for number in range(layer + 1)]
    shown = scene(model, parts, reading, 7, 9, groups=groups)
    last, shares = shown["layers"][-1], unit_shares(parts, layer, 7, 9)
    assert 5 <= len(groups[-1]) <= 8
    assert last["units"] == [members[0] for members in groups[-1]]
    assert last["shares"] == pytest.approx([shares[members].sum() for members in groups[-1]], abs=1e-3)
    assert last["explained"] > 0.6
    every = np.concatenate(groups[-1])
    assert len(set(every.tolist())) == len(every)
    for votes, members in zip(shown["edges"][-1], groups[-1], strict=True):
        assert votes == pytest.approx(parts.units[-1][members].sum(axis=0), abs=1e-2)


def test_without_hidden_layers_the_image_leads_to_the_digits():
    linear = Model((np.ones((784, 10), np.float32),), (np.zeros(10, np.float32),))
    image = shipped_test_digits()[0][0]
    shown = scene(linear, explain(linear, image), read(image, linear), 7)
    assert [np.shape(amounts) for amounts in shown["edges"]] == [(1, 10)]


def opened(url: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))))


def test_weights_are_green_above_0_and_orange_below():
    weights = np.zeros((28, 28), np.float32)
    weights[0, 0], weights[27, 27] = 1, -0.5
    pixels = opened(weights_url(weights))
    assert pixels.shape == (28, 28, 4), "one pixel each"
    assert tuple(pixels[0, 0]) == (0x2A, 0x9D, 0x8F, 255)
    assert tuple(pixels[-1, -1]) == (0xE0, 0x7A, 0x3F, 127)
    assert pixels[10, 10, 3] == 0


def test_ink_is_white_on_black():
    assert opened(ink_url(np.array([[0.0, 1.0], [0.5, 2.0]]), 1.0)).tolist() == [[0, 255], [127, 255]]


CURVES = [Curve("robust", VALIDATION, [0.9, 0.95, 0.97]), Curve("classic", VALIDATION, [None, 0.8])]


def points_of(chart) -> list[dict]:
    return chart.data.to_dict("records")


def test_epoch_chart_has_every_value_of_every_curve_and_a_legend():
    chart = epoch_chart(CURVES, "accuracy", percent=True)
    assert [(point["model"], point["epoch"], point["accuracy"]) for point in points_of(chart)] == [
        ("robust", 1, 0.9),
        ("robust", 2, 0.95),
        ("robust", 3, 0.97),
        ("classic", 2, 0.8),
    ]
    assert chart.to_dict()["encoding"]["color"]["legend"]


def test_epoch_chart_is_smoothed_and_marks_the_change_of_phase():
    chart = epoch_chart(CURVES[:1], "accuracy", smoothing=3, phases={"robust": 3, "another": 2})
    assert points_of(chart.layer[0])[1]["accuracy"] == pytest.approx(0.94)
    assert chart.layer[1].data.to_dict("records") == [{"model": "robust", "epoch": 2.5, "words": "fine-tuning"}]
    assert chart.layer[2].mark.align == "right", "there is room before the line, after it there may be none"
    assert chart.to_dict()["layer"][0]["encoding"]["color"]["legend"] is None


def an_evaluation(first: float, last: float) -> Evaluation:
    """Of two bins, two shares and two strengths, with these figures."""
    return Evaluation(
        source="two digits", count=2, accuracy=last, confusion=np.eye(10, dtype=int).tolist(), misread=[],
        calibration=[
            {"confidence": 0.5, "accuracy": first, "count": 1},
            {"confidence": 1, "accuracy": last, "count": 1},
        ],
        calibration_error=0.1,
        risk_coverage=[{"rejected": 0, "errors_removed": first}, {"rejected": 1, "errors_removed": last}],
        robustness={
            "thin": {"strengths": [0, 2], "accuracy": [last, first], "unit": "pixels"},
            "turned": {"strengths": [0, 30], "accuracy": [0, 0], "unit": "degrees"},
        },
    )  # fmt: skip


EVALUATIONS = {"robust": an_evaluation(0.75, 1), "classic": an_evaluation(0.25, 0.5)}


def rows(chart, columns: list[str]) -> list[tuple]:
    return [tuple(row) for row in chart.data[columns].itertuples(index=False)]


def test_robustness_chart_has_every_accuracy_of_every_model():
    assert rows(robustness_chart(EVALUATIONS, "thin"), ["model", "strength", "accuracy"]) == [
        ("robust", 0, 1),
        ("robust", 2, 0.75),
        ("classic", 0, 0.5),
        ("classic", 2, 0.25),
    ]


def test_calibration_chart_has_every_bin_beside_the_ideal_line():
    ideal, bins = calibration_chart(EVALUATIONS).layer
    assert rows(ideal, ["confidence", "accuracy"]) == [(0.25, 0.25), (1, 1)]
    assert rows(bins, ["model", "confidence", "accuracy"]) == [
        ("robust", 0.5, 0.75),
        ("robust", 1, 1),
        ("classic", 0.5, 0.25),
        ("classic", 1, 0.5),
    ]


def test_risk_coverage_chart_has_every_point():
    assert rows(risk_coverage_chart(EVALUATIONS), ["model", "rejected", "errors_removed"]) == [
        ("robust", 0, 0.75),
        ("robust", 1, 1),
        ("classic", 0, 0.25),
        ("classic", 1, 0.5),
    ]
