"""Working time: limits, deadlines and paused clocks, computed exactly and without a database.

Every working day has the same office hours. The working time before a moment is therefore the number of working
days before it times the length of an office day, plus the part of that day's hours that has passed. Both
directions are table look-ups, so that `add` takes a few microseconds.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from itertools import accumulate
from typing import Self
from zoneinfo import ZoneInfo

import chinese_calendar
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

MICROSECONDS = 1_000_000
DAY = timedelta(days=1)
FIRST = date(1992, 1, 1)  # the first year without summer time in China
LAST = date(2099, 12, 31)
FIRST_ORDINAL = FIRST.toordinal()
OFFICE_HOURS = ((time(9), time(12)), (time(14), time(18)))
SHANGHAI = ZoneInfo("Asia/Shanghai")
NATIONAL_YEARS = range(min(chinese_calendar.holidays).year, max(chinese_calendar.holidays).year + 1)


class LimitUnit(TextChoices):
    """The unit of a limit."""

    NATURAL_HOURS = "NATURAL_HOUR", _("自然小时")
    WORKING_HOURS = "WORKING_HOUR", _("工作小时")
    WORKING_DAYS = "WORKING_DAY", _("工作日")


SUFFIXES = {"h": LimitUnit.NATURAL_HOURS, "wh": LimitUnit.WORKING_HOURS, "wd": LimitUnit.WORKING_DAYS}
UNIT_SUFFIX = {unit: suffix for suffix, unit in SUFFIXES.items()}
LIMIT_TEXT = re.compile(r"([1-9][0-9]{0,3})(wh|wd|h)")


@dataclass(frozen=True, slots=True)
class Limit:
    """The time that something may take, 1 to 9999 of a unit; raise ValueError for another amount."""

    amount: int
    unit: LimitUnit

    def __post_init__(self) -> None:
        if not 1 <= self.amount <= 9999:
            raise ValueError(f"a limit is 1 to 9999 of its unit, not {self.amount}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "24h" (natural hours), "4wh" (working hours), "2wd" (working days); else raise ValueError."""
        match = LIMIT_TEXT.fullmatch(text.strip().lower())
        if match is None:
            raise ValueError(f"{text!r} is no limit; write 24h, 4wh (working hours) or 2wd (working days)")
        return cls(int(match[1]), SUFFIXES[match[2]])

    def __str__(self) -> str:
        return f"{self.amount}{UNIT_SUFFIX[self.unit]}"

    @property
    def label(self) -> str:
        """The limit in the reader's language, such as "4 工作小时"."""
        count = self.amount
        if self.unit == LimitUnit.WORKING_DAYS:
            text = ngettext("%(count)d 工作日", "%(count)d 工作日", count)
        elif self.unit == LimitUnit.WORKING_HOURS:
            text = ngettext("%(count)d 工作小时", "%(count)d 工作小时", count)
        else:
            text = ngettext("%(count)d 自然小时", "%(count)d 自然小时", count)
        return text % {"count": count}


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline, aware UTC. It is provisional while the holidays of a year that it crosses are unknown."""

    at: datetime
    provisional: bool = False


def list_national_days(year: int) -> dict[date, tuple[bool, str]]:
    """Return the year's public holidays and make-up working days as {date: (is a working day, Chinese name)}.

    Source: the State Council's yearly notices, from the package chinesecalendar; {} for a year it does not contain.
    """
    days = {day: (False, name) for day, name in chinese_calendar.holidays.items() if day.year == year}
    days |= {day: (True, name) for day, name in chinese_calendar.workdays.items() if day.year == year}
    chinese = {holiday.value: holiday.chinese for holiday in chinese_calendar.Holiday}
    return {day: (works, chinese.get(name, name)) for day, (works, name) in sorted(days.items())}


class WorkCalendar:
    """The office hours and working days of one office, from 1992 to 2099.

    Args:
        hours: (opens, closes) pairs in order, without overlap, in local time and full minutes.
        days: overrides, {date: is a working day}; they take precedence over holidays and weekdays.
        weekdays: the working days of a week without holidays; Monday is 0.
        zone: the time zone of the hours; in a zone with summer time, wall-clock hours are counted.

    Raise ValueError for hours that are empty, overlap or run backwards, and when no day is a working day.
    The holidays of `NATIONAL_YEARS` are built in. Another year counts as known once it has an override; before
    that, its weekdays are used and deadlines that cross it are provisional.
    """

    def __init__(
        self,
        hours: Sequence[tuple[time, time]] = OFFICE_HOURS,
        days: Mapping[date, bool] | None = None,
        weekdays: Collection[int] = range(5),
        zone: tzinfo = SHANGHAI,
    ) -> None:
        overrides = dict(days or {})
        self.hours = tuple(hours)
        self.zone = zone
        self._opens, self._done_before = check_hours(self.hours)
        self._day_length = self._done_before[-1]
        self._works = mark_workdays(overrides, frozenset(weekdays))
        self._workdays_before = [0, *accumulate(self._works)]
        self._workdays = [index for index, works in enumerate(self._works) if works]
        self._known = frozenset(NATIONAL_YEARS) | {day.year for day in overrides}
        if not self._workdays:
            raise ValueError("no day is a working day; give at least one weekday")

    def is_workday(self, day: date) -> bool:
        """Return whether the office works on the day; raise ValueError outside 1992-2099."""
        return bool(self._works[self._day_index(day)])

    @property
    def day_length(self) -> float:
        """The office time of a working day, in seconds."""
        return self._day_length / MICROSECONDS

    def is_office_time(self, moment: datetime) -> bool:
        """Return whether the office is open at the moment, its opening and closing included."""
        local = moment.astimezone(self.zone)
        at = local.time()
        return self.is_workday(local.date()) and any(opens <= at <= closes for opens, closes in self.hours)

    def is_known(self, year: int) -> bool:
        """Return whether the year's holidays are known, not derived from weekdays."""
        return year in self._known

    def list_unknown_years(self, first: date, last: date) -> list[int]:
        """Return the years from one day to another, both included, whose holidays are not known."""
        return [year for year in range(first.year, last.year + 1) if year not in self._known]

    def position(self, day: date) -> int:
        """Return the number of working days from 1992 until before the day; raise ValueError outside 1992-2099.

        Plans compute with these numbers: the morning of a working day is its position, its evening one more.
        """
        return self._workdays_before[self._day_index(day)]

    def workday(self, position: int) -> date:
        """Return the working day at a position; raise ValueError outside 1992-2099."""
        if not 0 <= position < len(self._workdays):
            raise ValueError(f"position {position} is outside the calendar ({FIRST.year}-{LAST.year})")
        return date.fromordinal(FIRST_ORDINAL + self._workdays[position])

    def add(self, start: datetime, limit: Limit) -> Due:
        """Return the deadline of a limit that starts at `start` (aware).

        - Natural hours: that number of hours later.
        - Working hours: the earliest moment by which that office time has passed. 4 hours from 14:00 of an office
          day that closes at 18:00 end at 18:00, not the next morning.
        - Working days: `start` is first moved forward into office time (18:00 becomes the opening of the next
          working day, a moment in the lunch break its end); the deadline is the same time of day that number of
          working days later.

        Raise ValueError when the deadline is outside 1992-2099.
        """
        if limit.unit == LimitUnit.NATURAL_HOURS:
            return Due(start.astimezone(UTC) + timedelta(hours=limit.amount))
        position = self._office_time_before(start)
        if limit.unit == LimitUnit.WORKING_HOURS:
            end = self._find_end(position + limit.amount * 3600 * MICROSECONDS)
        else:
            end = self._find_start(position + limit.amount * self._day_length)
        return self._make_due(start, end)

    def between(self, start: datetime, end: datetime) -> float:
        """Return the office time from start to end in seconds, negative when end is before start."""
        return (self._office_time_before(end) - self._office_time_before(start)) / MICROSECONDS

    def part(self, start: datetime, due_at: datetime, share: float, unit: LimitUnit) -> datetime:
        """Return the moment at which a share (0 to 1) of the time from start to deadline has passed on a clock."""
        if unit == LimitUnit.NATURAL_HOURS:
            return start + (due_at - start) * share
        first = self._office_time_before(start)
        length = round((self._office_time_before(due_at) - first) * share)
        return self._find_end(first + length) if length else start

    def elapsed(self, start: datetime, moment: datetime, unit: LimitUnit) -> float:
        """Return the seconds that a clock of this unit, started at `start`, shows at `moment`."""
        if unit == LimitUnit.NATURAL_HOURS:
            return (moment - start).total_seconds()
        return self.between(start, moment)

    def remaining(self, moment: datetime, due_at: datetime, unit: LimitUnit) -> float:
        """Return the seconds that a clock of this unit still has at `moment`, negative once overdue."""
        return self.elapsed(moment, due_at, unit)

    def resume(self, due_at: datetime, paused_at: datetime, resumed_at: datetime, unit: LimitUnit) -> Due:
        """Return the new deadline of a clock that was paused from `paused_at` to `resumed_at`.

        The clock has the same time left at `resumed_at` as at `paused_at`. The deadline does not change when the
        clock was overdue before the pause, or when the pause contains no office time and ends before the deadline.
        """
        if paused_at >= due_at or resumed_at <= paused_at:
            return self._make_due(paused_at, due_at.astimezone(UTC), unit)
        if unit == LimitUnit.NATURAL_HOURS:
            return Due(due_at.astimezone(UTC) + (resumed_at - paused_at))
        paused, resumed = self._office_time_before(paused_at), self._office_time_before(resumed_at)
        if paused == resumed and due_at >= resumed_at:
            return self._make_due(paused_at, due_at.astimezone(UTC))
        time_left = self._office_time_before(due_at) - paused
        if time_left == 0 or unit == LimitUnit.WORKING_DAYS:
            return self._make_due(resumed_at, self._find_start(resumed + time_left))
        return self._make_due(resumed_at, self._find_end(resumed + time_left))

    def _day_index(self, day: date) -> int:
        if not FIRST <= day <= LAST:
            raise ValueError(f"{day} is outside the calendar ({FIRST.year}-{LAST.year})")
        return day.toordinal() - FIRST_ORDINAL

    def _office_time_before(self, moment: datetime) -> int:
        """Return the office time before the moment, in microseconds since the calendar's first day."""
        local = moment.astimezone(self.zone)
        index = local.toordinal() - FIRST_ORDINAL
        if not 0 <= index < len(self._works):
            raise ValueError(f"{local.date()} is outside the calendar ({FIRST.year}-{LAST.year})")
        full_days = self._workdays_before[index] * self._day_length
        if not self._works[index]:
            return full_days
        clock = ((local.hour * 60 + local.minute) * 60 + local.second) * MICROSECONDS + local.microsecond
        part = bisect_right(self._opens, clock) - 1
        if part < 0:
            return full_days
        return full_days + min(
            self._done_before[part] + clock - self._opens[part], self._done_before[part + 1]
        )

    def _find_end(self, position: int) -> datetime:
        """Return the first moment at which the office time has passed: the end of a part, not the next start."""
        days, rest_of_day = divmod(position, self._day_length)
        if rest_of_day == 0:
            days, rest_of_day = days - 1, self._day_length
        return self._make_moment(days, bisect_left(self._done_before, rest_of_day) - 1, rest_of_day)

    def _find_start(self, position: int) -> datetime:
        """Return the moment from which the office time continues: the start of a part, not the end before it."""
        days, rest_of_day = divmod(position, self._day_length)
        return self._make_moment(days, bisect_right(self._done_before, rest_of_day) - 1, rest_of_day)

    def _make_moment(self, days: int, part: int, rest_of_day: int) -> datetime:
        if not 0 <= days < len(self._workdays):
            raise ValueError(f"the deadline is outside the calendar ({FIRST.year}-{LAST.year})")
        midnight = datetime.fromordinal(FIRST_ORDINAL + self._workdays[days])
        local = midnight + timedelta(microseconds=self._opens[part] + rest_of_day - self._done_before[part])
        return local.replace(tzinfo=self.zone).astimezone(UTC)

    def _make_due(self, start: datetime, end: datetime, unit: LimitUnit = LimitUnit.WORKING_HOURS) -> Due:
        if unit == LimitUnit.NATURAL_HOURS:
            return Due(end)
        first, last = start.astimezone(self.zone).year, end.astimezone(self.zone).year
        return Due(end, not all(year in self._known for year in range(first, last + 1)))


def check_hours(hours: Sequence[tuple[time, time]]) -> tuple[list[int], list[int]]:
    """Return the opening of each part and the office time before it, in microseconds.

    The second list has one item more, the office time of the complete day.

    Raise ValueError for hours that are empty, overlap or run backwards.
    """
    opens, done_before, previous_close = list[int](), [0], -1
    for start, end in hours:
        first, close = (
            ((edge.hour * 60 + edge.minute) * 60 + edge.second) * MICROSECONDS for edge in (start, end)
        )
        if first <= previous_close or close <= first:
            raise ValueError(f"office hours {start:%H:%M}-{end:%H:%M} overlap or run backwards")
        opens.append(first)
        done_before.append(done_before[-1] + close - first)
        previous_close = close
    if not opens:
        raise ValueError("office hours need at least one part, such as 09:00-12:00")
    return opens, done_before


def mark_workdays(overrides: Mapping[date, bool], weekdays: Collection[int]) -> bytearray:
    """Return one byte for each day from FIRST to LAST, 1 for a working day."""
    works = bytearray(_mark_national_workdays(frozenset(weekdays)))
    for day, working in overrides.items():
        if FIRST <= day <= LAST:
            works[day.toordinal() - FIRST_ORDINAL] = working
    return works


@cache
def _mark_national_workdays(weekdays: frozenset[int]) -> bytes:
    """Return the marks by weekdays and national holidays alone, which are the same for every office."""
    monday = FIRST.weekday()
    day_count = LAST.toordinal() - FIRST_ORDINAL + 1
    works = bytearray((index + monday) % 7 in weekdays for index in range(day_count))
    for days, working in ((chinese_calendar.holidays, False), (chinese_calendar.workdays, True)):
        for day in days:
            works[day.toordinal() - FIRST_ORDINAL] = working
    return bytes(works)
