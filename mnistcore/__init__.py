"""Read handwritten digits, wherever they are drawn and however they are written.

    import mnistcore
    from PIL import Image

    reading = mnistcore.read(Image.open("seven.png"))
    reading.digit, reading.confidence    # 7, 0.998

    model = mnistcore.load_model()
    image = mnistcore.prepare(Image.open("seven.png"))
    model.predict_proba(image[None])     # ten probabilities

Reading needs NumPy, SciPy's image filters and Pillow; what trains and draws figures is imported only when called.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mnistcore.digit import reading as _reading
from mnistcore.digit.files import open_image, open_page
from mnistcore.digit.model import Model
from mnistcore.digit.reading import Reading, Readings
from mnistcore.errors import (
    BadImage,
    BadModelFile,
    BadRecipe,
    BlankImage,
    DataUnavailable,
    MnistCoreError,
    UnsupportedImage,
)
from mnistcore.models.answering import load_model
from mnistcore.models.readers import shipped_reader
from mnistcore.page import pages as _pages
from mnistcore.page import single as _single
from mnistcore.page.pages import Page, PageDigit

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

    from mnistcore.training.train import train

__version__ = "1.2.0"

__all__ = [
    "BadImage",
    "BadModelFile",
    "BadRecipe",
    "BlankImage",
    "DataUnavailable",
    "MnistCoreError",
    "Model",
    "Page",
    "PageDigit",
    "Reading",
    "Readings",
    "UnsupportedImage",
    "load_model",
    "open_image",
    "open_page",
    "prepare",
    "read",
    "read_batch",
    "read_page",
    "train",
]


def prepare(image: Image.Image | np.ndarray) -> np.ndarray:
    """`page.single.prepare` with the networks that come with the package: `digit.images.prepare`, and of a photo only
    the digit on it."""
    return _single.prepare(image, shipped_reader())


def read(image: Image.Image | np.ndarray, model: Model | None = None) -> Reading:
    """`page.single.read` likewise, by default with `load_model()`, which is loaded anew at every call."""
    return _single.read(image, load_model() if model is None else model, shipped_reader())


def read_batch(images: np.ndarray, model: Model | None = None, deadline: float = math.inf) -> Readings:
    """`digit.reading.read_batch`, by default with `load_model()`, which is loaded anew at every call."""
    return _reading.read_batch(images, load_model() if model is None else model, deadline)


def read_page(
    image: Image.Image | np.ndarray,
    model: Model | None = None,
    size: tuple[int, int] | None = None,
    deadline: float = math.inf,
    kind: str = "auto",
) -> Page:
    """`page.pages.read_page` with the networks that come with the package, by default with `load_model()`, which is
    loaded anew at every call."""
    return _pages.read_page(image, load_model() if model is None else model, shipped_reader(), size, deadline, kind)


def __getattr__(name: str) -> object:
    """Import `train` when it is first asked for, since scikit-learn takes a second to load."""
    if name == "train":
        from mnistcore.training.train import train

        return train
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
