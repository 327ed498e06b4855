"""The command hands."""

from __future__ import annotations

import argparse

from mnistcore.cli.options import log


def hands(options: argparse.Namespace) -> int:
    """Write characters that people wrote with a pen as one compact file."""
    from mnistcore.data import hands

    characters = hands.load(options.folder, log)
    if options.validation:
        _, characters = hands.split(characters)
    if options.only:
        characters = [character for character in characters if character.is_digit == (options.only == "digits")]
    hands.save(options.out, characters)
    print(f"{len(characters):,} characters are in {options.out}.")
    return 0
