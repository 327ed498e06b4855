"""What is recorded of each request: counts for Prometheus, its id, and its place in the log.

The counts are of all workers together if PROMETHEUS_MULTIPROC_DIR is set, as server.py sees to.
"""

from __future__ import annotations

import logging
import os
import random
import re
import time
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from mnistcore.digit.model import Model
from serving import logs
from serving.admission import announced_length
from serving.counts import BUCKETS, Counts, SharedCounts

BANDS = ("0", "0.5", "0.9", "0.99")  # confidence is counted in bands, each named by its lower bound
BOUNDS = np.array(BANDS[1:], np.float32).tolist()

# keys in the WSGI environment, by which the app tells what it did
ROUTE = "mnistcore.route"  # with its parameters' names, not their values
PREDICTION, MODEL = "mnistcore.prediction", "mnistcore.model"  # the answer as it is logged, and the model that gave it
PREDICTED = "mnistcore.predicted"  # the model, the digits it read, and the confidence of each, 0-1

METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE")
_is_request_id = re.compile(r"[A-Za-z0-9._-]{1,64}").fullmatch


class Metrics:
    """WSGI middleware that counts, times and names an app's requests, and the digits that it read."""

    def __init__(self, answer: Callable[..., Any]) -> None:
        self._answer = answer
        directory = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
        self._counts = SharedCounts(Path(directory) if directory else None)

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        """Answer as the app does, with the request's id."""
        start = time.perf_counter()
        status = 500
        request_id = environ.get("HTTP_X_REQUEST_ID", "")
        if not _is_request_id(request_id):
            request_id = f"{random.getrandbits(64):016x}"

        def note_status(line: str, headers: list, *rest: object) -> object:
            nonlocal status
            status = int(line[:3])
            named = [model_header(environ[MODEL].name, environ[MODEL].version)] if MODEL in environ else []
            return start_response(line, [*headers, *named, ("X-Request-ID", request_id)], *rest)

        self._counts.begin()
        try:
            answer = self._answer(environ, note_status)
            try:
                return [b"".join(answer)]  # every answer is whole: in one piece the server sends it in one go
            finally:
                if hasattr(answer, "close"):
                    answer.close()
        finally:
            seconds = time.perf_counter() - start
            # an unknown path counted by its own name would let anyone fill the memory with names
            route = environ.get(ROUTE, "unknown")
            if PREDICTED in environ:
                self._count_predictions(*environ[PREDICTED])
            self._counts.end(route, status, seconds)
            if logs.log.isEnabledFor(logging.INFO):
                logs.log_request(_fields(environ, route, status, seconds, request_id))

    def _count_predictions(self, model: Model, digits: list[int], confidences: list[float]) -> None:
        bands = [bisect(BOUNDS, confidence) for confidence in confidences]
        found = {(digits[0], bands[0]): 1} if len(digits) == 1 else Counter(zip(digits, bands, strict=True))
        self._counts.predicted(model.name, model.version, found)

    def exposition(self, served: Model | None) -> tuple[bytes, str]:
        """All metrics in Prometheus' text format, with the model that is served; and the content type."""
        import prometheus_client as prometheus  # here, for only this needs it

        totals = self._counts.totals()
        return prometheus.generate_latest(_Families(totals, served)), prometheus.CONTENT_TYPE_LATEST


@lru_cache
def model_header(name: str, version: str) -> tuple[str, str]:
    """A model's name and version as a header, fit for one whatever the name is."""
    return "X-Model", f"{quote(name)} {version}"


class _Families:
    """The counts as Prometheus has them, and the model that is served, which is always 1."""

    def __init__(self, totals: Counts, served: Model | None) -> None:
        self._totals, self._served = totals, served

    def collect(self) -> Iterator[Any]:
        from prometheus_client import core

        totals = self._totals
        requests = core.CounterMetricFamily("mnistcore_requests", "Requests answered.", labels=["route", "status"])
        for (route, status), count in totals.requests.items():
            requests.add_metric([route, str(status)], count)
        yield requests
        seconds = core.HistogramMetricFamily("mnistcore_request_seconds", "Time to an answer.", labels=["route"])
        bounds = [*(str(float(bound)) for bound in BUCKETS), "+Inf"]
        for route, total in totals.seconds.items():
            counts = accumulate(totals.durations.get((route, bucket), 0) for bucket in range(len(bounds)))
            seconds.add_metric([route], list(zip(bounds, counts, strict=True)), total)
        yield seconds
        labels = ["model", "version", "digit", "confidence"]
        predictions = core.CounterMetricFamily("mnistcore_predictions", "Digits predicted.", labels=labels)
        for (model, version, digit, band), count in totals.predictions.items():
            predictions.add_metric([model, version, str(digit), BANDS[band]], count)
        yield predictions
        in_progress = "mnistcore_requests_in_progress", "Requests being answered."
        yield core.GaugeMetricFamily(*in_progress, value=totals.in_progress)
        if self._served:
            served = {"model": self._served.name, "version": self._served.version}
            yield core.InfoMetricFamily("mnistcore_model", "The model that is served.", served)


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
    if PREDICTION in environ:
        fields["prediction"] = environ[PREDICTION]
    if MODEL in environ:
        fields["model"] = environ[MODEL].full_name
    return fields
