"""Read handwritten digits: draw one anywhere, any way, and have it read right.

    import mnistcore

    model = mnistcore.load_model()
    image = mnistcore.prepare(Image.open("seven.png"))
    model.predict(image[None])          # array([7])

Predicting needs NumPy, SciPy's image filters and Pillow; what trains and draws charts is imported only when called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mnistcore.errors import BadImage, BadModelFile, BadRecipe, BlankImage, DataUnavailable, MnistCoreError
from mnistcore.images import prepare
from mnistcore.model import Model
from mnistcore.store import load_model

if TYPE_CHECKING:
    from mnistcore.training import train

__all__ = [
    "BadImage",
    "BadModelFile",
    "BadRecipe",
    "BlankImage",
    "DataUnavailable",
    "MnistCoreError",
    "Model",
    "load_model",
    "prepare",
    "train",
]


def __getattr__(name: str) -> object:
    """Import `train` when it is first asked for, since scikit-learn takes a second to load."""
    if name == "train":
        from mnistcore.training import train

        return train
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
