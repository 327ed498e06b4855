"""A model -> one HTML file with a sheet to draw on, which needs no server and no network.

The files in `page/` take the same steps as this package, in plain JavaScript: each says which module it follows. They
are put one after another into `page.html`, and the model's weights behind them as base64.
"""

from __future__ import annotations

import base64
import json
from html import escape
from pathlib import Path
from string import Template

import numpy as np

from mnistcore.digit.model import Model

PAGE = Path(__file__).with_name("offline_page")
# in the order in which they call each other
SCRIPTS = (
    "ink",
    "shapes",
    "scaling",
    "images",
    "features",
    "model",
    "reading",
    "pad",
    "page",
)


def to_html(model: Model) -> str:
    """The page with this model: about a third larger than its weights as float32, 6 MB for `robust`."""
    scripts = [f"<script>\n// ---- {name}.js ----\n{_read(f'{name}.js')}</script>" for name in SCRIPTS]
    return Template(_read("page.html")).substitute(
        name=escape(model.name), style=_read("style.css"), scripts="\n\n".join(scripts), model=_as_json(model)
    )


def _as_json(model: Model) -> str:
    """What `model.js` loads. No "<" may stand in it, or a name could end the element that it is in."""
    content = {
        "name": model.name,
        "input": model.input,
        "rejectionThreshold": model.rejection_threshold,
        "digitThreshold": model.digit_threshold,
        "layers": [
            {"weights": _base64(weight), "biases": _base64(bias)}
            for weight, bias in zip(model.weights, model.biases, strict=True)
        ],
    }
    return json.dumps(content, indent=1).replace("<", "\\u003c")


def _base64(numbers: np.ndarray) -> str:
    return base64.b64encode(numbers.astype("<f4").tobytes()).decode("ascii")


def _read(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")
