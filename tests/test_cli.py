"""The command line: what each command prints, where, and its exit status."""

import json
import re
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import strokes
from conftest import ROOT, TINY
from PIL import Image

from mnistcore import load_model
from mnistcore.__main__ import main
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.models import catalogue
from mnistcore.models.files import write_model
from mnistcore.models.report import Evaluation

IMAGES, LABELS = shipped_test_digits()


@pytest.fixture
def run(capsys):
    """Run a command: its exit status, and the lines of its output and of its errors."""

    def run(*words):
        status = main([str(word) for word in words])
        printed = capsys.readouterr()
        return status, printed.out.splitlines(), printed.err.splitlines()

    return run


@pytest.fixture
def _tiny_recipe(monkeypatch):
    monkeypatch.setattr("mnistcore.cli.training.get_recipe", lambda name: replace(TINY, name=name))


@pytest.mark.usefixtures("_tiny_recipe")
def test_train_prints_its_figures_and_makes_the_model_current(run, data_file, home):
    status, out, err = run("train", "--data", data_file, "--seed", "3")
    assert status == 0
    assert out[0] == "Training on 4,000 digits: the file digits.npz."
    scores, mean, test, place = out[-4:]
    report = catalogue.load_report(catalogue.current_name())
    assert (
        json.loads(re.fullmatch(r"Cross-validation scores: (\[.*\])", scores)[1])
        == np.round(report.cv_scores, 4).tolist()
    )
    assert mean == f"Average cross-validation score: {report.cv_mean:.4f}"
    assert test == f"Test Accuracy: {report.evaluation.accuracy:.2%}"
    assert place == f"Model {report.name} is in {home / 'models' / report.name}."
    assert report.seed == 3
    assert any(re.search(r"all rows, epoch 2/2, loss \d\.\d+", line) for line in err)
    assert run("info")[1][0] == f"# {report.name}"


@pytest.mark.usefixtures("_tiny_recipe")
def test_a_model_to_be_shipped_is_written_under_its_recipes_name_and_not_made_current(
    run, data_file, tmp_path, monkeypatch
):
    monkeypatch.setattr("mnistcore.training.start.DISTORTED", 2)
    assert run("train", "--recipe", "robust", "--data", data_file, "--ship", tmp_path)[0] == 0
    files = {"robust.md", "robust.npz", "robust.report.json"}
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == files
    assert load_model(tmp_path / "robust.npz").name == "robust"
    monkeypatch.setattr(catalogue, "SHIPPED_DIRECTORY", tmp_path)
    assert catalogue.load_report("robust").evaluation.robustness
    assert catalogue.run_names() == []


def test_ctrl_c_ends_a_training_with_130_and_changes_nothing(home, data_file):
    with subprocess.Popen(
        [sys.executable, "-m", "mnistcore", "train", "--data", data_file],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # even where the shell ignores it
    ) as process:
        seen = ""
        while "epoch" not in seen and process.poll() is None:
            seen += process.stderr.read(1)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "Stopped. The model that was in use before still is."
    assert not list(home.glob("models/*"))


def test_whoever_reads_the_output_may_stop_reading():
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "mnistcore", "info"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 128 + signal.SIGPIPE


def test_evaluate_exits_with_1_below_the_accuracy_asked_for(run):
    status, out, err = run("evaluate", "--model", "classic", "--distorted", "0", "--at-least", "0.975")
    assert (status, err) == (0, [])
    assert out[0] == "Model classic on 10,000 digits: MNIST's test set"
    assert out[1].startswith("accuracy            97.")
    status, _, err = run("evaluate", "--model", "classic", "--distorted", "0", "--at-least", "0.999")
    assert (status, err) == (1, ["The accuracy is below the 99.90% asked for."])


def test_evaluate_measures_other_digits_and_saves_the_figures(run, data_file, tmp_path):
    saved = tmp_path / "figures.json"
    words = ("--model", "classic", "--data", data_file, "--distorted", "2", "--save", saved)
    assert run("evaluate", *words)[1][0] == "Model classic on 1,000 digits: the file digits.npz"
    evaluation = Evaluation(**json.loads(saved.read_text()))
    assert evaluation.accuracy == np.mean(load_model("classic").predict(IMAGES[4000:5000]) == LABELS[4000:5000])
    assert evaluation.robustness


def picture(path, index):
    Image.fromarray(255 - IMAGES[index]).resize((300, 300)).save(path)
    return str(path)


def test_predict_reads_every_picture_that_it_can(run, tmp_path):
    good = [picture(tmp_path / f"{i}.{kind}", i) for i, kind in enumerate(("png", "jpg", "gif", "webp", "bmp"))]
    (tmp_path / "text.png").write_text("not a picture")
    Image.new("L", (50, 50)).save(tmp_path / "blank.png")
    bad = [str(tmp_path / name) for name in ("text.png", "blank.png", "missing.png", ".")]
    status, out, err = run("predict", *good[:2], *bad, *good[2:])
    assert status == 1
    assert [line.split(" (")[0] for line in out] == [f"{path}: {LABELS[i]}" for i, path in enumerate(good)]
    assert [line.split(": ")[0] for line in err] == bad
    assert run("predict", *good)[::2] == (0, [])


def test_predict_says_that_a_picture_is_not_a_digit(run, tmp_path):
    strokes.picture(strokes.NO_DIGITS["X"]).save(tmp_path / "cross.png")
    status, (line,), _ = run("predict", tmp_path / "cross.png", "--model", "robust")
    assert status == 0
    assert re.fullmatch(r".*cross.png: not a digit \(closest: \d\)", line)


def test_predict_says_that_an_answer_is_uncertain(run, tmp_path):
    classic = load_model("classic")
    write_model(replace(classic, card=classic.card | {"rejection_threshold": 1.1}), tmp_path / "cautious.npz")
    seven = picture(tmp_path / "seven.png", 0)
    _, (line,), _ = run("predict", seven, "--model", tmp_path / "cautious.npz")
    assert re.fullmatch(rf"{seven}: 7 \(\d+\.\d%\) Uncertain: it may be a 7 or a \d\.", line)


def test_info_prints_the_card(run):
    status, out, _ = run("info", "--model", "classic")
    assert (status, out[0]) == (0, "# classic")
    assert any("60,000 digits" in line for line in out)


def test_info_on_a_model_file_without_a_report(run, tmp_path):
    classic = load_model("classic")
    write_model(replace(classic, card={"name": "mine"}), tmp_path / "mine.npz")
    assert run("info", "--model", tmp_path / "mine.npz")[1][0] == "# mine"


@pytest.mark.usefixtures("mine")
def test_report_writes_one_html_file(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    catalogue.make_current("mine")
    assert run("report")[1] == ["The report on mine is in mine.html."]
    assert (tmp_path / "mine.html").read_text().startswith("<!doctype html>")


@pytest.mark.usefixtures("mine")
def test_export_writes_a_file_named_after_the_model(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("export", "mine", "--html")[1] == ["The model mine is in mine.html."]
    assert (tmp_path / "mine.html").read_text().startswith("<!doctype html>")
    write_model(load_model("classic"), "my.2.npz")
    assert run("export", tmp_path / "my.2.npz", "--onnx")[1] == ["The model classic is in my.2.onnx."]
    assert run("export", "classic", "--onnx", "--out", "deep/er.onnx")[1] == ["The model classic is in deep/er.onnx."]
    assert (tmp_path / "deep" / "er.onnx").read_bytes() == (tmp_path / "my.2.onnx").read_bytes()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("predict", "x.png", "--model", "none"), "There is no model 'none'"),
        (("evaluate", "--data", "none.npz"), "There is no file none.npz"),
        (("train", "--source", "none"), "There is no data source 'none'"),
        (("info", "--model", "none"), "There is no model 'none'"),
        (("report", "none"), "no training run 'none'"),
        (("export", "none", "--onnx"), "There is no model 'none'"),
        (("export", "classic", "--html", "--out", "/dev/null/a.html"), "^/dev/null cannot be used: "),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_status_1(run, words, sentence):
    status, out, err = run(*words)
    assert (status, out, len(err)) == (1, [], 1)
    assert re.search(sentence, err[0])


def test_without_the_optional_packages_it_says_what_to_install(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.setattr("mnistcore.cli.training.train", lambda _: __import__("pandas"))
    status, _, err = run("train")
    assert (status, err) == (1, ["This needs pandas, which is not installed: pip install 'mnistcore[train]'"])
    monkeypatch.setitem(sys.modules, "onnx", None)
    status, _, err = run("export", "classic", "--onnx")
    assert (status, err) == (1, ["This needs onnx, which is not installed: pip install 'mnistcore[export]'"])


@pytest.mark.parametrize("command", ["train", "search", "evaluate", "predict", "read", "info", "report", "export"])
def test_every_command_explains_itself(capsys, command):
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    assert f"usage: mnistcore {command}" in capsys.readouterr().out


def test_python_m_mnistcore_is_the_same_command():
    command = [sys.executable, "-m", "mnistcore", "predict", "docs/examples/seven.jpg", "none.png"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout.startswith("docs/examples/seven.jpg: 7 (")
    assert done.stderr == "none.png: There is no such file.\n"


def test_a_file_that_cannot_be_written_is_named(capsys):
    assert main(["report", "classic", "--output", "/dev/null/a/report.html"]) == 1
    assert capsys.readouterr().err == "/dev/null/a cannot be used: Not a directory.\n"
