"""What one request takes in the process that answers it, without a server and a network: processor time.

    python benchmarks/in_process.py            # each kind of request, and how many times /health it takes
    python benchmarks/in_process.py --steps    # in which functions the time of a /predict goes

The kinds take turns, so that other load on the machine affects all of them alike; the turns are so short that some
are not interrupted, and the fastest of each kind counts. Everything but granian is in it: metrics, admission, Flask.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import api  # isort: skip  # first: it must come before NumPy

import msgspec
import numpy as np
from machine import load_printed
from PIL import Image

from mnistcore.data.datasets import shipped_test_digits
from mnistcore.digit import model, reading
from mnistcore.models.answering import LoadedModels
from serving import admission, bodies, counts, metrics
from serving import images as requested
from serving.models import MODELS

CALLS = 100  # of one kind in a turn
DIGIT = shipped_test_digits()[0][0]

# the steps of a /predict: what is not in one of them is Flask's and the interpreter's
STEPS = (
    (metrics.Metrics, "__call__", "metrics: id, counts, headers"),
    (metrics.Metrics, "_count_predictions", "metrics: digits"),
    (counts.SharedCounts, "begin", "metrics: begin"),
    (counts.SharedCounts, "end", "metrics: end"),
    (admission.Admission, "__call__", "admission"),
    (api.App, "wsgi_app", "Flask"),
    (api, "parameters", "which model"),
    (requested, "_receive", "the body"),
    (requested, "json_images", "JSON -> pixels"),
    (requested, "open_image", "picture -> pixels"),
    (requested, "prepare", "picture -> MNIST's form"),
    (api, "read_batch", "reading: the rest"),
    (reading, "prepare_batch", "reading: has it MNIST's form?"),
    (model.Model, "activations", "reading: the network"),
    (reading, "probabilities", "reading: scores -> probabilities"),
    (api, "most_probable", "which digit"),
    (api, "answer", "the answer"),
)


def request(method: str, path: str, body: bytes = b"", media: str = "") -> dict:
    """A WSGI environment, as granian makes them."""
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1:8000",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    return environ | ({"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": media} if body else {})


def app_with(name: str) -> Callable:
    """An app whose model is this one for ever."""
    os.environ["MNISTCORE_MODEL"] = name
    app = api.create_app()
    app.extensions[MODELS] = LoadedModels(math.inf, 1)
    call(app, request("GET", "/ready"))
    return app


def call(app: Callable, environ: dict) -> bytes:
    """The answer, which must be 200."""
    lines = []
    content = b"".join(app(environ, lambda status, *_: lines.append(status)))
    if lines != ["200 OK"]:
        raise SystemExit(f"{environ['PATH_INFO']}: {lines} {content.decode()}")
    return content


def kinds() -> dict[str, tuple[Callable, tuple]]:
    """Name -> the app, and what `request` makes its request from."""
    classic, robust = app_with("classic"), app_with("robust")
    numbers = "POST", "/predict", msgspec.json.encode({"data": DIGIT.ravel().tolist()}), bodies.JSON
    file = BytesIO()
    Image.fromarray(np.kron(DIGIT, np.ones((10, 10), np.uint8))).save(file, "PNG")
    picture = "POST", "/predict", file.getvalue(), "image/png"
    return {
        "/health": (classic, ("GET", "/health")),
        "/predict, classic": (classic, numbers),
        "/predict, robust": (robust, numbers),
        "PNG of 280x280, classic": (classic, picture),
        "PNG of 280x280, robust": (robust, picture),
    }


def microseconds(app: Callable, given: tuple) -> float:
    """Processor time of one request."""
    environs = [request(*given) for _ in range(CALLS)]
    start = time.process_time()
    for environ in environs:
        call(app, environ)
    return (time.process_time() - start) / CALLS * 1e6


def compare(rounds: int) -> None:
    """Print a table of all kinds."""
    todo = kinds()
    turns = [[microseconds(*kind) for kind in todo.values()] for _ in range(rounds + 1)][1:]  # the first warms up
    columns = list(zip(*turns, strict=True))
    print("| | processor, us: fastest turn | the median | times /health: fastest turns | the median of the rounds |")
    print("|---|---:|---:|---:|---:|")
    for name, times in zip(todo, columns, strict=True):
        ratio = statistics.median(mine / health for mine, health in zip(times, columns[0], strict=True))
        fastest = min(times) / min(columns[0])
        print(f"| {name} | {min(times):.0f} | {statistics.median(times):.0f} | {fastest:.2f} | {ratio:.2f} |")


class Steps:
    """How long each of STEPS takes without those that it calls."""

    def __init__(self) -> None:
        self.spent: dict[str, int] = defaultdict(int)
        self._inner = [0]  # of each step that is running: what those that it called took
        for owner, name, step in STEPS:
            setattr(owner, name, self._timed(getattr(owner, name), step))

    def _timed(self, function: Callable, step: str) -> Callable:
        def timed(*given, **named):
            self._inner.append(0)
            start = time.perf_counter_ns()
            try:
                return function(*given, **named)
            finally:
                took = time.perf_counter_ns() - start
                self.spent[step] += took - self._inner.pop()
                self._inner[-1] += took

        return timed


def show_steps(rounds: int) -> None:
    """Print a table of each kind's steps: the least of the rounds."""
    steps = Steps()
    print("| step, us by the clock | " + " | ".join(todo := kinds()) + " |")
    print("|---|" + "---:|" * len(todo))
    least: dict[tuple[str, str], float] = {}
    for _ in range(rounds):
        for kind, (app, given) in todo.items():
            steps.spent.clear()
            microseconds(app, given)
            for step, spent in steps.spent.items():
                least[step, kind] = min(spent / CALLS / 1000, least.get((step, kind), math.inf))
    for step in dict.fromkeys(step for _, _, step in STEPS):
        found = [least.get((step, kind)) for kind in todo]
        print(f"| {step} | " + " | ".join("" if time is None else f"{time:.1f}" for time in found) + " |")


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=201)
    parser.add_argument("--steps", action="store_true", help="in which functions the time goes")
    options = parser.parse_args()
    print(f"{options.rounds} rounds")
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as directory:
        # no model of one's own; and the counts are written, as those of each worker are
        os.environ |= {"MNISTCORE_HOME": home, "PROMETHEUS_MULTIPROC_DIR": directory}
        (show_steps if options.steps else compare)(options.rounds)
        time.sleep(2 * counts.PERIOD)  # until the counts are written


if __name__ == "__main__":
    with load_printed():
        main()
