"""Working time: limits, deadlines and paused clocks, counted exactly and without a database.

Every working day has the same office hours, so working time is a straight line: the number of working days
before a moment times the length of an office day, plus what has passed of today's hours. Both directions are
table look-ups, which keeps `add` at a few microseconds.
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

MICRO = 1_000_000
DAY = timedelta(days=1)
FIRST = date(1992, 1, 1)  # the first year in which China keeps one time all year
LAST = date(2099, 12, 31)
FIRST_ORDINAL = FIRST.toordinal()
OFFICE_HOURS = ((time(9), time(12)), (time(14), time(18)))
SHANGHAI = ZoneInfo("Asia/Shanghai")
NATIONAL_YEARS = range(min(chinese_calendar.holidays).year, max(chinese_calendar.holidays).year + 1)


class LimitUnit(TextChoices):
    """In what a limit is counted."""

    NATURAL_HOURS = "NATURAL_HOUR", _("自然小时")
    WORKING_HOURS = "WORKING_HOUR", _("工作小时")
    WORKING_DAYS = "WORKING_DAY", _("工作日")


SUFFIXES = {"h": LimitUnit.NATURAL_HOURS, "wh": LimitUnit.WORKING_HOURS, "wd": LimitUnit.WORKING_DAYS}
UNIT_SUFFIX = {unit: suffix for suffix, unit in SUFFIXES.items()}
LIMIT_TEXT = re.compile(r"([1-9][0-9]{0,3})(wh|wd|h)")


@dataclass(frozen=True, slots=True)
class Limit:
    """How long something may take: 1 to 9999 of a unit. Raise ValueError outside that."""

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
        """The limit in the reader's language, "4 工作小时"."""
        return f"{self.amount} {LimitUnit(self.unit).label}"


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline, aware UTC. It is provisional while the holidays of a year it crosses are not known yet."""

    at: datetime
    provisional: bool = False


def national_days(year: int) -> dict[date, tuple[bool, str]]:
    """Return the year's public holidays and make-up working days as {date: (is a working day, Chinese name)}.

    Source: the State Council's yearly notices as packaged by chinesecalendar; {} for a year it does not hold.
    """
    found = {day: (False, name) for day, name in chinese_calendar.holidays.items() if day.year == year}
    found |= {day: (True, name) for day, name in chinese_calendar.workdays.items() if day.year == year}
    chinese = {holiday.value: holiday.chinese for holiday in chinese_calendar.Holiday}
    return {day: (works, chinese.get(name, name)) for day, (works, name) in sorted(found.items())}


class WorkCalendar:
    """The office hours and working days of one office, from 1992 to 2099.

    Args:
        hours: (opens, closes) pairs in order and apart, local time, whole minutes.
        days: overrides, {date: is a working day}; stronger than holidays and weekdays.
        weekdays: Monday is 0; the working days of a week without holidays.
        zone: whose local time the hours are in; a zone with summer time counts wall-clock hours.

    Raise ValueError for hours that are empty, overlap or run backwards, and when no day is a working day.
    The holidays of `NATIONAL_YEARS` are built in. Another year counts as known once it has an override; until
    then its weekdays are used and deadlines that cross it are provisional.
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
        self._opens, self._done = check_hours(self.hours)
        self._day = self._done[-1]
        self._works = mark_workdays(overrides, frozenset(weekdays))
        self._before = [0, *accumulate(self._works)]
        self._workdays = [index for index, works in enumerate(self._works) if works]
        self._known = frozenset(NATIONAL_YEARS) | {day.year for day in overrides}
        if not self._workdays:
            raise ValueError("no day is a working day; give at least one weekday")

    def is_workday(self, day: date) -> bool:
        """Tell whether the office works on the day; raise ValueError outside 1992-2099."""
        return bool(self._works[self._index(day)])

    def is_known(self, year: int) -> bool:
        """Tell whether the year's holidays are known, not guessed from weekdays."""
        return year in self._known

    def position(self, day: date) -> int:
        """Return the number of working days from 1992 to before the day; raise ValueError outside 1992-2099.

        A plan counts on this axis: a working day's morning is its position, its evening one more.
        """
        return self._before[self._index(day)]

    def workday(self, position: int) -> date:
        """Return the working day at a position; raise ValueError outside 1992-2099."""
        if not 0 <= position < len(self._workdays):
            raise ValueError(f"position {position} is outside the calendar ({FIRST.year}-{LAST.year})")
        return date.fromordinal(FIRST_ORDINAL + self._workdays[position])

    def add(self, start: datetime, limit: Limit) -> Due:
        """Return when a limit that starts at `start` (aware) runs out.

        - Natural hours: that many hours later.
        - Working hours: the earliest moment by which so much office time has passed; 4 hours from 14:00 of an
          office day that closes at 18:00 end at 18:00, not the next morning.
        - Working days: `start` is first moved forward into office time (18:00 becomes the next working day's
          opening, lunch its end); the deadline is the same time of day that many working days later.

        Raise ValueError when the count leaves 1992-2099.
        """
        if limit.unit == LimitUnit.NATURAL_HOURS:
            return Due(start.astimezone(UTC) + timedelta(hours=limit.amount))
        position = self._position(start)
        if limit.unit == LimitUnit.WORKING_HOURS:
            end = self._earliest(position + limit.amount * 3600 * MICRO)
        else:
            end = self._forward(position + limit.amount * self._day)
        return self._due(start, end)

    def between(self, start: datetime, end: datetime) -> float:
        """Return the office time from start to end in seconds, negative when end is before start."""
        return (self._position(end) - self._position(start)) / MICRO

    def part(self, start: datetime, due_at: datetime, share: float, unit: LimitUnit) -> datetime:
        """Return when the share (0 to 1) of the time that a clock of this unit has from start to due has passed."""
        if unit == LimitUnit.NATURAL_HOURS:
            return start + (due_at - start) * share
        first = self._position(start)
        length = round((self._position(due_at) - first) * share)
        return self._earliest(first + length) if length else start

    def elapsed(self, start: datetime, moment: datetime, unit: LimitUnit) -> float:
        """Return the seconds that a clock of this unit, started at `start`, shows at `moment`."""
        if unit == LimitUnit.NATURAL_HOURS:
            return (moment - start).total_seconds()
        return self.between(start, moment)

    def remaining(self, moment: datetime, due_at: datetime, unit: LimitUnit) -> float:
        """Return the seconds that a clock of this unit still has at `moment`, negative once overdue."""
        return self.elapsed(moment, due_at, unit)

    def resume(self, due_at: datetime, paused_at: datetime, resumed_at: datetime, unit: LimitUnit) -> Due:
        """Return the deadline of a clock that stood still from `paused_at` to `resumed_at`.

        The clock has the same time left at `resumed_at` as it had at `paused_at`. The deadline stays when the
        clock was overdue before the pause, and when the pause touched no office time and ended before it.
        """
        if paused_at >= due_at or resumed_at <= paused_at:
            return self._due(paused_at, due_at.astimezone(UTC), unit)
        if unit == LimitUnit.NATURAL_HOURS:
            return Due(due_at.astimezone(UTC) + (resumed_at - paused_at))
        paused, resumed = self._position(paused_at), self._position(resumed_at)
        if paused == resumed and due_at >= resumed_at:
            return self._due(paused_at, due_at.astimezone(UTC))
        left = self._position(due_at) - paused
        if left == 0 or unit == LimitUnit.WORKING_DAYS:
            return self._due(resumed_at, self._forward(resumed + left))
        return self._due(resumed_at, self._earliest(resumed + left))

    def _index(self, day: date) -> int:
        if not FIRST <= day <= LAST:
            raise ValueError(f"{day} is outside the calendar ({FIRST.year}-{LAST.year})")
        return day.toordinal() - FIRST_ORDINAL

    def _position(self, moment: datetime) -> int:
        """Return the office time before the moment, in microseconds since the calendar's first day."""
        local = moment.astimezone(self.zone)
        index = local.toordinal() - FIRST_ORDINAL
        if not 0 <= index < len(self._works):
            raise ValueError(f"{local.date()} is outside the calendar ({FIRST.year}-{LAST.year})")
        whole = self._before[index] * self._day
        if not self._works[index]:
            return whole
        clock = ((local.hour * 60 + local.minute) * 60 + local.second) * MICRO + local.microsecond
        part = bisect_right(self._opens, clock) - 1
        if part < 0:
            return whole
        return whole + min(self._done[part] + clock - self._opens[part], self._done[part + 1])

    def _earliest(self, position: int) -> datetime:
        """Return the first moment at which the office time has passed: a part's end, not the next start."""
        days, rest = divmod(position, self._day)
        if rest == 0:
            days, rest = days - 1, self._day
        return self._moment(days, bisect_left(self._done, rest) - 1, rest)

    def _forward(self, position: int) -> datetime:
        """Return the moment at which the office time goes on: the start of a part, not the end before it."""
        days, rest = divmod(position, self._day)
        return self._moment(days, bisect_right(self._done, rest) - 1, rest)

    def _moment(self, days: int, part: int, rest: int) -> datetime:
        if not 0 <= days < len(self._workdays):
            raise ValueError(f"the deadline is outside the calendar ({FIRST.year}-{LAST.year})")
        midnight = datetime.fromordinal(FIRST_ORDINAL + self._workdays[days])
        local = midnight + timedelta(microseconds=self._opens[part] + rest - self._done[part])
        return local.replace(tzinfo=self.zone).astimezone(UTC)

    def _due(self, start: datetime, end: datetime, unit: LimitUnit = LimitUnit.WORKING_HOURS) -> Due:
        if unit == LimitUnit.NATURAL_HOURS:
            return Due(end)
        first, last = start.astimezone(self.zone).year, end.astimezone(self.zone).year
        return Due(end, not all(year in self._known for year in range(first, last + 1)))


def check_hours(hours: Sequence[tuple[time, time]]) -> tuple[list[int], list[int]]:
    """Return each part's opening and the office time done before it (one longer), in microseconds.

    Raise ValueError for hours that are empty, overlap or run backwards.
    """
    opens, done, last = list[int](), [0], -1
    for start, end in hours:
        first, close = (((edge.hour * 60 + edge.minute) * 60 + edge.second) * MICRO for edge in (start, end))
        if first <= last or close <= first:
            raise ValueError(f"office hours {start:%H:%M}-{end:%H:%M} overlap or run backwards")
        opens.append(first)
        done.append(done[-1] + close - first)
        last = close
    if not opens:
        raise ValueError("office hours need at least one part, such as 09:00-12:00")
    return opens, done


def mark_workdays(overrides: Mapping[date, bool], weekdays: Collection[int]) -> bytearray:
    """Return one byte a day from FIRST to LAST, 1 for a working day."""
    works = bytearray(_national(frozenset(weekdays)))
    for day, working in overrides.items():
        if FIRST <= day <= LAST:
            works[day.toordinal() - FIRST_ORDINAL] = working
    return works


@cache
def _national(weekdays: frozenset[int]) -> bytes:
    """Mark the days by the weekdays and the country's holidays alone: the same for every office."""
    monday = FIRST.weekday()
    count = LAST.toordinal() - FIRST_ORDINAL + 1
    works = bytearray((index + monday) % 7 in weekdays for index in range(count))
    for days, working in ((chinese_calendar.holidays, False), (chinese_calendar.workdays, True)):
        for day in days:
            works[day.toordinal() - FIRST_ORDINAL] = working
    return bytes(works)
