"""What happened, counted for Prometheus: over all workers if PROMETHEUS_MULTIPROC_DIR is set, as server.py sees to."""

from __future__ import annotations

import os
import time
from functools import cache
from pathlib import Path

import numpy as np
from flask import Flask, Response, g, request

BOUNDS = np.array([0, 0.5, 0.9, 0.99], np.float32)  # confidence is counted in bands, each named by its lower bound
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)


class Metrics:
    """Counts every request to an app; predictions are counted by whoever makes them."""

    def __init__(self, app: Flask) -> None:
        # imported here, in the worker, for it looks just once whether there is a directory to share
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self._registry = CollectorRegistry()
        shared = {"namespace": "mnistcore", "registry": self._registry}
        requests = Counter("requests", "Requests answered.", ["route", "status"], **shared)
        seconds = Histogram("request_seconds", "Time to an answer.", ["route"], buckets=SECONDS, **shared)
        predictions = Counter("predictions", "Digits read.", ["digit", "confidence"], **shared)
        self._in_progress = Gauge(
            "requests_in_progress", "Requests being answered.", multiprocess_mode="livesum", **shared
        )
        # finding a labelled counter takes longer than adding to it
        self._requests, self._seconds = cache(requests.labels), cache(seconds.labels)
        self._predictions = cache(predictions.labels)
        app.before_request(self._start)
        app.after_request(self._finish)
        app.teardown_request(self._leave)

    def count_predictions(self, probabilities: np.ndarray) -> None:
        """Count the digits read, from probabilities (n, 10)."""
        digits = probabilities.argmax(axis=1)
        bands = np.searchsorted(BOUNDS, probabilities.max(axis=1), side="right") - 1
        counts = np.bincount(digits * len(BOUNDS) + bands)
        for kind in np.flatnonzero(counts).tolist():
            digit, band = divmod(kind, len(BOUNDS))
            self._predictions(digit, f"{BOUNDS[band]:g}").inc(int(counts[kind]))

    def exposition(self) -> tuple[bytes, str]:
        """All metrics in Prometheus' text format, and its content type."""
        from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest, multiprocess

        registry = self._registry
        if directory := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            _forget_the_dead(Path(directory))
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)
        return generate_latest(registry), CONTENT_TYPE_LATEST

    def _start(self) -> None:
        g.start = time.perf_counter()
        self._in_progress.inc()

    def _finish(self, response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "unknown"
        self._requests(route, response.status_code).inc()
        self._seconds(route).observe(time.perf_counter() - g.start)
        return response

    def _leave(self, _: BaseException | None) -> None:
        self._in_progress.dec()


def _forget_the_dead(directory: Path) -> None:
    """What a killed worker had in progress is no longer so; what it had counted stays."""
    from prometheus_client import multiprocess

    for file in directory.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            multiprocess.mark_process_dead(pid)
