"""Read moments from the cells of foreign tables."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NoReturn

from django.utils.translation import gettext as _

from jiedao.kernel.folding import drop_invisible, fold_width
from jiedao.kernel.readers.dates import AmbiguousDay, WallTime, read_wall_time
from jiedao.kernel.readers.faults import ValueFault
from jiedao.kernel.tables.rows import Cell, CellFault, format_cell

EARLIEST_YEAR = 1990
# The clock of another system may be a little fast: a moment so near in the future counts as now.
TOLERANCE = timedelta(minutes=10)


def _refuse(reason: str) -> NoReturn:
    raise CellFault(reason)


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
        moment = self.read_any(cell)
        if moment.at > self.now + TOLERANCE:
            _refuse(
                _("“%(text)s”在将来；请检查年份和时区。")
                % {"text": f"{moment.at.astimezone(self.zone):%Y-%m-%d %H:%M:%S}"}
            )
        return Moment(min(moment.at, self.now), moment.whole_day)

    def read_any(self, cell: Cell) -> Moment:
        """Return the moment of a cell, which may be in the future; raise CellFault as `read` does."""
        try:
            wall = self._read_wall_time(cell)
        except AmbiguousDay as fault:
            text = format_cell(cell)[:40]
            raise CellFault(
                _("“%(text)s”分不清月和日；请写成年-月-日，或在对照文件的 [dates] 里写 format。")
                % {"text": text}
            ) from fault
        except ValueFault as fault:
            raise CellFault(fault.reason) from fault
        year = wall.at.year
        if year < EARLIEST_YEAR or year > 9000:
            _refuse(
                _("年份 %(year)d 不合理，应在 %(first)d 年以后；请检查这一格。")
                % {"year": year, "first": EARLIEST_YEAR}
            )
        at = (wall.at if wall.at.tzinfo else wall.at.replace(tzinfo=self.zone)).astimezone(UTC)
        return Moment(at, wall.whole_day)

    def _read_wall_time(self, cell: Cell) -> WallTime:
        if self.pattern and not isinstance(cell, date | int | float):  # a datetime is a date
            return self._read_by_pattern(fold_width(drop_invisible(format_cell(cell))).strip())
        return read_wall_time(cell, serial_shift=self.serial_shift)

    def _read_by_pattern(self, text: str) -> WallTime:
        if not text:
            _refuse(_("没有填时间。"))
        try:
            at = datetime.strptime(text, self.pattern)  # noqa: DTZ007 (the zone is added by `read`)
        except ValueError:
            _refuse(
                _("“%(text)s”不符合对照文件里写的日期格式 %(pattern)s。")
                % {"text": text[:40], "pattern": self.pattern}
            )
        has_time = any(sign in self.pattern for sign in ("%H", "%I", "%T", "%X", "%c"))
        return WallTime(at, at.date(), whole_day=not has_time)
