"""Any picture or array -> its brightness, whatever its mode, size and orientation."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from PIL import ExifTags, Image, ImageOps

from mnistcore.digit.pixels import to_bytes
from mnistcore.errors import BadImage

WORKING_SIDE = 1024  # larger pictures are reduced first: a digit needs no more, and time and memory stay bounded
FAINT = 64  # of 255: a range of greys so narrow may hide ink that differs from its paper in colour alone
CLEARER = 4  # times as wide the range of red, green or blue must be to be looked at instead
PAGE_SIDE = 2600  # the same for a page of many digits; it is halved, so that 1300 pixels at least are left


def to_grey(image: Image.Image | np.ndarray, longer_side: int = WORKING_SIDE) -> np.ndarray:
    """How bright each pixel is, transparent parts being paper.

    Args:
        image: as `mnistcore.prepare` takes it.
        longer_side: pixels; a larger picture is reduced to at most that.

    Returns:
        (H, W) uint8 or float32, 0-255, upright.

    Raises:
        BadImage: the input is not a picture.
    """
    if not isinstance(image, Image.Image):
        try:
            image = _as_picture(np.asarray(image))
        except ValueError:  # rows of several lengths
            raise BadImage("An image array must have rows of one length.") from None
    if min(image.size) < 1:
        raise BadImage("The picture has no pixels.")
    try:
        image.getpixel((0, 0))  # decodes all of it
    except OSError:
        raise BadImage("The picture is damaged: not all of it can be read.") from None
    coloured = upright(image)
    image = _reduce(coloured, longer_side, _without_colour)
    if image.mode == "F":
        return _rescale_to_8bit(np.asarray(image))
    if image.mode == "L":
        return np.asarray(image if coloured.mode in ("1", "L") else _clearest(image, coloured, longer_side))
    light = np.asarray(image.getchannel("L"), np.float32)
    opacity = np.asarray(image.getchannel("A"), np.float32) / 255
    visible = opacity > 0.5
    if visible.mean() > 0.5:  # mostly opaque, so the picture brings its own paper
        paper = float(np.median(light[visible]))
    else:  # strokes alone: lay them on paper of the opposite brightness
        paper = 0.0 if (light * opacity).sum() > 127.5 * opacity.sum() else 255.0
    return light * opacity + paper * (1 - opacity)


def _clearest(grey: Image.Image, coloured: Image.Image, longer_side: int) -> Image.Image:
    """The greys of a picture, or its red, green or blue if they show what the greys hide, such as red ink on green."""
    faint = _range(grey)
    if faint >= FAINT:
        return grey
    clearest = max((_reduce(coloured, longer_side, partial(_colour, band=band)) for band in "RGB"), key=_range)
    return clearest if _range(clearest) >= max(FAINT, CLEARER * faint) else grey


def _colour(image: Image.Image, band: str) -> Image.Image:
    return image.convert("RGB").getchannel(band)


def _range(grey: Image.Image) -> int:
    """From the darkest to the brightest pixel of a picture of mode L."""
    return int(np.ptp(np.asarray(grey)))


def _reduce(image: Image.Image, longer_side: int, flattened: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """The picture made one of greys by `flattened`, its longer side at most `longer_side` pixels.

    Strip by strip, for each conversion of a large picture as a whole would hold another copy of it in memory.
    """
    factor = -(-max(image.size) // longer_side)
    if factor == 1:
        return flattened(image)
    height = 64 * factor
    tops = range(0, image.height, height)
    strips = (image.crop((0, top, image.width, min(top + height, image.height))) for top in tops)
    reduced = [flattened(strip).reduce(factor) for strip in strips]
    whole = Image.new(reduced[0].mode, (reduced[0].width, sum(strip.height for strip in reduced)))
    for index, strip in enumerate(reduced):
        whole.paste(strip, (0, 64 * index))
    return whole


def _without_colour(image: Image.Image) -> Image.Image:
    """The picture in the one of Pillow's modes F (16 or 32 bits a pixel), LA (parts of it are transparent) or L that
    holds all of its brightness; any other may be one that Pillow cannot reduce."""
    try:
        if image.mode.startswith(("I", "F")):
            return image.convert("F")
        return image.convert("RGBA").convert("LA") if image.has_transparency_data else image.convert("L")
    except ValueError:
        raise BadImage(f"Pictures of the mode {image.mode} cannot be read: send one in greys or in RGB.") from None


def _rescale_to_8bit(deep: np.ndarray) -> np.ndarray:
    """Brightness in whatever numbers a picture of mode F has, (H, W), brought to 0-255."""
    if not np.isfinite(deep).all():
        raise BadImage("Image pixels must be finite numbers.")
    low, high = min(float(deep.min()), 0.0), float(deep.max())
    if not 2 < high - low <= 255 and high > low:  # 16 bits, or such as go from 0 or -1 to 1
        return (deep - low) * np.float32(255 / (high - low))
    return deep - low


def _as_picture(pixels: np.ndarray) -> Image.Image:
    """An array as a PIL image, so that arrays and files take the same way from here."""
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    if not (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (3, 4))):
        raise BadImage(f"An image array must be (H, W) or (H, W, 1|3|4); this one is {pixels.shape}.")
    if 0 in pixels.shape:
        raise BadImage("The picture has no pixels.")
    return Image.fromarray(to_bytes(pixels[np.newaxis])[0])


def upright(image: Image.Image) -> Image.Image:
    """The picture turned the way up that its EXIF data says; as it is, if that data is damaged."""
    try:
        turned = image.getexif().get(ExifTags.Base.Orientation, 1) != 1
        return ImageOps.exif_transpose(image) if turned else image
    except Exception:  # Pillow's parser fails in more ways than can be listed
        return image
