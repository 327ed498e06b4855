"""python -m mnistcore: the command line."""

from mnistcore.cli import run

run()
