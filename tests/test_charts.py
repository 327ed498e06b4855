"""The app's charts: where the network diagram's nodes and edges lie, and the pictures of hidden units."""

from __future__ import annotations

import numpy as np
import pytest

from app.charts.explanation import pixel_picture, stroke_picture
from app.charts.layout import SHOWN, place, strongest
from app.charts.measures import (
    VALIDATION,
    Curve,
    calibration_chart,
    epoch_chart,
    risk_coverage_chart,
    robustness_chart,
)
from mnistcore import store
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.explain import Explanation, explain


@pytest.fixture(scope="module", params=["classic", "robust"], ids=["one hidden layer", "two hidden layers"])
def parts(request: pytest.FixtureRequest) -> Explanation:
    images, _ = shipped_test_digits()
    return explain(store.load_model(request.param), images[0])


def test_strongest_units_come_first_and_the_rest_matter_less(parts):
    shares = parts.units[0][:, 7]
    shown = strongest(parts, 0, 7)
    assert len(shown) == SHOWN
    assert (np.diff(shares[shown]) <= 0).all()
    assert np.abs(np.delete(shares, shown)).max() <= np.abs(shares[shown]).min()


def test_nodes_fill_their_columns_from_top_to_bottom(parts):
    columns, _ = place(parts, 7)
    assert len(columns) == len(parts.activations) + 1
    for x, column in enumerate(columns, start=1):
        assert {node.x for node in column} == {x}
        assert 0 < column[0].y < column[-1].y < 1
    assert [node.index for node in columns[-1]] == list(range(10))
    assert [node.value for node in columns[-1]] == pytest.approx(parts.scores)


def test_edges_join_nodes_of_neighbouring_columns(parts):
    columns, edges = place(parts, 7)
    places = {(0, 0.5)} | {(node.x, node.y) for column in columns for node in column}
    for edge in edges:
        assert edge.x2 == edge.x + 1
        assert {(edge.x, edge.y), (edge.x2, edge.y2)} <= places
        assert 0.05 < edge.width <= 1
    for x in range(len(columns)):
        assert max(edge.width for edge in edges if edge.x == x) == pytest.approx(1)


def test_edges_to_the_digits_are_the_units_shares(parts):
    columns, edges = place(parts, 7)
    unit = columns[-2][0]
    (edge,) = (edge for edge in edges if edge.path == f"unit {unit.index} to digit 7" and edge.x == unit.x)
    assert edge.amount == pytest.approx(parts.units[-1][unit.index, 7])


def test_without_hidden_layers_there_are_only_the_digits():
    parts = Explanation(np.arange(10.0), np.zeros((10, 28, 28)), np.zeros((10, 28, 28)), [], [], [])
    columns, edges = place(parts, 7)
    assert [len(column) for column in columns] == [10]
    assert edges == []


def test_pixel_picture_is_green_where_weights_are_positive_and_orange_where_negative():
    weights = np.zeros((28, 28), np.float32)
    weights[0, 0], weights[27, 27] = 1, -0.5
    pixels = np.asarray(pixel_picture(weights))
    assert tuple(pixels[0, 0]) == (0x2A, 0x9D, 0x8F, 255)
    assert tuple(pixels[-1, -1]) == (0xE0, 0x7A, 0x3F, 127)
    assert pixels[40, 40, 3] == 0


def test_stroke_picture_draws_an_edge_across_its_direction():
    weights = np.zeros((8, 9, 9), np.float32)
    weights[0, 4, 4] = 1  # brighter to the right: a vertical edge
    alpha = np.asarray(stroke_picture(weights))[..., 3] > 127
    rows, columns = np.nonzero(alpha)
    assert np.ptp(rows) > 2 * np.ptp(columns)
    weights = np.zeros((8, 9, 9), np.float32)
    weights[1, 4, 4] = 1  # brighter down right: an edge from bottom left to top right
    rows, columns = np.nonzero(np.asarray(stroke_picture(weights))[..., 3] > 127)
    assert np.corrcoef(rows, columns)[0, 1] < -0.5


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


@pytest.fixture(scope="module")
def evaluations() -> dict:
    return {name: store.load_report(name).evaluation for name in store.SHIPPED}


def rows(chart, columns: list[str]) -> list[tuple]:
    return [tuple(row) for row in chart.data[columns].itertuples(index=False)]


def test_robustness_chart_has_every_accuracy_of_every_model(evaluations):
    assert rows(robustness_chart(evaluations, "thin"), ["model", "strength", "accuracy"]) == [
        (name, strength, accuracy)
        for name, evaluation in evaluations.items()
        for strength, accuracy in zip(
            *(evaluation.robustness["thin"][key] for key in ("strengths", "accuracy")), strict=True
        )
    ]


def test_calibration_chart_has_every_bin_beside_the_ideal_line(evaluations):
    ideal, bins = calibration_chart(evaluations).layer
    assert (ideal.data["confidence"] == ideal.data["accuracy"]).all()
    assert rows(bins, ["model", "confidence", "accuracy"]) == [
        (name, b["confidence"], b["accuracy"]) for name, e in evaluations.items() for b in e.calibration
    ]


def test_risk_coverage_chart_has_every_point(evaluations):
    assert rows(risk_coverage_chart(evaluations), ["model", "rejected", "errors_removed"]) == [
        (name, p["rejected"], p["errors_removed"]) for name, e in evaluations.items() for p in e.risk_coverage
    ]
