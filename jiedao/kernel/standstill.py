"""The mark of a database that `jiedao move` copies: the office is still, has moved, or is an unfinished copy.

The mark is the only row of the table `jiedao_moving`, which exists only from the first move on and belongs to no
migration: the copy needs it before its own tables are made. The mark is for words. What makes sure that nothing is
written is a lock during the last step, and triggers afterwards (`jiedao.backup.moving`).
"""

import fcntl
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from jiedao.kernel.errors import UserError
from jiedao.kernel.problems import explain_moving

TABLE = "jiedao_moving"
STILL, MOVED, UNFINISHED, READY = "STILL", "MOVED", "UNFINISHED", "READY"
CLOSED = {MOVED, UNFINISHED, READY}  # neither read nor written by an office
# Of the process that moves: an advisory lock of two numbers, as other offices may share the database.
PG_LOCK = "27245, hashtext(current_schema()) & 2147483647"
REREAD_SECONDS = 1.0
READING = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True)
class MoveMark:
    """The mark of a database.

    Attributes:
        state: "" for none.
        other: the address of the other database, without its password.
        office: the mark of the field key of the office, by which an interrupted move is recognised.
        since: ISO 8601, UTC.
    """

    state: str = ""
    other: str = ""
    office: str = ""
    since: str = ""


NO_MARK = MoveMark()
_cached: list[tuple[float, MoveMark]] = []
_follows = [False]


def read_mark() -> MoveMark:
    """Return the mark of the database. A mark STILL of a move that was killed counts as none."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [TABLE])
        else:
            cursor.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = %s", [TABLE])
        if not cursor.fetchone()[0]:
            return NO_MARK
        cursor.execute(f"SELECT state, other, office, since FROM {TABLE}")  # noqa: S608 (a fixed name)
        row = cursor.fetchone()
    mark = MoveMark(*row) if row else NO_MARK
    return NO_MARK if mark.state == STILL and not is_move_alive() else mark


def follow_mark(*, follow: bool = True) -> None:
    """Let this process, a server, read the mark once a second and obey it."""
    _follows[0] = follow
    _cached.clear()


def get_mark() -> MoveMark:
    """Return the mark, which a server reads at most once a second; other processes get none."""
    if not _follows[0]:
        return NO_MARK
    now = time.monotonic()
    if not _cached or now - _cached[0][0] > REREAD_SECONDS:
        _cached[:] = [(now, read_mark())]
    return _cached[0][1]


def is_still() -> bool:
    """Return whether a request of this server can write nothing at the moment."""
    return get_mark().state == STILL


def get_lock_path(database: str) -> Path:
    """Return the path of the file that the process which moves an SQLite database holds locked."""
    return Path(f"{database}.moving")


def is_move_alive() -> bool:
    """Return whether the process that moves this database is running: it holds a lock until it ends."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database "  # noqa: S608 (a constant)
                "WHERE locktype = 'advisory' AND datname = current_database() "
                f"AND (classid::bigint, objid::bigint) = ({PG_LOCK})"
            )
            return bool(cursor.fetchone()[0])
    try:
        file = os.open(get_lock_path(str(connection.settings_dict["NAME"])), os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


def explain_mark(mark: MoveMark) -> UserError:
    """Return the refusal of a command, the server or the worker on a database with this mark."""
    if mark.state == STILL:
        return UserError(
            f"The office is being moved to {mark.other} and is still for the last step.",
            hint="Wait until `jiedao move` has finished.",
        )
    if mark.state == MOVED:
        return UserError(
            f"This office has moved to {mark.other} ({mark.since}); this database is the old one.",
            hint="Set JIEDAO_DATABASE_URL to the new database. To work here again: jiedao move --undo.",
        )
    return UserError(
        f"This database is an unfinished copy of {mark.other}: `jiedao move` was interrupted.",
        hint="Set JIEDAO_DATABASE_URL to the office's own database, which is unchanged, and run `jiedao move` again.",
    )


def require_home(*, may_be_still: bool = False) -> MoveMark:
    """Return the mark; raise UserError if the database has moved, is an unfinished copy, or is still.

    A database that does not answer is not checked: the caller's next statement reports it.
    """
    try:
        mark = read_mark()
    except (DatabaseError, InterfaceError):
        return NO_MARK
    if mark.state in CLOSED or (mark.state == STILL and not may_be_still):
        raise explain_mark(mark)
    return mark


def find_mark_fault() -> str:
    """Return why the database is not that of an office, "" when it is. A still one can be read."""
    mark = read_mark()
    return f"database: {explain_mark(mark)}" if mark.state in CLOSED else ""


class StandstillGuard:
    """Answer in words with 503: requests that write while the office is still, and all once it has moved."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(settings.STATIC_URL):
            return self.get_response(request)
        try:
            state = get_mark().state
        except (DatabaseError, InterfaceError):
            return self.get_response(request)  # the page reports an outage in its own words
        if state in CLOSED or (state == STILL and request.method not in READING):
            return answer_moving(request, has_moved=state in CLOSED)
        return self.get_response(request)


def answer_moving(request: HttpRequest, *, has_moved: bool) -> HttpResponse:
    """Return the answer: a page, or JSON below /api/."""
    answer = explain_moving(request, has_moved=has_moved)
    answer["Cache-Control"] = "no-store"
    answer["Retry-After"] = "60"
    return answer
