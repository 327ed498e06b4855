"""What schemathesis cannot guess from the schemas: pictures, whole numbers of images, the models that there are."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import schemathesis
from hypothesis import strategies as st
from PIL import Image

from mnistcore.data.datasets import shipped_test_digits

DIGITS = shipped_test_digits()[0][:20]


def _picture(digit: np.ndarray, scale: int, kind: str) -> bytes:
    file = BytesIO()
    Image.fromarray(np.kron(digit, np.ones((scale, scale), np.uint8))).save(file, kind)
    return file.getvalue()


for media, kind in {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
}.items():
    pictures = st.builds(_picture, st.sampled_from(list(DIGITS)), st.integers(1, 6), st.just(kind))
    schemathesis.openapi.media_type(media, pictures)

raw = st.integers(1, 5).flatmap(lambda count: st.binary(min_size=784 * count, max_size=784 * count))
schemathesis.openapi.media_type("application/octet-stream", raw)


def _model(name: str) -> str:
    """Three of four names that are made up, which no model has, become a model's."""
    return name if len(name) % 4 == 3 else "classic"


@schemathesis.hook
def map_path_parameters(_context: schemathesis.HookContext, values: dict | None) -> dict | None:
    """The paths' names of models."""
    return values and values | {"name": _model(str(values["name"]))}


@schemathesis.hook
def map_query(_context: schemathesis.HookContext, values: dict | None) -> dict | None:
    """The parameters `model` and `profile`, of which three of four are left out: there is no profile of that name."""
    if not isinstance(values, dict):
        return values
    if isinstance(values.get("model"), str):
        values = values | {"model": _model(values["model"])}
    if isinstance(values.get("profile"), str) and _model(values["profile"]) == "classic":
        values = {name: value for name, value in values.items() if name != "profile"}
    return values


def _is_image(body: object) -> bool:
    data = body.get("data") if isinstance(body, dict) and len(body) == 1 else None
    if not isinstance(data, list) or len(data) != 784:
        return False
    return all(type(number) in (int, float) and 0 <= number <= 255 for number in data)


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: object) -> object:
    """What a schema cannot say: feedback needs ink, and a tensor's shape and datatype must be those of its data."""
    if context.operation.path == "/feedback" and _is_image(body):
        return {"data": DIGITS[int(sum(body["data"])) % len(DIGITS)].ravel().tolist()}
    try:
        (tensor,) = body["inputs"]
        data, height, width, datatype = tensor["data"], *tensor["shape"], tensor["datatype"]
        nested = all(isinstance(row, list) and len(row) == 784 for row in data)
        numbers = [number for row in data for number in row] if nested else data
        valid = all(type(number) in (int, float) and 0 <= number <= 255 for number in numbers)
        valid = valid and len(numbers) >= 784 and datatype in ("UINT8", "FP32")
        valid = valid and all(1 <= length <= 10_000 and length == int(length) for length in (height, width))
    except (TypeError, KeyError, ValueError):
        valid = False
    if not valid:
        return body  # it was made in order to be refused
    count = len(numbers) // 784
    datatype = "UINT8" if all(isinstance(number, int) for number in numbers) else "FP32"
    changed = {"shape": [count, 784], "datatype": datatype, "data": numbers[: 784 * count]}
    return body | {"inputs": [tensor | changed]}
