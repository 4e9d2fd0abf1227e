"""Recognising that the database or the disk is not usable at the moment, which is no fault of the program.

Such a request is answered with 503 (the database is away or locked) or 507 (the disk is full) in words. What was not
stored is reported as not stored; reading still works where it can.
"""

import errno
import logging
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from jiedao.kernel.breaker import BREAKER, LOCK_BREAKER
from jiedao.kernel.problems import explain_outage

log = logging.getLogger("jiedao.serving")
UNAVAILABLE, NO_SPACE = 503, 507
RENEWAL_SECONDS = 5.0
_renewing = threading.Lock()
FULL_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
FULL = re.compile(r"disk is full|No space left|disk quota|could not (extend|write to) file", re.IGNORECASE)
LOCKED = re.compile(r"is locked|lock timeout|disk I/O error", re.IGNORECASE)
AWAY = re.compile(
    r"get a connection|pool .*closed|connection .*(failed|refused|closed|lost|bad)|server closed|unable to open"
    r"|could not (connect|translate|receive)|terminating connection|starting up|shutting down|recovery mode"
    r"|too many (clients|connections)|remaining connection slots|readonly|timeout expired|SSL SYSCALL",
    re.IGNORECASE,
)
READING = {"GET", "HEAD", "OPTIONS"}


def reach_database(seconds: float) -> None:
    """Connect to the database; raise a database error if that takes longer than this.

    A statement would otherwise wait half a minute for the pool.
    """
    pool: Any = getattr(connection, "pool", None)
    if pool is None or connection.connection is not None:
        return
    if BREAKER.is_open():
        raise OperationalError("couldn't get a connection a moment ago")
    pool.open()
    try:
        with connection.wrap_database_errors, pool.connection(timeout=seconds):
            pass
    except OperationalError:
        BREAKER.open()
        raise


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


def remember_outage(fault: BaseException | None) -> None:
    """Let the requests of the next second fail at once, if the database is away; if SQLite is locked, those that write.

    PostgreSQL locks rows: others may well be free.
    """
    texts = [str(cause) for cause in list_causes(fault) if isinstance(cause, (DatabaseError, InterfaceError))]
    if any(AWAY.search(text) for text in texts):
        BREAKER.open()
        renew_connections()
    elif any("is locked" in text for text in texts):
        LOCK_BREAKER.open()


def renew_connections() -> None:
    """Replace the broken connections of the pool in the background, then let requests try again.

    After a restart of PostgreSQL all of them are broken, and each would cost a request, and its second of pause.
    """
    pool: Any = getattr(connection, "pool", None)
    if pool is None or not _renewing.acquire(blocking=False):
        return

    def renew() -> None:
        try:
            pool.check()
            with pool.connection(timeout=RENEWAL_SECONDS):
                BREAKER.reset()
        except Exception as fault:  # it is still away: the next request notices
            log.info("the connections could not be renewed: %s", fault)
        finally:
            _renewing.release()

    threading.Thread(target=renew, name="renew-connections", daemon=True).start()


class OutageGuard:
    """Answer at once with 503 in the second after the database was found to be away or locked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        closed = BREAKER.is_open() or (LOCK_BREAKER.is_open() and request.method not in READING)
        if closed and not request.path_info.startswith(settings.STATIC_URL):
            return answer_outage(request, UNAVAILABLE)
        return self.get_response(request)


def answer_outage(request: HttpRequest, status: int) -> HttpResponse:
    """Answer in words without the database: a page, or JSON below /api/."""
    answer = explain_outage(request, status)
    answer["Cache-Control"] = "no-store"
    if status == UNAVAILABLE:
        answer["Retry-After"] = "5"
    return answer
