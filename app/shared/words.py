"""Numbers in a few words."""


def percent(probability: float) -> str:
    """A probability in a few characters: rounded to 100% it would look certain."""
    return "0%" if probability < 0.0005 else f"{min(probability, 0.999):.1%}"


def duration(seconds: float) -> str:
    """In seconds or minutes."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
