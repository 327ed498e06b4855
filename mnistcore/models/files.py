"""A model as one `.npz` file: the weights and biases as arrays, and the card as JSON. There is nothing to unpickle."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from mnistcore.digit.features import INPUTS
from mnistcore.digit.form import DIGITS
from mnistcore.digit.model import Model
from mnistcore.errors import BadModelFile
from mnistcore.home import atomic_path

SHIPPED_DIRECTORY = Path(__file__).parent / "shipped"  # the models that come with the package


def write_model(model: Model, path: Path | str) -> None:
    """Write a model, atomically."""
    arrays = {f"weights_{i}": weight for i, weight in enumerate(model.weights)}
    arrays |= {f"biases_{i}": bias for i, bias in enumerate(model.biases)}
    arrays |= {"input": np.array(model.input), "card": np.array(json.dumps(model.card))}
    with atomic_path(Path(path)) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **arrays)


def read_model(path: Path | str) -> Model:
    """Read a model that `write_model` has written.

    Raises:
        BadModelFile: there is no such file, or it is damaged, truncated, pickled or not one of ours.
    """
    try:
        with Path(path).open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            count = sum(name.startswith("weights_") for name in file.files)
            weights = tuple(file[f"weights_{i}"] for i in range(count))
            biases = tuple(file[f"biases_{i}"] for i in range(count))
            model_input = str(file["input"]) if "input" in file.files else "pixels"  # as before version 1.2
            card = json.loads(str(file["card"]))
            json.dumps(card, ensure_ascii=False).encode()  # a card that cannot be encoded could not be sent
    except FileNotFoundError:
        raise BadModelFile(f"There is no model file {path}.") from None
    except Exception as error:  # a damaged file makes NumPy, zipfile and json fail in more ways than can be listed
        raise BadModelFile(
            f"{path} is not a model file of this project, or it is damaged ({type(error).__name__})."
        ) from error
    if fault := _fault(weights, biases, card, model_input):
        raise BadModelFile(f"{path} does not hold a digit model: {fault}.")
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
    if not isinstance(card.get("figures", {}), dict):
        return "its card's figures are not a JSON object"
    inputs = INPUTS[model_input]
    for weight, bias in zip(weights, biases, strict=True):
        if weight.dtype != np.float32 or bias.dtype != np.float32:
            return "its weights are not float32"
        if weight.ndim != 2 or weight.shape[0] != inputs or bias.shape != (weight.shape[1],):
            return "its layers do not fit together"
        if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
            return "some of its weights are not finite numbers"
        inputs = weight.shape[1]
    return None if inputs in (DIGITS, DIGITS + 1) else f"it has {inputs} outputs instead of 10 or 11"
