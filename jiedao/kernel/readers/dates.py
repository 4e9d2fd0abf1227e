"""Read days and times as people, spreadsheets and other systems write them."""

import calendar
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NoReturn

from django.utils.translation import gettext as _

from jiedao.kernel.clock import TOWN_TZ
from jiedao.kernel.folding import drop_invisible, fold_width
from jiedao.kernel.readers.faults import ValueFault
from jiedao.kernel.tables.rows import Cell, format_cell

# The 1900 date system counts days from here. Its day 60 never existed, but no serial number that is read is that old.
_SERIAL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 (a wall clock)
_SERIALS = (20_000, 80_000)

_WEEKDAY = r"(?:\s*(?:星期|周)[一二三四五六日天]|\s*\((?:星期|周)?[一二三四五六日天]\))?"
_HALVES = "凌晨|清晨|早晨|早上|上午|中午|下午|傍晚|晚上"
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})\s*[-/.年]{1,2}\s*(?P<month>\d{1,2})\s*[-/.月]{1,2}\s*(?P<day>\d{1,2})\s*[日号]?"
    + _WEEKDAY
    + rf"(?:(?:[T\s,]+|(?<=[日号一二三四五六天)])|(?={_HALVES}))(?P<half>{_HALVES})?"
    r"\s*(?P<hour>\d{1,2})\s*[:时点]\s*(?:(?P<minute>\d{1,2}|半)\s*[:分]?\s*)?"
    r"(?:(?P<second>\d{1,2})(?:[.,](?P<fraction>\d{1,9}))?\s*秒?)?\s*(?P<meridiem>[AP]M)?)?"
    r"\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_CLOCK = (
    r"(?:[T\s,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<meridiem>[AP]M)?)?"
)
_YEAR_LAST = re.compile(
    r"(?P<first>\d{1,2})[-/.](?P<other>\d{1,2})[-/.](?P<year>\d{4})" + _CLOCK, re.IGNORECASE
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?P<name>{'|'.join(_MONTHS)})[a-z]*\.?"
_DAY = r"(?P<day>\d{1,2})"
_IN_ENGLISH = [
    re.compile(rf"(?:[a-z]{{3,9}},?\s+)?{day_and_month}[\s,-]+(?P<year>\d{{4}}){_CLOCK}", re.IGNORECASE)
    for day_and_month in (rf"{_MONTH}\s+{_DAY}", rf"{_DAY}[\s-]+{_MONTH}")
]
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?)?"
)
# The hours on the 24-hour clock that each half of the day may name, by the hour as written. Hours that are left out
# are refused: 晚上1点 may be the night before or after, and 上午15点 contradicts itself.
_HOURS = {
    "凌晨": {**{hour: hour for hour in range(12)}, 12: 0},
    "清晨": {hour: hour for hour in range(3, 12)},
    "早晨": {hour: hour for hour in range(3, 12)},
    "早上": {hour: hour for hour in range(3, 12)},
    "上午": {**{hour: hour for hour in range(12)}, 12: 0},
    "中午": {0: 12, 1: 13, 2: 14, **{hour: hour for hour in range(10, 15)}},
    "下午": {**{hour: hour + 12 for hour in range(12)}, **{hour: hour for hour in range(12, 24)}},
    "傍晚": {**{hour: hour + 12 for hour in range(4, 9)}, **{hour: hour for hour in range(16, 21)}},
    # 晚上12点 is the midnight that ends the day, as people say it.
    "晚上": {
        **{hour: hour + 12 for hour in range(5, 12)},
        **{hour: hour for hour in range(17, 25)},
        12: 24,
    },
    "AM": {**{hour: hour for hour in range(12)}, 12: 0},
    "PM": {**{hour: hour + 12 for hour in range(12)}, **{hour: hour for hour in range(12, 24)}},
}


class AmbiguousDay(ValueFault):
    """A date whose month and day cannot be distinguished, such as 04/05/2024."""


@dataclass(frozen=True)
class WallTime:
    """A time as it was written.

    Attributes:
        at: the time, aware only if the text names a zone.
        day: the day as written; 24:00 of it is already the next day of `at`.
        whole_day: whether there is a date without a time; `at` is then the first moment of that day.
    """

    at: datetime
    day: date
    whole_day: bool


def read_day(cell: Cell, *, serial_shift: int = 0, serials: bool = True) -> date:
    """Return the day of a cell, of whatever a time it has; raise ValueFault with what to write instead.

    Args:
        serial_shift: days to add to the plain numbers of a spreadsheet, see `read_wall_time`.
        serials: whether a plain number such as 43524 is the day that a spreadsheet means by it.
    """
    if isinstance(cell, str) and _ISO_DAY.fullmatch(cell):  # what nearly every day looks like
        with suppress(ValueError):  # a day that does not exist is explained below
            return date.fromisoformat(cell)
    wall = read_wall_time(cell, serial_shift=serial_shift, serials=serials)
    return wall.at.astimezone(TOWN_TZ).date() if wall.at.tzinfo else wall.day


def read_wall_time(cell: Cell, *, serial_shift: int = 0, serials: bool = True) -> WallTime:
    """Return the time of a cell as written; raise ValueFault with the reason and what to write instead.

    Args:
        serial_shift: days to add to the plain numbers of a spreadsheet: 1,462 when its calendar starts in 1904.
        serials: whether plain numbers are read as the serial numbers of a spreadsheet.
    """
    if isinstance(cell, datetime):
        # A spreadsheet stores a date without a time as midnight.
        return WallTime(cell, cell.date(), cell.time() == time.min)
    if isinstance(cell, date):
        return WallTime(datetime.combine(cell, time.min), cell, whole_day=True)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _read_number(cell, serial_shift, serials=serials)
    text = fold_width(drop_invisible(format_cell(cell))).strip()
    if not text:
        raise ValueFault(_("没有填时间。"))
    return _read_text(text, serial_shift, serials=serials)


def _refuse_text(text: str) -> NoReturn:
    raise ValueFault(
        _("“%(text)s”不是能识别的日期；请写成 2019-02-28 或 2019-02-28 11:25:05 这样。") % {"text": text[:40]}
    )


def _read_number(cell: float, serial_shift: int, *, serials: bool) -> WallTime:
    """Return the time of a spreadsheet's serial number, or of a compact date such as 20190228."""
    if serials and _SERIALS[0] <= cell < _SERIALS[1]:
        # A serial number counts days as a float: round to the second that was meant.
        seconds = round((cell - int(cell)) * 86_400)
        at = _SERIAL_ZERO + timedelta(days=int(cell) + serial_shift, seconds=seconds)
        return WallTime(at, at.date(), whole_day=cell == int(cell))
    if float(cell).is_integer() and (match := _COMPACT.fullmatch(str(int(cell)))):
        return _build_wall_time(match.groupdict())
    _refuse_text(format_cell(cell))


def _read_text(text: str, serial_shift: int, *, serials: bool) -> WallTime:
    if match := _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text):
        return _build_wall_time(match.groupdict())
    if match := _YEAR_LAST.fullmatch(text):
        return _build_wall_time(_order_month_and_day(match.groupdict(), text))
    for pattern in _IN_ENGLISH:
        if match := pattern.fullmatch(text):
            month = 1 + _MONTHS.index(match["name"].lower())
            return _build_wall_time({**match.groupdict(), "month": str(month)})
    if serials and re.fullmatch(r"\d{5}(\.\d+)?", text):
        return _read_number(float(text), serial_shift, serials=True)
    _refuse_text(text)


def _order_month_and_day(parts: dict[str, str | None], text: str) -> dict[str, str | None]:
    """Return the parts with month and day, distinguished by a value over 12, or by AM/PM, which implies month first."""
    first, second = int(parts["first"] or 0), int(parts["other"] or 0)
    if first <= 12 and second <= 12 and first != second and not parts["meridiem"]:
        raise AmbiguousDay(_("“%(text)s”分不清月和日；请写成年-月-日。") % {"text": text[:40]})
    month, day = (second, first) if first > 12 else (first, second)
    return {**parts, "month": str(month), "day": str(day)}


def _convert_hour(parts: dict[str, str | None]) -> int:
    """Return the hour from 0 to 24, converted by AM/PM or a Chinese word such as 下午."""
    hour = int(parts.get("hour") or 0)
    half, meridiem = parts.get("half") or "", (parts.get("meridiem") or "").upper()
    if not half and not meridiem:
        return hour
    converted = _HOURS[half or meridiem].get(hour)
    if converted is None or (half and meridiem):
        reason = _("“%(half)s %(hour)d 点”说不清是几点；请写成 24 小时制，如 2019-02-28 23:25。")
        raise ValueFault(reason % {"half": half or meridiem, "hour": hour})
    return converted


def _build_wall_time(parts: dict[str, str | None]) -> WallTime:
    """Return the wall time of the parts; raise ValueFault, which names the part that does not exist."""
    day = _build_day(*(int(parts[key] or 0) for key in ("year", "month", "day")))
    hour = _convert_hour(parts)
    minute = 30 if parts.get("minute") == "半" else int(parts.get("minute") or 0)
    second = int(parts.get("second") or 0)
    is_night = parts.get("half") == "晚上"  # 晚上12:30 is half an hour after the midnight that ends the day
    is_next_day = hour == 24 and (is_night or (minute, second) == (0, 0))
    hour = 0 if is_next_day else hour
    if hour > 23 or minute > 59 or second > 59:
        clock = f"{hour}:{minute:02d}:{second:02d}"
        raise ValueFault(_("时间不存在：%(clock)s；请检查这一格。") % {"clock": clock})
    fraction = int((parts.get("fraction") or "0").ljust(6, "0")[:6])
    zone = parts.get("zone")
    wall = datetime.combine(
        day, time(hour, minute, second, fraction, tzinfo=_parse_zone(zone) if zone else None)
    )
    if is_next_day and day == date.max:
        raise ValueFault(_("年份 %(year)d 不合理；请检查这一格。") % {"year": day.year})
    return WallTime(wall + timedelta(days=is_next_day), day, whole_day=parts.get("hour") is None)


def _build_day(year: int, month: int, day: int) -> date:
    if not 1 <= month <= 12:
        raise ValueFault(_("日期不存在：没有 %(month)d 月；请检查这一格。") % {"month": month})
    last_day = calendar.monthrange(max(year, 1), month)[1]
    if not 1 <= day <= last_day:
        raise ValueFault(
            _("日期不存在：%(year)d 年 %(month)d 月只有 %(last)d 天，没有 %(day)d 日；请检查这一格。")
            % {"year": year, "month": month, "last": last_day, "day": day}
        )
    if year < 1:
        raise ValueFault(_("年份 %(year)d 不合理；请检查这一格。") % {"year": year})
    return date(year, month, day)


def _parse_zone(text: str) -> tzinfo:
    if text in "Zz":
        return UTC
    try:
        return datetime.strptime(text.replace(":", ""), "%z").tzinfo or UTC
    except ValueError as fault:
        raise ValueFault(_("没有时区“%(name)s”。") % {"name": text}) from fault
