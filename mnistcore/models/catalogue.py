"""Which models there are, whose they are, and which of them is current.

Two ship inside the package. Every training run has a directory of its own under `MNISTCORE_HOME` (see `runs.py`):

    models/classic-20260131-120000/     a run that everybody may use
    models/current.txt                  the name of the current model, one line
    personal/3f0c.../personal-9b1e.../   a model of one person's handwriting
    visitors/1f3a.../deep-25-Nov-14.05/ a run that one visitor of the app may use
"""

from __future__ import annotations

import contextlib
import math
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mnistcore.digit.model import Model
from mnistcore.errors import BadModelFile, NoSuchModel
from mnistcore.home import home, read_text, write_file
from mnistcore.models.files import SHIPPED_DIRECTORY, write_model
from mnistcore.models.personal_names import is_name, label, new_name
from mnistcore.models.runs import Runs, check_name, delete_directory

if TYPE_CHECKING:  # reading needs none
    from mnistcore.models.report import Report

SHIPPED = ("robust", "classic")  # the best first
VISITOR_RUNS = 5  # that are kept for a visitor of the app
VISITOR_DAYS = 30  # that each of them is kept
PERSONAL_MODELS = 5  # the latest that are kept of a handwriting profile


def named_path(name: str, visitor: str | None = None) -> Path | None:
    """Where the model of that name lies; None if there is none.

    Args:
        name: of a visitor's own run, a shipped model, a run of everybody's or a personal model, tried in this order.
        visitor: whose own runs are meant.
    """
    if visitor and name in own_names(visitor):
        return visitor_runs(visitor).path(name)
    if name in SHIPPED:
        return SHIPPED_DIRECTORY / f"{name}.npz"
    if name in run_names():
        return runs().path(name)
    if is_name(name):
        return next((home() / "personal").glob(f"[!.]*/{name}/model.npz"), None)
    return None


def model_path(name: str | os.PathLike, visitor: str | None = None) -> Path:
    """Where the model of that name lies; what is no model's name is taken as a path.

    Raises:
        BadModelFile: it is neither.
    """
    if named := named_path(str(name), visitor):
        return named
    path = Path(name)
    try:
        there = path.exists()
        special = there and not (path.is_file() or path.is_dir())
    except (OSError, ValueError):  # too long to be a path, or with a character that none may have
        there = special = False
    if special:  # a pipe: reading it could wait for ever
        raise BadModelFile(f"{path} is not a file.")
    if not (there or path.suffix == ".npz") or "\0" in str(name):
        known, name = ", ".join(model_names()), label(str(name))[:100]
        raise NoSuchModel(f"There is no model {name!r}: give one of {known}, or the path of a model file.")
    return path


def load_report(name: str, visitor: str | None = None) -> Report:
    """The training report of a model, as `named_path` finds it; raises BadModelFile if it cannot be read."""
    from mnistcore.models.report import Report

    path = named_path(name, visitor)
    if path is None:
        raise NoSuchModel(f"There is no training run {label(name)[:100]!r}.")
    return Report.load(path.with_name(f"{name}.report.json" if path.parent == SHIPPED_DIRECTORY else "report.json"))


def model_names(visitor: str | None = None) -> list[str]:
    """All models that everybody may use, the runs, latest first, then those that ship; before them a visitor's own."""
    return list(dict.fromkeys([*own_names(visitor), *run_names(), *SHIPPED]))


def own_names(visitor: str | None) -> list[str]:
    """The runs that only this visitor of the app may use, latest first; none of nobody."""
    return visitor_runs(visitor).names() if visitor else []


def run_names() -> list[str]:
    """The training runs that everybody may use, latest first."""
    return runs().names()


def runs() -> Runs:
    """The training runs that everybody may use."""
    return Runs(home() / "models")


def visitor_runs(visitor: str) -> Runs:
    """The training runs that only this visitor of the app may use.

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
    """The name of the model that answers unless another is asked for."""
    try:
        # of what is no name whoever loads the model says that there is none
        name = read_text(runs().directory / "current.txt", errors="replace").strip()
    except OSError:
        name = ""
    return name or SHIPPED[0]


def make_current(name: str) -> None:
    """Have this model answer from now on."""
    write_file(runs().directory / "current.txt", f"{name}\n")


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
    from mnistcore.models.card import model_card

    write_model(model, directory / f"{report.name}.npz")
    report.save(directory / f"{report.name}.report.json")
    write_file(directory / f"{report.name}.md", model_card(model, report) + "\n")


def keep_personal(profile_id: str, model: Model, report: Report, charts: Mapping[str, bytes]) -> str:
    """Keep a personal model, delete all but the latest `PERSONAL_MODELS` of its profile, and return its name.

    No list names it: whoever knows the name may use the model. Its card and its report have the label instead.

    Args:
        profile_id: of the handwriting profile: 32 hexadecimal digits.
        model: the network.
        report: as `Runs.keep` takes it.
        charts: likewise.

    Raises:
        BadModelFile: the profile's id is none.
    """
    kept, name = _personal_runs(profile_id), new_name()
    model, report = replace(model, card=model.card | {"name": label(name)}), replace(report, name=label(name))
    kept.keep(model, report, charts, folder=name)
    kept.prune(PERSONAL_MODELS, math.inf)
    return name


def personal_models(profile_id: str) -> list[str]:
    """The names of a profile's personal models, the latest first."""
    return _personal_runs(profile_id).names()


def delete_personal(profile_id: str) -> None:
    """Delete all personal models of a profile; there may be none."""
    directory = _personal_runs(profile_id).directory
    if directory.is_dir():
        delete_directory(directory)


def _personal_runs(profile_id: str) -> Runs:
    if not re.fullmatch(r"[0-9a-f]{32}", profile_id):
        raise BadModelFile(f"{profile_id[:100]!r} is not the id of a handwriting profile: 32 hexadecimal digits.")
    return Runs(home() / "personal" / profile_id, private=True)
