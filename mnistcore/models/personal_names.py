"""The names of personal models. Whoever knows one may use the model, so it is written nowhere but where its owner looks
for it: what is shown, stored with digits, exported, logged and sent in headers is a label, which opens nothing."""

from __future__ import annotations

import hashlib
import re
import secrets

_SECRET = re.compile("(?<=personal[-/])[0-9a-f]{32}(?![0-9a-f])")  # a name, or a profile's folder in a path


def new_name() -> str:
    """A new name, which nobody can guess."""
    return f"personal-{secrets.token_hex(16)}"


def is_name(name: str) -> bool:
    """Whether a personal model may have this name."""
    return re.fullmatch("personal-[0-9a-f]{32}", name) is not None


def label(text: str) -> str:
    """A text with every personal model's name in it replaced by its label, such as "personal-1f0c92e8": the beginning
    of a hash, by which the model can be told from others but not found. Any other text stays as it is."""
    return _SECRET.sub(lambda secret: hashlib.sha256(secret[0].encode()).hexdigest()[:8], text)
