"""The command line: what each command prints, where, and its exit status."""

import errno
import json
import os
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import strokes
from conftest import ROOT, TINY
from PIL import Image

from mnistcore import load_model
from mnistcore.__main__ import main
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.evaluation.evaluate import evaluate
from mnistcore.models import catalogue
from mnistcore.models.files import write_model
from mnistcore.models.personal_names import label
from mnistcore.models.report import Evaluation
from mnistcore.training.checkpoints import Checkpoints

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


@pytest.mark.slow
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


def test_info_of_a_file_does_not_show_the_figures_of_a_model_of_the_same_name(run, tmp_path):
    write_model(load_model("classic"), tmp_path / "mine.npz")
    status, out, _ = run("info", "--model", tmp_path / "mine.npz")
    assert (status, out[0]) == (0, "# classic")
    assert "| digit | precision | recall |" not in out


def test_a_training_that_is_refused_leaves_nothing_to_resume(run, tmp_path):
    images, labels = shipped_test_digits()
    rows = labels != 9
    arrays = {"x_train": images[rows], "y_train": labels[rows], "x_test": images, "y_test": labels}
    np.savez(tmp_path / "nine.npz", **arrays)
    _, _, err = run("train", "--data", tmp_path / "nine.npz")
    assert "Each digit must be there at least 5 times to be trained on; the 9 is there 0 times." in err
    assert "give it with --hands" in run("train", "--recipe", "robust", "--source", "digits")[2][-1]
    (tmp_path / "file").touch()
    assert run("train", "--source", "digits", "--ship", tmp_path / "file")[2] == [
        f"{tmp_path / 'file'} cannot be used: Not a directory."
    ]
    assert run("train", "--resume")[2] == ["No training is unfinished, so there is nothing to resume."]


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
        (("export", "classic", "--html", "--out", "/dev/full"), "^/dev/full cannot be used: No space left on device"),
        (("report", "classic", "--output", "/"), "^/ cannot be used: It is not a file"),
        (("predict", "--bulk", "none.npy", "--out", "labels.csv"), "There is no file none.npy"),
        (("read", "x" * 300), "File name too long|There is no such file"),
        (("read", "docs/site"), "There is no such file"),
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
    assert (status, err) == (1, [f"This needs pandas, which is not installed: pip install '{ROOT}[train]'"])
    monkeypatch.setattr("mnistcore.home.__file__", str(ROOT / "docs" / "site-packages" / "mnistcore" / "home.py"))
    monkeypatch.setitem(sys.modules, "onnx", None)
    status, _, err = run("export", "classic", "--onnx")
    assert (status, err) == (1, ["This needs onnx, which is not installed: pip install 'mnistcore[export]'"])


@pytest.mark.parametrize(
    "command", ["train", "search", "evaluate", "predict", "read", "info", "report", "export", "backup"]
)
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


def test_a_link_that_leads_to_itself_is_named(capsys, tmp_path):
    loop = tmp_path / "report.html"
    loop.symlink_to(loop)
    assert main(["report", "classic", "--output", str(loop)]) == 1
    assert capsys.readouterr().err == f"{loop} cannot be used: Too many levels of symbolic links.\n"
    assert loop.is_symlink()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("train", "--seed", "-1"), "argument --seed: it must be a whole number, 0 to 4294967295, not '-1'"),
        (("train", "--seed", "4294967296"), "argument --seed: it must be a whole number"),
        (("train", "--seed", "9" * 5000), "argument --seed: it must be a whole number"),
        (("evaluate", "--distorted", "-1"), "argument --distorted: it must be a whole number, 0 or more, not '-1'"),
        (("evaluate", "--at-least", "nan"), "argument --at-least: it must be a number from 0 to 1, not 'nan'"),
        (("evaluate", "--at-least", "99"), "argument --at-least: it must be a number from 0 to 1"),
        (("predict", "a.png", "--out", "labels.csv"), "--out is for --bulk"),
        (("predict", "--bulk", "", "--out", "labels.csv"), "an argument is empty"),
        (("predict", "a.png", "--model="), "an argument is empty"),
        (("read", "a.png", "--annotate", "x.pdf"), "--annotate writes a PNG file: x.pdf must end in .png"),
    ],
    ids=lambda words: " ".join(words)[:40],
)
def test_a_usage_that_is_none_is_one_sentence_and_status_2(capsys, words, sentence):
    with pytest.raises(SystemExit) as end:
        main(list(words))
    assert end.value.code == 2
    usage, _, said = capsys.readouterr().err.rpartition("error: ")
    assert usage.startswith("usage: ")
    assert said.startswith(sentence)


def test_help_names_the_formats(capsys):
    for command in ("predict", "read"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        assert "PNG, JPEG, WEBP, GIF, BMP or TIFF" in " ".join(capsys.readouterr().out.split())


def test_what_is_no_picture_file_is_passed_over(run, tmp_path):
    good = picture(tmp_path / "three.png", 18)
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    with (tmp_path / "huge.png").open("wb") as file:
        file.truncate(3 << 30)
    status, out, err = run("read", good, tmp_path / "empty")
    assert (status, len(out)) == (1, 1)
    assert err == [f"There is no picture in the folder {tmp_path / 'empty'}."]
    status, out, err = run("predict", tmp_path / "pipe.png", tmp_path / "huge.png", good, "/dev/zero")
    assert (status, len(out)) == (1, 1)
    assert [line.split(": ", 1)[1] for line in err] == [
        "It is not a file.", "The file is too large: it may have 256 MiB.", "It is not a file."
    ]  # fmt: skip


def terminal(command: str, **environment: str) -> tuple[int, str, str]:
    """Exit status, output and errors of a line of a shell, in which `mnistcore` is the command."""
    command = f'mnistcore() {{ "{sys.executable}" -m mnistcore "$@"; }}; {command}'
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("mnistcore info > /dev/full", "The output cannot be written: No space left on device."),
        ("mnistcore info --help > /dev/full", "The output cannot be written: No space left on device."),
        ("mnistcore info >&-", "There is nowhere to print to: the standard output is closed."),
        ("mnistcore info --model none 2>&-", ""),
    ],
)
def test_an_output_that_cannot_be_written_to(command, sentence):
    status, out, err = terminal(command, PYTHONUNBUFFERED="")  # argparse passes over what it cannot print at once
    assert (status, out, err.strip()) == (1, "", sentence)


def test_a_file_that_is_read_is_never_written_over(run, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    images, page, model = (tmp_path / name for name in ("images.npy", "page.png", "model.npz"))
    np.save(images, shipped_test_digits()[0][:3])
    Image.new("L", (50, 50), 255).save(page)
    write_model(load_model("classic"), model)
    (tmp_path / "link.png").symlink_to(page)
    before = {path: path.read_bytes() for path in (images, page, model)}
    for words in (
        ("predict", "--bulk", images, "--out", "images.npy"),
        ("predict", "--bulk", images, "--model", model, "--out", model),
        ("read", page, "--annotate", page),
        ("read", page, "--annotate", "link.png"),
        ("export", "--html", model, "--out", "./model.npz"),
        ("evaluate", "--data", model, "--save", model),
    ):
        with pytest.raises(SystemExit) as end:
            run(*words)
        assert end.value.code == 2
        assert "is to be read, so it cannot be written." in capsys.readouterr().err
    assert before == {path: path.read_bytes() for path in before}


@pytest.mark.slow
def test_names_that_are_not_utf_8(tmp_path):
    good = picture(tmp_path / "three.png", 18)
    named = os.fsencode(tmp_path) + b"/\xff.png"
    Path(picture(tmp_path / "seven.png", 0)).rename(Path(os.fsdecode(named)))
    for form in ("", "--json"):
        command = f"mnistcore read {form} {tmp_path}/*.png"
        status, out, err = terminal(command)
        assert (status, err) == (0, ""), err
        assert "three.png" in out
        assert "\\udcff.png" in out
    status, out, _ = terminal(f"mnistcore predict {tmp_path}/*.png /none-$'\\xff'.png")
    assert (status, len(out.splitlines())) == (1, 2)
    assert good in out


def test_an_export_into_a_pipe_is_nothing_but_the_file(run, tmp_path):
    run("export", "classic", "--onnx", "--out", tmp_path / "classic.onnx")
    status, out, err = terminal(f"mnistcore export classic --onnx --out /dev/stdout | cmp - {tmp_path}/classic.onnx")
    assert (status, out, err) == (0, "", "The model classic is in /dev/stdout.\n")


@pytest.mark.usefixtures("_tiny_recipe")
def test_a_full_disk_in_a_training_names_how_to_go_on(run, data_file, monkeypatch):
    def fail(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device", "/home/models")

    monkeypatch.setattr("mnistcore.models.runs.Runs.keep", fail)
    status, _, err = run("train", "--data", data_file)
    assert status == 1
    assert err[-2:] == [
        "To go on from its last epoch: mnistcore train --resume",
        "/home/models cannot be used: No space left on device.",
    ]
    monkeypatch.undo()


def test_the_same_training_twice_is_said(run, data_file, monkeypatch, home):
    monkeypatch.setattr("mnistcore.cli.training.get_recipe", lambda name: replace(TINY, folds=0, name=name))
    seen = []

    def begin_another(self, resume=False, begin=Checkpoints.begin):
        begin(self, resume)
        if not seen:
            seen.append(self)
            seen.append(run("train", "--data", data_file))
            seen.append(run("train", "--resume"))

    monkeypatch.setattr(Checkpoints, "begin", begin_another)
    assert run("train", "--data", data_file)[0] == 0
    _, (status, _, err), (again, _, refused) = seen
    assert status == 0
    assert any(line.startswith("Another process does the same training") for line in err)
    assert again == 1
    assert refused[-1].startswith("Another process does the same training")
    assert len(catalogue.run_names()) == 2
    assert list((home / "unfinished").iterdir()) == []


def test_four_trainings_at_once_of_which_two_are_the_same(data_file, monkeypatch, home):
    monkeypatch.setattr("mnistcore.cli.training.get_recipe", lambda name: replace(TINY, folds=0, name=name))
    together = threading.Barrier(4)

    def begin_together(self, resume=False, begin=Checkpoints.begin):
        together.wait(60)
        begin(self, resume)

    monkeypatch.setattr(Checkpoints, "begin", begin_together)
    with ThreadPoolExecutor(4) as threads:
        ended = threads.map(lambda seed: main(["train", "--data", str(data_file), "--seed", seed]), "0012")
        assert list(ended) == [0] * 4
    assert sorted(catalogue.load_report(name).seed for name in catalogue.run_names()) == [0, 0, 1, 2]
    assert list((home / "unfinished").iterdir()) == []


@pytest.mark.slow
def test_evaluate_says_how_far_it_is():
    shares = []
    evaluate(load_model("robust"), IMAGES[:60], LABELS[:60], "some", 2, shares.append)
    assert shares == sorted(shares)
    assert len(shares) > 5
    assert shares[-1] == 1


def test_info_and_export_show_a_personal_model_by_its_label(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = catalogue.keep_personal("a" * 32, load_model("classic"), catalogue.load_report("classic"), {})
    assert run("info", "--model", name)[1][0] == f"# {label(name)}"
    assert run("export", name, "--html")[1] == [f"The model {label(name)} is in {label(name)}.html."]
    assert "Its most frequent confusions" in run("info", "--model", name)[1][-1]
