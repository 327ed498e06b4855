"""Digits on paper, as a camera sees them, for tests."""

import numpy as np
from PIL import Image

from mnistcore.data.datasets import shipped_test_digits

IMAGES, LABELS = shipped_test_digits()


def digit(label: int, height: int, which: int = 0) -> np.ndarray:
    """One of MNIST's test digits, cropped and enlarged: (height, width) float in 0-1."""
    image = IMAGES[(label == LABELS).nonzero()[0][which]]
    cropped = Image.fromarray(image)
    cropped = cropped.crop(cropped.getbbox())
    width = max(2, round(cropped.width * height / cropped.height))
    return np.asarray(cropped.resize((width, height), Image.Resampling.BICUBIC), float) / 255


def ink_of(lines: list[str], size: tuple[int, int] = (600, 400), height: int = 50) -> np.ndarray:
    """Lines of digits, well apart: (H, W) float in 0-1."""
    ink = np.zeros((size[1], size[0]))
    for row, line in enumerate(lines):
        x, y = 60, 60 + row * 2 * height
        for character in line:
            image = digit(int(character), height)
            ink[y : y + height, x : x + image.shape[1]] = image
            x += image.shape[1] + height // 2
    return ink


def photo_of(ink: np.ndarray, seed: int = 0) -> np.ndarray:
    """Ink on grainy paper, in light that falls off: (H, W) uint8."""
    light = np.linspace(235, 130, ink.shape[1]) + np.random.default_rng(seed).normal(0, 2, ink.shape)
    return (light * (1 - 0.8 * ink)).clip(0, 255).astype(np.uint8)
