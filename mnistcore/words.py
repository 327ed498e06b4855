"""Numbers in words, for people."""

from __future__ import annotations


def counted(number: int, what: str) -> str:
    """Such as "1 epoch" or "1,000 epochs"."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
