"""Which model answers a request: the one that is served, or another that it names."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from io import BytesIO

import flask
import numpy as np
import PIL.Image
from werkzeug.exceptions import NotFound, ServiceUnavailable

from mnistcore.digit.files import FORMATS, open_image
from mnistcore.digit.model import Model
from mnistcore.errors import BadModelFile, NoSuchModel
from mnistcore.models.answering import LoadedModels, load_model
from mnistcore.models.catalogue import SHIPPED
from mnistcore.models.readers import shipped_reader
from mnistcore.page import single
from mnistcore.page.pages import read_page

MODELS = "models"  # key in the app's extensions
MOST = 4  # models that are loaded besides the one that is served; 5 to 10 MB each
PERIOD = 1.0  # seconds between two looks at a model's file


def configure_models(app: flask.Flask) -> None:
    """Load the served model, and see to it that no request has to wait for a first time."""
    app.extensions[MODELS] = LoadedModels(PERIOD, MOST)
    _read_each_kind()
    with app.app_context(), suppress(ServiceUnavailable):
        get_model()


@cache
def _read_each_kind() -> None:
    """Read a picture of each format and a page, once in a process."""
    one = PIL.Image.fromarray(np.pad(np.full((160, 20), 255, np.uint8), 20))
    for picture_format in FORMATS:
        file = BytesIO()
        one.save(file, picture_format)
        single.prepare(open_image(file.getvalue()), shipped_reader())
    with suppress(BadModelFile):
        read_page(one, load_model(SHIPPED[-1]), shipped_reader(), kind="photo")


def get_model(name: str | None = None) -> Model:
    """The model that is served, or the one of that name.

    Raises:
        ServiceUnavailable: it cannot be loaded.
        NotFound: there is none of that name.
    """
    try:
        model = flask.current_app.extensions[MODELS].get(name).current
    except NoSuchModel as error:
        raise NotFound(str(error)) from None
    if model is None:
        raise ServiceUnavailable("There is no model that can be loaded; the server's log says why.")
    return model
