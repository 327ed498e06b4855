"""A request's body as bytes: whole, within its limit, unpacked, and what it is said to be."""

from __future__ import annotations

import zlib
from io import BytesIO

import flask
from werkzeug.exceptions import BadRequest, LengthRequired, RequestEntityTooLarge, UnsupportedMediaType
from werkzeug.http import parse_options_header

from serving import contract
from serving.admission import BODY_READ, announced_length

JSON, RAW, FORM = "application/json", "application/octet-stream", "multipart/form-data"
PICTURES = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp", "image/tiff")
ALSO_PICTURES = ("image/jpg", "image/pjpeg", "image/x-png", "image/x-ms-bmp")  # unregistered names in wide use
LONGEST_HEAD = 8192  # bytes before a form's file: werkzeug takes a hundred times as much memory to parse them
MOST_PARTS = 1000  # of a form: werkzeug refuses more
MEDIA = frozenset((JSON, RAW, *PICTURES))  # that are sent without parameters


class Request(flask.Request):
    """Flask's, but that the files of a form stay in memory: they are no longer than the body may be."""

    def _get_file_stream(self, *_args: object, **_kwargs: object) -> BytesIO:
        return BytesIO()


def media_type(environ: dict) -> str:
    """The body's content type without its parameters, "" if none was sent."""
    sent = environ.get("CONTENT_TYPE", "")
    return sent if sent in MEDIA else parse_options_header(sent)[0].lower()


def receive(environ: dict) -> bytes:
    """Read the whole body, and unpack it if it is sent as gzip.

    Raises:
        HTTPException: it has no length, is too long, ends too early, or is compressed in another way: 411, 413, 400,
            415, with a sentence.
    """
    # Flask's own limit would cut a chunked body that is too long and raise no error, and the rest would be parsed
    if "CONTENT_LENGTH" not in environ or "HTTP_TRANSFER_ENCODING" in environ:
        raise LengthRequired
    length = announced_length(environ)
    if length > contract.MAX_BODY:
        raise RequestEntityTooLarge
    encoding = environ.get("HTTP_CONTENT_ENCODING", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise UnsupportedMediaType("The body may be sent as it is or as gzip, in no other Content-Encoding.")
    body = environ["wsgi.input"].read(length)
    environ[BODY_READ] = True
    if len(body) < length:
        raise BadRequest(f"The body ended after {len(body):,} of the {length:,} bytes that Content-Length says.")
    return body if encoding == "identity" else _unpack(body)


def file_in_form(environ: dict, body: bytes) -> bytes:
    """The one file in the field `image` of a form; raises BadRequest if there is none, or another number."""
    boundary = parse_options_header(environ.get("CONTENT_TYPE", ""))[1].get("boundary", "").encode()
    for part in body.split(b"--" + boundary, MOST_PARTS)[1:]:
        if not part.startswith(b"--") and part.find(b"\r\n\r\n", 0, LONGEST_HEAD) < 0:
            raise BadRequest(f"Each part of the form must have a head of at most {LONGEST_HEAD:,} bytes.")
    form = Request(environ | {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))})
    files = form.files.getlist("image")
    if len(files) != 1:
        raise BadRequest(f"The form must hold one file in the field 'image'; it holds {len(files)}.")
    return files[0].read()


def _unpack(packed: bytes) -> bytes:
    """What is in a gzip file; one that unpacks to more than a body may hold is not unpacked further."""
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        body = unpacker.decompress(packed, contract.MAX_BODY + 1)
    except zlib.error:
        raise BadRequest("The body is not gzip, as its Content-Encoding says.") from None
    if len(body) > contract.MAX_BODY:
        raise RequestEntityTooLarge
    if not unpacker.eof or unpacker.unused_data:
        raise BadRequest("The body must be one whole gzip file: this one is cut off, or something follows it.")
    return body
