"""The Open Inference Protocol, which KServe, Triton and their clients speak: tensors instead of {"data": ...}.

https://github.com/kserve/open-inference-protocol (REST), with its extension for binary tensors: the body is JSON, whose
length the header Inference-Header-Content-Length gives, and after it the tensors' bytes, little-endian, row by row.

There is one input, `images` (n, 784), UINT8 or FP32, under the rules of contract.py; and three outputs.
"""

from __future__ import annotations

from typing import Annotated, Literal

import flask
import msgspec
import numpy as np
from msgspec import UNSET, Meta, Struct, UnsetType
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from mnistcore.digit.form import SIDE
from mnistcore.digit.model import Model
from mnistcore.digit.reading import Readings
from serving import contract
from serving.admission import LIGHT, heavy_slot
from serving.bodies import JSON, RAW, media_type, receive
from serving.images import as_pixels, fault, holds_batch

JSON_LENGTH = "Inference-Header-Content-Length"
JSON_LENGTH_KEY = "HTTP_INFERENCE_HEADER_CONTENT_LENGTH"  # the same in the WSGI environment
# as the protocol names them
TYPES: dict[str, np.dtype] = {
    "UINT8": np.dtype("u1"),
    "FP32": np.dtype("<f4"),
    "INT64": np.dtype("<i8"),
    "BOOL": np.dtype("?"),
}

OutputName = Literal["digit", "probabilities", "digit_probability", "uncertain"]
OUTPUTS: dict[OutputName, tuple[str, list[int]]] = {
    "digit": ("INT64", [-1]),
    "probabilities": ("FP32", [-1, 10]),
    "digit_probability": ("FP32", [-1]),
    "uncertain": ("BOOL", [-1]),
}


_ROW = {"type": "array", "items": {"type": "number", "minimum": 0, "maximum": 255}, "minItems": contract.PIXELS}
_DATA = {"oneOf": [_ROW, {"type": "array", "items": _ROW | {"maxItems": contract.PIXELS}, "minItems": 1}]}


class InputParameters(Struct):
    """What else is said of an input."""

    binary_data_size: Annotated[float, Meta(ge=0)] | UnsetType = UNSET  # bytes; JSON may write 784 as 784.0


class Input(Struct):
    """The images. `data` are their numbers, as a flat list or row by row; none if they follow in binary form."""

    name: Literal["images"]
    shape: Annotated[
        list[Annotated[int, Meta(ge=1, le=contract.MAX_RAW_BATCH)]],
        Meta(min_length=2, max_length=2, description="n, 784"),
    ]
    datatype: Literal["UINT8", "FP32"]
    data: Annotated[msgspec.Raw | UnsetType, Meta(extra_json_schema=_DATA)] = UNSET
    parameters: InputParameters = msgspec.field(default_factory=InputParameters)


class OutputParameters(Struct):
    """How an output is wanted."""

    binary_data: bool | UnsetType = UNSET


class Output(Struct):
    """An output that is wanted."""

    name: OutputName
    parameters: OutputParameters = msgspec.field(default_factory=OutputParameters)


class InferenceParameters(Struct):
    """How the outputs are wanted of which nothing else is said."""

    binary_data_output: bool = False


class InferenceRequest(Struct):
    """One input; without `outputs`, all of them are wanted."""

    inputs: Annotated[list[Input], Meta(min_length=1, max_length=1)]
    id: str | UnsetType = UNSET
    outputs: Annotated[list[Output], Meta(max_length=4)] = msgspec.field(default_factory=list)
    parameters: InferenceParameters = msgspec.field(default_factory=InferenceParameters)


class Tensor(Struct, omit_defaults=True):
    """An output: `data` are its numbers, row by row, unless they follow in binary form."""

    name: str
    datatype: str
    shape: list[int]
    data: list | UnsetType = UNSET
    parameters: dict[str, int] | UnsetType = UNSET


class ResponseParameters(Struct):
    """What there is to warn of: index of an image -> a sentence."""

    warnings: dict[str, str]


class InferenceResponse(Struct, omit_defaults=True):
    """The outputs that were wanted, in that order."""

    model_name: str
    model_version: str
    outputs: list[Tensor]
    id: str | UnsetType = UNSET
    parameters: ResponseParameters | UnsetType = UNSET


_request = msgspec.json.Decoder(InferenceRequest)
_flat = msgspec.json.Decoder(list[contract.Pixel])
_nested = msgspec.json.Decoder(list[contract.Pixels])


def read_request(environ: dict) -> tuple[np.ndarray, InferenceRequest]:
    """Read a request for inference.

    Returns:
        (n, 28, 28), as `read_batch` takes them; and what is wanted of them.

    Raises:
        HTTPException: 400, 411, 413 or 415, with a sentence on what is wrong.
    """
    length = environ.get(JSON_LENGTH_KEY)
    if media_type(environ) not in (JSON, RAW, ""):  # Triton's own client says nothing
        raise UnsupportedMediaType(f"The content type must be {JSON}, or {RAW} if there are binary tensors.")
    body = receive(environ)
    if length is None:
        length = str(len(body))
    digits = length.lstrip("0") or "0"
    if not (length.isascii() and length.isdecimal()) or len(digits) > 15 or int(digits) > len(body):
        raise BadRequest(f"{JSON_LENGTH} must be how many of the body's {len(body):,} bytes are JSON.")
    json_length = int(digits)
    try:
        with heavy_slot(len(body) > LIGHT):
            asked = _request.decode(body[:json_length])
            pixels = _pixels(asked.inputs[0], body[json_length:])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(
            'The body must be {"inputs": [{"name": "images", "shape": [n, 784], "datatype": "UINT8" or "FP32", '
            f'"data": [n x 784 numbers]}}]}}, numbers within 0-1 or 0-255; {fault(error)}.'
        ) from None
    return pixels.reshape(-1, SIDE, SIDE), asked


def write_response(model: Model, asked: InferenceRequest, digits: np.ndarray, readings: Readings) -> flask.Response:
    """The outputs that were wanted, as JSON or in binary form."""
    values = {
        "digit": digits,
        "probabilities": readings.probabilities,
        "digit_probability": readings.digit_probability,
        "uncertain": readings.uncertain,
    }
    tensors, binary = [], b""
    for output in asked.outputs or [Output(name) for name in OUTPUTS]:
        datatype, array = OUTPUTS[output.name][0], values[output.name]
        tensor = Tensor(output.name, datatype, list(array.shape))
        in_binary = output.parameters.binary_data
        if asked.parameters.binary_data_output if in_binary is UNSET else in_binary:
            content = array.astype(TYPES[datatype]).tobytes()
            tensor.parameters = {"binary_data_size": len(content)}
            binary += content
        else:
            tensor.data = array.ravel().tolist()
        tensors.append(tensor)
    response = InferenceResponse(model.name, model.version, tensors, asked.id)
    if readings.warnings:
        response.parameters = ResponseParameters({str(index): said for index, said in readings.warnings.items()})
    head = msgspec.json.encode(response)
    if not binary:
        return flask.Response(head, content_type=JSON)
    return flask.Response(head + binary, content_type=RAW, headers={JSON_LENGTH: str(len(head))})


def metadata(model: Model) -> contract.ModelMetadata:
    """What the protocol says of a model."""
    images = contract.TensorMetadata("images", "UINT8", [-1, contract.PIXELS])
    outputs = [contract.TensorMetadata(name, datatype, shape) for name, (datatype, shape) in OUTPUTS.items()]
    return contract.ModelMetadata(model.name, [model.version], "mnistcore", [images], outputs)


def _pixels(given: Input, rest: bytes) -> np.ndarray:
    """The input's numbers, (n, 784), within 0-255; `rest` is what follows the JSON."""
    count, data, size = given.shape[0], given.data, given.parameters.binary_data_size
    limit = contract.MAX_RAW_BATCH if data is UNSET else contract.MAX_BATCH
    if given.shape[1] != contract.PIXELS or not 1 <= count <= limit:
        raise BadRequest(f"The shape of the images must be [n, 784], with n from 1 to {limit:,}, not {given.shape}.")
    if data is UNSET and size is not UNSET:
        return _from_binary(given, rest, size)
    if data is UNSET or size is not UNSET or rest:
        raise BadRequest("The input must have either data, or the parameter binary_data_size and bytes after the JSON.")
    if holds_batch(data):
        rows = _nested.decode(data)
    else:
        flat = _flat.decode(data)
        rows = [flat[i : i + contract.PIXELS] for i in range(0, len(flat), contract.PIXELS)]
    if len(rows) != count or len(rows[-1]) != contract.PIXELS:
        raise BadRequest(f"The data of shape {given.shape} must be {count * contract.PIXELS:,} numbers.")
    pixels = as_pixels(rows)
    if given.datatype == "UINT8" and pixels.dtype != np.uint8:
        raise BadRequest("The data of datatype UINT8 must be whole numbers.")
    return pixels


def _from_binary(given: Input, content: bytes, size: float) -> np.ndarray:
    expected = given.shape[0] * contract.PIXELS * TYPES[given.datatype].itemsize
    if not size == len(content) == expected:
        raise BadRequest(
            f"The images of shape {given.shape} and datatype {given.datatype} must be {expected:,} bytes; "
            f"binary_data_size is {size:,.15g}, and {len(content):,} bytes follow the JSON."
        )
    pixels = np.frombuffer(content, TYPES[given.datatype]).reshape(given.shape)
    if given.datatype == "FP32" and not (pixels.min() >= 0 and pixels.max() <= 255):  # not, for NaN
        raise BadRequest("The images must be numbers within 0-1 or 0-255.")
    return pixels
