"""Periods as they are written in addresses, commands and reports, and the local days they cover."""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _

from jiedao.kernel.clock import TOWN_TZ, today
from jiedao.kernel.errors import UserError

FIRST = date(2000, 1, 1)
LAST = date(2099, 12, 31)
DAY = timedelta(days=1)
ALL = "all"


@dataclass(frozen=True)
class Period:
    """A run of local days, both ends included. `text` is how it is written: "2020H1", "2020-05", "all"."""

    text: str
    first: date
    last: date

    @property
    def start_at(self) -> datetime:
        """The first moment, aware, town time."""
        return datetime.combine(self.first, time.min, tzinfo=TOWN_TZ)

    @property
    def end_at(self) -> datetime:
        """The first moment after the period, aware, town time."""
        return datetime.combine(self.last + DAY, time.min, tzinfo=TOWN_TZ)

    @property
    def days(self) -> int:
        """How many days it covers."""
        return (self.last - self.first).days + 1

    @property
    def label(self) -> str:
        """The period in the reader's words, "2020 年上半年"."""
        return _label(self)

    def previous(self) -> "Period | None":
        """Return the period before it: the one before of the same kind, else as many days.

        None before the first day that is counted, and for the whole time.
        """
        if self.text == ALL:
            return None
        for kind in _KINDS:
            if kind.pattern.fullmatch(self.text):
                before = self.first - DAY
                return None if before < FIRST else kind.around(before)
        first = self.first - timedelta(days=self.days)
        return None if first < FIRST else between(first, self.first - DAY)


@dataclass(frozen=True)
class _Kind:
    """One way to write a period: its pattern, and the period of the kind that holds a day."""

    pattern: re.Pattern[str]
    read: Callable[[re.Match[str]], tuple[date, date]]
    around: Callable[[date], Period]


def _month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _months(year: int, first: int, last: int) -> tuple[date, date]:
    return date(year, first, 1), _month_end(year, last)


def year_of(day: date) -> Period:
    """Return the year that holds the day."""
    return Period(f"{day.year}", *_months(day.year, 1, 12))


def half_of(day: date) -> Period:
    """Return the half-year that holds the day."""
    half = 1 if day.month <= 6 else 2
    return Period(f"{day.year}H{half}", *_months(day.year, half * 6 - 5, half * 6))


def quarter_of(day: date) -> Period:
    """Return the quarter that holds the day."""
    quarter = (day.month + 2) // 3
    return Period(f"{day.year}Q{quarter}", *_months(day.year, quarter * 3 - 2, quarter * 3))


def month_of(day: date) -> Period:
    """Return the month that holds the day."""
    return Period(f"{day:%Y-%m}", *_months(day.year, day.month, day.month))


def week_of(day: date) -> Period:
    """Return the ISO week (Monday to Sunday) that holds the day."""
    year, week, weekday = day.isocalendar()
    first = day - timedelta(days=weekday - 1)
    return Period(f"{year}-W{week:02d}", first, first + timedelta(days=6))


def day_of(day: date) -> Period:
    """Return the day as a period."""
    return Period(day.isoformat(), day, day)


def between(first: date, last: date) -> Period:
    """Return the period from one day to another, both included; the shortest way to write it is chosen."""
    if first == last:
        return day_of(first)
    for around in (month_of, quarter_of, half_of, year_of):
        whole = around(first)
        if (whole.first, whole.last) == (first, last):
            return whole
    return Period(f"{first.isoformat()}..{last.isoformat()}", first, last)


def all_time() -> Period:
    """Return everything that is counted at all."""
    return Period(ALL, FIRST, LAST)


def months_of(period: Period, most: int = 12) -> list[Period]:
    """Return the months that the period touches, the latest `most` that have begun, oldest first."""
    found, day = list[Period](), min(period.last, max(today(), period.first))
    while day >= period.first and len(found) < most:
        found.append(month_of(day))
        day = found[-1].first - DAY
    return found[::-1]


def run_up_to(period: Period, most: int = 6) -> list[Period]:
    """Return the period and those before it, oldest first."""
    run = [period]
    while len(run) < most and (before := run[-1].previous()) is not None:
        run.append(before)
    return run[::-1]


def _whole(first: int, last: int) -> Callable[[re.Match[str]], tuple[date, date]]:
    return lambda match: _months(int(match[1]), first, last)


def _halves(match: re.Match[str]) -> tuple[date, date]:
    return _months(int(match[1]), int(match[2]) * 6 - 5, int(match[2]) * 6)


def _quarters(match: re.Match[str]) -> tuple[date, date]:
    return _months(int(match[1]), int(match[2]) * 3 - 2, int(match[2]) * 3)


def _one_month(match: re.Match[str]) -> tuple[date, date]:
    return _months(int(match[1]), int(match[2]), int(match[2]))


def _one_week(match: re.Match[str]) -> tuple[date, date]:
    first = date.fromisocalendar(int(match[1]), int(match[2]), 1)
    return first, first + timedelta(days=6)


def _one_day(match: re.Match[str]) -> tuple[date, date]:
    day = date(int(match[1]), int(match[2]), int(match[3]))
    return day, day


_YEAR = _Kind(re.compile(r"(\d{4})"), _whole(1, 12), year_of)
_HALF = _Kind(re.compile(r"(\d{4})H([12])"), _halves, half_of)
_QUARTER = _Kind(re.compile(r"(\d{4})Q([1-4])"), _quarters, quarter_of)
_MONTH = _Kind(re.compile(r"(\d{4})-(\d{2})"), _one_month, month_of)
_WEEK = _Kind(re.compile(r"(\d{4})-W(\d{2})"), _one_week, week_of)
_DAY = _Kind(re.compile(r"(\d{4})-(\d{2})-(\d{2})"), _one_day, day_of)
_KINDS = (_YEAR, _HALF, _QUARTER, _MONTH, _WEEK, _DAY)


def _bad(text: str) -> UserError:
    return UserError(
        _("看不懂这个时段：%(text)s。") % {"text": text[:40]},
        hint=_("写成 2020、2020H1、2020Q2、2020-05、2020-W23、2020-05-04，或用两点连接：2020-01..2020-05。"),
        field="period",
    )


def _ends(text: str) -> tuple[date, date]:
    for kind in _KINDS:
        match = kind.pattern.fullmatch(text)
        if match is not None:
            try:
                return kind.read(match)
            except ValueError:
                raise _bad(text) from None
    raise _bad(text)


def parse(text: str) -> Period:
    """Read a period: 2020, 2020H1, 2020Q2, 2020-05, 2020-W23, 2020-05-04, any two of them as A..B, or all.

    Raise UserError for anything else, for one that runs backwards, and outside 2000 to 2099.
    """
    clean = text.strip().upper()
    if clean == ALL.upper():
        return all_time()
    left, dots, right = clean.partition("..")
    first, last = _ends(left.strip())
    if dots:
        last = _ends(right.strip())[1]
    if last < first:
        raise UserError(_("时段的结束早于开始。"), hint=_("请把较早的日期写在前面。"), field="period")
    if first < FIRST or last > LAST:
        raise UserError(_("时段超出 2000 年至 2099 年。"), hint=_("请检查年份。"), field="period")
    return between(first, last) if dots else Period(clean, first, last)


def span(first: date | None, last: date | None) -> Period:
    """Return the period of two optional days: without a first from the beginning, without a last until today.

    Raise UserError when it runs backwards, and outside 2000 to 2099.
    """
    if first is None and last is None:
        return all_time()
    start, end = first or FIRST, last or max(today(), first or FIRST)
    if end < start:
        raise UserError(_("时段的结束早于开始。"), hint=_("请把较早的日期写在前面。"), field="to")
    if start < FIRST or end > LAST:
        field = "from" if start < FIRST else "to"
        raise UserError(_("时段超出 2000 年至 2099 年。"), hint=_("请检查年份。"), field=field)
    return between(start, end)


def _label(period: Period) -> str:
    first, text = period.first, period.text
    words = ""
    if text == ALL:
        words = _("全部时间")
    elif _YEAR.pattern.fullmatch(text):
        words = _("%(year)s 年") % {"year": first.year}
    elif _HALF.pattern.fullmatch(text):
        words = (_("%(year)s 年上半年") if first.month == 1 else _("%(year)s 年下半年")) % {
            "year": first.year
        }
    elif _QUARTER.pattern.fullmatch(text):
        words = _("%(year)s 年第 %(n)s 季度") % {"year": first.year, "n": (first.month + 2) // 3}
    elif _MONTH.pattern.fullmatch(text):
        words = _("%(year)s 年 %(n)s 月") % {"year": first.year, "n": first.month}
    elif _WEEK.pattern.fullmatch(text):
        words = _("%(year)s 年第 %(n)s 周") % {"year": text[:4], "n": int(text[-2:])}
    elif period.days == 1:
        words = text
    return words or _("%(first)s 至 %(last)s") % {"first": first.isoformat(), "last": period.last.isoformat()}
