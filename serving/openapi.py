"""The contract as an OpenAPI document, its schemas taken from contract.py, and a page of it that works offline."""

from __future__ import annotations

from functools import cache

import msgspec
from flask import render_template_string

from serving import bodies, contract

ANSWERS = (
    contract.Image,
    contract.Batch,
    contract.Prediction,
    contract.Predictions,
    contract.Error,
    contract.Status,
    contract.ModelInfo,
    contract.Index,
)
FAULTS = {
    400: "The body or a parameter is not as declared.",
    401: "The API key is missing or wrong.",
    411: "The request has no Content-Length.",
    413: "The body is longer than 16 MiB.",
    415: "The content type is none of those declared.",
    422: "The picture has no digit in it, is animated, or has too many pixels.",
    503: "There is no model that can be loaded.",
}
EXAMPLE = {"data": [0] * contract.PIXELS}


@cache
def document() -> dict:
    """The OpenAPI document, as plain JSON."""
    _, schemas = msgspec.json.schema_components(ANSWERS, ref_template="#/components/schemas/{name}")
    get = {
        "/": ("What there is.", "Index", ()),
        "/health": ("Is the process up?", "Status", ()),
        "/ready": ("Is a model loaded?", "Status", (503,)),
        "/model": ("Which model is in use, and how good it is.", "ModelInfo", (401, 503)),
        "/metrics": ("Counts for Prometheus.", None, (401,)),
        "/openapi.json": ("This document.", {"type": "object"}, ()),
        "/docs": ("This document as a page.", None, ()),
    }
    paths = {route: {"get": _operation(*declared)} for route, declared in get.items()}
    paths["/predict"] = {"post": _predict()}
    for route in ("/model", "/metrics", "/predict"):
        for operation in paths[route].values():
            operation["security"] = [{}, {"key": []}]  # the key is needed only where one is set
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mnistcore",
            "version": "1.0.0",
            "description": "Reads handwritten digits, wherever they stand in the picture and however they are written.",
            "license": {"name": "MIT"},
        },
        "paths": dict(sorted(paths.items(), key=lambda item: item[0] != "/predict")),
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def summaries() -> dict[str, str]:
    """Each route, as "GET /health", with what it is for."""
    return {
        f"{method.upper()} {route}": operation["summary"]
        for route, operations in document()["paths"].items()
        for method, operation in operations.items()
    }


def page() -> str:
    """The document as HTML, without scripts and without anything from elsewhere."""
    from importlib.resources import files

    return render_template_string(files("serving").joinpath("docs.html").read_text("utf-8"), document=document())


def _operation(summary: str, schema: str | dict | None, faults: tuple[int, ...]) -> dict:
    good = {"description": "Done."}
    if isinstance(schema, str):
        schema = _ref(schema)
    if schema:
        good["content"] = {"application/json": {"schema": schema}}
    else:
        good["content"] = {("text/html" if "page" in summary else "text/plain"): {"schema": {"type": "string"}}}
    answers = {"200": good}
    for status in faults:
        answers[str(status)] = {
            "description": FAULTS[status],
            "content": {"application/json": {"schema": _ref("Error")}},
        }
    return {"summary": summary, "responses": answers}


def _predict() -> dict:
    binary = {"type": "string", "format": "binary"}
    picture = {"type": "object", "properties": {"image": binary}, "required": ["image"]}
    content = {
        bodies.JSON: {"schema": {"oneOf": [_ref("Image"), _ref("Batch")]}, "example": EXAMPLE},
        bodies.RAW: {"schema": binary | {"description": "784 bytes an image, one a pixel, row by row."}},
        bodies.FORM: {"schema": picture, "encoding": {"image": {"contentType": "image/png"}}},
    }
    content |= {media: {"schema": binary} for media in bodies.PICTURES}
    operation = _operation("Which digit is it?", {"oneOf": [_ref("Prediction"), _ref("Predictions")]}, tuple(FAULTS))
    probabilities = {
        "name": "probabilities",
        "in": "query",
        "description": "Add the confidence and all ten probabilities.",
        "schema": {"type": "boolean", "default": False},
    }
    return operation | {"parameters": [probabilities], "requestBody": {"required": True, "content": content}}


def _ref(name: str) -> dict:
    return {"$ref": f"#/components/schemas/{name}"}
