"""The only source of the current time, and working time.

Everything about time can be imported from here: `now`, `at`, the limits of `kernel.worktime` and the calendar
of `kernel.calendar`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from jiedao.kernel.calendar import clear_day, get_town_calendar, invalidate, set_day, set_hours
from jiedao.kernel.worktime import Due, Limit, LimitUnit, WorkCalendar, list_national_days

__all__ = [
    "TOWN_TZ",
    "Due",
    "Limit",
    "LimitUnit",
    "WorkCalendar",
    "at",
    "clear_day",
    "get_town_calendar",
    "invalidate",
    "list_national_days",
    "now",
    "set_day",
    "set_hours",
    "today",
]

TOWN_TZ = ZoneInfo(settings.TIME_ZONE)
_moment: ContextVar[datetime | None] = ContextVar("jiedao_moment", default=None)


def now() -> datetime:
    """Return the current moment, aware UTC, or the one set by `at`."""
    return _moment.get() or datetime.now(UTC)


def today() -> date:
    """Return the date of `now` in the town's time zone."""
    return now().astimezone(TOWN_TZ).date()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Set the time that `now` returns inside the block, in this thread only: for sample data, imports and tests.

    Raise ValueError for a moment without a time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("the moment needs a time zone")
    token = _moment.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _moment.reset(token)
