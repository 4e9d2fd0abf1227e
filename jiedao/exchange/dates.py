"""Read moments from the cells of foreign tables."""

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NoReturn

from django.utils.translation import gettext as _

from jiedao.kernel.tables.rows import Cell, CellFault, format_cell

EARLIEST_YEAR = 1990
# The clock of another system may be a little fast: a moment so near in the future counts as now.
TOLERANCE = timedelta(minutes=10)
# The 1900 date system counts days from here. Its day 60 never existed, but no message is that old.
_SERIAL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 (a wall clock, the zone is added by the reader)
_SERIALS = (20_000, 80_000)

_WEEKDAY = r"(?:\s*(?:星期|周)[一二三四五六日天]|\s*\([一二三四五六日]\))?"
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?"
    + _WEEKDAY
    + r"(?:(?:[T\s,]+|(?<=[日一二三四五六天)]))(?P<half>凌晨|早上|上午|中午|下午|晚上)?"
    r"\s*(?P<hour>\d{1,2})\s*[:时点]\s*(?:(?P<minute>\d{1,2})\s*[:分]?\s*)?(?:(?P<second>\d{1,2})(?:[.,](?P<fraction>\d{1,9}))?\s*秒?)?"
    r"\s*(?P<meridiem>[AP]M)?)?"
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
_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?)?"
)
_AFTERNOON = {"下午", "晚上", "PM"}


def _refuse(reason: str) -> NoReturn:
    raise CellFault(reason)


def _refuse_text(text: str) -> NoReturn:
    _refuse(_("“%(text)s”不是能识别的日期；请写成 2019-02-28 11:25:05 这样。") % {"text": text[:40]})


@dataclass(frozen=True)
class Moment:
    """A moment read from a cell.

    Attributes:
        at: the moment, aware, UTC.
        whole_day: whether the cell has a date without a time; `at` is then the first moment of that day.
    """

    at: datetime
    whole_day: bool


@dataclass(frozen=True)
class DateReader:
    """Reads cells as moments.

    Attributes:
        zone: the time zone of times that do not name one.
        now: later moments are refused.
        pattern: a strptime pattern that every text must match; empty to recognise the common forms.
        serial_shift: days to add to the plain numbers of a spreadsheet: 1,462 when its calendar starts in 1904.
    """

    zone: tzinfo
    now: datetime
    pattern: str = ""
    serial_shift: int = 0

    def read(self, cell: Cell) -> Moment:
        """Return the moment of a cell; raise CellFault with the reason and what to write instead."""
        wall, whole_day = self._read_wall_time(cell)
        if wall.year < EARLIEST_YEAR or wall.year > 9000:
            _refuse(
                _("年份 %(year)d 不合理，应在 %(first)d 年以后；请检查这一格。")
                % {"year": wall.year, "first": EARLIEST_YEAR}
            )
        at = (wall if wall.tzinfo else wall.replace(tzinfo=self.zone)).astimezone(UTC)
        if at > self.now + TOLERANCE:
            _refuse(_("“%(text)s”在将来；请检查年份和时区。") % {"text": f"{wall:%Y-%m-%d %H:%M:%S}"})
        return Moment(min(at, self.now), whole_day)

    def _read_wall_time(self, cell: Cell) -> tuple[datetime, bool]:
        """Return the time as written, aware only if the text names a zone, and whether it is a date without a time."""
        if isinstance(cell, datetime):
            # A spreadsheet stores a date without a time as midnight.
            return cell, cell.time() == time.min
        if isinstance(cell, date):
            return datetime.combine(cell, time.min), True
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            return self._read_number(cell)
        text = unicodedata.normalize("NFKC", format_cell(cell)).strip()
        if not text:
            _refuse(_("没有填时间。"))
        if self.pattern:
            return self._read_by_pattern(text)
        return self._read_text(text)

    def _read_by_pattern(self, text: str) -> tuple[datetime, bool]:
        try:
            wall = datetime.strptime(text, self.pattern)  # noqa: DTZ007 (the zone is added by `read`)
        except ValueError:
            _refuse(
                _("“%(text)s”不符合对照文件里写的日期格式 %(pattern)s。")
                % {"text": text[:40], "pattern": self.pattern}
            )
        return wall, not any(sign in self.pattern for sign in ("%H", "%I", "%T", "%X", "%c"))

    def _read_number(self, cell: float) -> tuple[datetime, bool]:
        """Return the time of a spreadsheet's serial number, or of a compact date such as 20190228."""
        if _SERIALS[0] <= cell < _SERIALS[1]:
            # A serial number counts days as a float: round to the second that was meant.
            seconds = round((cell - int(cell)) * 86_400)
            days = int(cell) + self.serial_shift
            return _SERIAL_ZERO + timedelta(days=days, seconds=seconds), cell == int(cell)
        if float(cell).is_integer() and (match := _COMPACT.fullmatch(str(int(cell)))):
            return _build_wall_time(match.groupdict())
        _refuse_text(str(cell))

    def _read_text(self, text: str) -> tuple[datetime, bool]:
        if match := _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text):
            return _build_wall_time(match.groupdict())
        if match := _YEAR_LAST.fullmatch(text):
            return _build_wall_time(_order_month_and_day(match.groupdict(), text))
        for pattern in _IN_ENGLISH:
            if match := pattern.fullmatch(text):
                month = 1 + _MONTHS.index(match["name"].lower())
                return _build_wall_time({**match.groupdict(), "month": str(month)})
        if re.fullmatch(r"\d{5}(\.\d+)?", text):
            return self._read_number(float(text))
        _refuse_text(text)


def _order_month_and_day(parts: dict[str, str | None], text: str) -> dict[str, str | None]:
    """Return the parts with month and day, told apart by a value over 12, or by AM/PM, which implies month first."""
    first, second = int(parts["first"] or 0), int(parts["other"] or 0)
    if first <= 12 and second <= 12 and first != second and not parts["meridiem"]:
        _refuse(
            _("“%(text)s”分不清月和日；请写成年-月-日，或在对照文件的 [dates] 里写 format。")
            % {"text": text[:40]}
        )
    month, day = (second, first) if first > 12 else (first, second)
    return {**parts, "month": str(month), "day": str(day)}


def _convert_hour(parts: dict[str, str | None]) -> int:
    """Return the hour from 0 to 24, converted by AM/PM or a Chinese word such as 下午."""
    hour = int(parts.get("hour") or 0)
    half = parts.get("half") or (parts.get("meridiem") or "").upper()
    if half in _AFTERNOON and hour < 12:
        return hour + 12
    if half == "中午" and hour < 3:
        return hour + 12
    if half in {"AM", "凌晨"} and hour == 12:
        return 0
    return hour


def _build_wall_time(parts: dict[str, str | None]) -> tuple[datetime, bool]:
    """Return the wall time of the parts; raise CellFault, which names the part that does not exist."""
    year, month, day = (int(parts[key] or 0) for key in ("year", "month", "day"))
    if not 1 <= month <= 12:
        _refuse(_("日期不存在：没有 %(month)d 月；请检查这一格。") % {"month": month})
    last_day = calendar.monthrange(max(year, 1), month)[1]
    if not 1 <= day <= last_day:
        _refuse(
            _("日期不存在：%(year)d 年 %(month)d 月只有 %(last)d 天，没有 %(day)d 日；请检查这一格。")
            % {"year": year, "month": month, "last": last_day, "day": day}
        )
    hour, minute, second = _convert_hour(parts), int(parts.get("minute") or 0), int(parts.get("second") or 0)
    is_end_of_day = hour == 24 and minute == second == 0  # some systems write the end of a day as 24:00
    hour = 0 if is_end_of_day else hour
    if hour > 23 or minute > 59 or second > 59:
        clock = f"{hour}:{minute:02d}:{second:02d}"
        _refuse(_("时间不存在：%(clock)s；请检查这一格。") % {"clock": clock})
    if year < 1:
        _refuse(
            _("年份 %(year)d 不合理，应在 %(first)d 年以后；请检查这一格。")
            % {"year": year, "first": EARLIEST_YEAR}
        )
    fraction = int((parts.get("fraction") or "0").ljust(6, "0")[:6])
    zone = parts.get("zone")
    wall = datetime(
        year, month, day, hour, minute, second, fraction, tzinfo=_parse_zone(zone) if zone else None
    )
    return wall + timedelta(days=is_end_of_day), parts.get("hour") is None


def _parse_zone(text: str) -> tzinfo:
    if text in "Zz":
        return UTC
    return datetime.strptime(text.replace(":", ""), "%z").tzinfo or UTC
