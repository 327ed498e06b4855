"""The server's log, on standard error: what happens to the models, and a line for each request if that is asked for.

MNISTCORE_LOG_REQUESTS    off unless set; "lines" (or 1): a line for each request, as text; "json": the whole log as
                          JSON objects, one a line
"""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime

import msgspec

OFF, LINES = ("", "0", "false", "no", "off"), ("lines", "1", "true", "yes", "on")

log = logging.getLogger("mnistcore.api")


class BadSetting(ValueError):
    """An environment variable has a value that cannot work."""


class JsonFormatter(logging.Formatter):
    """An object a line: time (ISO 8601, UTC), level, message; of a request, its fields instead of the message."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        said = getattr(record, "request", None) or {"message": record.getMessage()}
        if record.exc_info:
            said = said | {"traceback": self.formatException(record.exc_info)}
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return msgspec.json.encode({"time": time, "level": record.levelname} | said).decode()


def configure() -> None:
    """Log as the environment asks for; raises BadSetting if it asks for something else."""
    choice = setting()
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if choice == "json" else logging.Formatter("%(asctime)s %(message)s"))
    logging.basicConfig(handlers=[handler])  # does nothing if whoever runs the app has set up logging already
    logging.getLogger("mnistcore").setLevel(logging.INFO)
    log.setLevel(logging.INFO if choice else logging.WARNING)


def of_granian() -> dict | None:
    """How granian writes its own lines, as `Granian` takes it: as JSON if all else is, otherwise in its way."""
    if setting() != "json":
        return None
    return {"formatters": {name: {"()": JsonFormatter} for name in ("generic", "access")}}


def setting() -> str:
    """ "", "lines" or "json"; raises BadSetting if the environment has another value."""
    value = os.environ.get("MNISTCORE_LOG_REQUESTS", "").strip().lower()
    if value in OFF:
        return ""
    if value in LINES:
        return "lines"
    if value != "json":
        raise BadSetting(f"MNISTCORE_LOG_REQUESTS must be lines, json or 0, not {value[:40]}.")
    return value


def log_request(fields: dict) -> None:
    """Log one request: its fields as JSON, or the same as a line."""
    rest = ", ".join(f"{name} {value}" for name, value in fields.items() if name not in ("method", "route", "status"))
    log.info("%s %s %s, %s", fields["method"], fields["route"], fields["status"], rest, extra={"request": fields})
