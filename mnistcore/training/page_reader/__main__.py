"""The eight steps, one after the other."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from mnistcore.models.files import SHIPPED_DIRECTORY
from mnistcore.models.readers import write_reader
from mnistcore.page import decisions, drawing
from mnistcore.page.reader import PageReader
from mnistcore.training import page_reader
from mnistcore.training.page_reader.closeup import train_closeup
from mnistcore.training.page_reader.context import train_context
from mnistcore.training.page_reader.decisions import train_doubtful, train_lone, train_number, train_shares
from mnistcore.training.page_reader.making import Maker
from mnistcore.training.page_reader.windows import train_cascade, train_sliding


def train(data: Path | None, hands: tuple[Path, ...], seed: int, log: Callable[[str], None]) -> PageReader:
    """All eight steps."""
    maker = Maker(data, hands, seed)
    sliding = train_sliding(maker, seed, log)
    cascade = train_cascade(maker, sliding, seed)
    context = train_context(maker, cascade, sliding, seed, log)
    closeup = train_closeup(maker, seed, log)
    to_be_fitted = (
        np.array([0.0, 1, 0]),
        np.full((4, 2), 0.25),
        np.zeros(decisions.ALONE),
        np.zeros((2, drawing.FEATURES)),
    )
    reader = PageReader(cascade, sliding, context, closeup, *to_be_fitted)
    reader = replace(reader, doubtful=train_doubtful(maker, reader, log))
    reader = replace(reader, shares=train_shares(maker, reader, log))
    reader = replace(reader, lone=train_lone(maker, reader, log))
    return replace(reader, number=train_number(maker, reader, log))


def main() -> None:
    cli = argparse.ArgumentParser(
        prog="python -m mnistcore.training.page_reader",
        description=page_reader.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    cli.add_argument("--data", type=Path, help="MNIST as a file; by default it is downloaded")
    cli.add_argument("--hands", type=Path, nargs="+", required=True, help="what people wrote, as for mnistcore train")
    cli.add_argument("--seed", type=int, default=0)
    cli.add_argument("--out", type=Path, default=SHIPPED_DIRECTORY / "page.npz")
    options = cli.parse_args()
    write_reader(train(options.data, tuple(options.hands), options.seed, print), options.out)


if __name__ == "__main__":
    main()
