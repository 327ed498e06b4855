"""The model that answers, kept up with its file: the app and the API both ask here."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable

import numpy as np

from mnistcore.digit.model import Model
from mnistcore.digit.reading import read
from mnistcore.errors import BadModelFile
from mnistcore.models import store

log = logging.getLogger("mnistcore")


class ModelWatch:
    """A model that is loaded once, and replaced as a whole when its file has changed.

    Without a name it is the model that `load_model()` takes, except that none is trained. A damaged file is logged and
    passed over, unless it was asked for by name (here or in `MNISTCORE_MODEL`). If a file is damaged while its model is
    loaded, that model stays.

    Whoever has taken `current` keeps a whole model, old or new. Any number of threads may ask.
    """

    def __init__(self, name: str | None = None, period: float = 0.0) -> None:
        """Args:
        name: the model to watch.
        period: seconds between two looks at the file; 0 looks at every question, which takes some 20 us.
        """
        self.problems: list[str] = []  # a sentence for each file that could not be read
        self._name = name
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
        name = asked_for or store.current_name()
        seen = _state(name)  # before loading: a file replaced meanwhile looks changed the next time
        if seen == self._seen:
            return
        problems: list[str] = []
        model = _load(asked_for, problems.append)
        if problems:
            model = self._model or model
            problems.append(f"{model.name} answers." if model else "There is no model that can be loaded.")
        for problem in problems:
            log.warning(problem)
        if model and model is not self._model:
            read(_one(), model)  # the first reading is slow, so not in a request
            log.info("The model %s, version %s, is in use.", model.name, model.version)
        self._model, self.problems, self._seen = model, problems, seen


def _load(asked_for: str | None, on_problem: Callable[[str], None]) -> Model | None:
    if not asked_for:
        return store.load_default(on_problem)
    try:
        return Model.load(store.model_path(asked_for))
    except BadModelFile as error:
        on_problem(str(error))
        return None


def _state(name: str) -> tuple:
    """What tells one state of a model's file from another; a missing file has a state too."""
    try:
        path = store.model_path(name)
        file = path.stat()
    except (BadModelFile, OSError):
        return (name,)
    return path, file.st_mtime_ns, file.st_size, file.st_ino


def _one() -> np.ndarray:
    """A picture of a 1, (64, 64) uint8."""
    picture = np.zeros((64, 64), np.uint8)
    picture[8:56, 30:34] = 255
    return picture
