"""Bulk prediction: the same answers as `read_batch`, resumed after a kill, one sentence for what is wrong."""

from __future__ import annotations

import csv
import signal

import numpy as np
import pytest
from moments import run_until
from PIL import Image

from mnistcore import load_model, read_batch
from mnistcore.__main__ import main
from mnistcore.bulk import label as bulk
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.errors import BadImage
from mnistcore.training.calibration import calibrated

IMAGES = shipped_test_digits()[0]


@pytest.fixture
def chunks_of_100(monkeypatch):
    monkeypatch.setattr(bulk.ArrayFile, "chunk", 100)


def rows_of(path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


@pytest.mark.usefixtures("chunks_of_100")
@pytest.mark.parametrize("flat", [False, True])
def test_an_array_is_labelled_as_read_batch_reads_it(tmp_path, flat):
    images = np.concatenate([IMAGES[:240], np.zeros((1, 28, 28), np.uint8), 255 - IMAGES[240:250]])
    np.save(tmp_path / "images.npy", images.reshape(-1, 784) if flat else images)
    target = tmp_path / "labels.csv"
    assert main(["predict", "--bulk", str(tmp_path / "images.npy"), "--out", str(target), "--model", "classic"]) == 0
    head, *rows = rows_of(target)
    assert head == ["index", "prediction", "confidence", "status"]
    readings = read_batch(images, load_model("classic"))
    assert rows[240] == ["240", "", "", "blank"]
    assert [row[3] for row in rows] == readings.status.tolist()
    assert [int(row[1]) for row in rows if row[1]] == np.delete(readings.digit, 240).tolist()
    assert not list(tmp_path.glob("*.partial"))


def test_a_folder_is_labelled_in_order_and_what_cannot_be_read_is_named(tmp_path, capsys):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, index in (("b.png", 0), ("a, c.png", 1)):
        Image.fromarray(IMAGES[index]).save(folder / name)
    (folder / "broken.png").write_bytes(b"nothing")
    target = tmp_path / "labels.csv"
    assert main(["predict", "--bulk", str(folder), "--out", str(target)]) == 0
    expected = [["a, c.png", "2", "digit"], ["b.png", "7", "digit"], ["broken.png", "", "unreadable"]]
    assert [[row[0], row[1], row[3]] for row in rows_of(target)[1:]] == expected
    assert "broken.png: " in capsys.readouterr().err


CHILD = """
from pathlib import Path
from mnistcore import load_model
from mnistcore.bulk import label as bulk

bulk.ArrayFile.chunk = 100
images, target = map(Path, sys.argv[1:3])
bulk.label(bulk.open_source(images), target, load_model("classic"), lambda _: reach("chunk"))
"""


@pytest.mark.usefixtures("chunks_of_100")
def test_a_killed_run_goes_on_and_writes_the_same_file(tmp_path):
    np.save(tmp_path / "images.npy", IMAGES[:3000])
    source, model = bulk.open_source(tmp_path / "images.npy"), load_model("classic")
    undisturbed, target = tmp_path / "undisturbed.csv", tmp_path / "labels.csv"
    bulk.label(source, undisturbed, model)
    for moment in ("chunk 7", "chunk 9"):
        assert run_until(moment, CHILD, tmp_path / "images.npy", target) == -signal.SIGKILL
        assert not target.exists()
    done, said = [], []
    bulk.label(source, target, model, done.append, said.append)
    assert said[0].startswith("Resuming")
    assert done[0] == 1400, "what was labelled before is not labelled again"
    assert target.read_bytes() == undisturbed.read_bytes()


@pytest.mark.usefixtures("chunks_of_100")
def test_what_is_left_of_other_images_is_begun_anew(tmp_path, capsys):
    np.save(tmp_path / "images.npy", IMAGES[:10])
    target = tmp_path / "labels.csv"
    (tmp_path / "labels.csv.0123456789ab.partial").write_text("index,prediction,confidence,status\n0,1,0.5,digit\n")
    assert main(["predict", "--bulk", str(tmp_path / "images.npy"), "--out", str(target)]) == 0
    assert "is of other images or of another model, so it is begun anew" in capsys.readouterr().err
    assert len(rows_of(target)) == 11


def test_the_targets_mode_is_kept_and_its_folder_is_made(tmp_path):
    np.save(tmp_path / "images.npy", IMAGES[:10])
    kept, new = tmp_path / "kept.csv", tmp_path / "new" / "labels.csv"
    kept.touch(0o640)
    kept.chmod(0o640)
    for target in (kept, new):
        assert (
            main(["predict", "--bulk", str(tmp_path / "images.npy"), "--out", str(target), "--model", "classic"]) == 0
        )
    assert kept.stat().st_mode & 0o777 == 0o640
    assert rows_of(kept) == rows_of(new)


def test_a_folder_is_no_target(tmp_path, capsys):
    np.save(tmp_path / "images.npy", IMAGES[:10])
    (tmp_path / "labels").mkdir()
    assert main(["predict", "--bulk", str(tmp_path / "images.npy"), "--out", str(tmp_path / "labels")]) == 1
    assert capsys.readouterr().err.endswith(f"{tmp_path / 'labels'} cannot be used: It is not a file.\n")
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.usefixtures("chunks_of_100")
@pytest.mark.parametrize("other", ["classic", "robust"])
def test_two_runs_do_not_write_one_target(tmp_path, capsys, other):
    np.save(tmp_path / "images.npy", IMAGES[:1000])
    source, target = bulk.open_source(tmp_path / "images.npy"), tmp_path / "labels.csv"
    command = ["predict", "--bulk", str(tmp_path / "images.npy"), "--out", str(target), "--model", other]

    def begin_another(done: int) -> None:
        if done == 500:
            assert main(command) == 1

    bulk.label(source, target, load_model("classic"), begin_another)
    assert f"Another process is writing {target}.\n" in capsys.readouterr().err
    assert len(rows_of(target)) == 1001
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.usefixtures("chunks_of_100")
def test_the_rows_of_a_model_that_is_calibrated_anew_are_not_resumed(tmp_path):
    np.save(tmp_path / "images.npy", IMAGES[:1000])
    source, target, model = bulk.open_source(tmp_path / "images.npy"), tmp_path / "labels.csv", load_model("classic")
    again = calibrated(model, IMAGES[:2000], shipped_test_digits()[1][:2000])

    def interrupt(done: int) -> None:
        if done == 500:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bulk.label(source, target, model, interrupt)
    said: list[str] = []
    bulk.label(source, target, again, log=said.append)
    assert said == [f"The unfinished {target} is of other images or of another model, so it is begun anew."]
    assert [row[2] for row in rows_of(target)[1:]] == [f"{c:.4f}" for c in read_batch(IMAGES[:1000], again).confidence]


def test_a_file_that_is_another_where_it_is_read_is_named(tmp_path):
    path = tmp_path / "images.npy"
    np.save(path, IMAGES[:10])
    source = bulk.open_source(path)
    for content in (IMAGES[:11], None):
        np.save(path, content) if content is not None else path.unlink()
        with pytest.raises(BadImage, match="missing or another file at "):
            bulk.label(source, tmp_path / "labels.csv", load_model("classic"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (np.zeros((3, 28, 28)), "must hold images"),
        (np.zeros((3, 20, 20), np.uint8), "must hold images"),
        (np.array([None]), "is no whole .npy file of a plain array"),
    ],
    ids=["not bytes", "not 28x28", "pickled"],
)
def test_other_arrays_are_refused_in_one_sentence(tmp_path, capsys, content, sentence):
    np.save(tmp_path / "images.npy", content, allow_pickle=True)
    assert main(["predict", "--bulk", str(tmp_path / "images.npy"), "--out", str(tmp_path / "labels.csv")]) == 1
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said
    assert not (tmp_path / "labels.csv").exists()
    assert main(["predict", "--bulk", str(tmp_path / "none.npy"), "--out", str(tmp_path / "labels.csv")]) == 1
    assert "There is no file" in capsys.readouterr().err
