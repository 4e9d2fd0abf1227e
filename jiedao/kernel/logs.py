"""Log lines: readable ones, or with JIEDAO_LOG_JSON one JSON object a line.

A line names people by their numbers only, and holds no query string and no body. Every request pays for one, so
the formatters do no more than they must.
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

# what a line may carry beside its message
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
SAID = {"method", "path", "status", "duration_ms"}  # in the message of an access line, too
_about: ContextVar[dict[str, Any]] = ContextVar("jiedao_log_about")


@contextmanager
def about(**fields: Any) -> Iterator[None]:
    """Add the fields to every line of the block."""
    token = _about.set(_about.get({}) | fields)
    try:
        yield
    finally:
        _about.reset(token)


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return the fields of a line, its own before those of its block, in the order of FIELDS."""
    own, around = record.__dict__, _about.get({})
    found = {}
    for name in FIELDS:
        value = own.get(name) if name in own else around.get(name)
        if value is not None:
            found[name] = value
    return found


class JsonFormatter(logging.Formatter):
    """Writes a line as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Return time (UTC), level, logger and message, then the fields; `exception` where there was one."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **fields_of(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


class TextFormatter(logging.Formatter):
    """Writes a line for a reader; what a client sent cannot begin a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """Return time (of the machine), level, logger and message, then the fields; the trace below."""
        fields = "".join(f" {name}={value}" for name, value in fields_of(record).items() if name not in SAID)
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        line = f"{moment} {record.levelname} {record.name} {visible(record.getMessage())}{fields}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def visible(text: str) -> str:
    """Return the text with its control characters written out."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def tell(logger: logging.Logger, text: str) -> None:
    """Say something to whoever started the process: in plain words, or where all lines are JSON as a line."""
    if settings.JIEDAO_LOG_JSON:
        logger.info(text)
    else:
        click.echo(text, err=True)


def client_without_name(
    username: str, ip_address: str, user_agent: str, path_info: str, request: HttpRequest
) -> str:
    """Return whom axes writes about when somebody could not sign in: the address, never the name."""
    return f"{{ip_address: {ip_address}}}"
