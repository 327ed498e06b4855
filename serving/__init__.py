"""What api.py is built from.

server.py      starts the workers                           security.py    API keys, CORS, proxies
metrics.py     durations and ids of requests                logs.py        what is logged, and how
counts.py      what each worker counts, added up
admission.py   how many requests a worker takes on          models.py      which model answers
bodies.py      a request's body, whole and unpacked         images.py      a body -> images
contract.py    every request and answer, declared once      inference.py   the same for the Open Inference Protocol
feedback.py    how POST /feedback reaches mnistcore/confirmed
routes.py      what is declared of a route                  openapi.py     the routes as a document and a page
"""

from __future__ import annotations

import os

# One thread for matrix products: more of them only wait for each other. NumPy reads this when it is imported.
for _library in ("OPENBLAS", "MKL", "OMP"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
