"""The HTML report: whole, and in need of nothing else."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from mnistcore import store
from mnistcore.cli import main
from mnistcore.evaluation.html_report import html_report


@pytest.mark.parametrize("without", [{}, {"cv_scores": [], "validation_curve": []}, {"misread": []}])
def test_page_holds_the_figures_and_refers_to_nothing(without):
    report = replace(store.load_report("classic"), **without)
    page = html_report(report)
    assert f"{report.test_accuracy:.2%}" in page
    assert page.count("<img") == 3 + bool(report.cv_scores) + bool(report.misread)
    assert all(source.startswith("data:image/png") for source in re.findall(r'src="([^"]*)"', page))
    assert not re.search(r"https?://|<script|<link", page)


def test_names_are_escaped():
    page = html_report(replace(store.load_report("classic"), name="<b>mine</b>"))
    assert "<b>mine" not in page


def test_command_writes_the_file(tmp_path, capsys):
    assert main(["report", "classic", "--output", str(tmp_path / "classic.html")]) == 0
    assert (tmp_path / "classic.html").read_text().startswith("<!doctype html>")
    assert "classic.html" in capsys.readouterr().out


def test_unknown_model_is_one_sentence(capsys):
    assert main(["report", "no-such"]) == 1
    assert "no-such" in capsys.readouterr().err
