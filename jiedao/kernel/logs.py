"""Log lines: readable text, or one JSON object a line with JIEDAO_LOG_JSON.

A line identifies users only by their ids, and holds no query string and no body. Every request writes one, so the
formatters must be fast.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import click
import orjson
from django.conf import settings
from django.http import HttpRequest

# the fields that a line may have beside its message
FIELDS = (
    "request_id",
    "method",
    "path",
    "status",
    "duration_ms",
    "user_id",
    "job_id",
    "job",
    "attempt",
)
FIELDS_IN_MESSAGE = {"method", "path", "status", "duration_ms"}  # an access line has them in its message too
_block_fields: ContextVar[dict[str, Any]] = ContextVar("jiedao_log_about")


@contextmanager
def add_log_fields(**fields: Any) -> Iterator[None]:
    """Add the fields to every line that is logged inside the block."""
    token = _block_fields.set(_block_fields.get({}) | fields)
    try:
        yield
    finally:
        _block_fields.reset(token)


def collect_fields(record: logging.LogRecord) -> dict[str, Any]:
    """Return the fields of a line in the order of FIELDS; its own take precedence over those of the block."""
    line_fields, block_fields = record.__dict__, _block_fields.get({})
    fields = {}
    for name in FIELDS:
        value = line_fields.get(name) if name in line_fields else block_fields.get(name)
        if value is not None:
            fields[name] = value
    return fields


class OfficeFormatter(logging.Formatter):
    """Names the office in every line.

    Args:
        office: the schema of the office among several, "" for one alone.
    """

    def __init__(self, office: str = "") -> None:
        super().__init__()
        self.office = {"office": office} if office else {}


class JsonFormatter(OfficeFormatter):
    """Formats a line as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Return time (UTC), level, logger and message, then the fields, and `exception` if there was one."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **self.office,
            **collect_fields(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        if calls := getattr(record, "calls", ""):
            line["calls"] = calls
        return orjson.dumps(line, default=str).decode()


class TextFormatter(OfficeFormatter):
    """Formats a line for a reader; text from a client cannot begin a new line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return local time, level, logger and message, then the fields, and the traceback below."""
        fields = "".join(
            f" {name}={value}"
            for name, value in (self.office | collect_fields(record)).items()
            if name not in FIELDS_IN_MESSAGE
        )
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        line = f"{moment} {record.levelname} {record.name} {escape_control_characters(record.getMessage())}{fields}"
        if calls := getattr(record, "calls", ""):
            line += f"\n{calls}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def escape_control_characters(text: str) -> str:
    """Return the text with its control characters as escape sequences."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def announce(logger: logging.Logger, text: str) -> None:
    """Print a message to the operator who started the process, or log it when all lines are JSON."""
    if settings.JIEDAO_LOG_JSON:
        logger.info(text)
    else:
        click.echo(text, err=True)


def describe_client_without_name(
    username: str, ip_address: str, user_agent: str, path_info: str, request: HttpRequest
) -> str:
    """Return how django-axes names a failed sign-in in the log: by the address, never by the account."""
    return f"{{ip_address: {ip_address}}}"
