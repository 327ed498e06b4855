"""What is recorded of each request: counts for Prometheus, its id, and its place in the log.

The counts are of all workers together if PROMETHEUS_MULTIPROC_DIR is set, as server.py sees to.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from mnistcore.digit.model import Model
from serving import logs
from serving.admission import announced_length

BANDS = ("0", "0.5", "0.9", "0.99")  # confidence is counted in bands, each named by its lower bound
BOUNDS = np.array(BANDS[1:], np.float32)
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)  # seconds

# keys in the WSGI environment, by which the app tells what it did
ROUTE = "mnistcore.route"  # with its parameters' names, not their values
PREDICTION, MODEL = "mnistcore.prediction", "mnistcore.model"  # the answer, and whose it is

METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE")
_is_request_id = re.compile(r"[A-Za-z0-9._-]{1,64}").fullmatch


class Metrics:
    """WSGI middleware that counts, times and names an app's requests; whoever predicts calls `count_predictions`."""

    def __init__(self, answer: Callable[..., Any]) -> None:
        # imported here, in the worker, for it looks just once whether there is a directory to share
        import prometheus_client as prometheus

        self._answer = answer
        self._registry = prometheus.CollectorRegistry()
        shared: dict[str, Any] = {"namespace": "mnistcore", "registry": self._registry}
        requests = prometheus.Counter("requests", "Requests answered.", ["route", "status"], **shared)
        seconds = prometheus.Histogram("request_seconds", "Time to an answer.", ["route"], buckets=BUCKETS, **shared)
        labels = ["model", "version", "digit", "confidence"]
        predictions = prometheus.Counter("predictions", "Digits predicted.", labels, **shared)
        self._in_progress = prometheus.Gauge(
            "requests_in_progress", "Requests being answered.", multiprocess_mode="livesum", **shared
        )
        # finding a labelled counter takes longer than adding to it
        self._requests, self._seconds = cache(requests.labels), cache(seconds.labels)
        self._predictions = cache(predictions.labels)

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        """Answer as the app does, with the request's id."""
        start = time.perf_counter()
        status = 500
        request_id = environ.get("HTTP_X_REQUEST_ID", "")
        if not _is_request_id(request_id):
            request_id = secrets.token_hex(8)

        def note_status(line: str, headers: list, *rest: object) -> object:
            nonlocal status
            status = int(line[:3])
            return start_response(line, [*headers, ("X-Request-ID", request_id)], *rest)

        self._in_progress.inc()
        try:
            answer = self._answer(environ, note_status)
            try:
                return [b"".join(answer)]  # every answer is whole: in one piece the server sends it in one go
            finally:
                if hasattr(answer, "close"):
                    answer.close()
        finally:
            self._in_progress.dec()
            seconds = time.perf_counter() - start
            # an unknown path counted by its own name would let anyone fill the memory with names
            route = environ.get(ROUTE, "unknown")
            self._requests(route, status).inc()
            self._seconds(route).observe(seconds)
            if logs.log.isEnabledFor(logging.INFO):
                logs.log_request(_fields(environ, route, status, seconds, request_id))

    def count_predictions(self, model: Model, digits: np.ndarray, confidences: np.ndarray) -> None:
        """Count the digits that a model read, (n,) int, and the confidence of each, (n,) in 0-1."""
        bands = BOUNDS.searchsorted(confidences, side="right")
        for (digit, band), count in Counter(zip(digits.tolist(), bands.tolist(), strict=True)).items():
            self._predictions(model.name, model.version, digit, BANDS[band]).inc(count)

    def exposition(self, served: Model | None) -> tuple[bytes, str]:
        """All metrics in Prometheus' text format, with the model that is served; and the content type."""
        import prometheus_client as prometheus
        from prometheus_client import multiprocess

        registry = self._registry
        if directory := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            _remove_dead_workers(Path(directory))
            registry = prometheus.CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)
        text = prometheus.generate_latest(registry)
        if served:
            text += prometheus.generate_latest(_ModelInfo(served))
        return text, prometheus.CONTENT_TYPE_LATEST


class _ModelInfo:
    """The model that is served, as a metric that is always 1."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import InfoMetricFamily

        labels = {"model": self._model.name, "version": self._model.version}
        yield InfoMetricFamily("mnistcore_model", "The model that is served.", labels)


def _fields(environ: dict, route: str, status: int, seconds: float, request_id: str) -> dict[str, Any]:
    """What is logged of a request, which is nothing of its content."""
    method = environ["REQUEST_METHOD"]
    fields = {
        "method": method if method in METHODS else "other",
        "route": route,
        "status": status,
        "bytes": announced_length(environ),
        "ms": round(1000 * seconds, 1),
        "client": environ.get("REMOTE_ADDR", "unknown"),
        "id": request_id,
    }
    return fields | {key.partition(".")[2]: environ[key] for key in (PREDICTION, MODEL) if key in environ}


def _remove_dead_workers(directory: Path) -> None:
    """Remove what a killed worker had in progress; what it had counted stays."""
    from prometheus_client import multiprocess

    for file in directory.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            multiprocess.mark_process_dead(pid)
