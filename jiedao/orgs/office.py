"""Reads and writes of the office's calendar. Each write checks the right and leaves an audit entry.

A clock that is already running keeps its deadline: no figure may change because the calendar was edited afterwards.
Only a deadline that is marked provisional, because the days of its year were not entered yet, is counted again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.audit.models import Entry
from jiedao.kernel import calendar, clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.models import CalendarDay, OfficeHours
from jiedao.kernel.worktime import NATIONAL_YEARS, OFFICE_HOURS, list_national_days
from jiedao.orgs.actor import Actor

MANAGE = "kernel.calendar:manage"
YEARS = range(2000, 2100)


@dataclass(frozen=True)
class DayLine:
    """A day that differs from the usual week: a working day at a weekend, or a day off.

    `edited` is whether the office set it; otherwise it comes from the national calendar.
    """

    day: date
    is_workday: bool
    name: str
    edited: bool


def _check_year(day: date) -> None:
    if day.year not in YEARS:
        raise UserError(_("日期超出 2000 年至 2099 年。"), hint=_("请检查年份。"), field="date")


@transaction.atomic
def set_day(*, actor: Actor, day: date, is_workday: bool, name: str = "") -> None:
    """Set whether the office works on a day."""
    actor.require(MANAGE)
    _check_year(day)
    before = CalendarDay.objects.filter(date=day).values("is_workday", "name").first()
    calendar.set_day(day, is_workday=is_workday, name=name.strip()[:40])
    after = {"is_workday": is_workday, "name": name.strip()[:40]}
    _record_entry(actor, day.toordinal(), before, {"date": day.isoformat(), **after})


@transaction.atomic
def clear_day(*, actor: Actor, day: date) -> None:
    """Remove the office's own setting of a day, so that the national calendar applies."""
    actor.require(MANAGE)
    before = CalendarDay.objects.filter(date=day).values("is_workday", "name").first()
    if before is not None:
        calendar.clear_day(day)
        _record_entry(actor, day.toordinal(), {"date": day.isoformat(), **before}, None)


@transaction.atomic
def set_hours(*, actor: Actor, hours: Sequence[tuple[time, time]]) -> None:
    """Replace the office hours; raise UserError when they overlap, run backwards or are empty."""
    actor.require(MANAGE)
    before = _format_hours(read_office_hours())
    calendar.set_hours(hours)
    _record_entry(actor, None, {"hours": before}, {"hours": _format_hours(hours)})


def _record_entry(actor: Actor, pk: int | None, before: Any, after: Any) -> None:
    record_entry(
        actor=actor, action=MANAGE, obj_type="kernel.calendar", obj_id=pk, before=before, after=after
    )


def _format_hours(hours: Sequence[tuple[time, time]]) -> str:
    return " ".join(f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in sorted(hours))


def read_office_hours() -> list[tuple[time, time]]:
    """Return the office hours in force."""
    return list(OfficeHours.objects.order_by("opens").values_list("opens", "closes")) or list(OFFICE_HOURS)


def parse_hours(text: str) -> list[tuple[time, time]]:
    """Read "09:00-12:00 14:00-18:00"; raise UserError for any other form."""
    hours = []
    for part in text.replace("、", " ").replace(",", " ").replace("，", " ").split():
        opens, dash, closes = part.replace("—", "-").replace("–", "-").partition("-")
        try:
            hours.append((time.fromisoformat(opens), time.fromisoformat(closes)))
        except ValueError:
            dash = ""
        if not dash:
            raise UserError(
                _("看不懂办公时间“%(part)s”。") % {"part": part[:20]},
                hint=_("写成 09:00-12:00 14:00-18:00 的样子。"),
                field="hours",
            )
    return hours


def list_special_days(year: int) -> list[DayLine]:
    """Return the year's holidays and make-up days; days set by the office replace national ones; one statement."""
    lines = {
        day: DayLine(day, works, name, edited=False)
        for day, (works, name) in list_national_days(year).items()
    }
    for row in CalendarDay.objects.filter(date__year=year):
        lines[row.date] = DayLine(row.date, row.is_workday, row.name, edited=True)
    return [lines[day] for day in sorted(lines)]


def find_last_calendar_change() -> datetime | None:
    """Return when a user last changed a day or the hours, None if nobody ever did."""
    changes = Entry.objects.filter(object_type="kernel.calendar").order_by("-id")
    return changes.values_list("at", flat=True).first()


def find_provisional_years() -> list[int]:
    """Return which of this and the next year have unknown holidays: deadlines in them are provisional."""
    this_year = clock.today().year
    edited_years = {day.year for day in CalendarDay.objects.values_list("date", flat=True)}
    return [
        year for year in (this_year, this_year + 1) if year not in NATIONAL_YEARS and year not in edited_years
    ]
