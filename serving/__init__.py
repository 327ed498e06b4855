"""What stands behind api.py.

server.py         start the workers          api.py            the routes
                                                 |
security.py         who may ask, and from where    |    metrics.py        what happened, for Prometheus
openapi.py        the contract as a document     |    model_watch.py    the model in use, renewed when its file is
                                                 |
contract.py       every question and answer, declared once
bodies.py         a request's body -> images     predicting.py     images -> digits, with a warning where due
"""

from __future__ import annotations

import os

# One thread for matrix products: more of them only wait for each other. It has to be said before NumPy is loaded.
for _library in ("OPENBLAS", "MKL", "OMP"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
