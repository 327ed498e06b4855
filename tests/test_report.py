"""The file of a training report."""

import json
from dataclasses import asdict

import pytest

from mnistcore import BadModelFile
from mnistcore.models import catalogue
from mnistcore.models.report import Report


@pytest.fixture(scope="module")
def report():
    return catalogue.load_report("classic")


def test_a_saved_report_is_loaded_as_it_was(report, tmp_path):
    report.save(tmp_path / "report.json")
    assert Report.load(tmp_path / "report.json") == report


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"name": "half"}', '{"evaluation": {}}'], ids=str)
def test_what_is_not_a_report_is_refused_in_one_sentence(tmp_path, content):
    path = tmp_path / "report.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(BadModelFile, match=r"report\.json is not a training report") as raised:
        Report.load(path)
    assert "\n" not in str(raised.value)


def test_a_report_of_version_1_0_is_read(report, tmp_path):
    fields = asdict(report)
    evaluation = fields.pop("evaluation")
    old = fields | {"test_accuracy": evaluation["accuracy"]}
    old |= {name: evaluation[name] for name in ("confusion", "misread")}
    (tmp_path / "report.json").write_text(json.dumps(old))
    read = Report.load(tmp_path / "report.json").evaluation
    for name in ("accuracy", "confusion", "misread", "count"):
        assert getattr(read, name) == getattr(report.evaluation, name)
    assert (read.calibration, read.calibration_error, read.risk_coverage, read.robustness) == ([], None, [], {})
