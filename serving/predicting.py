"""From images to digits: prepare those that need it, ask the model, and say where there was nothing to read."""

from __future__ import annotations

import numpy as np

from mnistcore import BlankImage, Model, prepare
from mnistcore.images import is_prepared


def read_digits(model: Model, images: np.ndarray) -> tuple[np.ndarray, dict[int, str]]:
    """Read the digits.

    Args:
        images: (n, 28, 28) uint8.

    Returns:
        The probabilities, (n, 10) float32, and a sentence for each image that is blank or a dot, by its index. Such
        images are read as they are.
    """
    warnings = {}
    prepared = is_prepared(images)
    if not prepared.all():
        images = images.copy()
        for index in np.flatnonzero(~prepared):
            try:
                images[index] = prepare(images[index])
            except BlankImage as blank:
                warnings[int(index)] = str(blank)
    return model.predict_proba(images), warnings
