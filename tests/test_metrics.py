"""The measures of a classifier, on cases that can be worked out by hand, and against scikit-learn's."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from mnistcore.evaluation import metrics
from mnistcore.models.catalogue import load_report


@pytest.fixture(scope="module")
def answers():
    """Labels, and predictions of which some 70% are correct; a 3 never occurs and a 4 is never predicted."""
    rng = np.random.default_rng(0)
    labels = rng.choice([0, 1, 2, 4, 5, 6, 7, 8, 9], 2000)
    predictions = np.where(rng.random(2000) < 0.7, labels, rng.integers(0, 10, 2000))
    predictions[predictions == 4] = 9
    return labels, predictions


def test_accuracy_and_confusion_equal_scikit_learns(answers):
    assert metrics.accuracy(*answers) == sklearn_metrics.accuracy_score(*answers)
    expected = sklearn_metrics.confusion_matrix(*answers, labels=range(10))
    np.testing.assert_array_equal(metrics.confusion_matrix(*answers), expected)


def test_precision_and_recall_equal_scikit_learns(answers):
    precision, recall, _, count = sklearn_metrics.precision_recall_fscore_support(
        *answers, labels=range(10), zero_division=0
    )
    evaluation = replace(load_report("classic").evaluation, confusion=metrics.confusion_matrix(*answers).tolist())
    rows = evaluation.precision_recall()
    assert [row["digit"] for row in rows] == list(range(10))
    assert [row["count"] for row in rows] == count.tolist()
    np.testing.assert_allclose([row["precision"] for row in rows], precision)
    np.testing.assert_allclose([row["recall"] for row in rows], recall)


CONFIDENCES = np.repeat([0.6, 0.9], 1500)
AS_CONFIDENT = np.concatenate([np.arange(1500) % 10 < 6, np.arange(1500) % 10 < 9])  # 60% and 90% of them correct


@pytest.mark.parametrize(
    ("correct", "error"), [(AS_CONFIDENT, 0), (np.ones(3000, bool), 0.25), (np.zeros(3000, bool), 0.75)]
)
def test_calibration_error_is_the_gap_between_confidence_and_accuracy(correct, error):
    assert metrics.calibration_error(metrics.reliability(CONFIDENCES, correct)) == pytest.approx(error, abs=1e-9)


def test_reliability_has_bins_of_equal_count_the_least_confident_first():
    bins = metrics.reliability(CONFIDENCES[::-1], AS_CONFIDENT[::-1])
    assert [b["count"] for b in bins] == [200] * metrics.CALIBRATION_BINS
    assert [b["confidence"] for b in bins] == pytest.approx([0.6] * 7 + [0.75] + [0.9] * 7)
    assert [b["accuracy"] for b in bins] == pytest.approx([0.6] * 7 + [0.75] + [0.9] * 7)


def test_reliability_of_fewer_answers_than_bins():
    bins = metrics.reliability(np.array([0.5, 0.7]), np.array([True, False]))
    assert bins == [
        {"confidence": 0.5, "accuracy": 1.0, "count": 1},
        {"confidence": 0.7, "accuracy": 0.0, "count": 1},
    ]


def test_risk_coverage_counts_the_errors_among_the_least_confident():
    confidences = np.array([0.9, 0.2, 0.8, 0.3, 0.7, 0.4, 0.6, 0.5, 0.99, 0.95])
    correct = np.ones(10, bool)
    correct[[1, 3, 6, 8]] = False  # the first, second and fifth lowest confidence, and the highest
    curve = metrics.risk_coverage(confidences, correct, (0, 0.1, 0.2, 0.5, 1))
    assert [point["rejected"] for point in curve] == [0, 0.1, 0.2, 0.5, 1]
    assert [point["errors_removed"] for point in curve] == [0, 0.25, 0.5, 0.75, 1]


def test_without_errors_rejecting_removes_none():
    assert metrics.risk_coverage(np.array([0.9]), np.array([True]), (1,)) == [{"rejected": 1, "errors_removed": 0}]


def test_roc_auc_equals_scikit_learns():
    rng = np.random.default_rng(0)
    positives, negatives = rng.normal(1, 1, 300).round(1), rng.normal(0, 1, 200).round(1)  # rounded: with ties
    labels = np.repeat([1, 0], [300, 200])
    expected = sklearn_metrics.roc_auc_score(labels, np.concatenate([positives, negatives]))
    assert metrics.roc_auc(positives, negatives) == pytest.approx(expected)


def test_accuracy_interval_is_wilsons():
    assert metrics.accuracy_interval(0.9, 1_000) == pytest.approx((0.8798, 0.9171), abs=1e-4)  # from published tables
    assert metrics.accuracy_interval(1.0, 100)[1] == pytest.approx(1)
    assert 0.95 < metrics.accuracy_interval(1.0, 100)[0] < 1
    narrow, wide = (np.subtract(*metrics.accuracy_interval(0.99, count)[::-1]) for count in (10_000, 1_000))
    assert wide > 3 * narrow
