"""What scissors, cameras, scanners and thresholds leave of a bit of paper."""

from __future__ import annotations

import numpy as np
from PIL import Image
from scipy import ndimage

from mnistcore.data.scenes.scene import HEIGHT, WIDTH
from mnistcore.page.scan import extended


def cropped(picture: np.ndarray, marks, rng: np.random.Generator) -> np.ndarray:
    """Cut close to the writing at some sides; what is beyond goes on as the border is."""
    if not marks:
        return picture
    boxes = np.array(
        [(x - h / 2, y - h / 2, x + h / 2, y + h / 2) for x, y, h, _ in marks if h > 12] or [(20, 20, 60, 60)]
    )
    sides = rng.random(4) < (0.5, 0.6, 0.5, 0.6)
    main = boxes[0]
    left = int(np.clip(boxes[:, 0].min() + rng.uniform(-3, 1), 0, WIDTH - 30)) if sides[0] else 0
    top = int(np.clip(main[1] + rng.uniform(-9, 0.5), 0, HEIGHT - 30)) if sides[1] else 0
    right = int(np.clip(boxes[:, 2].max() + rng.uniform(-1, 4), left + 20, WIDTH)) if sides[2] else WIDTH
    bottom = int(np.clip(main[3] + rng.uniform(-0.5, 9), top + 20, HEIGHT)) if sides[3] else HEIGHT
    marks[:] = [mark for mark in marks if left <= mark[0] < right and top <= mark[1] < bottom]
    return extended(picture[top:bottom, left:right], top, HEIGHT - bottom, left, WIDTH - right)


def copied(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Made coarse, blurred, grainy or thresholded."""
    if rng.random() < 0.35:
        share = rng.uniform(0.5, 0.95)
        small = Image.fromarray(picture).resize(
            (round(WIDTH * share), round(HEIGHT * share)), Image.Resampling.BILINEAR
        )
        picture = np.asarray(small.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))
    if rng.random() < 0.5:
        picture = ndimage.gaussian_filter(picture, rng.uniform(0.3, 1.0))
    if rng.random() < 0.5:
        picture = picture + rng.uniform(0, 0.05) * rng.standard_normal(picture.shape, np.float32)
    if rng.random() < 0.12:
        around = ndimage.uniform_filter(picture, 31)
        hard = np.where(picture < around * rng.uniform(0.75, 0.92), 0.0, 1.0).astype(np.float32)
        picture = ndimage.gaussian_filter(hard, rng.uniform(0.2, 0.6))
    return np.clip(picture, 0, 1).astype(np.float32)
