"""Numbers that somebody calls pixels -> bytes: the one place that tells 0-1 from 0-255.

It is decided for each image by itself, so that a batch is read as its images would be one by one. Only arrays and raw
bytes come here: the pixels of a picture file are what they are.
"""

from __future__ import annotations

import numpy as np

from mnistcore.errors import BadImage

BYTES = "?B"  # the characters of NumPy's types bool and uint8, whose numbers all lie in 0-255


def within_one(images: np.ndarray) -> np.ndarray:
    """(n,) bool, of which images (n, ...) all numbers, whatever their type, are at most 1, and so are taken as 0-1."""
    return images.max(axis=(*range(1, images.ndim),), initial=0) <= 1


def to_bytes(images: np.ndarray) -> np.ndarray:
    """Bring each image to 0-255.

    Args:
        images: (n, ...) bool, integers or floating point, within 0-1 or 0-255.

    Returns:
        The same shape, uint8, rounded; the array itself if nothing had to change.

    Raises:
        BadImage: some numbers are not finite, or outside 0-255.
    """
    if images.dtype.kind not in "biuf":
        raise BadImage("Image pixels must be finite numbers in 0-1 or 0-255.")
    if images.dtype.char not in BYTES:
        least, most = images.min(initial=0), images.max(initial=0)
        if not (np.isfinite(least) and np.isfinite(most)):  # a NaN makes both of them NaN
            raise BadImage("Image pixels must be finite numbers in 0-1 or 0-255.")
        if least < 0 or most > 255:
            raise BadImage(f"Image pixels must lie in 0-1 or 0-255; these go from {least} to {most}.")
    small = within_one(images)
    if np.count_nonzero(small):
        kind = np.uint8 if images.dtype == np.bool_ else images.dtype
        images = images * np.expand_dims(np.where(small, 255, 1).astype(kind), (*range(1, images.ndim),))
    return images if images.dtype.char == "B" else np.rint(images).astype(np.uint8)
