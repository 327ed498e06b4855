"""From a request's body to images, whichever of the accepted forms it has."""

from __future__ import annotations

import codecs
import re
import threading
from io import BytesIO
from typing import Any

import flask
import msgspec
import numpy as np
from werkzeug.exceptions import (
    BadRequest,
    LengthRequired,
    RequestEntityTooLarge,
    ServiceUnavailable,
    UnsupportedMediaType,
)
from werkzeug.http import parse_options_header
from werkzeug.wsgi import get_content_length

from mnistcore import open_image, prepare
from serving import contract

JSON, RAW, FORM = "application/json", "application/octet-stream", "multipart/form-data"
PICTURES = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp", "image/tiff")
ALSO_PICTURES = ("image/jpg", "image/pjpeg", "image/x-png", "image/x-ms-bmp")  # unregistered names in wide use

MAX_BODIES = 56  # that a worker receives, or brings to MNIST's form, at the same time
_receiving = threading.Semaphore(MAX_BODIES)
# one at a time in each worker: a large picture takes up to 0.3 GB and a second while it is decoded
_decoding = threading.Semaphore(1)

_image = msgspec.json.Decoder(contract.Image)
_batch = msgspec.json.Decoder(contract.Batch)
# msgspec can't tell a list of numbers from a list of lists; the first bracket of a valid body can
_holds_batch = re.compile(rb"[^\[]*\[\s*\[").match


class Busy(ServiceUnavailable):
    """The request takes longer than contract.DEADLINE, with all the others that there are."""

    def __init__(self, sentence: str = "The server has too many requests to answer: try again later.") -> None:
        super().__init__(sentence, retry_after=1)


class Request(flask.Request):
    """Flask's, but that the files of a form stay in memory: they are no longer than the body may be."""

    def _get_file_stream(self, *_args: object, **_kwargs: object) -> BytesIO:
        return BytesIO()


def read_images(request: flask.Request) -> tuple[np.ndarray, bool]:
    """Read the images that a request asks about.

    Returns:
        (n, 28, 28) uint8, ink bright on 0, and whether they are a batch. Pictures are in MNIST's form already, pixel
        data may not be.

    Raises:
        HTTPException: with a sentence on what is wrong with the body, and the status 400, 411, 413 or 415.
        BadImage, UnsupportedImage: the body is a picture that cannot be read.
        BlankImage: it is a picture without a digit.
        Busy: there are too many other bodies, or too many pictures before this one.
    """
    if not _receiving.acquire(blocking=False):  # at once, and unread: a body that stalls would keep others waiting
        raise Busy
    try:
        return _read_images(request)
    finally:
        _receiving.release()


def _read_images(request: flask.Request) -> tuple[np.ndarray, bool]:
    # Flask's own limit would cut a chunked body that is too long and raise no error, and the rest would be parsed
    length = get_content_length(request.environ)
    if length is None:
        raise LengthRequired
    if length > contract.MAX_BODY:
        raise RequestEntityTooLarge
    if request.environ.get("HTTP_CONTENT_ENCODING", "identity") != "identity":
        raise UnsupportedMediaType("The body must be sent uncompressed, without a Content-Encoding.")
    media = parse_options_header(request.environ.get("CONTENT_TYPE", ""))[0].lower()
    if media == FORM:
        files = request.files.getlist("image")
        if len(files) != 1:
            raise BadRequest(f"The form must hold one file in the field 'image'; it holds {len(files)}.")
        return picture(files[0].read())[np.newaxis], False
    if media not in (JSON, RAW, *PICTURES, *ALSO_PICTURES):
        expected, sent = ", ".join((JSON, RAW, FORM, *PICTURES)), f"not {media}" if media else "and none was sent"
        raise UnsupportedMediaType(f"The content type must be one of {expected}, {sent}.")
    body = request.environ["wsgi.input"].read(length)
    if len(body) < length:
        raise BadRequest(f"The body ended after {len(body):,} of the {length:,} bytes that Content-Length says.")
    if media == JSON:
        return json_images(body)
    if media == RAW:
        return raw_images(body), True
    return picture(body)[np.newaxis], False


def json_images(body: bytes) -> tuple[np.ndarray, bool]:
    """`{"data": ...}` -> (n, 28, 28) uint8, and whether it is a batch."""
    body = body.removeprefix(codecs.BOM_UTF8)  # which some editors write
    batch = _holds_batch(body) is not None
    try:
        images = _batch.decode(body).data if batch else [_image.decode(body).data]
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(_explain(error)) from None
    if body.count(b'"') != 2:  # one key is all the text that a valid body holds
        raise BadRequest('The body must have the key "data" once, not several times.')
    return _pixels(images), batch


def raw_images(body: bytes) -> np.ndarray:
    """Raw bytes, one a pixel and 784 an image -> (n, 28, 28) uint8."""
    count, rest = divmod(len(body), contract.PIXELS)
    if rest or not 1 <= count <= contract.MAX_RAW_BATCH:
        raise BadRequest(
            f"Raw pixels must be 784 bytes for each of 1 to {contract.MAX_RAW_BATCH:,} images;"
            f" these are {len(body):,} bytes."
        )
    return _as_bytes(np.frombuffer(body, np.uint8).reshape(count, contract.PIXELS))


def picture(body: bytes) -> np.ndarray:
    """An image file -> (28, 28) uint8, in MNIST's form."""
    if not _decoding.acquire(timeout=contract.DEADLINE):
        raise Busy
    try:
        return prepare(open_image(body))
    finally:
        _decoding.release()


def _pixels(rows: list[list[Any]]) -> np.ndarray:
    """Rows of checked numbers -> (n, 28, 28) uint8."""
    try:
        pixels = np.frombuffer(b"".join(map(bytes, rows)), np.uint8).reshape(-1, contract.PIXELS)
    except TypeError:  # not all are whole numbers, so the long way
        pixels = np.array(rows)
    return _as_bytes(pixels)


def _as_bytes(pixels: np.ndarray) -> np.ndarray:
    """(n, 784) numbers within 0-1 or 0-255 -> (n, 28, 28) uint8; each image by itself, so batches answer as singles."""
    within_one = pixels.max(axis=1) <= 1
    if within_one.any():
        pixels = pixels * np.where(within_one, 255, 1).astype(pixels.dtype)[:, np.newaxis]
    if pixels.dtype != np.uint8:
        pixels = pixels.round().astype(np.uint8)
    return pixels.reshape(-1, 28, 28)


def _explain(error: Exception) -> str:
    """A sentence from what msgspec says, such as "Expected `int` <= 255 - at `$.data[3]`"."""
    fault, _, place = str(error).replace("`", "").partition(" - at $.")
    if not isinstance(error, msgspec.ValidationError):
        fault = "the JSON is cut off" if "truncated" in fault else "it is not JSON"
    else:
        fault = (f"{place}: " if place else "") + fault[0].lower() + fault[1:]
    return (
        'The body must be {"data": [784 numbers]} or {"data": [[784 numbers], ...]}, each image row by row, '
        "numbers within 0-1 or 0-255; "
        f"{fault}."
    )
