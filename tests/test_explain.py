"""The parts of a score must add up to it, and be what changing the image really does."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from mnistcore import load_model
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.digit.explain import explain, response_pictures, unit_pictures
from mnistcore.digit.features import INPUTS
from mnistcore.digit.model import Model
from mnistcore.digit.probabilities import softmax
from mnistcore.errors import BadImage


def make_network(*hidden: int, given: str = "pixels", outputs: int = 10) -> Model:
    random = np.random.default_rng(3)
    sizes = [INPUTS[given], *hidden, outputs]
    weights = tuple(random.normal(0, 0.1, size).astype(np.float32) for size in pairwise(sizes))
    biases = tuple(random.normal(0, 0.1, size).astype(np.float32) for size in sizes[1:])
    return Model(weights, biases, input=given)


def make_image() -> np.ndarray:
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 12:16] = np.arange(80).reshape(20, 4) * 3
    return image


@pytest.mark.parametrize("hidden", [(), (12,), (20, 9), (16, 12, 8)])
@pytest.mark.parametrize(("given", "outputs"), [("pixels", 10), ("stroke directions", 11)])
def test_parts_add_up_to_the_scores(hidden, given, outputs):
    model, image = make_network(*hidden, given=given, outputs=outputs), make_image()
    parts = explain(model, image)
    np.testing.assert_allclose(softmax(parts.scores[None, :10]), model.predict_proba(image[None]), rtol=1e-5)
    if outputs == 11:
        none = 1 - model.digit_probability(image[None])
        np.testing.assert_allclose(softmax(parts.scores[None])[:, 10], none, rtol=1e-5)
    assert abs(parts.scores[:10].mean()) < 1e-5
    np.testing.assert_allclose(parts.pixels.sum(axis=(1, 2)) + parts.fixed, parts.scores, rtol=1e-4, atol=1e-5)
    assert not parts.pixels[:, image == 0].any()
    if hidden:
        bias = model.biases[-1] - model.biases[-1][:10].mean()
        np.testing.assert_allclose(parts.units[-1].sum(axis=0) + bias, parts.scores, atol=1e-4)
    if given == "pixels":
        assert parts.directions is None
    else:
        np.testing.assert_allclose(parts.directions.sum(axis=(1, 2, 3)), parts.pixels.sum(axis=(1, 2)), atol=1e-4)
    if parts.direction_flows is not None:
        sums = parts.direction_flows.sum(axis=0) + model.biases[0]
        np.testing.assert_allclose(np.maximum(sums, 0), parts.activations[0], atol=1e-5)
    for flow, bias, activation in zip(parts.flows, model.biases[1:], parts.activations[1:], strict=False):
        np.testing.assert_allclose(np.maximum(flow.sum(axis=0) + bias, 0), activation, atol=1e-4)


@pytest.mark.parametrize("hidden", [(12,), (20, 9)])
def test_slope_is_what_a_little_more_ink_does(hidden):
    model, image = make_network(*hidden), make_image().astype(np.float64) / 255
    parts = explain(model, image * 255)
    for row, column in ((10, 13), (2, 2), (20, 15)):
        more = image.copy()
        more[row, column] += 1e-3
        change = model.activations(more[None])[-1][0] - model.activations(image[None])[-1][0]
        np.testing.assert_allclose((change - change.mean()) / 1e-3, parts.slopes[:, row, column], atol=0.02)


def fixed_part(model: Model, image: np.ndarray) -> np.ndarray:
    """What the biases alone add to the scores, with those units on that are on for this image."""
    x = np.zeros(len(model.weights[0]), np.float32)
    for weight, bias, activation in zip(model.weights, model.biases, model.activations(image[None])[:-1], strict=False):
        x = (x @ weight + bias) * (activation[0] > 0)
    scores = x @ model.weights[-1] + model.biases[-1]
    return scores - scores[:10].mean()


@pytest.mark.parametrize("name", ["classic", "robust"])
def test_pixel_attributions_and_the_fixed_part_add_up_to_the_scores_of_shipped_models(name):
    model = load_model(name)
    for image in shipped_test_digits()[0][:200]:
        parts = explain(model, image)
        np.testing.assert_allclose(parts.pixels.sum(axis=(1, 2)) + fixed_part(model, image), parts.scores, atol=1e-3)


def test_unit_pictures_are_the_first_weights():
    directions = make_network(12, given="stroke directions")
    np.testing.assert_array_equal(unit_pictures(directions)[5].ravel(), directions.weights[0][:, 5])
    assert unit_pictures(directions).shape == (12, 8, 9, 9)
    model = make_network(12)
    np.testing.assert_array_equal(unit_pictures(model)[5].ravel(), model.weights[0][:, 5])


def test_response_pictures_are_the_slopes_of_the_units_sums():
    model, image = make_network(20, 9), make_image().astype(np.float64) / 255
    pictures = response_pictures(model, explain(model, image), 1, np.arange(9))
    before = model.activations(image[None])[0][0] @ model.weights[1]
    for row, column in ((10, 13), (2, 2), (20, 15)):
        more = image.copy()
        more[row, column] += 1e-3
        change = model.activations(more[None])[0][0] @ model.weights[1] - before
        np.testing.assert_allclose(change / 1e-3, pictures[:, row, column], atol=0.02)


def test_response_picture_of_a_unit_that_asks_for_a_vertical_stroke():
    """Ink rises to the right on a stroke's left edge (direction 0), to the left on its right edge (direction 4)."""
    model = make_network(1, given="stroke directions")
    grid = np.zeros((8, 9, 9), np.float32)
    grid[0, :, 4], grid[4, :, 5] = 1, 1
    model = replace(model, weights=(grid.reshape(648, 1), *model.weights[1:]))
    (picture,) = response_pictures(model, explain(model, make_image()), 0, np.array([0]))
    assert picture[14].argmax() in (14, 15, 16)
    assert picture[14, 8] < 0
    assert picture[14, 21] < 0


def test_other_shapes_are_refused():
    with pytest.raises(BadImage):
        explain(make_network(12), np.zeros((20, 20)))
