"""What is written to standard error: complaints, and on request a line of JSON for each request."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from bot.archive import LOG
from bot.shell import where

REQUESTS = logging.getLogger("spoergetime.requests")


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON: its time and level, then the request or the message."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line; a traceback is left out, for it could hold a question."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": at, "level": record.levelname.lower()}
        return json.dumps(line | (getattr(record, "request", None) or {"message": record.getMessage()}))


def log_as_json() -> None:
    """Write a line of JSON to standard error for every request and every complaint, ours and the libraries'."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.getLogger().addHandler(handler)
    REQUESTS.setLevel(logging.INFO)


def hush(*modules: Any) -> None:
    """Make modules tell of a failure by its place alone: the traceback that they print could hold a question."""
    for module in modules:
        module.traceback = _Place


class _Place:
    """Stands in for the module `traceback`."""

    @staticmethod
    def print_exc() -> None:
        error = sys.exc_info()[1]
        if error is not None:
            LOG.error("the chat failed: %s", where(error))
