"""The middleware that gives every request an id, counts it and writes its access line."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from jiedao.kernel.logs import add_log_fields, escape_control_characters
from jiedao.kernel.metrics import count_answer, count_refusal
from jiedao.kernel.requests import REQUEST_ID, make_request_id

log = logging.getLogger("jiedao.access")
serving_log = logging.getLogger("jiedao.serving")
MAX_PATH_LENGTH = 200


class RequestObserver:
    """Give each request its id; count and log it once it is answered. It must be the outermost middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = request.META[REQUEST_ID] = make_request_id()
        with add_log_fields(request_id=request_id):
            began = time.perf_counter()
            response = self.get_response(request)
            seconds = time.perf_counter() - began
            count_answer(request, response.status_code, seconds)
            if log.isEnabledFor(logging.INFO):
                write_access_line(request, response.status_code, seconds)
        return response


def write_access_line(request: HttpRequest, status: int, seconds: float) -> None:
    """Write the access line, without name, query string and body."""
    method, path = request.method or "", escape_control_characters(request.path[:MAX_PATH_LENGTH])
    fields = {
        "method": method,
        "path": path,
        "status": status,
        "duration_ms": round(seconds * 1000, 1),
        "user_id": find_user_id(request),
    }
    message = f"{method} {path} {status} {fields['duration_ms']} ms"
    # Built by hand: log.info() would search the stack for its caller, at every request.
    log.handle(log.makeRecord(log.name, logging.INFO, "", 0, message, (), None, extra=fields))


def observe_refusal(environ: dict[str, Any], status: int) -> None:
    """Count and log a request that was refused before Django saw it."""
    method = str(environ["REQUEST_METHOD"])
    count_refusal(method, status)
    path = escape_control_characters(str(environ["PATH_INFO"])[:MAX_PATH_LENGTH])
    log.warning("%s %s %s", method, path, status, extra={"method": method, "path": path, "status": status})


def log_endless_request(environ: dict[str, Any], user_id: int | None, seconds: float, stack: str) -> None:
    """Log a request that has run too long, with the calls in which it is."""
    method = str(environ["REQUEST_METHOD"])
    path = escape_control_characters(str(environ["PATH_INFO"])[:MAX_PATH_LENGTH])
    fields = {"method": method, "path": path, "status": 504, "duration_ms": round(seconds * 1000, 1)}
    message = f"{method} {path} has run for {seconds:.0f} s and is given up; its process will be replaced"
    extra = {**fields, "user_id": user_id, "request_id": environ.get(REQUEST_ID)}
    serving_log.error(message, extra={**extra, "calls": stack})


def find_user_id(request: HttpRequest) -> int | None:
    """Return the id of the user if the request has loaded the user; it costs no statement."""
    actor = getattr(request, "actor", None) or getattr(request, "auth", None)
    if actor is not None:
        return getattr(actor, "user_id", None)
    return getattr(getattr(request, "_cached_user", None), "pk", None)
