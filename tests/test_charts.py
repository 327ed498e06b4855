"""The app's charts: where the network diagram's nodes and edges lie, and the pictures of hidden units."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from app.shared.charts.layout import place, strongest, unit_shares
from app.shared.charts.measures import (
    VALIDATION,
    Curve,
    calibration_chart,
    epoch_chart,
    risk_coverage_chart,
    robustness_chart,
)
from app.shared.charts.pictures import ink_url, weights_url
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.digit.explain import Explanation, explain
from mnistcore.models.answering import load_model
from mnistcore.models.report import Evaluation

SHOWN = 5


@pytest.fixture(scope="module", params=["classic", "robust"], ids=["one hidden layer", "two hidden layers"])
def parts(request: pytest.FixtureRequest) -> Explanation:
    images, _ = shipped_test_digits()
    return explain(load_model(request.param), images[0])


@pytest.mark.parametrize("rival", [None, 9])
def test_strongest_units_come_first_and_the_rest_matter_less(parts, rival):
    shares = unit_shares(parts, 0, 7, rival)
    shown = strongest(parts, 0, 7, rival, SHOWN)
    assert len(shown) == SHOWN
    assert (np.diff(shares[shown]) <= 0).all()
    assert np.abs(np.delete(shares, shown)).max() <= np.abs(shares[shown]).min()


def test_nodes_fill_their_columns_from_top_to_bottom(parts):
    columns, _ = place(parts, 7, None, SHOWN)
    directions = [] if parts.planes is None else ["direction"]
    kinds = ["image", *directions, *["unit"] * len(parts.units), "digit"]
    assert [{node.kind for node in column} for column in columns] == [{kind} for kind in kinds]
    for column in columns[1:]:
        assert 0 < column[0].y < column[-1].y < 1
    assert [node.index for node in columns[-1]] == list(range(10))
    names = [node.name for column in columns for node in column]
    assert len(set(names)) == len(names)


def test_edges_join_nodes_of_neighbouring_columns(parts):
    columns, edges = place(parts, 7, None, SHOWN)
    assert len(edges) == len(columns) - 1
    for left, right, between in zip(columns, columns[1:], edges, strict=False):
        assert all(edge.start in left and edge.end in right for edge in between)
        assert max(edge.width for edge in between) == pytest.approx(1)


def test_edges_are_what_one_node_adds_to_the_next(parts):
    _, edges = place(parts, 7, None, SHOWN)
    for edge in edges[-1]:
        assert edge.amount == pytest.approx(parts.units[-1][edge.start.index, edge.end.index])
    if parts.planes is not None:
        for edge in edges[1]:
            assert edge.amount == pytest.approx(parts.direction_flows[edge.start.index, edge.end.index])


def test_without_hidden_layers_the_image_leads_to_the_digits():
    parts = Explanation(np.arange(10.0), np.zeros((10, 28, 28)), np.ones((10, 28, 28)), [], [], [])
    columns, (edges,) = place(parts, 7, None, SHOWN)
    assert [len(column) for column in columns] == [1, 10]
    assert len(edges) == 10


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
