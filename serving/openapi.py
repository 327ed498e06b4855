"""The routes as an OpenAPI document, its schemas taken from contract.py, and as a page that works offline."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from typing import Any

import msgspec
from flask import render_template_string

from serving import bodies, contract, inference
from serving.routes import Route

DONE = {200: "Done.", 201: "Done: this is new."}
ERRORS = contract.SENTENCES | {
    400: "The body or a parameter is not as declared.",
    404: "There is no model or profile of that name, or feedback is off because no API key is set.",
    429: "As many digits are kept as may be.",
    415: "The content type is none of those declared.",
    422: "The picture has no digit in it (but for /read), is animated, or has too many pixels or scans.",
    503: "There is no model that can be loaded, or the server is too busy, and Retry-After says for how long.",
}


def document(routes: Iterable[Route], version: str) -> dict[str, Any]:
    """The OpenAPI document of these routes, of this version of the project."""
    paths: dict[str, dict] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    requests = {contract.Image, contract.Batch, inference.InferenceRequest}
    types = {*requests, contract.Error, *(answer for route in routes for answer in route.answers)}
    _, schemas = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    schemas["Input"]["required"].append("data")  # in JSON: only a binary tensor has none there,
    schemas["InputParameters"]["properties"]["binary_data_size"] = False  # and has that instead
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mnistcore",
            "version": version,
            "description": "Reads handwritten digits, wherever they stand in the picture and however they are written.",
            "license": {"name": "MIT"},
        },
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def page(routes: Iterable[Route], version: str) -> str:
    """The document as HTML, without scripts and without anything from other hosts."""
    template = files("serving").joinpath("docs.html").read_text("utf-8")
    return render_template_string(template, document=document(routes, version))


def _operation(route: Route) -> dict[str, Any]:
    content: dict[str, dict] = {route.media_type: {"schema": _schema(*route.answers)}}
    if inference.InferenceResponse in route.answers:
        content[bodies.RAW] = {"schema": _BINARY | {"description": "The same with binary tensors, if they are wanted."}}
    responses = {str(status): {"description": DONE[status], "content": content} for status in route.done}
    for status in sorted({*route.errors, 401} if route.protected else route.errors):
        content = {bodies.JSON: {"schema": _schema(contract.Error)}}
        responses[str(status)] = {"description": ERRORS[status], "content": content}
    # the key is needed only where one is set
    security: dict[str, Any] = {"security": [{}, {"key": []}]} if route.protected else {}
    operation = {"summary": route.summary, "responses": responses} | security | route.request
    if "{name}" in route.path:
        operation["parameters"] = [_MODEL | {"name": "name", "in": "path", "required": True}]
    return operation


def _schema(*types: type) -> dict[str, Any]:
    (first, *others), _ = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    return {"oneOf": [first, *others]} if others else first


_MODEL = {
    "name": "model",
    "in": "query",
    "description": "The name of a shipped model, classic or robust, or of a training run.",
    "schema": {"type": "string"},
}
MODEL_PARAMETER = {"parameters": [_MODEL]}

_BINARY = {"type": "string", "format": "binary"}
_PICTURES = {
    bodies.FORM: {
        "schema": {"type": "object", "properties": {"image": _BINARY}, "required": ["image"]},
        "encoding": {"image": {"contentType": "image/png"}},
    },
    **{media: {"schema": _BINARY} for media in bodies.PICTURES},
}
READ_REQUEST = {"parameters": [_MODEL], "requestBody": {"required": True, "content": _PICTURES}}
_UPRIGHT_LINE = ([0] * 28 * 4) + ([0] * 13 + [255] * 2 + [0] * 13) * 20 + ([0] * 28 * 4)
FEEDBACK_REQUEST = {
    "parameters": [
        {
            "name": "digit",
            "in": "query",
            "required": True,
            "description": "Which digit it is.",
            "schema": {"type": "integer", "minimum": 0, "maximum": 9},
        },
        {
            "name": "profile",
            "in": "query",
            "description": "The id of the profile that it belongs to; by default one that all programs share.",
            "schema": {"type": "string"},
        },
    ],
    "requestBody": {
        "required": True,
        "content": {
            bodies.JSON: {"schema": _schema(contract.Image), "example": {"data": _UPRIGHT_LINE}},
            **_PICTURES,
        },
    },
}
PREDICT_REQUEST = {
    "parameters": [
        {
            "name": "probabilities",
            "in": "query",
            "description": "Add the confidence, all ten probabilities, whether the answer is uncertain, and the "
            "probability of being a digit at all.",
            "schema": {"type": "boolean", "default": False},
        },
        _MODEL,
    ],
    "requestBody": {
        "required": True,
        "content": {
            bodies.JSON: {
                "schema": _schema(contract.Image, contract.Batch),
                "example": {"data": [0] * contract.PIXELS},
            },
            bodies.RAW: {"schema": _BINARY | {"description": "784 bytes an image, scaled as in JSON."}},
            **_PICTURES,
        },
    },
}
INFER_REQUEST = {
    "requestBody": {
        "required": True,
        "content": {bodies.JSON: {"schema": _schema(inference.InferenceRequest)}},
    },
}
