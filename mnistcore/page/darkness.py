"""A photo, scan or drawing -> how dark each pixel is, ink above paper, whichever of them is the darker."""

from __future__ import annotations

import numpy as np
from PIL import Image

from mnistcore.digit.grey import PAGE_SIDE, to_grey

COARSE = 100  # pixels along the longer side of what is looked at to tell ink from paper
PLAIN = 0.4  # share of the pixels that have exactly one brightness in a drawing or a screenshot
AROUND = 0.35  # of that side, the side of the surroundings of a pixel, most of which are paper
WIDE = 0.15  # of that side: no stroke is as wide


def brightness(image: Image.Image | np.ndarray) -> np.ndarray:
    """How bright a picture is: (H, W) float32 in 0-1.

    Args:
        image: whatever `prepare` takes. It is turned as its EXIF data says, and reduced to PAGE_SIDE.

    Raises:
        BadImage: the input is not a picture.
    """
    return to_grey(image, PAGE_SIDE).astype(np.float32) / 255


def is_plain(bright: np.ndarray) -> bool:
    """Whether the paper of a picture is of one colour, as on a screen."""
    return _paper(bright) is not None


def _paper(bright: np.ndarray) -> float | None:
    """How bright the paper is, if it is of one colour."""
    levels = (255 * bright).astype(np.uint8)
    # to count one brightness takes a tenth of the time that it takes to count all, so a sample says which
    step = _step(bright)
    level = int(np.bincount(levels[::step, ::step].ravel()).argmax())
    is_paper = levels == level
    if np.count_nonzero(is_paper) <= PLAIN * bright.size:
        return None
    # a scan may be as white, but along one of its sides there is a margin, or the edge of the sheet
    sides = is_paper[0], is_paper[-1], is_paper[:, 0], is_paper[:, -1]
    return level / 255 if all(side.any() for side in sides) else None


def _step(picture: np.ndarray) -> int:
    """Of so many rows and columns one is looked at, to leave COARSE pixels along the longer side."""
    return -(-max(picture.shape) // COARSE)


def darkness(bright: np.ndarray) -> np.ndarray:
    """How dark a picture is, or how bright, if what is written on it is bright: (H, W) float32 in 0-1, ink above
    paper."""
    return bright if _light_ink(bright) else 1 - bright


def _light_ink(grey: np.ndarray) -> bool:
    """Whether what differs from the paper, or else from most of its surroundings, is rather brighter than darker."""
    paper = _paper(grey)
    if paper is not None:
        return float(grey.mean()) > paper
    from scipy import ndimage

    step = _step(grey)
    some = grey[::step, ::step]  # pixels, not means, in which thin lines would make all of the paper darker
    around, wide = (2 * round(share * max(some.shape) / 2) + 1 for share in (AROUND, WIDE))
    most = ndimage.median_filter(some, around)
    # a margin, a shadow or the table beside the sheet differs from most, too, but is wide
    bright = np.minimum(some - most, some - ndimage.grey_opening(some, wide)).clip(0)
    dark = np.minimum(most - some, ndimage.grey_closing(some, wide) - some).clip(0)
    return float((bright**2).sum()) > float((dark**2).sum())
