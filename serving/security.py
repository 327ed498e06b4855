"""Who may send requests, and from which web pages. All of it is off unless the environment sets it.

MNISTCORE_API_KEY         protected routes need `Authorization: Bearer <key>`. There may be several, blanks between:
                          all are valid, so that one can be replaced while clients change over
MNISTCORE_API_KEY_FILE    a file that holds them instead
MNISTCORE_CORS_ORIGINS    web pages from these origins (comma-separated, or *) may send requests
MNISTCORE_PROXIES         how many proxies are in front, each of which adds a client's address to X-Forwarded-For
"""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized
from werkzeug.middleware.proxy_fix import ProxyFix

from mnistcore.home import read_text
from serving.logs import BadSetting

EXPOSED = "Retry-After, X-Model, X-Request-ID"  # headers that a web page may read


@dataclass(frozen=True)
class Settings:
    """What the environment sets.

    Attributes:
        keys: those of which a client must send one; none if empty.
        origins: of the web pages that may send requests.
        proxies: how many are in front.
    """

    keys: tuple[bytes, ...]
    origins: list[str]
    proxies: int


def cors_headers(environ: dict, origins: list[str]) -> list[tuple[str, str]]:
    """What lets a web page of one of these origins read an answer that is given before Flask is asked."""
    origin = environ.get("HTTP_ORIGIN", "")
    if origin not in origins and not (origin and "*" in origins):
        return []
    return [("Access-Control-Allow-Origin", origin), ("Vary", "Origin"), ("Access-Control-Expose-Headers", EXPOSED)]


def configure_security(app: Flask, protected: Set[str]) -> None:
    """Add the security that the environment asks for; `protected` are the paths of the routes that need the key."""
    chosen = settings()
    if chosen.keys:
        _require_key(app, chosen.keys, protected)
    if chosen.origins:
        from flask_cors import CORS

        CORS(app, origins=chosen.origins, expose_headers=EXPOSED.split(", "))
    if chosen.proxies:  # otherwise anybody could claim to be anybody
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=chosen.proxies, x_proto=0)  # type: ignore[method-assign]


def settings() -> Settings:
    """What the environment sets.

    Raises:
        BadSetting: no client could send that key, the file of keys cannot be read, an origin is not one, or the
            number of proxies is no number.
    """
    keys, source = os.environ.get("MNISTCORE_API_KEY", ""), "MNISTCORE_API_KEY"
    if file := os.environ.get("MNISTCORE_API_KEY_FILE", ""):
        if keys:
            raise BadSetting("MNISTCORE_API_KEY and MNISTCORE_API_KEY_FILE must not both be set.")
        source = "The file that MNISTCORE_API_KEY_FILE names"
        try:
            keys = read_text(Path(file))
        except (OSError, UnicodeDecodeError, ValueError):
            raise BadSetting(f"{source} cannot be read: {file[:100]}.") from None
    if (file or keys) and not keys.strip():  # as if no key were asked for
        raise BadSetting(f"{source} must hold a key.")
    if not all(re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", key) for key in keys.split()):  # RFC 6750
        raise BadSetting(f"{source} may hold letters, digits and -._~+/ only, and = at a key's end.")
    origins = [origin.strip() for origin in os.environ.get("MNISTCORE_CORS_ORIGINS", "").split(",") if origin.strip()]
    for origin in origins:
        # flask-cors would take a star within an origin for a regular expression, which matches more than it looks
        if origin != "*" and not re.fullmatch(r"[a-z][a-z0-9+.-]*://[A-Za-z0-9.-]+(:\d+)?", origin):
            raise BadSetting(f"MNISTCORE_CORS_ORIGINS must be * or like https://example.com, not {origin}.")
    proxies = os.environ.get("MNISTCORE_PROXIES", "").strip() or "0"
    if not re.fullmatch(r"\d", proxies, re.ASCII):
        raise BadSetting(f"MNISTCORE_PROXIES must be a number from 0 to 9, not {proxies[:40]}.")
    return Settings(tuple(key.encode() for key in keys.split()), origins, int(proxies))


def _require_key(app: Flask, keys: tuple[bytes, ...], protected: Set[str]) -> None:
    @app.before_request
    def check_key() -> None:
        # a browser asks OPTIONS without the key, to learn whether it may send it
        if request.method == "OPTIONS" or request.url_rule is None or request.url_rule.rule not in protected:
            return
        given = request.authorization
        sent = (given.token if given and given.type == "bearer" and given.token else "").encode()
        if not any(hmac.compare_digest(sent, key) for key in keys):
            raise Unauthorized(www_authenticate=WWWAuthenticate("bearer"))
