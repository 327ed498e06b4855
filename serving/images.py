"""From what a request sends to images or to a picture file, whichever of the accepted forms it has."""

from __future__ import annotations

import codecs
import re
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta, Struct
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from mnistcore.digit.files import as_png, open_image
from mnistcore.digit.form import SIDE
from mnistcore.digit.images import prepare
from mnistcore.digit.pixels import to_bytes
from mnistcore.models.readers import shipped_reader
from mnistcore.page import single
from serving import contract
from serving.admission import LIGHT, LIGHT_PICTURE, LIGHT_PIXELS, heavy_slot
from serving.bodies import ALSO_PICTURES, FORM, JSON, PICTURES, RAW, file_in_form, media_type, receive

Row = Annotated[list[int], Meta(min_length=contract.PIXELS, max_length=contract.PIXELS)]


class Whole(Struct, forbid_unknown_fields=True):
    """`contract.Image` of whole numbers, whose range is left to be checked."""

    data: Row


class WholeBatch(Struct, forbid_unknown_fields=True):
    """`contract.Batch` likewise."""

    data: Annotated[list[Row], Meta(min_length=1, max_length=contract.MAX_BATCH)]


_image = msgspec.json.Decoder(contract.Image)
_batch = msgspec.json.Decoder(contract.Batch)
_whole = msgspec.json.Decoder(Whole)
_whole_batch = msgspec.json.Decoder(WholeBatch)
# msgspec can't tell a list of numbers from a list of lists; the first bracket of a valid body can
holds_batch = re.compile(rb"[^\[]*\[\s*\[").match


def read_images(environ: dict) -> tuple[np.ndarray, bool]:
    """Read the images that a request to /predict asks about.

    Returns:
        (n, 28, 28), as `read_batch` takes them, and whether they are a batch. Pictures are in MNIST's form already,
        pixel data may not be.

    Raises:
        HTTPException: with a sentence on what is wrong with the body, and the status 400, 411, 413 or 415.
        BadImage, UnsupportedImage: the body is a picture that cannot be read.
        BlankImage: it is a picture without a digit.
        Busy: there are too many pictures before this one.
    """
    media, body = _receive(environ, JSON, RAW)
    if media == JSON:
        return json_images(body)
    if media == RAW:
        return _raw_images(body), True
    picture = _picture_file(environ, media, body)
    return _prepared(picture)[np.newaxis], False


def read_picture(environ: dict) -> bytes:
    """The picture file that a request to /read sends, not looked into; raises HTTPException as `read_images`."""
    return _picture_file(environ, *_receive(environ))


def read_sent_digit(environ: dict) -> tuple[bytes, np.ndarray]:
    """Read the one digit that a request to /feedback sends; raises what `read_images` does.

    Returns:
        The picture as it was sent, numbers as PNG; and the image, (28, 28) uint8, ink bright on 0, in MNIST's form.
    """
    media, body = _receive(environ, JSON)
    if media == JSON:
        images, batch = json_images(body)
        if batch:
            raise BadRequest('The body must hold one image: {"data": [784 numbers]}.')
        sent = to_bytes(images)[0]
        return as_png(sent), prepare(sent)
    picture = _picture_file(environ, media, body)
    return picture, _prepared(picture)


def _receive(environ: dict, *others: str) -> tuple[str, bytes]:
    """The content type and the body of a request that sends a picture, or content of the other types."""
    media = media_type(environ)
    if media not in others and media not in (FORM, *PICTURES, *ALSO_PICTURES):
        expected, sent = ", ".join((*others, FORM, *PICTURES)), f"not {media}" if media else "and none was sent"
        raise UnsupportedMediaType(f"The content type must be one of {expected}, {sent}.")
    return media, receive(environ)


def _picture_file(environ: dict, media: str, body: bytes) -> bytes:
    return file_in_form(environ, body) if media == FORM else body


def _prepared(picture: bytes) -> np.ndarray:
    """The digit in a picture file, (28, 28) uint8. Drawings wait for nobody; a digit is looked for on paper in turn."""
    light = _is_light(picture)
    with heavy_slot(not light):
        return single.prepare(open_image(picture), shipped_reader(), heavy_slot(light))


def _is_light(picture: bytes) -> bool:
    """Whether a picture file is a small PNG, such as a drawing; other formats do not say at one place how large they
    are."""
    width, height = (int.from_bytes(picture[start : start + 4], "big") for start in (16, 20))
    png = picture.startswith(b"\x89PNG\r\n\x1a\n")
    return png and len(picture) <= LIGHT_PICTURE and width * height <= LIGHT_PIXELS


def as_pixels(rows: list[list[Any]]) -> np.ndarray:
    """Rows of checked numbers, n x 784 -> (n, 784), uint8 if all are whole."""
    try:
        return _as_bytes(rows)
    except TypeError:  # not all are whole numbers, so the long way
        return np.array(rows)


def _as_bytes(rows: list[list[int]]) -> np.ndarray:
    """n x 784 whole numbers -> (n, 784) uint8; raises ValueError if one is not within 0-255."""
    # a bytearray is made of numbers in a third of the time that bytes, or an array, takes
    return np.frombuffer(b"".join(map(bytearray, rows)), np.uint8).reshape(-1, contract.PIXELS)


def json_images(body: bytes) -> tuple[np.ndarray, bool]:
    """`{"data": ...}` -> (n, 28, 28), and whether it is a batch."""
    body = body.removeprefix(codecs.BOM_UTF8)  # which some editors write
    batch = holds_batch(body) is not None
    try:
        with heavy_slot(len(body) > LIGHT):  # lists of numbers take several times a body's memory
            try:  # what most send, in half of the time; if it is anything else, the long way says what
                pixels = _as_bytes(_whole_batch.decode(body).data if batch else [_whole.decode(body).data])
            except (msgspec.DecodeError, ValueError, RecursionError):
                pixels = as_pixels(_batch.decode(body).data if batch else [_image.decode(body).data])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(
            'The body must be {"data": [784 numbers]} or {"data": [[784 numbers], ...]}, each image row by row, '
            f"numbers within 0-1 or 0-255; {fault(error)}."
        ) from None
    if body.count(b'"') != 2:  # one key is all the text that a valid body holds
        raise BadRequest('The body must have the key "data" once, not several times.')
    return pixels.reshape(-1, SIDE, SIDE), batch


def _raw_images(body: bytes) -> np.ndarray:
    """Raw bytes, one a pixel and 784 an image -> (n, 28, 28) uint8."""
    count, rest = divmod(len(body), contract.PIXELS)
    if rest or not 1 <= count <= contract.MAX_RAW_BATCH:
        raise BadRequest(
            f"Raw pixels must be 784 bytes for each of 1 to {contract.MAX_RAW_BATCH:,} images;"
            f" these are {len(body):,} bytes."
        )
    return np.frombuffer(body, np.uint8).reshape(count, SIDE, SIDE)


def fault(error: Exception) -> str:
    """What msgspec says, such as "Expected `int` <= 255 - at `$.data[3]`", as the end of a sentence."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    said, _, place = str(error).replace("`", "").partition(" - at $.")
    if not isinstance(error, msgspec.ValidationError):
        return "the JSON is cut off" if "truncated" in said else "it is not JSON"
    return (f"{place}: " if place else "") + said[0].lower() + said[1:]
