"""Any picture of a digit -> the 28x28 form that MNIST's own digits have.

MNIST's makers cropped each digit, scaled its longer side to 20 pixels and moved its centre of mass to the middle of a
28x28 field (LeCun et al. 1998, "Gradient-based learning applied to document recognition", section III-A).
A network that was trained on such digits reads nothing else well, so every picture, wherever it comes from, passes
through `prepare`, which takes the same steps:

    1. grey      any mode, size or orientation -> brightness, transparent parts as paper
    2. ink       brightness -> how much ink, whichever of paper and ink is the darker
    3. clean     stray specks out; a dot alone is no digit
    4. fit       crop, longer side to 20 px, centre of mass to the middle

`open_image` and `open_page` open picture files that anybody may have sent, within limits.
"""

from __future__ import annotations

import re
import warnings
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps

from mnistcore.errors import BadImage, BlankImage, UnsupportedImage

SIDE = 28  # pixels, the height and width of a prepared image
SPAN = 20  # pixels, the longer side of a prepared digit
CENTRE = 14.0  # pixel index of a prepared digit's centre of mass, as measured on MNIST's own images
INK = 20  # of 255: what counts as ink when a digit's extent is measured
TOLERANCE = 0.55  # pixels that a prepared digit's centre may be off: half a pixel of rounding, and a little

WORKING_SIDE = 1024  # larger pictures are reduced first: a digit needs no more, and time and memory stay bounded
PAGE_SIDE = 2600  # the same for a page of many digits; they are halved, so that 1300 pixels at least are left
FAINTEST = 16  # of 255: a picture with less contrast than this is blank paper
GRAINY = 0.03  # of full ink, standard deviation: paper noisier than this is smoothed first
SPECK = 0.02  # parts smaller than this share of the largest part are dirt, not writing
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")  # as Pillow names them; its other decoders are not used
MAX_PIXELS = 25_000_000  # of a picture file: more than most cameras take, and still no danger to memory
MAX_JPEG_PAGE_PIXELS = 50_000_000  # of a JPEG page, which is reduced while it is decoded
MAX_WEBP_PIXELS = 16_000_000  # whose decoder holds four copies of a picture
MAX_SCANS = 50  # of a JPEG: programs write about ten, and each can take 20 ms at MAX_PIXELS
MAX_READS = 100_000  # of a picture file: Pillow makes a few for every segment, chunk or block, however small
DOT = 0.7  # a shape whose inscribed circle is this much of its longer side is a dot; the stoutest digits stay below


# what is odd in a file is not worth a line in a server's log, nor a place in Python's list of warnings it has shown
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

_NEIGHBOURS = np.ones((3, 3), bool)  # of a pixel: strokes that touch at a corner are one part

# one matrix product gives the pixels' moments about the centre, down and to the right, and their sum
_FROM_CENTRE = np.arange(SIDE, dtype=np.float32) - np.float32(CENTRE)
_MOMENTS = np.stack([np.repeat(_FROM_CENTRE, SIDE), np.tile(_FROM_CENTRE, SIDE), np.ones(SIDE**2, np.float32)], axis=1)


def prepare(image: Image.Image | np.ndarray) -> np.ndarray:
    """Bring a picture of one digit to MNIST's form.

    Args:
        image: a PIL image of any mode, or an array (H, W) or (H, W, 1|3|4): uint8 0-255, bool, or numbers in 0-1 or
            0-255. Light ink on dark paper or dark on light; a fourth channel is opacity.

    Returns:
        (28, 28) uint8, ink bright on 0: longer side 20 px, centre of mass at index 14.0 as nearly as whole pixels
        allow (a lopsided digit is kept inside the frame instead). An image that has this form already is returned
        unchanged, so `prepare(prepare(x))` equals `prepare(x)`.

    Raises:
        BlankImage: nothing is drawn, or only a dot.
        BadImage: the input is not a picture.
    """
    grey = brightness(image)
    if grey.shape == (SIDE, SIDE):
        as_mnist = np.rint(grey).astype(np.uint8)
        if is_prepared(as_mnist[np.newaxis])[0]:
            return as_mnist
    return _fit(_clean(_ink(grey)))


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
    """The same for a picture of many digits, whose longer side stays PAGE_SIDE / 2 at least, and which may have
    MAX_JPEG_PAGE_PIXELS as a JPEG.

    Returns:
        The decoded picture, and the width and height that it has in the file, turned as the picture is.
    """
    return _open(file, PAGE_SIDE // 2, MAX_JPEG_PAGE_PIXELS)


def _open(file: Path | str | bytes, longer_side: int, max_jpeg_pixels: int) -> tuple[Image.Image, tuple[int, int]]:
    try:
        content = file if isinstance(file, bytes) else Path(file).read_bytes()  # Pillow would keep some files open
        image = Image.open(_File(content), formats=FORMATS)
        jpeg = image.format in ("JPEG", "MPO")
        limit = max_jpeg_pixels if jpeg else MAX_WEBP_PIXELS if image.format == "WEBP" else MAX_PIXELS
        width, height = image.size
        if image.width * image.height > limit:
            raise UnsupportedImage(
                f"The picture may have {limit:,} pixels at most; this one is {image.width} x {image.height}."
            )
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
    except UnsupportedImage:
        raise
    except Exception as error:  # damaged files make Pillow's decoders fail in more ways than can be listed
        raise BadImage(
            f"The picture cannot be read ({type(error).__name__}): it must be a whole PNG, JPEG, WebP, GIF, BMP or "
            "TIFF file."
        ) from error
    decoded = image.size
    upright = _upright(image)
    turned = upright.size != decoded
    return upright, (height, width) if turned else (width, height)


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


def _upright(image: Image.Image) -> Image.Image:
    """The picture turned the way up that its EXIF data says; as it is, if that data is damaged."""
    try:
        turned = image.getexif().get(ExifTags.Base.Orientation, 1) != 1
        return ImageOps.exif_transpose(image) if turned else image
    except Exception:  # Pillow's parser fails in more ways than can be listed
        return image


def is_prepared(images: np.ndarray) -> np.ndarray:
    """Tell which images have MNIST's form already: the cheap check that lets most pixel data pass untouched.

    Args:
        images: (n, 28, 28) uint8.

    Returns:
        (n,) bool.
    """
    ink = images > INK
    occupied = np.array([ink.any(axis=2), ink.any(axis=1)])  # (2, n, 28): rows, columns
    first, end = occupied.argmax(axis=2), SIDE - occupied[:, :, ::-1].argmax(axis=2)
    moments = (images.reshape(-1, SIDE * SIDE).astype(np.float32) @ _MOMENTS).T  # down, right, and the sum
    prepared = (end - first).max(axis=0) == SPAN
    centred = np.abs(moments[:2]) <= TOLERANCE * moments[2]
    if not centred.all():  # a digit whose mass lies far to one side stops at the frame, short of the middle
        centred |= np.where(moments[:2] > 0, first == 0, end == SIDE)
    return prepared & centred.all(axis=0)


def brightness(image: Image.Image | np.ndarray, longer_side: int = WORKING_SIDE) -> np.ndarray:
    """How bright each pixel is, transparent parts being paper: (H, W) float32 in 0-255, upright, reduced to a longer
    side of at most `longer_side` pixels.

    Raises:
        BadImage: the input is not a picture.
    """
    if not isinstance(image, Image.Image):
        image = _as_picture(np.asarray(image))
    if min(image.size) < 1:
        raise BadImage("The picture has no pixels.")
    image = _reduce(_upright(image), longer_side)
    if image.mode == "F":
        return _rescale_to_8bit(np.asarray(image))
    if image.mode == "L":
        return np.asarray(image, np.float32)
    light = np.asarray(image.getchannel("L"), np.float32)
    opacity = np.asarray(image.getchannel("A"), np.float32) / 255
    visible = opacity > 0.5
    if visible.mean() > 0.5:  # mostly opaque, so the picture brings its own paper
        paper = float(np.median(light[visible]))
    else:  # strokes alone: lay them on paper of the opposite brightness
        paper = 0.0 if (light * opacity).sum() > 127.5 * opacity.sum() else 255.0
    return light * opacity + paper * (1 - opacity)


def _reduce(image: Image.Image, longer_side: int = WORKING_SIDE) -> Image.Image:
    """The picture without colour, its longer side at most `longer_side` pixels.

    Strip by strip, for each conversion of a large picture as a whole would hold another copy of it in memory.
    """
    factor = -(-max(image.size) // longer_side)
    if factor == 1:
        return _without_colour(image)
    height = 64 * factor
    tops = range(0, image.height, height)
    strips = (image.crop((0, top, image.width, min(top + height, image.height))) for top in tops)
    reduced = [_without_colour(strip).reduce(factor) for strip in strips]
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
    if pixels.dtype != np.uint8:
        if pixels.dtype.kind not in "biuf" or not np.isfinite(pixels).all():
            raise BadImage("Image pixels must be finite numbers in 0-1 or 0-255.")
        if pixels.min() < 0 or pixels.max() > 255:
            raise BadImage(f"Image pixels must lie in 0-1 or 0-255; these go from {pixels.min()} to {pixels.max()}.")
        pixels = np.rint(pixels * (255.0 if pixels.max() <= 1 else 1.0)).astype(np.uint8)
    return Image.fromarray(pixels)


def _ink(grey: np.ndarray) -> np.ndarray:
    """How much ink each pixel holds: float32, 0 paper to 1 full ink, whichever of the two is darker; cropped."""
    ink, grain = _contrast(grey)
    if grain > GRAINY and min(grey.shape) > 2 * SIDE:  # noise swamps the strokes: look at it from further away
        from scipy import ndimage

        ink, grain = _contrast(ndimage.gaussian_filter(grey, max(grey.shape) / 100))
    # paper has grain, and compression leaves a murmur: neither may count as strokes
    return ((ink - 3 * grain) / (1 - 3 * grain)).clip(0, 1)


def _contrast(grey: np.ndarray) -> tuple[np.ndarray, float]:
    """Ink from 0 (paper) to about 1 (full), cropped, and the paper's grain: its standard deviation on that scale."""
    frame = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    middle = np.sort(frame)[(frame.size - 1) // 2 : frame.size // 2 + 1]
    paper = middle.mean()  # the median
    ink = grey - paper
    if ink.sum() <= 0:  # more of the picture is darker than its paper than lighter
        np.negative(ink, out=ink)
    ink = _crop(ink, 0)  # most of a picture is paper, which needs no more arithmetic
    full = np.percentile(ink[ink > ink.max() / 2], 90) if ink.size else 0.0
    strayed = np.abs(frame - paper)
    blank = strayed[strayed <= full / 2]  # the frame without the strokes that touch it
    grain = 1.5 * blank.std() if blank.size else 0.0
    if full - 3 * grain < FAINTEST:
        raise BlankImage("There is nothing drawn: the picture has no ink.")
    return ink / full, grain / full


def _clean(ink: np.ndarray) -> np.ndarray:
    """The digit alone, cropped: without the specks around it, and not merely a dot."""
    from scipy import ndimage  # here, for it takes as long as all the rest, and prepared images need none of it

    ink = _crop(ink, INK / 255)
    parts, count = ndimage.label(ink > INK / 255, structure=_NEIGHBOURS)
    if count > 1:
        sizes = np.bincount(parts.ravel())
        sizes[0] = 0
        dirt = sizes < SPECK * sizes.max()
        dirt[0] = False
        ink = _crop(np.where(dirt[parts], 0, ink), INK / 255)
    # a large picture's every second or third pixel is enough; padded, for a stroke ends where the picture does
    step = max(1, max(ink.shape) // 200)
    solid = ink[::step, ::step] > 0.5
    radius = DOT * max(ink.shape) / (2 * step)  # pixels, of the smallest circle that makes it a dot
    # such a circle has more than 3 radius^2 - 7 pixels: few digits have so many, and distances take long to compute
    may_be_a_dot = np.count_nonzero(solid) > 3 * radius**2 - 7
    if may_be_a_dot and ndimage.distance_transform_edt(np.pad(solid, 1)).max() > radius:
        raise BlankImage("There is only a dot: draw a whole digit.")
    return ink


def _crop(ink: np.ndarray, level: float) -> np.ndarray:
    """The smallest rectangle with all pixels above `level`."""
    box = Image.fromarray((ink > level).view(np.uint8)).getbbox()  # takes a fifth of the time that NumPy does
    left, top, right, bottom = box or (0, 0, 0, 0)
    return ink[top:bottom, left:right]


def _fit(ink: np.ndarray) -> np.ndarray:
    """Longer side to 20 px, strongest ink to 255, centre of mass to the middle: (28, 28) uint8."""
    shrinking = max(ink.shape) > SPAN
    digit = _scale(ink, Image.Resampling.BOX if shrinking else Image.Resampling.BICUBIC).clip(0)
    digit = np.rint(digit * (255 / digit.max())).astype(np.uint8)
    # a tip that faded to nothing leaves the digit short: stretching the rest by whole pixels makes up for it
    if (tipless := _crop(digit, INK)).shape != digit.shape:
        digit = _scale(tipless, Image.Resampling.NEAREST).astype(np.uint8)

    field = np.zeros((SIDE, SIDE), np.uint8)
    top, left = (_start(digit.sum(axis=axis, dtype=np.float64)) for axis in (1, 0))
    field[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return field


def _scale(pixels: np.ndarray, method: Image.Resampling) -> np.ndarray:
    """`pixels` with a longer side of 20 px, its proportions kept."""
    height, width = (max(1, round(SPAN * side / max(pixels.shape))) for side in pixels.shape)
    return np.asarray(Image.fromarray(pixels.astype(np.float32)).resize((width, height), method))


def _start(profile: np.ndarray) -> int:
    """Where along one axis the digit begins, for its centre of mass to come nearest to the middle."""
    centre_of_mass = profile @ np.arange(len(profile)) / profile.sum()
    return int(np.clip(round(CENTRE - centre_of_mass), 0, SIDE - len(profile)))
