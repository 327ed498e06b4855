"""What several pages say in the same words: the names of the shipped networks, labels, numbers."""

from mnistcore.digit.form import NON_DIGIT_CLASS

NON_DIGIT = "no digit"
SPOKEN = {"classic": "the textbook network", "robust": "the careful network"}  # the command line and the API say these


def spoken(model: str, begins: bool = False) -> str:
    """What people call a model.

    Args:
        model: its name.
        begins: whether a sentence begins with it.
    """
    said = SPOKEN.get(model, model)
    return said[0].upper() + said[1:] if begins and model in SPOKEN else said


def percent(probability: float) -> str:
    """A probability in a few characters: rounded to 100% it would look certain."""
    return "0%" if probability < 0.0005 else f"{min(probability, 0.999):.1%}"


def named(label: int) -> str:
    """A digit, or that it is none."""
    return NON_DIGIT if label == NON_DIGIT_CLASS else str(label)


def a_named(label: int) -> str:
    """The same with an article, as Markdown."""
    return NON_DIGIT if label == NON_DIGIT_CLASS else f"a **{label}**"


def duration(seconds: float) -> str:
    """In seconds or minutes."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
