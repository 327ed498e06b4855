"""What the model reads in a drawing, as one piece of HTML whose size is the same in every state."""

import numpy as np

from app.shared import number
from app.shared.drawing import Drawing
from app.shared.words import spoken
from mnistcore.digit.files import open_image
from mnistcore.digit.model import Model
from mnistcore.digit.reading import Reading, read, read_batch
from mnistcore.models.readers import shipped_reader
from mnistcore.page.pages import Page, read_page

RUNNER_UP_SHOWN = 0.1  # probability from which the runner-up is named


def of_drawing(drawing: Drawing | None, model: Model | None) -> tuple[Reading | None, Page | None]:
    """What the model reads in the drawing, None if there is no drawing or no model; and the page, if it is a number:
    then the reading is of the digit that the visitor looks at."""
    if drawing is None or drawing.empty or model is None:
        return None, None
    image = open_image(drawing.png)
    if drawing.label is not None:  # it is one of MNIST's
        return read(image, model), None
    page = read_page(image, model, shipped_reader(), kind="drawing")
    if len(page.digits) > 1:
        return page.digits[number.picked(drawing, len(page.digits))].reading, page
    return page.digits[0].reading if page.digits else page.refused, None


def as_html(
    reading: Reading | None, label: int | None, model: Model | None, other: Model | None = None, example: bool = False
) -> str:
    """The answer in words, and that of another model beside it.

    Args:
        reading: None if nothing is drawn.
        label: which digit it is, if that is known.
        model: which has read it; None if there is none to read with.
        other: the other model; None if there is none.
        example: whether it is not the visitor's drawing that was read.
    """
    sign, headline, detail = in_words(reading, model) if model else ("–", "No network", "No network could be loaded.")
    if example:
        headline, detail = "An example", f"{headline}. Now draw your own digit."
    truth, kind = "", reading.status if reading else "blank"
    if reading and label is not None:
        if reading.status == "digit" and reading.digit == label:
            detail = f"Right: it is a {label}. {detail}"
        else:
            kind = kind if kind == "uncertain" else "misread"
            truth = f'<div class="truth"><b>{label}</b><span>is right</span></div>'
    return (
        f'<section class="answer {kind.replace(" ", "-")}" aria-label="Answer">'
        f'<div class="said" role="status"><div class="digit">{sign}</div>'
        f"<div><strong>{headline}</strong><p>{detail}</p>{_of_another(reading, other)}</div>{truth}</div></section>"
    )


def _is_wide(reading: Reading) -> bool:
    """Whether the ink is about as wide as high, or wider, as digits are that touch."""
    return int(reading.image.any(axis=0).sum()) > 0.8 * int(reading.image.any(axis=1).sum())


def in_words(reading: Reading | None, model: Model, page: Page | None = None) -> tuple[str, str, str]:
    """The large sign, the headline and the line below it: of a digit, or of a page with a number."""
    if page:
        return page.text, f"{len(page.digits)} digits", _of_the_least_sure(page.readings, model)
    if reading is None:
        return "–", "Draw a digit", "Or a number, of any size, anywhere on the sheet."
    who = spoken(model.name, begins=True)
    is_digit = reading.digit_probability  # the bars show it, too
    p, q = is_digit * reading.confidence, is_digit * float(reading.probabilities[reading.runner_up])
    match reading.status:
        case "blank":
            return "–", "No digit yet", reading.message or ""
        case "not a digit":
            hint = " If it is a number, leave a little space between its digits." if _is_wide(reading) else ""
            return "×", "Not a digit", f"The closest digit is {reading.digit}.{hint}"
        case "uncertain":
            return (
                "?",
                f"{reading.digit} or {reading.runner_up}?",
                f"{who} says {reading.digit} with {p:.0%}, {reading.runner_up} with {q:.0%}.",
            )
    second, name = max((q, str(reading.runner_up)), (1 - is_digit, "no digit"))
    return (
        str(reading.digit),
        f"{who} is {_sure(p)}",
        f"Or {name} ({second:.0%})." if second >= RUNNER_UP_SHOWN else "",
    )


def _sure(confidence: float) -> str:
    return f"{'over 99%' if confidence > 0.99 else f'{confidence:.0%}'} sure"


def of_number(page: Page, model: Model, other: Model | None) -> str:
    """The answer in words if several digits are drawn, and what another model reads in them."""
    digits = "".join(
        f'<span class="{"doubtful" if digit.reading.status != "digit" else ""}">{digit.reading.digit}</span>'
        + (" " if following and following.line != digit.line else "")
        for digit, following in zip(page.digits, [*page.digits[1:], None], strict=True)
    )
    return (
        '<section class="answer number" aria-label="Answer"><div class="said" role="status">'
        f'<div class="digit" style="--count:{len(page.digits)}">{digits}</div>'
        f"<div><strong>{len(page.digits)} digits</strong><p>{_of_the_least_sure(page.readings, model)}</p>"
        f"{_of_another_in_number(page.readings, other)}</div></div></section>"
    )


def _of_the_least_sure(readings: list[Reading], model: Model) -> str:
    uncertain = [reading for reading in readings if reading.status != "digit"]
    if len(uncertain) == 1:
        return uncertain[0].message or ""
    if uncertain:
        return f"{spoken(model.name, begins=True)} is not sure of {len(uncertain)} of them."
    least = min(readings, key=lambda reading: reading.confidence)
    if least.confidence > 0.99:
        return f"{spoken(model.name, begins=True)} is over 99% sure of each."
    return f"{spoken(model.name, begins=True)} is least sure of the {least.digit}: {least.confidence:.0%}."


def _of_another_in_number(readings: list[Reading], other: Model | None) -> str:
    """What another model reads in the same digits, in one line."""
    if other is None:
        return ""
    theirs = read_batch(np.stack([reading.image for reading in readings]), other).digit.tolist()
    return _other(other, "".join(map(str, theirs)), theirs != [reading.digit for reading in readings])


def _of_another(reading: Reading | None, other: Model | None) -> str:
    """What another model reads in the same image, in one line."""
    if reading is None or reading.digit is None or other is None:
        return ""
    theirs = read(reading.image, other)
    words = {
        "digit": f"{theirs.digit}, {_sure(theirs.confidence)}",
        "uncertain": f"{theirs.digit} or {theirs.runner_up}?",
        "not a digit": f"not a digit (closest: {theirs.digit})",
        "blank": "no digit",
    }
    return _other(other, words[theirs.status], (theirs.status, theirs.digit) != (reading.status, reading.digit))


def _other(other: Model, said: str, differs: bool) -> str:
    return f'<p class="other{" differs" if differs else ""}">{spoken(other.name, begins=True)}: {said}</p>'
