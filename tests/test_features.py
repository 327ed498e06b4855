"""The eight stroke directions: which edge goes where, and that they can be traced back to the pixels."""

import numpy as np
import pytest

from mnistcore.data.datasets import shipped_test_digits
from mnistcore.digit import features

IMAGES = shipped_test_digits()[0][:200].astype(np.float32) / 255


def strongest(image: np.ndarray) -> set[int]:
    """The directions that hold at least a tenth of all edges."""
    totals = features.stroke_directions(image[np.newaxis])[0].sum(axis=(1, 2))
    return set(np.flatnonzero(totals > 0.1 * totals.sum()).tolist())


def test_a_vertical_stroke_has_a_left_and_a_right_edge():
    image = np.zeros((28, 28), np.float32)
    image[4:24, 12:15] = 1
    assert strongest(image) == {0, 4}
    assert strongest(image.T) == {2, 6}


def test_a_diagonal_stroke_has_diagonal_edges():
    falling = sum(np.eye(28, k=k, dtype=np.float32) for k in (-1, 0, 1))
    assert strongest(falling) == {3, 7}
    assert strongest(falling[:, ::-1]) == {1, 5}


def test_a_direction_is_blurred_to_where_its_edge_is():
    image = np.zeros((28, 28), np.float32)
    image[:, 20:] = 1  # an edge at x = 19.5, which is between the grid's points 5 (16.6) and 6 (19.7) and 7 (22.8)
    columns = features.stroke_directions(image[np.newaxis])[0, 0].sum(axis=0)
    assert columns.argmax() == 6
    assert columns[:4].max() < 1e-3 * columns[6]


@pytest.mark.parametrize("angle", np.arange(0, 360, 15))
def test_the_parallelogram_rule_keeps_the_arrow(angle):
    arrow = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    down, right = np.mgrid[:28, :28]
    slope = (arrow[0] * right + arrow[1] * down).astype(np.float32)  # its gradient is the arrow everywhere
    planes = features.stroke_directions(slope[np.newaxis])[0, :, 4, 4] / 4  # in the middle, of features times 4
    along = np.arange(8) * np.pi / 4
    assert np.count_nonzero(planes > 1e-3) <= 2
    np.testing.assert_allclose([planes @ np.cos(along), planes @ np.sin(along)], arrow, atol=1e-3)


def test_twice_the_ink_gives_twice_the_features():
    np.testing.assert_allclose(
        features.stroke_directions(2 * IMAGES), 2 * features.stroke_directions(IMAGES), rtol=1e-5, atol=1e-6
    )


def test_images_are_alike_alone_and_in_a_batch():
    together = features.stroke_directions(IMAGES)
    for i in (0, features.BATCH, len(IMAGES) - 1):
        np.testing.assert_allclose(features.stroke_directions(IMAGES[i : i + 1])[0], together[i], atol=1e-6)
    assert features.stroke_directions(IMAGES[:0]).shape == (0, 8, 9, 9)


def test_no_feature_is_a_denormal_number():
    given = features.stroke_directions(IMAGES)
    assert not np.any((given != 0) & (given < np.finfo(np.float32).tiny))


def test_what_features_add_is_what_pixels_add():
    slopes = np.random.default_rng(0).normal(size=(10, features.FEATURES)).astype(np.float32)
    together = features.stroke_directions(IMAGES).reshape(len(IMAGES), -1)
    for image, given in zip(IMAGES, together, strict=True):
        by_pixels = (features.to_pixels(image, slopes) * image).sum(axis=(1, 2))
        np.testing.assert_allclose(by_pixels, slopes @ given, atol=1e-4)


def test_a_pixel_slope_is_what_a_little_more_ink_does():
    image = IMAGES[0].astype(np.float64)
    slopes = np.random.default_rng(1).normal(size=(1, features.FEATURES)).astype(np.float32)
    expected = features.to_pixels(image.astype(np.float32), slopes)[0]
    rows, columns = np.nonzero(
        (image > 0.2) & (image < 0.8)
    )  # on the edges: where it is flat, every direction has a kink
    assert len(rows) > 20
    errors = []
    for row, column in zip(rows, columns, strict=True):
        more, less = image.copy(), image.copy()
        more[row, column] += 1e-3
        less[row, column] -= 1e-3
        pair = features.stroke_directions(np.array([more, less], np.float32)).reshape(2, -1).astype(np.float64)
        errors.append(abs((pair[0] - pair[1]) @ slopes[0] / 2e-3 - expected[row, column]))
    assert np.median(errors) < 0.01
