"""Which models there are, which of them is loaded, and what a damaged one leads to."""

import os
import shutil
import stat
import threading
import time
from dataclasses import replace

import pytest

from mnistcore import BadModelFile, load_model
from mnistcore.errors import NoSuchModel
from mnistcore.export.html_export import to_html
from mnistcore.export.onnx_export import to_onnx
from mnistcore.models import catalogue
from mnistcore.models.answering import LoadedModels, ModelWatch
from mnistcore.models.files import read_model, write_model
from mnistcore.models.personal_names import label


def test_without_runs_the_shipped_model_is_loaded(caplog):
    assert load_model().card["name"] == catalogue.SHIPPED[0]
    assert not caplog.records


def test_a_run_is_kept_with_all_its_files_and_loaded_once_it_is_current(mine):
    assert sorted(path.name for path in mine.parent.iterdir()) == [
        "card.md",
        "cv_scores.png",
        "loss_curve.png",
        "model.npz",
        "report.json",
    ]
    assert load_model().card["name"] == catalogue.SHIPPED[0]
    catalogue.make_current("mine")
    assert load_model().card["name"] == "mine"
    assert catalogue.load_report("mine").name == "mine"
    assert catalogue.model_names()[0] == "mine"


def test_a_run_that_cannot_be_kept_whole_leaves_nothing(home, monkeypatch):
    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("mnistcore.models.card.model_card", fail)
    with pytest.raises(KeyboardInterrupt):
        catalogue.runs().keep(load_model("classic"), catalogue.load_report("classic"), {})
    assert list((home / "models").iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"noise", None], ids=["empty", "noise", "deleted"])
def test_a_damaged_current_model_is_named_and_passed_over(mine, caplog, content):
    catalogue.make_current("mine")
    mine.write_bytes(content) if content is not None else mine.unlink()
    assert load_model().card["name"] == catalogue.SHIPPED[0]
    assert "mine" in caplog.text


@pytest.mark.usefixtures("mine")
def test_a_run_can_be_renamed_and_deleted():
    catalogue.make_current("mine")
    catalogue.rename_run("mine", "ours")
    assert catalogue.run_names() == ["ours"]
    assert load_model().card["name"] == catalogue.load_report("ours").name == "ours"
    catalogue.delete_run("ours")
    assert catalogue.run_names() == []
    assert load_model().card["name"] == catalogue.SHIPPED[0]


@pytest.mark.usefixtures("mine")
@pytest.mark.parametrize(
    ("old", "new"), [("mine", "classic"), ("mine", "../up"), ("mine", ""), ("classic", "ours"), ("none", "ours")]
)
def test_a_rename_that_cannot_be_done_changes_nothing(old, new):
    with pytest.raises(BadModelFile):
        catalogue.rename_run(old, new)
    assert catalogue.run_names() == ["mine"]


def a_visitors_run(mine, visitor: str, name: str, days: float = 0.0):
    """A copy of `mine` as a visitor's own run, trained so many days ago."""
    directory = shutil.copytree(mine.parent, catalogue.visitor_runs(visitor).directory / name)
    os.utime(directory, (trained := time.time() - 24 * 3600 * days, trained))


def test_a_visitors_run_is_nobody_elses_until_it_is_published(mine):
    a_visitors_run(mine, "a", "hers")
    assert catalogue.visitor_runs("a").names() == ["hers"]
    assert catalogue.visitor_runs("b").names() == []
    assert "hers" not in catalogue.model_names()
    with pytest.raises(BadModelFile, match="There is no model"):
        load_model("hers")
    catalogue.publish("a", "hers")
    assert catalogue.visitor_runs("a").names() == []
    assert "hers" in catalogue.run_names()
    assert load_model("hers").card["recipe"]["name"] == "classic"


@pytest.mark.parametrize("name", ["mine", "none", "classic"])
def test_what_cannot_be_published_stays_where_it_is(mine, name):
    a_visitors_run(mine, "a", "mine")
    with pytest.raises(BadModelFile):
        catalogue.publish("a", name)
    assert catalogue.visitor_runs("a").names() == catalogue.run_names() == ["mine"]


def test_a_visitors_runs_beyond_their_number_and_age_are_deleted(mine):
    for days in range(7):
        a_visitors_run(mine, "a", f"run-{days}", days)
    for name, days in (("old", 31), ("young", 29)):
        a_visitors_run(mine, "b", name, days)
    a_visitors_run(mine, "c", "old", 31)
    catalogue.visitor_runs("b").rename("young", "renamed")
    catalogue.prune_visitor_runs()
    assert catalogue.visitor_runs("a").names() == [f"run-{days}" for days in range(5)]
    assert catalogue.visitor_runs("b").names() == ["renamed"]
    assert not catalogue.visitor_runs("c").directory.exists()
    catalogue.visitor_runs("b").prune(5, 28)
    assert catalogue.visitor_runs("b").names() == [], "another name makes it no younger"


@pytest.mark.parametrize("damaged", [b"\xff\xfe\x00", b"\xff", b"a" * 5000, b"a\nb"])
def test_a_damaged_current_txt_is_named_and_passed_over(home, caplog, damaged):
    (home / "models").mkdir(parents=True)
    (home / "models" / "current.txt").write_bytes(damaged)
    assert load_model().card["name"] == catalogue.SHIPPED[0]
    (said,) = caplog.messages
    assert said.startswith("There is no model ")
    assert said.endswith("It is passed over.")
    assert "\n" not in said


def test_a_model_asked_for_by_name_is_never_replaced(monkeypatch, tmp_path):
    for name in ("no-such", str(tmp_path / "none.npz")):
        with pytest.raises(BadModelFile, match="There is no model"):
            load_model(name)
        monkeypatch.setenv("MNISTCORE_MODEL", name)
        with pytest.raises(BadModelFile, match="There is no model"):
            load_model()


def test_the_environment_names_the_model(mine, monkeypatch):
    monkeypatch.setenv("MNISTCORE_MODEL", "classic")
    assert load_model().card["name"] == "classic"
    monkeypatch.setenv("MNISTCORE_MODEL", str(mine))
    assert load_model().card["name"] == "mine"


def test_without_any_model_it_is_said_what_is_missing(monkeypatch, tmp_path):
    monkeypatch.setattr(catalogue, "SHIPPED_DIRECTORY", tmp_path / "nothing")
    with pytest.raises(BadModelFile, match=r"no model file .*robust.npz.* no model file .*classic.npz"):
        load_model()


def test_what_is_no_path_or_could_be_read_for_ever_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.npz")
    with pytest.raises(BadModelFile, match="is not a file"):
        load_model(tmp_path / "pipe.npz")
    with pytest.raises(BadModelFile, match="is not a file"):
        load_model("/dev/zero")
    for name in ("classic\0", "model\0.npz"):
        with pytest.raises(BadModelFile, match="There is no model"):
            load_model(name)


def test_runs_of_the_same_moment_get_numbers_and_a_given_name_is_never_taken_twice(home):
    model, report = load_model("classic"), catalogue.load_report("classic")
    kept = []
    threads = [
        threading.Thread(target=lambda: kept.append(catalogue.runs().keep(model, report, {}, numbered=True).name))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = ["classic", *(f"classic-{number}" for number in (2, 3, 4))]
    assert sorted(kept) == names
    for name in names:
        directory = home / "models" / name
        assert read_model(directory / "model.npz").name == catalogue.runs().report(name).name == name
    with pytest.raises(BadModelFile, match="There is a model 'classic' already"):
        catalogue.runs().keep(model, report, {})
    assert sorted(path.name for path in (home / "models").iterdir()) == names


def test_a_personal_model_is_shown_by_a_label_and_nobody_else_can_read_its_files(home, caplog):
    profile = "0123456789abcdef" * 2
    mask = os.umask(0)
    try:
        name = catalogue.keep_personal(profile, load_model("classic"), catalogue.load_report("classic"), {"a.png": b""})
    finally:
        os.umask(mask)
    secret = name.removeprefix("personal-")
    kept = home / "personal" / profile / name
    for path in (kept, kept.parent, kept.parent.parent):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    for path in kept.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert secret.encode() not in path.read_bytes()

    model = load_model(name)
    shown = [
        model.name,
        model.full_name,
        repr(model),
        str(model.card),
        to_html(model),
        to_onnx(model).decode("latin-1"),
    ]
    assert not [text for text in shown if secret in text]
    assert model.name == label(name) == catalogue.load_report(name).name != name
    assert LoadedModels().get(name).current.name == model.name
    with pytest.raises(BadModelFile, match="There is no model"):
        load_model(model.name)
    with pytest.raises(NoSuchModel):
        LoadedModels().get(model.name)

    (kept / "model.npz").write_bytes(b"damaged")
    watch = ModelWatch(name)
    assert watch.current is None
    with pytest.raises(BadModelFile) as error:
        load_model(name)
    said = f"{error.value} {caplog.text} {watch.problems}"
    assert "damaged" in said
    assert secret not in said
    assert profile not in said


def test_a_personal_model_of_before_whose_card_has_its_name_is_shown_by_its_label_too(home):
    name = f"personal-{'0f' * 16}"
    path = home / "personal" / ("a" * 32) / name / "model.npz"
    write_model(replace(load_model("classic"), card={"name": name}), path)
    assert load_model(name).name == label(name)
