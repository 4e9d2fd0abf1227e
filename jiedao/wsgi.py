"""The application that the server runs: Django (`application`), behind the front that receives and sends."""

import logging
import os
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.http import HttpResponse
from django.http.response import HttpResponseBase

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiedao.settings")
handler = get_wsgi_application()
import_module("jiedao.urls")  # else the first requests, all at once, wait for some seconds of imports

from jiedao.api.callers import is_known_caller  # noqa: E402 (after the settings)
from jiedao.kernel.errors import UserError  # noqa: E402
from jiedao.kernel.front import Front  # noqa: E402
from jiedao.kernel.health import PROBES  # noqa: E402
from jiedao.kernel.keymark import confirm_key, is_confirmed  # noqa: E402
from jiedao.kernel.memo import WarmMemo  # noqa: E402
from jiedao.kernel.problems import explain_in_text  # noqa: E402
from jiedao.kernel.running import RequestTable  # noqa: E402
from jiedao.kernel.serving import count_threads, shorten_waits  # noqa: E402
from jiedao.kernel.standstill import follow_mark  # noqa: E402

log = logging.getLogger("jiedao.serving")


def application(
    environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes] | HttpResponseBase:
    """Answer a request; a complete answer is given to the server in one piece, which granian sends faster."""
    response = handler(environ, start_response)
    if not isinstance(response, HttpResponse):
        return response
    body = [response.content]
    response.close()
    return body


def make_front(table: RequestTable | None = None) -> Front:
    """Return the application for granian; requests do not wait for the database longer than a person waits.

    Args:
        table: where it writes what its threads run.
    """
    shorten_waits()
    WarmMemo.is_serving = True
    follow_mark()
    return Front(answer_with_right_key, count_threads(), table, has_known_caller)


def answer_with_right_key(
    environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes] | HttpResponseBase:
    """Answer a request, but write nothing under a key that is not the one of the database.

    `jiedao serve` has checked the key already, unless the database was away at that moment.
    """
    if not is_confirmed() and environ["PATH_INFO"] not in PROBES:
        try:
            confirm_key()
        except UserError as fault:
            log.error("%s", fault)
            headers, body = explain_in_text(
                503, environ["PATH_INFO"], environ.get("HTTP_ACCEPT_LANGUAGE", "")
            )
            start_response("503 Service Unavailable", headers)
            return [body]
        finally:
            close_old_connections()
    return application(environ, start_response)


def has_known_caller(environ: dict[str, Any]) -> bool:
    """Return whether the session or token of a request is valid; it runs in a thread of its own."""
    try:
        return is_known_caller(environ)
    finally:
        close_old_connections()
