"""Picture files that anybody may have sent, opened within limits: what one may cost in time and memory is bounded."""

from __future__ import annotations

import base64
import re
import warnings
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from mnistcore.digit.grey import PAGE_SIDE, WORKING_SIDE, upright
from mnistcore.errors import BadImage, UnsupportedImage

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")  # that a folder is searched for
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")  # as Pillow names them; its other decoders are not used
MAX_PIXELS = 25_000_000  # of a picture file: more than most cameras take, and still no danger to memory
MAX_SIDE = 65_535  # pixels, a JPEG's most: a PNG of one pixel a row is decoded row by row, which takes seconds
MAX_JPEG_PAGE_PIXELS = 50_000_000  # of a JPEG page, which is reduced while it is decoded
MAX_WEBP_PIXELS = 12_500_000  # whose decoder holds four copies of a picture
MAX_BYTES = 256 * 1024 * 1024  # of a picture file: more than MAX_PIXELS take in any format, uncompressed
MAX_SCANS = 50  # of a JPEG: programs write about ten, and each can take 20 ms at MAX_PIXELS
MAX_READS = 100_000  # of a picture file: Pillow makes a few for every segment, chunk or block, however small

# what is odd in a file is not worth a line in a server's log, nor a place in Python's list of warnings it has shown
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

NO_PICTURE = "The picture cannot be read: it must be a whole PNG, JPEG, WebP, GIF, BMP or TIFF file."


def pictures_in(folder: Path) -> list[Path]:
    """The picture files in a folder, in the order of their names; raises BadImage if there are none, or
    it cannot be read."""
    try:
        files = sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)
    except OSError as error:
        raise BadImage(f"The folder {folder} cannot be read: {error.strerror}.") from error
    if not files:
        raise BadImage(f"There is no picture in the folder {folder}.")
    return files


def open_image(file: Path | str | bytes) -> Image.Image:
    """Open a picture file from an untrusted source.

    Args:
        file: a path, or the file's content. One picture in one of FORMATS, of at most MAX_PIXELS.

    Returns:
        The decoded picture, turned the way up that its EXIF data says, if that can be understood. A large JPEG is
        reduced while it is decoded, to a longer side of at least WORKING_SIDE.

    Raises:
        UnsupportedImage: the picture has too many pixels or scans, is animated or has several pages.
        BadImage: there is no such file, or it is not a picture that can be decoded.
    """
    return _open(file, WORKING_SIDE, MAX_PIXELS)[0]


def open_page(file: Path | str | bytes) -> tuple[Image.Image, tuple[int, int]]:
    """The same for a picture of many digits: its longer side stays PAGE_SIDE / 2 at least, and a JPEG may have
    MAX_JPEG_PAGE_PIXELS.

    Returns:
        The decoded picture, and the width and height that it has in the file, turned as the picture is.
    """
    return _open(file, PAGE_SIDE // 2, MAX_JPEG_PAGE_PIXELS)


def data_url(content: bytes, media_type: str = "image/png") -> str:
    """A picture file as an address that contains it."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"


def as_png(image: Image.Image | np.ndarray) -> bytes:
    """A picture, or an array (H, W) or (H, W, 3) uint8, as a PNG file."""
    file = BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(file, "PNG")
    return file.getvalue()


def _open(file: Path | str | bytes, longer_side: int, max_jpeg_pixels: int) -> tuple[Image.Image, tuple[int, int]]:
    try:
        content = file if isinstance(file, bytes) else _content(Path(file))  # Pillow would keep some files open
        image = Image.open(_File(content), formats=FORMATS)
        jpeg = image.format in ("JPEG", "MPO")
        limit = max_jpeg_pixels if jpeg else MAX_WEBP_PIXELS if image.format == "WEBP" else MAX_PIXELS
        width, height = image.size
        count, size = width * height, f"{width:,} x {height:,}"
        if count > limit:
            raise UnsupportedImage(f"The picture may have {limit:,} pixels at most; this one has {count:,} ({size}).")
        if max(width, height) > MAX_SIDE:
            raise UnsupportedImage(f"The picture may be at most {MAX_SIDE:,} pixels wide and high; this one is {size}.")
        # many phones' JPEGs are of Pillow's format MPO: a photo and its preview, no animation
        if image.format != "MPO" and getattr(image, "is_animated", False):
            raise UnsupportedImage("The picture is animated or has several pages; send a single one.")
        if jpeg:
            if _has_too_many_scans(content):
                raise UnsupportedImage(f"The JPEG may have {MAX_SCANS} scans at most; save it as a baseline JPEG.")
            shrink = longer_side / max(image.size)
            image.draft(None, (max(1, int(image.width * shrink)), max(1, int(image.height * shrink))))
        image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnsupportedImage(f"The picture may have {MAX_PIXELS:,} pixels at most.") from None
    except FileNotFoundError:
        raise BadImage("There is no such file.") from None
    except BadImage:
        raise
    except OSError as error:
        if error.errno:  # it is the file's fault, not the picture's, whose faults have no number
            raise BadImage(f"The file cannot be read: {error.strerror}.") from None
        raise BadImage(NO_PICTURE) from error
    except Exception as error:  # damaged files make Pillow's decoders fail in more ways than can be listed
        raise BadImage(NO_PICTURE) from error
    shown = upright(image)
    turned = shown.size != image.size
    return shown, (height, width) if turned else (width, height)


def _content(path: Path) -> bytes:
    """A file's content; a pipe, which could be waited for without an end, and what is far too large are refused."""
    if path.exists() and not path.is_file():
        raise BadImage("It is not a file.")
    if path.stat().st_size > MAX_BYTES:
        raise UnsupportedImage(f"The file is too large: it may have {MAX_BYTES >> 20} MiB.")
    return path.read_bytes()


class _File(BytesIO):
    """A picture file that may be read from MAX_READS times: a file of millions of empty parts would take seconds."""

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        if self.reads > MAX_READS:
            raise UnsupportedImage("The picture file consists of too many parts.")
        return super().read(size)


# a byte 255 among pixels is followed by 0 or by 0xd0 to 0xd7; below 0xc0 no marker is in use
_JPEG_MARKER = re.compile(rb"\xff([\xc0-\xcf\xd9-\xfe])")
_JPEG_SCAN, _JPEG_END = b"\xda", b"\xd9"


def _has_too_many_scans(jpeg: bytes) -> bool:
    """Whether a progressive JPEG refines its picture more than MAX_SCANS times: each time costs a pass over it all."""
    scans = place = 0
    for _ in range(MAX_READS):
        marker = _JPEG_MARKER.search(jpeg, place)
        if marker is None or marker[1] == _JPEG_END:
            return False
        scans += marker[1] == _JPEG_SCAN
        if scans > MAX_SCANS:
            return True
        place = marker.end() + int.from_bytes(jpeg[marker.end() : marker.end() + 2])  # a segment begins with its length
    return True  # of segments that are no scans
