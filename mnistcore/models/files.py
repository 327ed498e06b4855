"""A model as one `.npz` file: the weights and biases as arrays, and the card as JSON. There is nothing to unpickle."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import get_type_hints

import numpy as np

from mnistcore.arrays import read_arrays, write_arrays
from mnistcore.digit.features import INPUTS
from mnistcore.digit.form import DIGITS
from mnistcore.digit.model import Model
from mnistcore.errors import BadModelFile
from mnistcore.home import atomic_path
from mnistcore.json_types import fits
from mnistcore.models.facts import Card
from mnistcore.models.personal_names import label

MOST_BYTES = 256 * 1024 * 1024  # of a model's file, and of its arrays: four layers of 4096 units
SHIPPED_DIRECTORY = Path(__file__).parent / "shipped"  # the models that come with the package


_KINDS = get_type_hints(Card)


def write_model(model: Model, path: Path | str, mode: int = 0o666) -> None:
    """Write a model, atomically; `mode` is as for `atomic_path`."""
    arrays = {f"weights_{i}": weight for i, weight in enumerate(model.weights)}
    arrays |= {f"biases_{i}": bias for i, bias in enumerate(model.biases)}
    arrays |= {"input": np.array(model.input), "card": np.array(json.dumps(model.card))}
    with atomic_path(Path(path), mode) as temporary:
        write_arrays(temporary, arrays)


def read_model(path: Path | str) -> Model:
    """Read a model that `write_model` has written.

    Raises:
        BadModelFile: there is no such file, or it is damaged, truncated, too large, pickled or not one of ours.
    """
    shown = label(str(path))
    try:
        arrays = read_arrays(Path(path), MOST_BYTES)
        count = sum(name.startswith("weights_") for name in arrays)
        weights = tuple(arrays[f"weights_{i}"] for i in range(count))
        biases = tuple(arrays[f"biases_{i}"] for i in range(count))
        model_input = str(arrays.get("input", "pixels"))  # as before version 1.2
        card = json.loads(label(str(arrays["card"])))
        json.dumps(card, ensure_ascii=False).encode()  # a card that cannot be encoded could not be sent
        fault = _fault(weights, biases, card, model_input)
    except FileNotFoundError:
        raise BadModelFile(f"There is no model file {shown}.") from None
    except Exception as error:  # a damaged file fails in more ways than can be listed
        raise BadModelFile(
            f"{shown} is not a model file of this project, or it is damaged ({type(error).__name__})."
        ) from error
    if fault:
        raise BadModelFile(f"{shown} does not hold a digit model: {fault}.")
    return Model(weights, biases, card, model_input)


def _fault(
    weights: tuple[np.ndarray, ...], biases: tuple[np.ndarray, ...], card: object, model_input: str
) -> str | None:
    """Why these arrays are no network from an image to its digit, or None if they are one."""
    if model_input not in INPUTS:
        return f"it expects {model_input[:40]!r} as its input, which this version does not know"
    if not weights:
        return "it has no layers"
    if not isinstance(card, dict) or not isinstance(card.get("name", ""), str):
        return "its card is not a JSON object with a name"
    if wrong := next((key for key, kind in _KINDS.items() if key in card and not fits(card[key], kind)), None):
        return f"what its card says of {wrong} is not of the type that it must be"
    if not all(math.isfinite(card.get(key, 0)) for key in ("rejection_threshold", "unsure_below", "digit_threshold")):
        return "its thresholds are not finite numbers"
    inputs = INPUTS[model_input]
    for weight, bias in zip(weights, biases, strict=True):
        if weight.dtype != np.float32 or bias.dtype != np.float32:
            return "its weights are not float32"
        if weight.ndim != 2 or weight.shape[0] != inputs or bias.shape != (weight.shape[1],) or not bias.size:
            return "its layers do not fit together"
        if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
            return "some of its weights are not finite numbers"
        inputs = weight.shape[1]
    return None if inputs in (DIGITS, DIGITS + 1) else f"it has {inputs} outputs instead of 10 or 11"
