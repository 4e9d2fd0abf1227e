"""The only source of the current time, and working time.

Everything about time can be imported from here: `now`, `at`, the limits of `kernel.worktime` and the calendar
of `kernel.calendar`.

There are two clocks, which differ in a demonstration only:

- `now` and `today` are the time of the town, in which everything happens that people read about: cases and their
  deadlines, records, inspections, projects, promises, notices, and the entries of the audit trail, so that an entry
  has the time of the change that it records. In an office this is the real time. The demonstration has a clock of its
  own: it began at some moment (`begin`) and has run on since with real seconds.
- `real_now` is the time of the machine, for what protects or runs the program: sessions, sign-in, the second factor,
  tokens and locks; the leases, retries and periods of jobs; the names and times of backups and of files that wait.

Which modules use `real_now` is listed in `tests/structure/test_clocks.py`. A job that must run at a moment of the town
is enqueued with `run_at=to_real(moment)`.

The shift between the two is a row of the database. A process reads it once, when it first needs the time of the town.
It never changes once there are cases or accounts, so no process has to look again: `jiedao demo` sets it on an empty
database, before server and worker start.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction

from jiedao.kernel.calendar import clear_day, get_town_calendar, invalidate, set_day, set_hours
from jiedao.kernel.worktime import Due, Limit, LimitUnit, WorkCalendar, list_national_days

__all__ = [
    "REAL_TIME",
    "TOWN_TZ",
    "Due",
    "Limit",
    "LimitUnit",
    "TownTime",
    "WorkCalendar",
    "at",
    "begin",
    "clear_day",
    "get_town_calendar",
    "invalidate",
    "list_national_days",
    "now",
    "read_town_time",
    "real_now",
    "set_day",
    "set_hours",
    "set_town_time",
    "to_real",
    "today",
]

TOWN_TZ = ZoneInfo(settings.TIME_ZONE)
_moment: ContextVar[datetime | None] = ContextVar("jiedao_moment", default=None)


@dataclass(frozen=True, slots=True)
class TownTime:
    """How the town's clock differs from the machine's: by nothing, or, in a demonstration, since it began.

    Attributes:
        shift: what to add to the machine's time.
        began_at: the moment that the town's clock showed when it began; None where it shows the real time.
        stands: the clock has not begun to run, because the demonstration is not complete yet.
    """

    shift: timedelta
    began_at: datetime | None = None
    stands: bool = False


REAL_TIME = TownTime(timedelta(0))
_town_time: TownTime | None = None  # None until this process has read it


def now() -> datetime:
    """Return the current moment of the town, aware UTC, or the one set by `at`."""
    return _moment.get() or datetime.now(UTC) + read_town_time().shift


def real_now() -> datetime:
    """Return the current moment of the machine, aware UTC, or the one set by `at`."""
    return _moment.get() or datetime.now(UTC)


def to_real(moment: datetime) -> datetime:
    """Return when the machine's clock will show what the town's clock shows at `moment`."""
    return moment - read_town_time().shift


def today() -> date:
    """Return the date of `now` in the town's time zone."""
    return now().astimezone(TOWN_TZ).date()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Set the time that both clocks return inside the block, in this thread only: for sample data, imports and tests.

    Raise ValueError for a moment without a time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("the moment needs a time zone")
    token = _moment.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _moment.reset(token)


# -- the clock of a demonstration -----------------------------------------------------------------------------------


def begin(moment: datetime, really_at: datetime | None) -> None:
    """Let the town's clock run on from `moment`, which it showed at the real time `really_at`.

    With None the clock stands at the moment, until it is begun with a real time: while a demonstration is made. For
    the database of a demonstration only. Raise ValueError for a moment without a time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("the moment needs a time zone")
    _get_rows().update_or_create(pk=1, defaults={"began_at": moment, "began_really_at": really_at})
    set_town_time(_build_town_time(moment.astimezone(UTC), really_at))


def read_town_time() -> TownTime:
    """Return how the town's clock differs from the machine's; the database is read once per process."""
    return _town_time or _read_town_time()


def set_town_time(town_time: TownTime | None) -> None:
    """Set the difference of the clocks in this process; None lets the process read it again."""
    global _town_time  # noqa: PLW0603 (the one value of the process)
    _town_time = town_time


def _read_town_time() -> TownTime:
    """Read the difference and store it for the process; without a prepared database there is none yet."""
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        return REAL_TIME  # to connect would create the file
    try:
        # In a transaction, a table that does not exist yet must not spoil what the transaction does next.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            row = _get_rows().values_list("began_at", "began_really_at").first()
    except (DatabaseError, InterfaceError):
        return REAL_TIME
    town_time = _build_town_time(*row) if row is not None else REAL_TIME
    set_town_time(town_time)
    return town_time


def _build_town_time(began_at: datetime, really_at: datetime | None) -> TownTime:
    return TownTime(began_at - (really_at or datetime.now(UTC)), began_at, stands=really_at is None)


def _get_rows() -> Any:
    """Return the table of the clock by name: importing `models` here would be circular."""
    return apps.get_model("kernel", "TownClock")._default_manager
