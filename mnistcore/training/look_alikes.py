"""Which letters and signs that people wrote cannot be told from a digit: an i without its dot, a y like a 4.

To train on them as non-digits would teach a network that some digits are none. Those whose label says enough are in
`hands.LIKE_A_DIGIT`; of the others a model that has learnt all of them as non-digits, and takes one for a digit with a
probability above 0.9 all the same, is believed. Their fingerprints are in `data/look_alikes.txt`:

    python -m mnistcore.training.look_alikes MODEL.npz FILE...    # makes that file anew from people's strokes
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from mnistcore.data import hands, pen
from mnistcore.home import atomic_path
from mnistcore.models.files import read_model

PROBABLY, WIDTH = 0.9, 2.5  # the digit probability, 0-1, from which a character is left out; pixels of the pen
FILE = Path(hands.__file__).with_name("look_alikes.txt")
HEAD = """\
# Letters and signs that look like a digit, found by `python -m mnistcore.training.look_alikes`: their fingerprints.
"""


def main() -> None:
    """Find them, and write their file."""
    parser = argparse.ArgumentParser(description="Find the letters and signs that look like a digit.")
    parser.add_argument("model", help="a model file, which has learnt from all of these letters")
    parser.add_argument("hands", type=Path, nargs="+", metavar="FILE", help="what people wrote with pens")
    options = parser.parse_args()
    characters = [
        character
        for path in options.hands
        for character in hands.load(path)
        if not character.is_digit and character.label not in hands.LIKE_A_DIGIT
    ]
    written = pen.write(
        pen.paths([character.strokes for character in characters]),
        np.full(len(characters), WIDTH),
        np.random.default_rng(0),
    )
    probability = read_model(options.model).digit_probability(written)
    found = sorted({characters[i].fingerprint for i in np.flatnonzero(probability > PROBABLY)})
    with atomic_path(FILE) as temporary:
        temporary.write_text(HEAD + "\n".join(found) + "\n", encoding="utf-8")
    print(f"{len(found):,} of {len(characters):,} letters and signs look like a digit: {FILE}")


if __name__ == "__main__":
    main()
