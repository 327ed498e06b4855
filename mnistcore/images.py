"""Any picture of a digit -> the 28x28 form that MNIST's own digits have.

MNIST's makers cropped each digit, scaled its longer side to 20 pixels and moved its centre of mass to the middle of a
28x28 field (LeCun et al. 1998, "Gradient-based learning applied to document recognition", section III-A).
A network that was trained on such digits reads nothing else well, so every picture, wherever it comes from, passes
through `prepare`, which takes the same steps:

    1. grey      any mode, size or orientation -> brightness, transparent parts as paper
    2. ink       brightness -> how much ink, whichever of paper and ink is the darker
    3. clean     stray specks out; a dot alone is no digit
    4. fit       crop, longer side to 20 px, centre of mass to the middle
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from mnistcore.errors import BlankImage
from mnistcore.grey import to_grey

SIDE = 28  # pixels, the height and width of a prepared image
SPAN = 20  # pixels, the longer side of a prepared digit
CENTRE = 14.0  # pixel index of a prepared digit's centre of mass, as measured on MNIST's own images
INK = 20  # of 255: what counts as ink when a digit's extent is measured
TOLERANCE = 0.55  # pixels that a prepared digit's centre may be off: half a pixel of rounding, and a little
FAINTEST = 16  # of 255: a picture with less contrast than this is blank paper
GRAINY = 0.03  # of full ink, standard deviation: paper noisier than this is smoothed first
SPECK = 0.02  # parts smaller than this share of the largest part are dirt, not writing
DOT = 0.7  # a shape whose inscribed circle is this much of its longer side is a dot; the stoutest digits stay below

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
    grey = to_grey(image)
    if grey.shape == (SIDE, SIDE):
        as_mnist = np.rint(grey).astype(np.uint8)
        if is_prepared(as_mnist[np.newaxis])[0]:
            return as_mnist
    return _fit(_clean(_ink(grey)))


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
