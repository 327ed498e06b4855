"""Who may ask, from which web pages, and what is noted down. All of it is off unless the environment says so.

MNISTCORE_API_KEY         predicting, the model and the metrics need `Authorization: Bearer <key>`
MNISTCORE_CORS_ORIGINS    web pages from these origins (comma-separated, or *) may ask
MNISTCORE_LOG_REQUESTS    one line a request: route, status, size, time and prediction, nothing else of it
"""

from __future__ import annotations

import hmac
import logging
import os
import re

from flask import Flask, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized


class BadSetting(ValueError):
    """An environment variable asks for what cannot be."""


OPEN = ("index", "health", "ready", "openapi_json", "docs")  # what probes and readers ask, without a key

log = logging.getLogger("mnistcore.api")


def configure_security(app: Flask) -> None:
    """Add to the app the security that the environment asks for."""
    key, origins = settings()
    if key:
        _require_key(app, key.encode())
    if origins:
        from flask_cors import CORS

        CORS(app, origins=origins)
    if os.environ.get("MNISTCORE_LOG_REQUESTS"):
        logging.basicConfig(format="%(asctime)s %(message)s")
        log.setLevel(logging.INFO)


def settings() -> tuple[str, list[str]]:
    """The key and the origins that the environment sets, "" and [] if none.

    Raises:
        BadSetting: no client could ever send that key, or an origin is none.
    """
    key = os.environ.get("MNISTCORE_API_KEY", "").strip()
    if key and not re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", key):  # RFC 6750
        raise BadSetting("MNISTCORE_API_KEY may hold letters, digits and -._~+/ only, and = at its end.")
    origins = [origin.strip() for origin in os.environ.get("MNISTCORE_CORS_ORIGINS", "").split(",") if origin.strip()]
    for origin in origins:
        # flask-cors would take a star within an origin for a regular expression, which matches more than it looks
        if origin != "*" and not re.fullmatch(r"[a-z][a-z0-9+.-]*://[A-Za-z0-9.-]+(:\d+)?", origin):
            raise BadSetting(f"MNISTCORE_CORS_ORIGINS must be * or like https://example.com, not {origin}.")
    return key, origins


def _require_key(app: Flask, key: bytes) -> None:
    @app.before_request
    def check_key() -> None:
        # a browser asks OPTIONS without the key, to learn whether it may send it
        if request.method == "OPTIONS" or request.endpoint is None or request.endpoint in OPEN:
            return
        sent = request.authorization.token if request.authorization else None
        if not hmac.compare_digest((sent or "").encode(), key):
            raise Unauthorized(www_authenticate=WWWAuthenticate("bearer"))
