"""Who may send requests, from which web pages, and what is logged. All of it is off unless the environment sets it.

MNISTCORE_API_KEY         protected routes need `Authorization: Bearer <key>`
MNISTCORE_CORS_ORIGINS    web pages from these origins (comma-separated, or *) may send requests
MNISTCORE_LOG_REQUESTS    one line a request: route, status, size, time and prediction, nothing else of it
"""

from __future__ import annotations

import hmac
import logging
import os
import re
from collections.abc import Set

from flask import Flask, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized


class BadSetting(ValueError):
    """An environment variable has a value that cannot work."""


log = logging.getLogger("mnistcore.api")


def configure_security(app: Flask, protected: Set[str]) -> None:
    """Add the security that the environment asks for; `protected` are the paths of the routes that need the key."""
    key, origins = settings()
    if key:
        _require_key(app, key.encode(), protected)
    if origins:
        from flask_cors import CORS

        CORS(app, origins=origins)
    if os.environ.get("MNISTCORE_LOG_REQUESTS", "").strip().lower() not in ("", "0", "false", "no", "off"):
        logging.basicConfig(format="%(asctime)s %(message)s")
        log.setLevel(logging.INFO)


def settings() -> tuple[str, list[str]]:
    """The key and the origins that the environment sets, "" and [] if none.

    Raises:
        BadSetting: no client could send that key, or an origin is not one.
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


def _require_key(app: Flask, key: bytes, protected: Set[str]) -> None:
    @app.before_request
    def check_key() -> None:
        # a browser asks OPTIONS without the key, to learn whether it may send it
        if request.method == "OPTIONS" or request.url_rule is None or request.url_rule.rule not in protected:
            return
        sent = request.authorization.token if request.authorization else None
        if not hmac.compare_digest((sent or "").encode(), key):
            raise Unauthorized(www_authenticate=WWWAuthenticate("bearer"))
