"""The model in use: loaded when the server starts, and swapped whole when its file has changed."""

from __future__ import annotations

import logging
import os
import threading
import time

import numpy as np

from mnistcore import BadModelFile, Model, store

PERIOD = 1.0  # seconds between two looks at the file

log = logging.getLogger("mnistcore.api")


class ModelWatch:
    """Gives the model that `mnistcore.load_model()` would take, but never trains one, and keeps up with its file.

    Whoever has taken `current` keeps a whole model, old or new. A new file that cannot be read is named in the log, and
    the old model stays.
    """

    def __init__(self) -> None:
        self._model: Model | None = None
        self._seen: tuple | None = None
        self._next_look = 0.0
        self._looking = threading.Lock()

    @property
    def current(self) -> Model | None:
        """The model, or None as long as there is none that can be loaded."""
        if time.monotonic() >= self._next_look and self._looking.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._next_look = time.monotonic() + PERIOD
                self._looking.release()
        return self._model

    def _look(self) -> None:
        named = os.environ.get("MNISTCORE_MODEL")
        name = named or store.current_name()
        seen = _state(name)  # before loading: a file replaced meanwhile looks changed the next time
        if seen == self._seen:
            return
        self._seen = seen
        try:
            model = Model.load(store.model_path(name))
        except BadModelFile as error:
            if self._model:
                log.warning("%s The model in use stays.", error)
                return
            log.warning("%s", error)
            model = None if named else store.best_at_hand(log.warning)
        if model:
            model.predict_proba(np.zeros((1, 28, 28), np.uint8))  # the first call is slow, so not in a request
            self._model = model
            log.info("%s is in use.", model)


def _state(name: str) -> tuple:
    """What tells one state of a model's file from another; a missing file has a state too."""
    try:
        path = store.model_path(name)
        file = path.stat()
    except (BadModelFile, OSError):
        return (name,)
    return path, file.st_mtime_ns, file.st_size, file.st_ino
