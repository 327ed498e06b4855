"""Trainings that are not done: under way, or interrupted and to be resumed.

Each has a directory of its own under `MNISTCORE_HOME`, which goes when the training is done:

    unfinished/5f0c9d2e81b7a634/order.json    what was to be trained, and for whom
                                lock          of the process that does it
                                fold-1.npz    where the training of each network is (`checkpoints.py`)
                                network.npz   of the final one
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from mnistcore.errors import NothingUnfinished
from mnistcore.home import home, read_text
from mnistcore.training.order import Order, order_from_json

ORDER = "order.json"
LOCK = "lock"  # held by the process that does the training
DAYS = 30  # that an interrupted training is kept


def unfinished_directory() -> Path:
    """Where each unfinished training has its directory."""
    return home() / "unfinished"


def latest_order(visitor: str | None, log: Callable[[str], None] = lambda _: None) -> Order:
    """The order of the unfinished training of a visitor that was under way last.

    Args:
        visitor: of the app; None is the command line.
        log: called with one sentence for each that is damaged.

    Raises:
        NothingUnfinished: there is none.
    """
    for directory in sorted(_directories(), key=_last_written, reverse=True):
        try:
            if (order := _order_in(directory)).visitor == visitor:
                return order
        except FileNotFoundError:  # deleted meanwhile, or not begun yet
            continue
        except Exception as error:  # a damaged order fails in more ways than can be listed
            log(f"The unfinished training in {directory} is damaged ({type(error).__name__}): it is passed over.")
    raise NothingUnfinished("No training is unfinished, so there is nothing to resume.")


def forget(visitor: str) -> None:
    """Delete the visitor's unfinished trainings."""
    for directory in _directories():
        with suppress(Exception):  # of a damaged order nobody knows whose it is
            if _order_in(directory).visitor == visitor:
                shutil.rmtree(directory, ignore_errors=True)


def prune() -> None:
    """Delete the trainings, whoever's, that nobody has resumed for `DAYS`."""
    oldest = time.time() - 24 * 3600 * DAYS
    for directory in _directories():
        if _last_written(directory) < oldest:
            shutil.rmtree(directory, ignore_errors=True)


def _order_in(directory: Path) -> Order:
    return order_from_json(json.loads(read_text(directory / ORDER)))


def _directories() -> list[Path]:
    return [path for path in unfinished_directory().glob("*") if path.is_dir()]


def _last_written(directory: Path) -> float:
    """When something in it was last written, in seconds since 1970; 0 if it was deleted meanwhile."""
    try:
        return max(path.stat().st_mtime for path in (directory, *directory.iterdir()))
    except OSError:
        return 0.0
