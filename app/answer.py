"""What the model reads in a drawing, as one piece of HTML whose size is the same in every state."""

from __future__ import annotations

from app.drawing import Drawing
from app.models import watch
from mnistcore import Model, Reading, open_image, read, store

RUNNER_UP_SHOWN = 0.1  # probability from which the runner-up is named


def read_drawing(drawing: Drawing | None, model: Model | None) -> Reading | None:
    """What the model reads in the drawing; None if there is no drawing or no model."""
    if drawing is None or drawing.empty or model is None:
        return None
    return read(open_image(drawing.png), model)


def as_html(reading: Reading | None, label: int | None, model: Model | None, example: bool = False) -> str:
    """The answer in words, and that of another model beside it.

    Args:
        reading: None if nothing is drawn.
        label: which digit it is, if that is known.
        model: which has read it; None if there is none to read with.
        example: whether it is not the visitor's drawing that was read.
    """
    sign, headline, detail = _words(reading) if model else ("–", "No model", "No model could be loaded.")
    if example:
        headline, detail = f"Example: {headline}", "Now draw your own digit on the sheet."
    truth, kind = "", reading.status if reading else "blank"
    if reading and label is not None:
        if reading.status == "digit" and reading.digit == label:
            detail = f"Correct: the MNIST label is {label}. {detail}"
        else:
            kind = kind if kind == "uncertain" else "misread"
            truth = f'<div class="truth"><b>{label}</b><span>is the label</span></div>'
    return (
        f'<section class="answer {kind.replace(" ", "-")}" aria-label="Answer">'
        f'<div class="said" role="status"><div class="digit">{sign}</div>'
        f"<div><strong>{headline}</strong><p>{detail}</p>{_of_another(reading, model)}</div>{truth}</div></section>"
    )


def _words(reading: Reading | None) -> tuple[str, str, str]:
    """The large sign, the headline and the line below it."""
    if reading is None:
        return "–", "Draw a digit", "0 to 9, of any size, anywhere on the sheet."
    p, q = reading.confidence, float(reading.probabilities[reading.runner_up])
    match reading.status:
        case "blank":
            return "–", "No digit yet", reading.message or ""
        case "not a digit":
            return "×", "Not a digit", f"The closest digit is {reading.digit}."
        case "uncertain":
            return (
                "?",
                f"{reading.digit} or {reading.runner_up}?",
                f"{reading.digit} {p:.0%}, {reading.runner_up} {q:.0%}",
            )
    return str(reading.digit), _sure(p), f"Or {reading.runner_up} ({q:.0%})." if q >= RUNNER_UP_SHOWN else ""


def _sure(confidence: float) -> str:
    return f"{'over 99%' if confidence > 0.99 else f'{confidence:.0%}'} sure"


def _of_another(reading: Reading | None, model: Model | None) -> str:
    """What another of the shipped models reads in the same image, in one line."""
    if reading is None or reading.digit is None or model is None:
        return ""
    other = watch(next(name for name in store.SHIPPED if name != model.name)).current
    if other is None:
        return ""
    theirs = read(reading.image, other)
    words = {
        "digit": f"{theirs.digit}, {_sure(theirs.confidence)}",
        "uncertain": f"{theirs.digit} or {theirs.runner_up}?",
        "not a digit": f"not a digit (closest: {theirs.digit})",
        "blank": "no digit",
    }
    differs = (theirs.status, theirs.digit) != (reading.status, reading.digit)
    return f'<p class="other{" differs" if differs else ""}">{other.name}: {words[theirs.status]}</p>'
