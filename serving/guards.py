"""Who may ask, from which web pages, and what is noted down. All of it is off unless the environment says so.

MNISTCORE_API_KEY         predicting, the model and the metrics need `Authorization: Bearer <key>`
MNISTCORE_CORS_ORIGINS    web pages from these origins (comma-separated, or *) may ask
MNISTCORE_LOG_REQUESTS    one line a request: route, status, size, time and prediction, nothing else of it
"""

from __future__ import annotations

import hmac
import logging
import os

from flask import Flask, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

OPEN = ("index", "health", "ready", "openapi_json", "docs")  # what probes and readers ask, without a key

log = logging.getLogger("mnistcore.api")


def put_up_guards(app: Flask) -> None:
    """Add to the app the guards that the environment asks for."""
    if key := os.environ.get("MNISTCORE_API_KEY"):
        _require_key(app, key.encode())
    if origins := os.environ.get("MNISTCORE_CORS_ORIGINS"):
        from flask_cors import CORS

        CORS(app, origins=[origin.strip() for origin in origins.split(",")])
    if os.environ.get("MNISTCORE_LOG_REQUESTS"):
        logging.basicConfig(format="%(asctime)s %(message)s")
        log.setLevel(logging.INFO)


def _require_key(app: Flask, key: bytes) -> None:
    @app.before_request
    def check_key() -> None:
        # a browser asks OPTIONS without the key, to learn whether it may send it
        if request.method == "OPTIONS" or request.endpoint is None or request.endpoint in OPEN:
            return
        sent = request.authorization.token if request.authorization else None
        if not hmac.compare_digest((sent or "").encode(), key):
            raise Unauthorized(www_authenticate=WWWAuthenticate("bearer"))
