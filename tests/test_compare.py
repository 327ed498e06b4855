"""Which digits one model reads that another misreads."""

import numpy as np

from mnistcore.evaluation.compare import compare


def test_each_digit_is_counted_where_it_belongs():
    labels = np.array([0, 1, 2, 3, 4])
    found = compare(labels, np.array([0, 1, 2, 9, 9]), np.array([0, 9, 9, 3, 8]))
    assert found.first_only.tolist() == [1, 2]
    assert found.second_only.tolist() == [3]
    assert found.neither.tolist() == [4]
