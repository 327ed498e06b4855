"""python -m mnistcore: the command line."""

import sys

from mnistcore.cli import main

sys.exit(main())
