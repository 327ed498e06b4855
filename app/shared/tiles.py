"""A digit as the network sees it, with what it was read as and how sure that is, as a small button."""

from app.shared.charts.pictures import ink_url
from mnistcore.digit.reading import Reading


def tile(reading: Reading, sign: str, said: str, kind: str, attributes: str) -> str:
    """HTML of one digit.

    Args:
        reading: what the network reads; its image is shown.
        sign: what is shown as the digit.
        said: the small line below it.
        kind: class of the button: "sure", "uncertain" or "corrected".
        attributes: further ones of the button.
    """
    button = f'<button type="button" class="tile {kind}" {attributes}>'
    return f'{button}<img src="{ink_url(reading.image)}" alt=""><b>{sign}</b><small>{said}</small></button>'
