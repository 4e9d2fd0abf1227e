"""Write a workbook of a list, complete and harmless."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import IO, Any

import xlsxwriter
from django.utils import timezone
from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError

# A worksheet's own limit; the first rows hold the note and the headers.
SHEET_ROWS = 1_048_576
_LONGEST_CELL = 32_767
_FORBIDDEN_IN_NAMES = "[]:*?/\\'"
_WIDTH = (8, 60)


class _Sheet:
    """Writes cells by their Python type. Text is always text, also when it starts with "="."""

    def __init__(self, book: Any, name: str) -> None:
        clean = "".join(sign for sign in name if sign not in _FORBIDDEN_IN_NAMES)[:31]
        self._sheet = book.add_worksheet(clean or "Sheet1")
        self._moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self._day = book.add_format({"num_format": "yyyy-mm-dd"})
        self._bold = book.add_format({"bold": True, "bottom": 1})

    def widen(self, headers: Sequence[str]) -> None:
        for column, header in enumerate(headers):
            wide = sum(2 if ord(sign) > 255 else 1 for sign in header) + 4
            self._sheet.set_column(column, column, min(max(wide, _WIDTH[0]), _WIDTH[1]))

    def texts(self, row: int, values: Sequence[str], *, bold: bool = False) -> None:
        for column, value in enumerate(values):
            self._sheet.write_string(row, column, value, self._bold if bold else None)

    def row(self, row: int, values: Iterable[Any]) -> None:
        for column, value in enumerate(values):
            self._write(row, column, value)

    def _write(self, row: int, column: int, value: Any) -> None:
        if value is None or value == "":
            return
        if isinstance(value, bool):
            self._sheet.write_string(row, column, _("是") if value else _("否"))
        elif isinstance(value, int | float) and abs(value) < 10**15:
            self._sheet.write_number(row, column, value)
        elif isinstance(value, datetime):
            self._sheet.write_datetime(row, column, _local(value), self._moment)
        elif isinstance(value, date):
            self._sheet.write_datetime(row, column, datetime.combine(value, time.min), self._day)
        else:
            self._sheet.write_string(row, column, _fit(str(value)))

    def finish(self, first: int, last: int, columns: int) -> None:
        self._sheet.freeze_panes(first + 1, 0)
        self._sheet.autofilter(first, 0, last, max(columns - 1, 0))


def _local(moment: datetime) -> datetime:
    """Return the town's wall time: a worksheet has no time zones."""
    return timezone.localtime(moment if moment.tzinfo else moment.replace(tzinfo=UTC)).replace(tzinfo=None)


def _fit(text: str) -> str:
    """Return the text as a cell can hold it; what is cut is said."""
    text = text.replace("\x00", "")
    if len(text) <= _LONGEST_CELL:
        return text
    mark = _("……（全文 %(chars)d 字，此处截断）") % {"chars": len(text)}
    return text[: _LONGEST_CELL - len(mark)] + mark


def write_xlsx(
    target: Path | str | IO[bytes],
    headers: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    count: int | None = None,
    sheet: str = "",
    note: str = "",
) -> int:
    """Write the rows as one sheet, in constant memory; return how many were written.

    The first line states the number of rows, so that a reader sees whether the file is complete. Text is
    written as text, never as a formula; aware datetimes in the town's time; True and False as words.

    Args:
        target: a path, or a binary file to write to.
        headers: one for each value of a row.
        rows: the values of each row: str, int, float, bool, datetime, date or None.
        count: how many rows there will be: the writer cannot go back to the first line afterwards. When
            None the rows are gathered in memory first to count them.
        sheet: the sheet's name; signs that worksheets forbid are left out.
        note: what the list is, such as its filter and who made it.

    Raises:
        UserError: more rows than one sheet holds.
        ValueError: the rows are not as many as `count` said: the file must not be given out.
    """
    if count is None:
        rows = list(rows)
        count = len(rows)
    if count > SHEET_ROWS - 2:
        raise UserError(
            _("共 %(count)d 行，超过一张工作表能放的行数。") % {"count": count},
            hint=_("请缩小筛选范围，分几次导出。"),
        )
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(target) if isinstance(target, Path) else target, options) as book:
        page = _Sheet(book, sheet)
        page.widen(headers)
        page.texts(0, [_fit(_("共 %(count)d 行。%(note)s") % {"count": count, "note": note})])
        page.texts(1, headers, bold=True)
        written = 0
        for written, values in enumerate(rows, 1):
            page.row(1 + written, values)
        page.finish(1, 1 + written, len(headers))
    if written != count:
        raise ValueError(f"{written} rows were written where {count} were announced")
    return written
