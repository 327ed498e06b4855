"""Which model answers, and what happens when its file changes or breaks: command line, app and API all ask here."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from mnistcore.digit.model import Model
from mnistcore.digit.reading import read
from mnistcore.errors import BadModelFile, NoSuchModel
from mnistcore.models import catalogue
from mnistcore.models.files import read_model
from mnistcore.models.personal_names import label

log = logging.getLogger("mnistcore")


def load_model(name: str | os.PathLike | None = None) -> Model:
    """Load a model. Nothing is downloaded or trained.

    Args:
        name: "classic" or "robust" (shipped), the name of a training run or a personal model, or the path of a model
            file. None takes the best there is: what the environment variable `MNISTCORE_MODEL` names; else the
            current one (the last trained or chosen); else the best shipped. On that way a damaged file is named in
            the log and passed over.

    Raises:
        BadModelFile: the model asked for by name (here or in `MNISTCORE_MODEL`) is missing or damaged: it is never
            replaced by another. Or none is asked for, and none can be read.
    """
    if name is not None and not (isinstance(name, str | os.PathLike) and str(name)):
        raise BadModelFile(f"A model is named by a word or a path, not by {name!r}.")
    problems: list[str] = []
    model = _find(name or os.environ.get("MNISTCORE_MODEL"), None, problems.append)
    if model is None:
        raise BadModelFile(" ".join(problems))
    for problem in problems:
        log.warning(problem)
    return model


class LoadedModels:
    """The models that a server has loaded: the one that answers, and some that were asked for by name."""

    def __init__(self, period: float = 0.0, most: int = 16) -> None:
        """Args:
        period: seconds between two looks at a model's file, as for `ModelWatch`.
        most: how many are loaded besides the one that answers; 2 to 10 MB each.
        """
        self._answering = ModelWatch(period=period)
        self._named = lru_cache(most)(lambda name, visitor: ModelWatch(name, visitor, period))

    def get(self, name: str | None = None, visitor: str | None = None) -> ModelWatch:
        """The watch on a model.

        Args:
            name: as `catalogue.named_path` takes it, never a path; None, or its own name, is the one that answers.
            visitor: likewise.

        Raises:
            NoSuchModel: there is none of that name.
        """
        if name is None:
            return self._answering
        own = visitor if name in catalogue.own_names(visitor) else None
        answering = self._answering.current
        if answering and name == answering.name and not own:
            return self._answering
        if catalogue.named_path(name, own) is None:
            raise NoSuchModel(f"There is no model {label(name)[:100]!r}; there are {', '.join(self.names())}.")
        return self._named(name, own)

    def names(self) -> list[str]:
        """Of all models that everybody may use, the one that answers first; without folders that a request cannot name,
        since they are not UTF-8."""
        answering = self._answering.current
        names = dict.fromkeys([*([answering.name] if answering else []), *catalogue.model_names()])
        return [name for name in names if name.isprintable()]


class ModelWatch:
    """A model that is loaded once, and replaced as a whole when its file has changed.

    Which one it is, and what is passed over, is as for `load_model`. If a file is damaged while its model is loaded,
    that model stays.

    Whoever has taken `current` keeps a whole model, old or new. Any number of threads may ask.
    """

    def __init__(self, name: str | None = None, visitor: str | None = None, period: float = 0.0) -> None:
        """Args:
        name: the model to watch, as `load_model` takes it.
        visitor: whose own run it is, if it is one.
        period: seconds between two looks at the file; 0 looks at every question, which takes some 20 us.
        """
        self.problems: list[str] = []  # a sentence for each file that could not be read
        self._name, self._visitor = name, visitor
        self._period = period
        self._model: Model | None = None
        self._seen: tuple | None = None
        self._next_look = 0.0
        self._looking = threading.Lock()

    @property
    def current(self) -> Model | None:
        """The model, or None as long as there is none that can be loaded."""
        # a thread that finds another one looking takes what there is, and waits only if there is nothing yet
        if time.monotonic() >= self._next_look and self._looking.acquire(blocking=self._seen is None):
            try:
                self._look()
            finally:
                self._next_look = time.monotonic() + self._period
                self._looking.release()
        return self._model

    def _look(self) -> None:
        asked_for = self._name or os.environ.get("MNISTCORE_MODEL")
        name = asked_for or catalogue.current_name()
        seen = _state(name, self._visitor)  # before loading: a file replaced meanwhile looks changed the next time
        if seen == self._seen:
            return
        problems: list[str] = []
        model = _find(asked_for, self._visitor, problems.append)
        if problems:
            model = self._model or model
            problems.append(f"{model.name} answers." if model else "There is no model that can be loaded.")
        for problem in problems:
            log.warning(problem)
        if model and model is not self._model:
            log.info("The model %s, version %s, is in use.", model.name, model.version)
        self._model, self.problems, self._seen = model, problems, seen


def _find(asked_for: str | os.PathLike | None, visitor: str | None, on_problem: Callable[[str], None]) -> Model | None:
    """The model that is asked for, or else the current one, or else the best shipped one that can be read; None if
    there is none. `on_problem` is called with one sentence for each that cannot be read."""
    for name in [asked_for] if asked_for else dict.fromkeys([catalogue.current_name(), *catalogue.SHIPPED]):
        try:
            model = read_model(catalogue.model_path(name, visitor))
            with np.errstate(all="ignore"):  # that it can be read does not say that it can read
                reading = read(_one(), model)  # and the first reading is slow
            if np.isfinite(reading.probabilities).all():
                return model
            problem = f"The model {label(str(name))} cannot read a digit: what it computes is too large."
        except BadModelFile as error:
            problem = str(error)
        except Exception as error:  # whatever is wrong with one model, another one answers
            problem = f"The model {label(str(name))} cannot read a digit ({type(error).__name__})."
        on_problem(problem if asked_for else f"{problem} It is passed over.")
    return None


def _state(name: str, visitor: str | None) -> tuple:
    """What tells one state of a model's file from another; a missing file has a state too."""
    try:
        path = catalogue.model_path(name, visitor)
        file = path.stat()
    except (BadModelFile, OSError):
        return (name,)
    return path, file.st_mtime_ns, file.st_size, file.st_ino


def _one() -> np.ndarray:
    """A picture of a 1, (64, 64) uint8."""
    picture = np.zeros((64, 64), np.uint8)
    picture[8:56, 30:34] = 255
    return picture
