"""What the model reads in a drawing, as one piece of HTML whose size is the same in every state."""

from __future__ import annotations

import numpy as np

from app.drawing import Drawing, png_url
from mnistcore import Model, Reading, open_image, read

RUNNER_UP_SHOWN = 0.1  # probability from which the runner-up is named


def read_drawing(drawing: Drawing | None, model: Model | None) -> Reading | None:
    """What the model reads in the drawing; None if there is no drawing or no model."""
    if drawing is None or drawing.empty or model is None:
        return None
    return read(open_image(drawing.png), model)


def as_html(reading: Reading | None, label: int | None = None, model_loaded: bool = True) -> str:
    """The answer, the ten probabilities as bars, and the 28x28 image.

    Args:
        reading: None if nothing is drawn.
        label: which digit it is, if that is known.
        model_loaded: whether there is a model to read with.
    """
    sign, headline, detail = _words(reading) if model_loaded else ("–", "No model", "No model could be loaded.")
    if label is not None:
        detail = f"{detail} The MNIST label is {label}."
    shown = reading if reading and reading.status != "blank" else None
    best = shown.digit if shown and shown.status != "not a digit" else None
    probabilities = shown.probabilities if shown else np.zeros(10)
    if shown and shown.status == "not a digit":  # given that it is a digit, one of the ten may have 99%
        probabilities = probabilities * shown.digit_probability
    bars = "".join(
        f'<li class="{"best" if digit == best else ""}"><span>{digit}</span>'
        f'<span class="track"><span class="bar" style="width:{100 * p:.1f}%"></span></span>'
        f"<span>{f'{min(p, 0.999):.1%}' if shown else ''}</span></li>"  # rounded to 100% it would look certain
        for digit, p in enumerate(probabilities)
    )
    image = shown.image if shown else np.zeros((28, 28), np.uint8)
    return (
        '<section class="answer" aria-label="Answer">'
        f'<div class="said" role="status"><div class="digit">{sign}</div>'
        f"<div><strong>{headline}</strong><p>{detail}</p></div></div>"
        f'<figure><img src="{png_url(image)}" alt="The drawing as 28 by 28 pixels" width="84" height="84">'
        "<figcaption>network input</figcaption></figure>"
        f'<ol aria-label="Probability of each digit">{bars}</ol></section>'
    )


def _words(reading: Reading | None) -> tuple[str, str, str]:
    """The large sign, the headline and the line below it."""
    if reading is None:
        return "–", "Draw a digit", "0 to 9, of any size, anywhere on the canvas."
    p, q = reading.confidence, float(reading.probabilities[reading.runner_up])
    match reading.status:
        case "blank":
            return "–", "No digit yet", reading.message or ""
        case "not a digit":
            return "×", "Not a digit", f"Closest: {reading.digit}."
        case "uncertain":
            return "?", "Not sure", f"{reading.digit} ({p:.0%}) or {reading.runner_up} ({q:.0%})?"
    sure = "over 99%" if p > 0.99 else f"{p:.0%}"
    return str(reading.digit), f"{sure} sure", f"Or {reading.runner_up} ({q:.0%})." if q >= RUNNER_UP_SHOWN else ""
