"""Recognising that the database or the disk is not usable at the moment, which is no fault of the program.

Such a request is answered with 503 (the database is away or locked) or 507 (the disk is full) in words. What was not
stored is reported as not stored; reading goes on where it can.
"""

import errno
import re
import time
from collections.abc import Callable, Iterator

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

UNAVAILABLE, NO_SPACE = 503, 507
FULL_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
FULL = re.compile(r"disk is full|No space left|disk quota|could not (extend|write to) file", re.IGNORECASE)
LOCKED = re.compile(r"is locked|lock timeout|disk I/O error", re.IGNORECASE)
AWAY = re.compile(
    r"get a connection|pool .*closed|connection .*(failed|refused|closed|lost|bad)|server closed|unable to open"
    r"|could not (connect|translate|receive)|terminating connection|starting up|shutting down|recovery mode"
    r"|too many (clients|connections)|remaining connection slots|readonly|timeout expired|SSL SYSCALL",
    re.IGNORECASE,
)
PAUSE = 1.0  # second during which nobody tries again to connect


def find_outage(fault: BaseException | None) -> int:
    """Return 507 if the disk is full, 503 if the database is away or locked, 0 for any other fault."""
    for cause in list_causes(fault):
        text = str(cause)
        if isinstance(cause, OSError) and cause.errno in FULL_ERRNOS:
            return NO_SPACE
        if isinstance(cause, (DatabaseError, InterfaceError)):
            if FULL.search(text):
                return NO_SPACE
            if LOCKED.search(text) or AWAY.search(text):
                return UNAVAILABLE
        elif isinstance(cause, TimeoutError):  # the writer of new cases did not reach this one
            return UNAVAILABLE
    return 0


def list_causes(fault: BaseException | None) -> Iterator[BaseException]:
    """Yield the exception, its cause, the cause of that, and so on."""
    while fault is not None:
        yield fault
        fault = fault.__cause__ or fault.__context__


class Breaker:
    """Stores that the database could not be reached, so that others need not wait for it one after another."""

    def __init__(self) -> None:
        self._until = 0.0

    def is_open(self) -> bool:
        """Return whether a connection failed within the last second."""
        return time.monotonic() < self._until

    def remember(self, fault: BaseException | None) -> None:
        """Open the breaker if the fault is that there is no connection."""
        if any(
            isinstance(cause, (DatabaseError, InterfaceError)) and AWAY.search(str(cause))
            for cause in list_causes(fault)
        ):
            self._until = time.monotonic() + PAUSE

    def reset(self) -> None:
        """Let the next request try again."""
        self._until = 0.0


BREAKER = Breaker()


class OutageGuard:
    """Answer at once with 503 in the second after a connection to the database failed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if BREAKER.is_open() and not request.path_info.startswith(settings.STATIC_URL):
            return answer_outage(request, UNAVAILABLE)
        return self.get_response(request)


def answer_outage(request: HttpRequest, status: int) -> HttpResponse:
    """Answer in words without the database: a page, or JSON below /api/."""
    from jiedao.kernel.views import explain_outage  # noqa: PLC0415 (views use this module)

    answer = explain_outage(request, status)
    answer["Cache-Control"] = "no-store"
    if status == UNAVAILABLE:
        answer["Retry-After"] = "5"
    return answer
