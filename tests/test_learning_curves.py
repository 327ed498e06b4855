"""What is said about a training's curves."""

import pytest

from mnistcore.training.learning_curves import diagnose

FALLING = [1 / epoch for epoch in range(1, 13)]


@pytest.mark.parametrize(
    ("training", "validation", "expected"),
    [
        ([0.5 + 0.04 * i for i in range(12)], [0.5 + 0.035 * i for i in range(12)], "still learning"),
        ([min(0.8 + 0.03 * i, 1) for i in range(12)], [0.8, 0.9, 0.93] + [0.93 - 0.002 * i for i in range(9)], "overf"),
        ([min(0.9 + 0.02 * i, 1) for i in range(12)], [0.8, 0.9] + [0.92] * 10, "overfitting"),
        ([0.6] * 12, [0.6] * 12, "underfitting"),
        ([0.9] + [0.98] * 11, [0.9] + [0.97] * 11, "change little"),
    ],
    ids=["rising", "validation falls", "wide gap", "both low", "level"],
)
def test_each_shape_of_the_curves_has_its_sentence(training, validation, expected):
    assert expected in diagnose(FALLING, training, validation)


def test_a_fall_of_both_is_no_memorising():
    curve = [0.8, 0.9, 0.93] + [0.93 - 0.01 * i for i in range(9)]
    assert "memorise" not in diagnose(FALLING[::-1], curve, curve)


def test_nothing_is_said_too_early_or_without_validation_digits():
    assert diagnose(FALLING[:4], [0.9] * 4, [0.9] * 4) is None
    assert diagnose(FALLING, [0.9] * 12, []) is None
