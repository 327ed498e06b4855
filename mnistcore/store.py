"""Which models there are, and which of them answers.

Two ship inside the package. Every training run has a directory of its own under `MNISTCORE_HOME`:

    models/classic-20260131-120000/     model.npz, report.json, card.md and the charts
    models/current.txt                  the name of the model in use, one line
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mnistcore.errors import BadModelFile
from mnistcore.evaluation.model_card import model_card
from mnistcore.evaluation.report import Report
from mnistcore.home import atomic_path, home
from mnistcore.model import Model

SHIPPED_DIRECTORY = Path(__file__).parent / "shipped"
SHIPPED = ("robust", "classic")  # the best first

log = logging.getLogger("mnistcore")


def load_model(name: str | os.PathLike | None = None) -> Model:
    """Load a model.

    Args:
        name: "classic" or "robust" (shipped), the name of a training run, or the path of a model file. None takes the
            best there is: what the environment variable `MNISTCORE_MODEL` names; else the current one (the last
            trained or chosen); else the best shipped; else it trains `classic` and keeps it. On that way a damaged
            file is named in the log and passed over.

    Raises:
        BadModelFile: the model asked for by name (here or in `MNISTCORE_MODEL`) is missing or damaged: it is never
            replaced by another.
        DataUnavailable: nothing could be loaded, and there are no digits to train on either.
    """
    name = name or os.environ.get("MNISTCORE_MODEL")
    if name:
        return Model.load(model_path(name))
    return load_default(log.warning) or _train_classic()


def load_default(on_problem: Callable[[str], None]) -> Model | None:
    """The current model, else the best shipped one that can be read; None if there is none at all.

    Args:
        on_problem: called with one sentence for each damaged file that is passed over.
    """
    for name in dict.fromkeys([current_name(), *SHIPPED]):
        try:
            return Model.load(model_path(name))
        except BadModelFile as error:
            on_problem(f"{error} It is passed over.")
    return None


def model_path(name: str | os.PathLike) -> Path:
    """Where the model of that name lies; what is no model's name is taken as a path."""
    if name in SHIPPED:
        return SHIPPED_DIRECTORY / f"{name}.npz"
    if str(name) in run_names():
        return _runs() / str(name) / "model.npz"
    path = Path(name)
    try:
        there = path.exists()
        special = there and not (path.is_file() or path.is_dir())
    except (OSError, ValueError):  # too long to be a path, or with a character that none may have
        there = special = False
    if special:  # a pipe: reading it could wait for ever
        raise BadModelFile(f"{path} is not a file.")
    if not (there or path.suffix == ".npz") or "\0" in str(name):
        known, name = ", ".join(model_names()), str(name)[:100]
        raise BadModelFile(f"There is no model {name!r}: give one of {known}, or the path of a model file.")
    return path


def load_report(name: str) -> Report:
    """The training report of a shipped model or a run; raises BadModelFile if it is missing or damaged."""
    return Report.load(SHIPPED_DIRECTORY / f"{name}.report.json" if name in SHIPPED else _runs() / name / "report.json")


def model_names() -> list[str]:
    """All models at hand: the runs, latest first, then those that ship."""
    return [*run_names(), *SHIPPED]


def run_names() -> list[str]:
    """The training runs kept under `MNISTCORE_HOME`, latest first."""
    found = [path.parent for path in _runs().glob("[!.]*/model.npz")]
    return [run.name for run in sorted(found, key=lambda run: run.stat().st_mtime, reverse=True)]


def current_name() -> str:
    """The name of the model that `load_model()` tries first."""
    try:
        name = (_runs() / "current.txt").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        name = ""
    return name or SHIPPED[0]


def make_current(name: str) -> None:
    """Have `load_model()` take this model from now on."""
    with atomic_path(_runs() / "current.txt") as temporary:
        temporary.write_text(f"{name}\n", encoding="utf-8")


def keep_run(model: Model, report: Report) -> Path:
    """Keep a finished training run, whole or not at all, and return its directory. It does not become current."""
    from mnistcore.evaluation.figures import save_figures  # Matplotlib, which only training needs

    _runs().mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=_runs(), prefix="."))
    try:
        model.save(unfinished / "model.npz")
        report.save(unfinished / "report.json")
        _save_card(model, report, unfinished / "card.md")
        save_figures(report, unfinished)
        unfinished.chmod(0o755)
        return unfinished.rename(_runs() / report.name)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def rename_run(old: str, new: str) -> None:
    """Give a training run another name, in its files too; if it was current it stays so.

    Raises:
        BadModelFile: there is no such run, it cannot be read, or the new name is taken or unusable.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}", new):
        raise BadModelFile(
            f"{new!r} is no name for a model: use up to 60 letters, digits, dots, dashes and "
            "underscores, a letter or digit first, no blanks."
        )
    if new in model_names() or (_runs() / new).exists():
        raise BadModelFile(f"There is a model {new!r} already.")
    model, report = Model.load(model_path(_own_run(old))), load_report(old)
    keep_run(replace(model, card=model.card | {"name": new}), replace(report, name=new))
    if current_name() == old:
        make_current(new)
    delete_run(old)


def delete_run(name: str) -> None:
    """Delete a training run; if it was current, the best shipped model is from now on.

    Raises:
        BadModelFile: there is no such run.
    """
    run = _runs() / _own_run(name)
    if current_name() == name:
        (_runs() / "current.txt").unlink(missing_ok=True)
    # out of sight at once, so that nobody meets a run that is half gone
    shutil.rmtree(run.rename(Path(tempfile.mkdtemp(dir=_runs(), prefix=".")) / name).parent)


def _own_run(name: str) -> str:
    if name not in run_names():
        raise BadModelFile(f"There is no training run {name!r}; those that ship cannot be changed.")
    return name


def ship(model: Model, report: Report, directory: Path) -> None:
    """Write a model, its report and its card under its own name, as those in `SHIPPED_DIRECTORY` are."""
    model.save(directory / f"{report.name}.npz")
    report.save(directory / f"{report.name}.report.json")
    _save_card(model, report, directory / f"{report.name}.md")


def _save_card(model: Model, report: Report, path: Path) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(model_card(model, report) + "\n", encoding="utf-8")


def _runs() -> Path:
    return home() / "models"


def _train_classic() -> Model:
    """The last resort of `load_model`: no model could be read, so make one."""
    from mnistcore.data import datasets
    from mnistcore.training.recipes import CLASSIC
    from mnistcore.training.train import train

    log.warning("No model can be loaded, so classic is trained now.")
    model, report = train(CLASSIC, datasets.load(log=log.warning))
    keep_run(model, report)
    make_current(report.name)
    return model
