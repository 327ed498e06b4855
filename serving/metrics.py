"""What is recorded of each request: counts for Prometheus, and a line in the log if that is at INFO.

The counts are of all workers together if PROMETHEUS_MULTIPROC_DIR is set, as server.py sees to.
"""

from __future__ import annotations

import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from flask import Flask

BANDS = ("0", "0.5", "0.9", "0.99")  # confidence is counted in bands, each named by its lower bound
BOUNDS = np.array(BANDS[1:], np.float32)
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)  # seconds

PREDICTION = "mnistcore.prediction"  # key in the WSGI environment: the answer, for the log

log = logging.getLogger("mnistcore.api")


class Metrics:
    """WSGI middleware that counts and times an app's requests; whoever predicts calls `count_predictions`."""

    def __init__(self, app: Flask) -> None:
        # imported here, in the worker, for it looks just once whether there is a directory to share
        import prometheus_client as prometheus

        self._answer: Callable[..., Any] = app.wsgi_app
        self._routes = {rule.rule for rule in app.url_map.iter_rules()}
        self._registry = prometheus.CollectorRegistry()
        shared: dict[str, Any] = {"namespace": "mnistcore", "registry": self._registry}
        requests = prometheus.Counter("requests", "Requests answered.", ["route", "status"], **shared)
        seconds = prometheus.Histogram("request_seconds", "Time to an answer.", ["route"], buckets=BUCKETS, **shared)
        predictions = prometheus.Counter("predictions", "Digits predicted.", ["digit", "confidence"], **shared)
        self._in_progress = prometheus.Gauge(
            "requests_in_progress", "Requests being answered.", multiprocess_mode="livesum", **shared
        )
        # finding a labelled counter takes longer than adding to it
        self._requests, self._seconds = cache(requests.labels), cache(seconds.labels)
        self._predictions = cache(predictions.labels)

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        """Answer as the app does."""
        start = time.perf_counter()
        status = 500

        def note_status(line: str, *rest: object) -> object:
            nonlocal status
            status = int(line[:3])
            return start_response(line, *rest)

        self._in_progress.inc()
        try:
            answer = self._answer(environ, note_status)
            try:
                return [b"".join(answer)]  # every answer is whole: in one piece the server sends it in one go
            finally:
                answer.close()
        finally:
            self._in_progress.dec()
            seconds = time.perf_counter() - start
            # an unknown path counted by its own name would let anyone fill the memory with names
            path = "/" + environ["PATH_INFO"].lstrip("/")  # as Flask finds the route
            route = path if path in self._routes else "unknown"
            self._requests(route, status).inc()
            self._seconds(route).observe(seconds)
            if log.isEnabledFor(logging.INFO):
                size, prediction = environ.get("CONTENT_LENGTH") or 0, environ.get(PREDICTION, "none")
                log.info("%s %s, %s bytes, %.1f ms, prediction %s", route, status, size, 1000 * seconds, prediction)

    def count_predictions(self, digits: np.ndarray, confidences: np.ndarray) -> None:
        """Count the digits read, (n,) int, and the confidence of each, (n,) in 0-1."""
        bands = BOUNDS.searchsorted(confidences, side="right")
        for (digit, band), count in Counter(zip(digits.tolist(), bands.tolist(), strict=True)).items():
            self._predictions(digit, BANDS[band]).inc(count)

    def exposition(self) -> tuple[bytes, str]:
        """All metrics in Prometheus' text format, and its content type."""
        import prometheus_client as prometheus
        from prometheus_client import multiprocess

        registry = self._registry
        if directory := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            _remove_dead_workers(Path(directory))
            registry = prometheus.CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)
        return prometheus.generate_latest(registry), prometheus.CONTENT_TYPE_LATEST


def _remove_dead_workers(directory: Path) -> None:
    """Remove what a killed worker had in progress; what it had counted stays."""
    from prometheus_client import multiprocess

    for file in directory.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            multiprocess.mark_process_dead(pid)
