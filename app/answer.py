"""What the network reads in a drawing, as one piece of HTML that keeps its size whatever it says."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from app.drawing import Drawing, as_png
from mnistcore import BlankImage, Model, prepare

CLOSE = 0.1  # probability from which the runner-up is worth a word


@dataclass(frozen=True)
class Reading:
    """A drawing as the network sees it, and what it makes of it: (28, 28) uint8 and (10,) float32."""

    image: np.ndarray
    probabilities: np.ndarray

    @property
    def ranking(self) -> np.ndarray:
        """The ten digits, the likeliest first."""
        return self.probabilities.argsort()[::-1]


def read(drawing: Drawing | None, model: Model) -> Reading | None:
    """What the model reads in the drawing; None if there is nothing drawn, or no more than a dot."""
    if drawing is None or drawing.empty:
        return None
    try:
        image = prepare(Image.open(io.BytesIO(drawing.png)))
    except BlankImage:
        return None
    return Reading(image, model.predict_proba(image[np.newaxis])[0])


def as_html(drawing: Drawing | None, reading: Reading | None, model: Model | None) -> str:
    """The answer, its ten probabilities as bars, and the 28x28 image, for all states alike."""
    digit, headline, detail = _words(drawing, reading, model)
    probabilities = reading.probabilities if reading else np.zeros(10)
    image = reading.image if reading else np.zeros((28, 28), np.uint8)
    best = int(probabilities.argmax()) if reading else None
    bars = "".join(
        f'<li class="{"best" if i == best else ""}"><span>{i}</span>'
        f'<span class="track"><span class="bar" style="width:{100 * p:.1f}%"></span></span>'
        f"<span>{f'{min(p, 0.999):.1%}' if reading else ''}</span></li>"  # never entirely sure
        for i, p in enumerate(probabilities)
    )
    return (
        '<section class="answer" aria-label="What the network reads">'
        f'<div class="said" role="status"><div class="digit">{digit}</div>'
        f"<div><strong>{headline}</strong><p>{detail}</p></div></div>"
        f'<figure><img src="{_png_url(image)}" alt="The drawing as 28 by 28 pixels" width="84" height="84">'
        "<figcaption>what it sees</figcaption></figure>"
        f'<ol aria-label="Probability of each digit">{bars}</ol></section>'
    )


def _words(drawing: Drawing | None, reading: Reading | None, model: Model | None) -> tuple[str, str, str]:
    """The large sign, the headline and the line below it."""
    if model is None:
        return "–", "No model", "You can draw, but nothing here can read it."
    if reading is None:
        if drawing is None or drawing.empty:
            return "–", "Draw a digit", "0 to 9, large or small, anywhere on the sheet."
        return "–", "Only a dot so far", "Go on: a digit needs a stroke."
    first, second = reading.ranking[:2]
    p, q = reading.probabilities[[first, second]]
    truth = f" MNIST says {drawing.label}." if drawing.label is not None else ""
    if p < model.rejection_threshold:
        return "?", "Not sure", f"{first} ({p:.0%}) or {second} ({q:.0%})?{truth}"
    return str(first), f"{_percent(p)} sure", (f"or else a {second} ({q:.0%})." if q >= CLOSE else "") + truth


def _percent(p: float) -> str:
    return "over 99%" if p > 0.99 else f"{p:.0%}"


def _png_url(image: np.ndarray) -> str:
    return "data:image/png;base64," + base64.b64encode(as_png(image)).decode("ascii")
