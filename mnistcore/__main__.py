"""python -m mnistcore: the command line."""

from mnistcore.cli.main import run

run()
