"""The steps from a drawing to an answer, and the drawing of the network at work, in plain JavaScript.

The exported page and the app run the same files; each says which module of this package it follows, and a test holds
them together. A model's weights travel as 16-bit whole numbers: `weights_as_json`.

    ink, shapes, scaling, images, features, model, reading    a picture -> what is read in it
    scene, stage                                              what is read -> the network at work, drawn
    stage.css                                                 how that looks
"""

import base64
import json
from pathlib import Path

import numpy as np

from mnistcore.digit.model import Model

FOLDER = Path(__file__).parent
# in the order in which they call each other
SCRIPTS = ("ink", "shapes", "scaling", "images", "features", "model", "reading", "scene", "stage")
LARGEST = 32767  # of 16 bits with a sign


def source(name: str) -> str:
    """The text of one of the files."""
    return (FOLDER / name).read_text(encoding="utf-8")


def scripts() -> str:
    """All of them as one text."""
    return "\n\n".join(f"// ---- {name}.js ----\n{source(f'{name}.js')}" for name in SCRIPTS)


def weights_as_json(model: Model) -> str:
    """What `loadModel` of model.js takes: 1.5 MB for `robust`.

    The weights that lead to one unit are whole numbers times one scale, so rounding changes each by at most 1/65,000 of
    the largest of them. No "<" is in the text, or a name could end the element of a page that it is in.
    """
    layers = []
    for weight, bias in zip(model.weights, model.biases, strict=True):
        scales = np.maximum(np.abs(weight).max(axis=0), np.finfo(np.float32).tiny) / np.float32(LARGEST)
        layers.append(
            {
                "weights": _base64(np.rint(weight / scales), "<i2"),
                "scales": _base64(scales, "<f4"),
                "biases": _base64(bias, "<f4"),
            }
        )
    content = {
        "name": model.name,
        "input": model.input,
        "rejectionThreshold": model.rejection_threshold,
        "digitThreshold": model.digit_threshold,
        "layers": layers,
    }
    return json.dumps(content, indent=1).replace("<", "\\u003c")


def _base64(numbers: np.ndarray, kind: str) -> str:
    return base64.b64encode(numbers.astype(kind).tobytes()).decode("ascii")
