"""Which models there are, and which of them answers.

Two ship inside the package. Every training run has a directory of its own under `MNISTCORE_HOME` (see `runs.py`):

    models/classic-20260131-120000/     a run that everybody may use
    models/current.txt                  the name of the current model, one line
    personal/3f0c.../personal-9b1e.../   a model of one person's handwriting (see `personal.py`)
    visitors/1f3a.../deep-25-Nov-14.05/ a run that one visitor of the app may use
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable
from pathlib import Path

from mnistcore.digit.model import Model
from mnistcore.errors import BadModelFile
from mnistcore.home import atomic_path, home
from mnistcore.models.personal import personal_path
from mnistcore.models.report import Report
from mnistcore.models.runs import Runs, check_name, save_card

SHIPPED_DIRECTORY = Path(__file__).parent / "shipped"
SHIPPED = ("robust", "classic")  # the best first
VISITOR_RUNS = 5  # that are kept for a visitor of the app
VISITOR_DAYS = 30  # that each of them is kept

log = logging.getLogger("mnistcore")


def load_model(name: str | os.PathLike | None = None) -> Model:
    """Load a model.

    Args:
        name: "classic" or "robust" (shipped), the name of a training run or a personal model, or the path of a model
            file. None takes the best there is: what the environment variable `MNISTCORE_MODEL` names; else the
            current one (the last trained or chosen); else the best shipped; else it trains `classic` and keeps it. On
            that way a damaged file is named in the log and passed over.

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
        return runs().path(str(name))
    if personal := personal_path(str(name)):
        return personal
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
    """The training report of a shipped model, a run or a personal model; raises BadModelFile if it cannot be read."""
    if personal := personal_path(name):
        return Report.load(personal.with_name("report.json"))
    return Report.load(SHIPPED_DIRECTORY / f"{name}.report.json") if name in SHIPPED else runs().report(name)


def model_names() -> list[str]:
    """All models that everybody may use: the runs, latest first, then those that ship."""
    return [*run_names(), *SHIPPED]


def run_names() -> list[str]:
    """The training runs that everybody may use, latest first."""
    return runs().names()


def runs() -> Runs:
    """The training runs that everybody may use."""
    return Runs(home() / "models")


def visitor_runs(visitor: str) -> Runs:
    """The training runs that only this visitor of the app may use; `load_model` knows none of them.

    Args:
        visitor: the name of their directory, as `app/shared/visitors.py` makes it.
    """
    return Runs(home() / "visitors" / visitor)


def prune_visitor_runs() -> None:
    """Delete the visitors' runs that are more than `VISITOR_RUNS` of one visitor, or older than `VISITOR_DAYS`."""
    for directory in (home() / "visitors").glob("[!.]*"):
        Runs(directory).prune(VISITOR_RUNS, VISITOR_DAYS)
        with contextlib.suppress(OSError):  # there are runs left
            directory.rmdir()


def publish(visitor: str, name: str) -> None:
    """Make a visitor's run one that everybody may use; raises BadModelFile if its name is taken."""
    check_name(name, SHIPPED)
    visitor_runs(visitor).move(name, runs())


def current_name() -> str:
    """The name of the model that `load_model()` tries first."""
    try:
        name = (runs().directory / "current.txt").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        name = ""
    return name or SHIPPED[0]


def make_current(name: str) -> None:
    """Have `load_model()` take this model from now on."""
    with atomic_path(runs().directory / "current.txt") as temporary:
        temporary.write_text(f"{name}\n", encoding="utf-8")


def keep_run(model: Model, report: Report) -> Path:
    """Keep a finished training run for everybody, and return its directory. It does not become current."""
    return runs().keep(model, report)


def rename_run(old: str, new: str) -> None:
    """Give a training run another name, in its files too; if it was current it stays so.

    Raises:
        BadModelFile: there is no such run, it cannot be read, or the new name is taken or unusable.
    """
    runs().copy(old, new, SHIPPED)
    if current_name() == old:  # before the old one goes: there is a current model at every moment
        make_current(new)
    runs().delete(old)


def delete_run(name: str) -> None:
    """Delete a training run; if it was current, the best shipped model is from now on.

    Raises:
        BadModelFile: there is no such run.
    """
    runs().path(name)  # there is such a run
    if current_name() == name:
        (runs().directory / "current.txt").unlink(missing_ok=True)
    runs().delete(name)


def ship(model: Model, report: Report, directory: Path) -> None:
    """Write a model, its report and its card under its own name, as those in `SHIPPED_DIRECTORY` are."""
    model.save(directory / f"{report.name}.npz")
    report.save(directory / f"{report.name}.report.json")
    save_card(model, report, directory / f"{report.name}.md")


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
