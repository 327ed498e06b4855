"""The parts of a score must add up to it, and be what changing the image really does."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from mnistcore.errors import BadImage
from mnistcore.explain import explain, unit_pictures
from mnistcore.model import Model, softmax


def make_network(*hidden: int) -> Model:
    random = np.random.default_rng(3)
    sizes = [784, *hidden, 10]
    weights = tuple(random.normal(0, 0.1, size).astype(np.float32) for size in pairwise(sizes))
    return Model(weights, tuple(random.normal(0, 0.1, size).astype(np.float32) for size in sizes[1:]))


def make_image() -> np.ndarray:
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 12:16] = np.arange(80).reshape(20, 4) * 3
    return image


@pytest.mark.parametrize("hidden", [(), (12,), (20, 9), (16, 12, 8)])
def test_parts_add_up_to_the_scores(hidden):
    model, image = make_network(*hidden), make_image()
    parts = explain(model, image)
    np.testing.assert_allclose(softmax(parts.scores[None]), model.predict_proba(image[None]), rtol=1e-5)
    assert abs(parts.scores.mean()) < 1e-5
    np.testing.assert_allclose(parts.pixels.sum(axis=(1, 2)) + parts.fixed, parts.scores, rtol=1e-5)
    assert not parts.pixels[:, image == 0].any()
    if hidden:
        bias = model.biases[-1] - model.biases[-1].mean()
        np.testing.assert_allclose(parts.units[-1].sum(axis=0) + bias, parts.scores, atol=1e-4)
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


def test_unit_pictures_are_the_first_weights():
    model = make_network(12)
    np.testing.assert_array_equal(unit_pictures(model)[5].ravel(), model.weights[0][:, 5])


def test_other_shapes_are_refused():
    with pytest.raises(BadImage):
        explain(make_network(12), np.zeros((20, 20)))
