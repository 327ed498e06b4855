"""What schemathesis cannot guess from a schema of "binary": bodies that are pictures, and whole numbers of images."""

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
