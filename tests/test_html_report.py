"""The HTML report: complete, and independent of any other file."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from mnistcore.evaluation.html_report import html_report
from mnistcore.models import catalogue


@pytest.fixture(scope="module")
def report():
    return replace(catalogue.load_report("classic"), name="<b>mine</b>")


@pytest.fixture(scope="module")
def page(report):
    return html_report(report)


def test_it_has_the_figures_and_the_pictures(report, page):
    assert f"{report.evaluation.accuracy:.2%} of 10,000 digits" in page
    assert f"{report.cv_mean:.2%} ± {report.cv_spread:.2%}" in page
    titles = re.findall(r'<img alt="([^"]*)" src="data:image/png;base64,', page)
    assert titles == [
        "Accuracy of each fold",
        "Learning curves",
        "Confusion matrix",
        "Precision and recall of each digit",
        "Misread test digits",
    ]


def test_it_refers_to_no_other_file(page):
    assert page.count("src=") == 5
    assert not re.search(r"https?://|<script|<link", page)


def test_names_are_escaped(page):
    assert "&lt;b&gt;mine&lt;/b&gt;" in page
    assert "<b>" not in page


def test_what_was_not_measured_is_left_out(report):
    nothing_misread = replace(report.evaluation, misread=[])
    page = html_report(replace(report, cv_scores=[], validation_curve=[], evaluation=nothing_misread))
    assert "Cross-validation" not in page
    assert page.count("<img") == 3
