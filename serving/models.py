"""Which model answers: the one that is served, or another that a request names."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from io import BytesIO

import numpy as np
import PIL.Image
from werkzeug.exceptions import NotFound, ServiceUnavailable

from mnistcore import Model, open_image, prepare, read_page
from mnistcore.digit.files import FORMATS
from mnistcore.models import store
from mnistcore.models.personal import personal_path
from mnistcore.models.watch import ModelWatch

MAX_LOADED = 4  # besides the one that is served; 5 to 10 MB each
PERIOD = 1.0  # seconds between two looks at a model's file


class Models:
    """The models of one worker, each kept up with its file."""

    def __init__(self) -> None:
        self._served = ModelWatch(period=PERIOD)
        self._named = lru_cache(MAX_LOADED)(lambda name: ModelWatch(name, period=PERIOD))

    def get(self, name: str | None = None) -> Model:
        """A model.

        Args:
            name: of a shipped model, a training run or a personal model, never a path; None, or its own name, is the
                one that is served.

        Raises:
            ServiceUnavailable: it cannot be loaded.
            NotFound: there is none of that name.
        """
        served = self._served.current
        if name is None or (served and name == served.name):
            model = served
        elif name in store.SHIPPED or name in store.run_names() or personal_path(name):
            model = self._named(name).current
        else:
            raise NotFound(f"There is no model {name[:100]!r}; there are {', '.join(self.names())}.")
        if model is None:
            raise ServiceUnavailable("There is no model that can be loaded; the server's log says why.")
        return model

    def warm_up(self) -> None:
        """Load the served model, read a picture of each format and a page: no request has to wait for a first time."""
        one = PIL.Image.fromarray(np.pad(np.full((160, 20), 255, np.uint8), 20))
        for picture_format in FORMATS:
            file = BytesIO()
            one.save(file, picture_format)
            prepare(open_image(file.getvalue()))
        with suppress(ServiceUnavailable):
            read_page(one, self.get())

    def names(self) -> list[str]:
        """Of all models that a request may name, the one that is served first."""
        served = self._served.current
        return list(dict.fromkeys([*([served.name] if served else []), *store.model_names()]))
