"""Parts and inscribed circles, as SciPy finds them."""

import numpy as np
import pytest
from scipy import ndimage

from mnistcore.digit.shapes import boxes_of, holds_circle, specks

NEIGHBOURS = np.ones((3, 3), bool)


def specks_by_scipy(written, share):
    parts, _ = ndimage.label(written, structure=NEIGHBOURS)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    small = sizes < share * sizes.max()
    small[0] = False
    return small[parts]


def smooth_noise(rng, shape):
    noise = ndimage.gaussian_filter(rng.random(shape), (0, 2, 2))
    return noise < np.quantile(noise, rng.uniform(0.3, 0.9))


@pytest.mark.parametrize("seed", range(30))
def test_specks(seed):
    rng = np.random.default_rng(seed)
    shape = (6, *rng.integers(1, 40, 2))
    for written in (rng.random(shape) < rng.random(), smooth_noise(rng, shape)):
        written[:, -1, -1] = True
        expected = [specks_by_scipy(picture, 0.2) for picture in written]
        np.testing.assert_array_equal(specks(written, 0.2), expected)


def test_a_spiral_is_one_part():
    spiral = np.zeros((1, 99, 99), bool)
    row, column, down, right = 0, -1, 0, 1
    for length in [99] + [n for n in range(98, 0, -2) for _ in range(2)]:
        for _ in range(length):
            row, column = row + down, column + right
            spiral[0, row, column] = True
        down, right = right, -down
    assert ndimage.label(spiral[0], structure=NEIGHBOURS)[1] == 1
    assert not specks(spiral, 0.9).any()


@pytest.mark.parametrize("seed", range(30))
def test_circles(seed):
    rng = np.random.default_rng(seed)
    solid = smooth_noise(rng, (20, *rng.integers(1, 40, 2)))
    radius = rng.uniform(0, 12, 20)
    deepest = np.array([ndimage.distance_transform_edt(np.pad(picture, 1)).max() for picture in solid])
    np.testing.assert_array_equal(holds_circle(solid, radius), deepest > radius)


def test_boxes():
    occupied = np.zeros((2, 5, 7), bool)
    occupied[0, 1, 2] = occupied[0, 3, 6] = occupied[1, 4, 0] = True
    assert boxes_of(occupied).T.tolist() == [[1, 2, 3, 5], [4, 0, 1, 1]]
