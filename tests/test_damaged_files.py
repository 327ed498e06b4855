"""Files that are not what they should be: refused with one sentence, or read as what they were; never anything else."""

from __future__ import annotations

import json
import os
import zipfile
from io import BytesIO

import numpy as np
import pytest
from bit_flips import kinds, outcomes, some_bits

from mnistcore import BadModelFile, load_model
from mnistcore.arrays import read_arrays, write_arrays
from mnistcore.errors import BadSearch, NothingUnfinished
from mnistcore.models import catalogue
from mnistcore.models.files import read_model, write_model
from mnistcore.models.report import Report
from mnistcore.training.searches import Search, path_of
from mnistcore.training.unfinished import latest_order


@pytest.mark.slow
def test_a_flipped_bit_is_noticed_or_harmless(tmp_path):
    for name, kind in kinds(tmp_path).items():
        found = outcomes(kind, list(some_bits(kind, 48, 150)))
        assert found["another content"] == 0, name
        assert found["refused"] or "labels" in name, name


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"rejection_threshold": "high"}, "rejection_threshold"),
        ({"rejection_threshold": True}, "rejection_threshold"),
        ({"digit_threshold": float("nan")}, "not finite"),
        ({"digit_threshold": None}, "digit_threshold"),
        ({"name": 7}, "with a name"),
        ({"figures": []}, "figures"),
        ({"figures": {"test_accuracy": "99%"}}, "figures"),
        ({"data": {"training_rows": "many"}}, "data"),
        ({"recipe": {"hidden_layers": 128}}, "recipe"),
        ({"versions": [1]}, "versions"),
        ({"personal": {"base": "robust"}}, "personal"),
    ],
)
def test_a_card_of_other_types_is_refused(tmp_path, change, sentence):
    classic = load_model("classic")
    classic.card.update(change)
    write_model(classic, tmp_path / "model.npz")
    with pytest.raises(BadModelFile, match=sentence):
        read_model(tmp_path / "model.npz")


NESTED = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize("card", [NESTED, '{"name": "\\ud800"}', '{"name": 1e999}', "{", "7"])
def test_a_card_that_is_no_json_object_of_text_is_refused(tmp_path, card):
    arrays = read_arrays(catalogue.model_path("classic"), 1 << 24) | {"card": np.array(card)}
    write_arrays(tmp_path / "model.npz", arrays)
    with pytest.raises(BadModelFile):
        read_model(tmp_path / "model.npz")


@pytest.mark.slow
def test_what_would_unpack_to_gigabytes_is_refused_before_it_is_unpacked(tmp_path):
    zeros = bytes(1 << 20)
    with zipfile.ZipFile(tmp_path / "model.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for part in range(300):
            archive.writestr(f"weights_{part}.npy", zeros)
    assert (tmp_path / "model.npz").stat().st_size < 1 << 20
    with pytest.raises(BadModelFile, match="damaged"):
        read_model(tmp_path / "model.npz")


def test_arrays_that_were_put_together_anew_are_refused(tmp_path):
    whole = tmp_path / "whole.npz"
    write_arrays(whole, {"a": np.arange(3), "b": np.arange(4)})
    assert read_arrays(whole, 10_000)["a"].tolist() == [0, 1, 2]
    with zipfile.ZipFile(whole) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    other = BytesIO()
    np.save(other, np.arange(5))
    for changed in (
        members | {"a.npy": other.getvalue()},
        {name: members[name] for name in members if name != "b.npy"},
    ):
        with zipfile.ZipFile(tmp_path / "other.npz", "w") as archive:
            for name, content in changed.items():
                archive.writestr(name, content)
        with pytest.raises(ValueError, match="checksum"):
            read_arrays(tmp_path / "other.npz", 10_000)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": "0"},
        {"cv_scores": ["high"]},
        {"loss_curve": None},
        {"data": []},
        {"seconds": {"total": "long"}},
        {"evaluation": {}},
        {"evaluation.confusion": [[1, 2], [3, 4]]},
        {"evaluation.accuracy": "99%"},
        {"evaluation.misread": [{"index": 1}]},
        {"evaluation.misread": [{"index": 1, "label": 12, "prediction": 1, "probabilities": [], "pixels": "A" * 1048}]},
        {"evaluation.misread": [{"index": 1, "label": 2, "prediction": 1, "probabilities": [], "pixels": "?"}]},
        {"evaluation.robustness": {"thin": {"unit": "px", "strengths": [1], "accuracy": []}}},
        {"surprise": 1},
    ],
    ids=str,
)
def test_a_report_of_other_types_is_refused(tmp_path, change):
    fields = json.loads(catalogue.model_path("classic").with_name("classic.report.json").read_text())
    for key, value in change.items():
        *outer, last = key.split(".")
        (fields[outer[0]] if outer else fields)[last] = value
    (tmp_path / "report.json").write_text(json.dumps(fields))
    with pytest.raises(BadModelFile, match="not a training report"):
        Report.load(tmp_path / "report.json")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", NESTED.encode(), b"[]", b"null"])
def test_what_is_no_report_is_refused(tmp_path, content):
    (tmp_path / "report.json").write_bytes(content)
    with pytest.raises(BadModelFile, match="not a training report"):
        Report.load(tmp_path / "report.json")


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(home):
    places = (
        home / "models" / "current.txt",
        home / "models" / "mine" / "report.json",
        home / "unfinished" / "0" / "order.json",
        path_of("mine"),
    )
    for place in places:
        place.parent.mkdir(parents=True)
        os.mkfifo(place)
    said = []
    assert load_model().name == "robust"
    with pytest.raises(BadModelFile, match="not a training report"):
        Report.load(places[1])
    with pytest.raises(NothingUnfinished):
        latest_order(None, said.append)
    assert "is damaged" in said[0]
    with pytest.raises(BadSearch, match="is damaged"):
        Search.load("mine")
