"""What api.py is built from.

server.py      starts the workers                          routes.py     what is declared of a route
contract.py    every request and answer, declared once     openapi.py    the routes as a document and a page
bodies.py      a request's body -> images                  security.py   API key, CORS, the log of requests
metrics.py     counts and durations, for Prometheus
"""

from __future__ import annotations

import os

# One thread for matrix products: more of them only wait for each other. NumPy reads this when it is imported.
for _library in ("OPENBLAS", "MKL", "OMP"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
