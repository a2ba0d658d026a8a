"""Structured logs, one JSON object a line, each with the id of its request."""

import logging
import random
import re
import sys
from contextvars import ContextVar

from pythonjsonlogger.json import JsonFormatter

request_id_var: ContextVar[str | None] = ContextVar("palier_request_id", default=None)

LOGGER = logging.getLogger("palier")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


class _RequestIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id_var.get()
        return True


def configure_logging(level: str) -> None:
    """Send Palier's logs to standard error as JSON lines; for handlers and entry points only.

    Fields: timestamp, level, logger, message, request_id, and what the log call adds. Neither signal
    values nor API keys are ever among them.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter(
            "{levelname}{name}{message}{request_id}",
            style="{",
            timestamp="timestamp",
            rename_fields={"levelname": "level", "name": "logger"},
        )
    )
    handler.addFilter(_RequestIdFilter())
    LOGGER.handlers = [handler]
    LOGGER.propagate = False
    LOGGER.setLevel(level)


def request_id(*proposed: str | None) -> str:
    """Return the first proposed request id that is well-formed, else a new random one.

    An id is no secret, so a pseudo-random one is good enough.
    """
    known = (one for one in proposed if one and _REQUEST_ID.fullmatch(one))
    return next(known, None) or f"{random.getrandbits(128):032x}"
