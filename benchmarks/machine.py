"""What else the machine did while something was measured on it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def load_printed() -> Iterator[None]:
    """Print the load of the machine before and after."""
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    yield
    print(f"load after: {os.getloadavg()[0]:.1f}", flush=True)
