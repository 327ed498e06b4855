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

from typing import TYPE_CHECKING

from mnistcore.digit.files import open_image, open_page
from mnistcore.digit.images import prepare
from mnistcore.digit.model import Model
from mnistcore.digit.reading import Reading, Readings, read, read_batch
from mnistcore.errors import (
    BadImage,
    BadModelFile,
    BadRecipe,
    BlankImage,
    DataUnavailable,
    MnistCoreError,
    UnsupportedImage,
)
from mnistcore.models.store import load_model
from mnistcore.page.pages import Page, PageDigit, read_page

if TYPE_CHECKING:
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


def __getattr__(name: str) -> object:
    """Import `train` when it is first asked for, since scikit-learn takes a second to load."""
    if name == "train":
        from mnistcore.training.train import train

        return train
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
