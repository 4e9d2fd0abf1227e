"""What is noted of every request: a line, a count, and the number that ties it to the audit."""

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from jiedao.kernel.logs import about, visible
from jiedao.kernel.metrics import observe
from jiedao.kernel.requests import REQUEST_ID, new_request_id

log = logging.getLogger("jiedao.access")
LONGEST_PATH = 200


class Observe:
    """Give the request its number, count it and write its line once it is answered. Outermost: it sees every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        number = request.META[REQUEST_ID] = new_request_id()
        with about(request_id=number):
            began = time.perf_counter()
            response = self.get_response(request)
            taken = time.perf_counter() - began
            observe(request, response.status_code, taken)
            if log.isEnabledFor(logging.INFO):
                write_line(request, response.status_code, taken)
        return response


def write_line(request: HttpRequest, status: int, seconds: float) -> None:
    """Write the access line: no name, no query string, no body."""
    method, path = request.method or "", visible(request.path[:LONGEST_PATH])
    fields = {
        "method": method,
        "path": path,
        "status": status,
        "duration_ms": round(seconds * 1000, 1),
        "user_id": user_id(request),
    }
    message = f"{method} {path} {status} {fields['duration_ms']} ms"
    # made by hand: log.info() would search the stack for its caller, for every request
    log.handle(log.makeRecord(log.name, logging.INFO, "", 0, message, (), None, extra=fields))


def user_id(request: HttpRequest) -> int | None:
    """Return who asked, as far as the request found out: it costs no statement."""
    actor = getattr(request, "actor", None) or getattr(request, "auth", None)
    if actor is not None:
        return getattr(actor, "user_id", None)
    return getattr(getattr(request, "_cached_user", None), "pk", None)
