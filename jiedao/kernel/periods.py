"""Periods as written in addresses, commands and reports, and the local days that they cover."""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from pydantic import BeforeValidator

from jiedao.kernel.clock import TOWN_TZ, today
from jiedao.kernel.errors import UserError

FIRST = date(2000, 1, 1)
LAST = date(2099, 12, 31)
DAY = timedelta(days=1)
MONTH_NAMES = (
    pgettext_lazy("month", "1"),
    pgettext_lazy("month", "2"),
    pgettext_lazy("month", "3"),
    pgettext_lazy("month", "4"),
    pgettext_lazy("month", "5"),
    pgettext_lazy("month", "6"),
    pgettext_lazy("month", "7"),
    pgettext_lazy("month", "8"),
    pgettext_lazy("month", "9"),
    pgettext_lazy("month", "10"),
    pgettext_lazy("month", "11"),
    pgettext_lazy("month", "12"),
)
WRITTEN_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
ALL = "all"


def refuse_number(value: object) -> object:
    """Return the value, or a text that is no day for what pydantic would read as seconds since 1970, such as "0"."""
    if isinstance(value, (int, float)) or (
        isinstance(value, str) and not WRITTEN_DAY.fullmatch(value.strip())
    ):
        return "no day"
    return value


WrittenDay = Annotated[date, BeforeValidator(refuse_number)]


@dataclass(frozen=True)
class Period:
    """A span of local days, both ends included. `text` is its written form: "2020H1", "2020-05", "all"."""

    text: str
    first: date
    last: date

    @property
    def start_at(self) -> datetime:
        """The first moment of the period, in the town's time zone."""
        return datetime.combine(self.first, time.min, tzinfo=TOWN_TZ)

    @property
    def end_at(self) -> datetime:
        """The first moment after the period, in the town's time zone."""
        return datetime.combine(self.last + DAY, time.min, tzinfo=TOWN_TZ)

    @property
    def days(self) -> int:
        """The number of days in the period."""
        return (self.last - self.first).days + 1

    @property
    def label(self) -> str:
        """The period in the reader's language, such as "2020 年上半年"."""
        return _format_label(self)

    def previous(self) -> "Period | None":
        """Return the period before this one: of the same kind, or else of the same number of days.

        None when it would begin before `FIRST`, and for all time.
        """
        if self.text == ALL:
            return None
        for kind in _KINDS:
            if kind.pattern.fullmatch(self.text):
                day_before = self.first - DAY
                return None if day_before < FIRST else kind.around(day_before)
        first = self.first - timedelta(days=self.days)
        return None if first < FIRST else build_period(first, self.first - DAY)

    def year_before(self) -> "Period | None":
        """Return the same period of the year before: 2020-05 for 2021-05, the same days for a span of days.

        A week has the number of this one, or the last of a year that has no such week; 29 February becomes the 28th.
        None when it would begin before `FIRST`, and for all time.
        """
        if self.text == ALL or self.first.year <= FIRST.year:
            return None
        if _WEEK.pattern.fullmatch(self.text):
            year, week = int(self.text[:4]) - 1, int(self.text[-2:])
            weeks = date(year, 12, 28).isocalendar().week
            return week_of(date.fromisocalendar(year, min(week, weeks), 1))
        first, last = _move_to_year_before(self.first), _move_to_year_before(self.last)
        for kind in _KINDS:
            if kind.pattern.fullmatch(self.text):
                return kind.around(first)
        return build_period(first, last)

    def take_days(self, days: int) -> "Period":
        """Return the first days of the period, at most all of them."""
        return self if days >= self.days else build_period(self.first, self.first + (days - 1) * DAY)


@dataclass(frozen=True)
class _PeriodKind:
    """A kind of period: its pattern, how to read it, and the period of the kind that contains a day."""

    pattern: re.Pattern[str]
    read: Callable[[re.Match[str]], tuple[date, date]]
    around: Callable[[date], Period]


def _move_to_year_before(day: date) -> date:
    return date(day.year - 1, day.month, min(day.day, monthrange(day.year - 1, day.month)[1]))


def _month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _span_months(year: int, first: int, last: int) -> tuple[date, date]:
    return date(year, first, 1), _month_end(year, last)


def year_of(day: date) -> Period:
    """Return the year that contains the day."""
    return Period(f"{day.year}", *_span_months(day.year, 1, 12))


def half_of(day: date) -> Period:
    """Return the half-year that contains the day."""
    half = 1 if day.month <= 6 else 2
    return Period(f"{day.year}H{half}", *_span_months(day.year, half * 6 - 5, half * 6))


def quarter_of(day: date) -> Period:
    """Return the quarter that contains the day."""
    quarter = (day.month + 2) // 3
    return Period(f"{day.year}Q{quarter}", *_span_months(day.year, quarter * 3 - 2, quarter * 3))


def month_of(day: date) -> Period:
    """Return the month that contains the day."""
    return Period(f"{day:%Y-%m}", *_span_months(day.year, day.month, day.month))


def week_of(day: date) -> Period:
    """Return the ISO week (Monday to Sunday) that contains the day."""
    year, week, weekday = day.isocalendar()
    first = day - timedelta(days=weekday - 1)
    return Period(f"{year}-W{week:02d}", first, first + timedelta(days=6))


def day_of(day: date) -> Period:
    """Return the day as a period."""
    return Period(day.isoformat(), day, day)


def build_period(first: date, last: date) -> Period:
    """Return the period from one day to another, both included, in its shortest written form."""
    if first == last:
        return day_of(first)
    for period_of in (month_of, quarter_of, half_of, year_of):
        period = period_of(first)
        if (period.first, period.last) == (first, last):
            return period
    return Period(f"{first.isoformat()}..{last.isoformat()}", first, last)


def all_time() -> Period:
    """Return the period of all days that can be counted, 2000 to 2099."""
    return Period(ALL, FIRST, LAST)


def list_months(period: Period, limit: int = 12) -> list[Period]:
    """Return the months of the period that have begun, the latest `limit` of them, oldest first."""
    months, day = list[Period](), min(period.last, max(today(), period.first))
    while day >= period.first and len(months) < limit:
        months.append(month_of(day))
        day = months[-1].first - DAY
    return months[::-1]


def list_periods_up_to(period: Period, limit: int = 6) -> list[Period]:
    """Return the period and those before it, `limit` in all, oldest first."""
    periods = [period]
    while len(periods) < limit and (previous := periods[-1].previous()) is not None:
        periods.append(previous)
    return periods[::-1]


def _read_months(first: int, last: int) -> Callable[[re.Match[str]], tuple[date, date]]:
    return lambda match: _span_months(int(match[1]), first, last)


def _read_half(match: re.Match[str]) -> tuple[date, date]:
    return _span_months(int(match[1]), int(match[2]) * 6 - 5, int(match[2]) * 6)


def _read_quarter(match: re.Match[str]) -> tuple[date, date]:
    return _span_months(int(match[1]), int(match[2]) * 3 - 2, int(match[2]) * 3)


def _read_month(match: re.Match[str]) -> tuple[date, date]:
    return _span_months(int(match[1]), int(match[2]), int(match[2]))


def _read_week(match: re.Match[str]) -> tuple[date, date]:
    first = date.fromisocalendar(int(match[1]), int(match[2]), 1)
    return first, first + timedelta(days=6)


def _read_day(match: re.Match[str]) -> tuple[date, date]:
    day = date(int(match[1]), int(match[2]), int(match[3]))
    return day, day


_YEAR = _PeriodKind(re.compile(r"(\d{4})"), _read_months(1, 12), year_of)
_HALF = _PeriodKind(re.compile(r"(\d{4})H([12])"), _read_half, half_of)
_QUARTER = _PeriodKind(re.compile(r"(\d{4})Q([1-4])"), _read_quarter, quarter_of)
_MONTH = _PeriodKind(re.compile(r"(\d{4})-(\d{2})"), _read_month, month_of)
_WEEK = _PeriodKind(re.compile(r"(\d{4})-W(\d{2})"), _read_week, week_of)
_DAY = _PeriodKind(re.compile(r"(\d{4})-(\d{2})-(\d{2})"), _read_day, day_of)
_KINDS = (_YEAR, _HALF, _QUARTER, _MONTH, _WEEK, _DAY)


def _make_period_error(text: str) -> UserError:
    return UserError(
        _("看不懂这个时段：%(text)s。") % {"text": text[:40]},
        hint=_("写成 2020、2020H1、2020Q2、2020-05、2020-W23、2020-05-04，或用两点连接：2020-01..2020-05。"),
        field="period",
    )


def _read_ends(text: str) -> tuple[date, date]:
    for kind in _KINDS:
        match = kind.pattern.fullmatch(text)
        if match is not None:
            try:
                return kind.read(match)
            except ValueError:
                raise _make_period_error(text) from None
    raise _make_period_error(text)


def parse_period(text: str) -> Period:
    """Read a period: 2020, 2020H1, 2020Q2, 2020-05, 2020-W23, 2020-05-04, any two of them as A..B, or all.

    Raise UserError for any other text, for a period that runs backwards, and for one outside 2000 to 2099.
    """
    clean = text.strip().upper()
    if clean == ALL.upper():
        return all_time()
    left, dots, right = clean.partition("..")
    first, last = _read_ends(left.strip())
    if dots:
        last = _read_ends(right.strip())[1]
    if last < first:
        raise UserError(_("时段的结束早于开始。"), hint=_("请把较早的日期写在前面。"), field="period")
    if first < FIRST or last > LAST:
        raise UserError(_("时段超出 2000 年至 2099 年。"), hint=_("请检查年份。"), field="period")
    return build_period(first, last) if dots else Period(clean, first, last)


def build_open_period(first: date | None, last: date | None) -> Period:
    """Return the period between two optional days: without `first` from 2000 on, without `last` until today.

    Raise UserError for a period that runs backwards, and for one outside 2000 to 2099.
    """
    if first is None and last is None:
        return all_time()
    start, end = first or FIRST, last or max(today(), first or FIRST)
    if end < start:
        raise UserError(_("时段的结束早于开始。"), hint=_("请把较早的日期写在前面。"), field="to")
    if start < FIRST or end > LAST:
        field = "from" if start < FIRST else "to"
        raise UserError(_("时段超出 2000 年至 2099 年。"), hint=_("请检查年份。"), field=field)
    return build_period(start, end)


def _name_month(number: int) -> str:
    """Return a month as labels of periods write it: a number in Chinese, a name in English."""
    return str(MONTH_NAMES[number - 1])


def _format_label(period: Period) -> str:
    first, text = period.first, period.text
    label = ""
    if text == ALL:
        label = _("全部时间")
    elif _YEAR.pattern.fullmatch(text):
        label = _("%(year)s 年") % {"year": first.year}
    elif _HALF.pattern.fullmatch(text):
        label = (_("%(year)s 年上半年") if first.month == 1 else _("%(year)s 年下半年")) % {
            "year": first.year
        }
    elif _QUARTER.pattern.fullmatch(text):
        label = _("%(year)s 年第 %(n)s 季度") % {"year": first.year, "n": (first.month + 2) // 3}
    elif _MONTH.pattern.fullmatch(text):
        label = _("%(year)s 年 %(n)s 月") % {"year": first.year, "n": _name_month(first.month)}
    elif _WEEK.pattern.fullmatch(text):
        label = _("%(year)s 年第 %(n)s 周") % {"year": text[:4], "n": int(text[-2:])}
    elif period.days == 1:
        label = text
    elif first.year == period.last.year and first.day == 1 and (period.last + DAY).day == 1:
        label = _("%(year)s 年 %(first)s 至 %(last)s 月") % {
            "year": first.year,
            "first": _name_month(first.month),
            "last": _name_month(period.last.month),
        }
    return label or _("%(first)s 至 %(last)s") % {"first": first.isoformat(), "last": period.last.isoformat()}
