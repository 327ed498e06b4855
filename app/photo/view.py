"""A photo with a box around each digit, its digits one by one, and the number as text. A tap on one corrects it."""

from collections.abc import Callable
from dataclasses import dataclass

from app.shared.charts.pictures import ink_url
from app.shared.component import component
from app.shared.tiles import tile
from app.shared.words import percent
from mnistcore.digit.form import NON_DIGIT_CLASS
from mnistcore.digit.reading import Reading
from mnistcore.words import counted

_CHOICES = "".join(f'<button type="button" data-answer="{digit}">{digit}</button>' for digit in range(10))
_digits = component(
    __file__,
    '<div class="photo-digits"><img alt="The photo" hidden><div class="marks"></div></div>'
    '<dialog class="correction"><img alt="The digit as the network sees it"><p></p>'
    f'<div class="choices">{_CHOICES}</div>'
    f'<div class="others"><button type="button" data-answer="{NON_DIGIT_CLASS}">Not a digit</button>'
    '<button type="button" data-cancel>Cancel</button></div></dialog>',
)


@dataclass(frozen=True)
class CorrectedDigit:
    """A digit on a photo, as the visitor has corrected it.

    Attributes:
        index: its number on the page.
        label: 0-9, or NON_DIGIT_CLASS: what the visitor said that it is, or else what was read.
        reading: what the model reads there.
        corrected: whether the visitor has said what it is.
        box: (x, y, width, height) in pixels of the page.
    """

    index: int
    label: int
    reading: Reading
    corrected: bool
    box: tuple[int, int, int, int]

    @property
    def uncertain(self) -> bool:
        """Whether the model is not certain of it, and the visitor has said nothing."""
        return not self.corrected and self.reading.status != "digit"


def table(rows: list[list[str]]) -> str:
    """The cells of a table as HTML."""
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="page-table"><table aria-label="The table on the photo">{body}</table></div>'


def show(key: str, marks: str, on_correction: Callable[[], None], picture: str | None = None) -> None:
    """Show digits, and let the visitor say what each is.

    Args:
        key: of the component.
        marks: the digits as HTML: `boxes` or `tiles`.
        on_correction: is called when the browser has sent what a digit is.
        picture: behind them, as a `data:` URL.
    """
    _digits(key=key, data={"picture": picture, "marks": marks}, on_correction_change=on_correction)


def sentence(lines: list[list[CorrectedDigit]], any_read: bool) -> str:
    """How many digits were found, how sure they are, and what can be done."""
    digits = [digit for line in lines for digit in line]
    if not digits:
        if any_read:
            return "No digit is left: you have said that there is none."
        return (
            "No digits were found on this picture. They are found best if they are dark on light paper, "
            "some millimetres high, and the picture is sharp."
        )
    words = f"**{counted(len(digits), 'digit')}** in {counted(len(lines), 'line')}"
    if uncertain := sum(digit.uncertain for digit in digits):
        words += f"; {uncertain} uncertain, marked with **?**"
    if corrected := sum(digit.corrected for digit in digits):
        words += f"; {corrected} corrected by you"
    return f"{words}. Is one wrong? Tap it, and choose the right one."


def boxes(lines: list[list[CorrectedDigit]], size: tuple[int, int]) -> str:
    """A button over each digit of a photo of that width and height, with the digit at its corner."""
    width, height = size
    html = ""
    for digit in (digit for line in lines for digit in line):
        x, y, across, down = digit.box
        place = (
            f"left:{100 * x / width:.2f}%;top:{100 * y / height:.2f}%;"
            f"width:{100 * across / width:.2f}%;height:{100 * down / height:.2f}%;--height:{down / width:.4f}"
        )
        button = f'<button type="button" class="box {_kind(digit)}" style="{place}" {_about(digit)}>'
        html += f"{button}<b>{_sign(digit)}</b></button>"
    return html


def tiles(lines: list[list[CorrectedDigit]]) -> str:
    """Each digit as the network sees it, with its confidence, line by line."""
    html = ""
    for line in lines:
        html += '<div class="line">'
        for digit in line:
            said = "corrected" if digit.corrected else percent(digit.reading.confidence)
            html += tile(digit.reading, _sign(digit), said, _kind(digit), _about(digit))
        html += "</div>"
    return html


def _kind(digit: CorrectedDigit) -> str:
    return "corrected" if digit.corrected else "uncertain" if digit.uncertain else "sure"


def _sign(digit: CorrectedDigit) -> str:
    return f"{digit.label}?" if digit.uncertain else str(digit.label)


def _about(digit: CorrectedDigit) -> str:
    """What the dialog says of a digit, as attributes."""
    reading = digit.reading
    words = f"Read as {reading.digit}, {percent(reading.confidence)} sure."
    if digit.uncertain:
        words = f"{reading.message} It was read as {reading.digit}."
    elif digit.corrected:
        words += f" You said that it is a {digit.label}."
    return (
        f'data-index="{digit.index}" data-picture="{ink_url(reading.image)}" '
        f'data-words="{words} Which digit is it?" aria-label="{digit.label}, {_kind(digit)}: correct it"'
    )
