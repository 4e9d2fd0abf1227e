"""The town's calendar: the national holidays, overridden by the hours and days that the office edits."""

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

CalendarRows = tuple[tuple[tuple[time, time], ...], tuple[tuple[date, bool], ...]]


def get_town_calendar() -> WorkCalendar:
    """Return the town's calendar, cached for 30 s; reading it again takes two small queries."""
    return _CALENDAR.get()


def invalidate() -> None:
    """Drop the cached calendar of this process; the next call reads it again."""
    _CALENDAR.forget()


def set_day(day: date, *, is_workday: bool, name: str = "") -> None:
    """Set whether the office works on a day, whatever the national calendar states."""
    get_manager("CalendarDay").update_or_create(date=day, defaults={"is_workday": is_workday, "name": name})
    transaction.on_commit(invalidate)


def clear_day(day: date) -> None:
    """Remove the office's own setting of a day, so that the national calendar applies."""
    get_manager("CalendarDay").filter(date=day).delete()
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
    office_hours = get_manager("OfficeHours")
    office_hours.all().delete()
    office_hours.bulk_create([office_hours.model(opens=opens, closes=closes) for opens, closes in parts])
    transaction.on_commit(invalidate)


def load_calendar() -> WorkCalendar:
    """Read the edited hours and days and return the calendar built from them."""
    hours = tuple(get_manager("OfficeHours").order_by("opens").values_list("opens", "closes"))
    return build_calendar(
        (hours, tuple(get_manager("CalendarDay").order_by("date").values_list("date", "is_workday")))
    )


@lru_cache(maxsize=4)  # a reload nearly always reads the same rows, and building takes milliseconds
def build_calendar(rows: CalendarRows) -> WorkCalendar:
    """Return the calendar of these hours and days."""
    hours, days = rows
    return WorkCalendar(hours or OFFICE_HOURS, dict(days), zone=timezone.get_default_timezone())


def get_manager(name: str) -> Manager[Any]:
    """Return the manager of a kernel model by name: importing `models` here would be circular, through `clock`."""
    manager: Manager[Any] = apps.get_model("kernel", name)._default_manager
    return manager


_CALENDAR: Memo[WorkCalendar] = Memo(load_calendar, seconds=30.0)
