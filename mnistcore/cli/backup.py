"""The command backup."""

from __future__ import annotations

import argparse

from mnistcore.cli.options import tell


def backup(options: argparse.Namespace) -> int:
    """Copy the database of confirmed digits, which may be in use."""
    from mnistcore.confirmed import open_feedback

    feedback = open_feedback(make=False)
    try:
        feedback.back_up(options.file)
    finally:
        feedback.close()
    tell(f"The confirmed digits are in {options.file}.", options.file)
    return 0
