"""Training runs in a directory, each in a directory of its own that appears and goes as a whole."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mnistcore.digit.model import Model
from mnistcore.errors import BadModelFile
from mnistcore.home import PRIVATE, write_file
from mnistcore.models.files import read_model, write_model

if TYPE_CHECKING:  # reading needs none
    from mnistcore.models.report import Report


@dataclass(frozen=True)
class Runs:
    """The runs in one directory:

    classic-20260131-120000/     model.npz, report.json, card.md and the charts

    Attributes:
        directory: where they are.
        private: whether nobody but the user of this machine who keeps them may read them.
    """

    directory: Path
    private: bool = False

    def names(self) -> list[str]:
        """Their names, the latest first."""
        try:
            return sorted((path.parent.name for path in self.directory.glob("[!.]*/model.npz")), key=self._time)[::-1]
        except OSError:  # of a directory that may not be looked into nobody knows what it holds
            return []

    def path(self, name: str) -> Path:
        """Where a run's model file lies; raises BadModelFile if there is no such run."""
        return self._existing(name) / "model.npz"

    def report(self, name: str) -> Report:
        """A run's report; raises BadModelFile if it is missing or damaged."""
        from mnistcore.models.report import Report

        return Report.load(self.directory / name / "report.json")

    def keep(
        self,
        model: Model,
        report: Report,
        charts: Mapping[str, bytes],
        folder: str | None = None,
        numbered: bool = False,
    ) -> Path:
        """Keep a finished run, whole or not at all, and return its directory.

        Args:
            model: the network.
            report: of its training.
            charts: the names and the content of further files, such as `evaluation.figures` draws.
            folder: its name among the runs, if that is not the report's.
            numbered: whether a run whose name another one has gets a number behind it, in its files as well.

        Raises:
            BadModelFile: there is a run of this name.
        """
        from mnistcore.models.card import model_card

        folder_mode = 0o700 if self.private else 0o777
        for directory in (self.directory.parent, self.directory):
            directory.mkdir(parents=True, exist_ok=True, mode=folder_mode)
        if numbered:
            report = replace(report, name=self._claim(report.name))
            model = replace(model, card=model.card | {"name": report.name})
        place = self.directory / (folder or report.name)
        unfinished = self.directory / f".{secrets.token_hex(8)}"
        unfinished.mkdir(mode=folder_mode)
        try:
            write_model(model, unfinished / "model.npz")
            report.save(unfinished / "report.json")
            write_file(unfinished / "card.md", model_card(model, report) + "\n")
            for name, content in charts.items():
                (unfinished / name).write_bytes(content)
            if self.private:
                for file in unfinished.iterdir():
                    file.chmod(PRIVATE)
            return unfinished.rename(place)
        except BaseException as error:
            shutil.rmtree(unfinished, ignore_errors=True)
            if numbered:
                with contextlib.suppress(OSError):
                    place.rmdir()
            if isinstance(error, OSError) and error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                raise BadModelFile(f"There is a model {place.name!r} already.") from None
            raise

    def rename(self, old: str, new: str, taken: Collection[str] = ()) -> None:
        """Give a run another name: `copy` it, then delete the old one."""
        self.copy(old, new, taken)
        self.delete(old)

    def copy(self, old: str, new: str, taken: Collection[str] = ()) -> None:
        """Keep a run under another name too, in its files as well. Its age stays what it was.

        Args:
            old: its name.
            new: the name of the copy.
            taken: names that the copy may not have, besides those of the other runs.

        Raises:
            BadModelFile: there is no such run, it cannot be read, or the new name is taken or unusable.
        """
        time_of_training = self._existing(old).stat().st_mtime
        check_name(new, [*taken, *self.names()])
        model, report = read_model(self.path(old)), self.report(old)
        charts = {file.name: file.read_bytes() for file in (self.directory / old).glob("*.png")}
        kept = self.keep(replace(model, card=model.card | {"name": new}), replace(report, name=new), charts)
        os.utime(kept, (time_of_training, time_of_training))

    def delete(self, name: str) -> None:
        """Delete a run; raises BadModelFile if there is no such run."""
        delete_directory(self._existing(name))

    def move(self, name: str, other: Runs) -> None:
        """Move a run to another directory on the same disk; raises BadModelFile if that has a run of this name."""
        run = self._existing(name)
        check_name(name, other.names())
        other.directory.mkdir(parents=True, exist_ok=True)
        run.rename(other.directory / name)

    def prune(self, count: int, days: float) -> None:
        """Delete all but the latest `count` runs, and those that were trained more than `days` days ago."""
        oldest = time.time() - 24 * 3600 * days
        for place, name in enumerate(self.names()):
            if place >= count or self._time(name) < oldest:
                self.delete(name)

    def _claim(self, name: str) -> str:
        """The name, or else the first one with a number that nobody has: whoever makes a folder has its name."""
        for claimed in itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2))):
            with contextlib.suppress(FileExistsError):
                (self.directory / claimed).mkdir()
                return claimed
        raise AssertionError

    def _existing(self, name: str) -> Path:
        if name not in self.names():
            raise BadModelFile(f"There is no training run {name!r}.")
        return self.directory / name

    def _time(self, name: str) -> float:
        """When it was trained, in seconds since 1970; 0 if it was deleted meanwhile."""
        try:
            return (self.directory / name).stat().st_mtime
        except FileNotFoundError:
            return 0.0


def check_name(name: str, taken: Collection[str]) -> None:
    """Raise BadModelFile, with a sentence for people, if a run may not have this name."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}", name):
        raise BadModelFile(
            f"{name[:100]!r} is no name for a model: use up to 60 letters, digits, dots, dashes and "
            "underscores, a letter or digit first, no blanks."
        )
    if name in taken:
        raise BadModelFile(f"There is a model {name!r} already.")


def delete_directory(directory: Path) -> None:
    """Delete a directory, out of sight at once, so that nobody meets one that is half gone."""
    hidden = Path(tempfile.mkdtemp(dir=directory.parent, prefix="."))
    directory.rename(hidden / directory.name)
    shutil.rmtree(hidden)
