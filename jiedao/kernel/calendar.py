"""The town's own calendar: office hours and days that the office edits, over the national holidays."""

from collections.abc import Sequence
from datetime import date, time
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import Manager
from django.utils import timezone
from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.kernel.memo import Memo
from jiedao.kernel.worktime import OFFICE_HOURS, WorkCalendar, check_hours

Rows = tuple[tuple[tuple[time, time], ...], tuple[tuple[date, bool], ...]]


def calendar_of_town() -> WorkCalendar:
    """Return the town's calendar; no query on most calls, two small ones when it was not read for 30 s."""
    return _CALENDAR.get()


def invalidate() -> None:
    """Forget the kept calendar of this process; the next call reads it again."""
    _CALENDAR.forget()


def set_day(day: date, *, is_workday: bool, name: str = "") -> None:
    """Say whether the office works on a day, whatever the national calendar says."""
    table("CalendarDay").update_or_create(date=day, defaults={"is_workday": is_workday, "name": name})
    transaction.on_commit(invalidate)


def clear_day(day: date) -> None:
    """Give a day back to the national calendar."""
    table("CalendarDay").filter(date=day).delete()
    transaction.on_commit(invalidate)


@transaction.atomic
def set_hours(hours: Sequence[tuple[time, time]]) -> None:
    """Replace the office hours, (opens, closes) pairs; raise UserError when they overlap or run backwards."""
    parts = sorted(hours)
    try:
        check_hours(parts)
    except ValueError as fault:
        raise UserError(
            _("办公时间有误。"), hint=_("请填写互不重叠的时段，如 09:00-12:00、14:00-18:00。"), field="hours"
        ) from fault
    rows = table("OfficeHours")
    rows.all().delete()
    rows.bulk_create([rows.model(opens=opens, closes=closes) for opens, closes in parts])
    transaction.on_commit(invalidate)


def load() -> WorkCalendar:
    """Read the edited hours and days and return the calendar made of them."""
    hours = tuple(table("OfficeHours").order_by("opens").values_list("opens", "closes"))
    return build((hours, tuple(table("CalendarDay").order_by("date").values_list("date", "is_workday"))))


@lru_cache(maxsize=4)  # a reload nearly always finds the same rows, and building takes milliseconds
def build(rows: Rows) -> WorkCalendar:
    """Return the calendar of these hours and days."""
    hours, days = rows
    return WorkCalendar(hours or OFFICE_HOURS, dict(days), zone=timezone.get_default_timezone())


def table(name: str) -> Manager[Any]:
    """Return the manager of a kernel model; by name, because models take their defaults from the clock."""
    manager: Manager[Any] = apps.get_model("kernel", name)._default_manager
    return manager


_CALENDAR: Memo[WorkCalendar] = Memo(load, seconds=30.0)
