"""Writing Excel files that are complete, small in memory and safe to open."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import xlsxwriter
from django.utils import timezone
from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError

Cell = str | int | float | bool | date | datetime | None
SHEET_ROWS = 1_048_576  # a worksheet's own limit; the first two hold the note and the headers
MAX_CELL = 32_767  # characters Excel keeps in a cell
MAX_NUMBER = 10**15  # beyond it Excel rounds
FORBIDDEN_IN_NAMES = "[]:*?/\\'"


def write_table(
    path: Path,
    *,
    sheet: str,
    note: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    count: int,
    widths: Sequence[int] = (),
) -> int:
    """Write one sheet: the note in the first row, headers in the second, then the rows; return how many rows.

    Text is always written as text, so that nothing in a citizen's words is ever a formula or a link; what a cell cannot
    hold is cut, and says so. Aware datetimes become local ones; Excel knows no time zones. Memory stays constant: rows
    may be an iterator.

    Args:
        sheet: its name; signs that worksheets forbid are left out.
        count: how many rows there will be, as the note says.

    Raises:
        UserError: more rows than one sheet holds.
        ValueError: the rows are not as many as `count` said: the file must not be given out.
    """
    if count > SHEET_ROWS - 2:
        raise UserError(
            _("共 %(count)d 行，超过一张工作表能放的行数。") % {"count": count},
            hint=_("请缩小筛选范围，分几次导出。"),
        )
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    written = 0
    with xlsxwriter.Workbook(str(path), options) as book:
        page = book.add_worksheet(sheet_name(sheet))
        bold = book.add_format({"bold": True, "bottom": 1})
        formats: dict[type, object] = {
            datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            date: book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        for column, width in enumerate(widths):
            page.set_column(column, column, width)
        page.freeze_panes(2, 0)
        page.write_string(0, 0, _fit(note))
        for column, header in enumerate(headers):
            page.write_string(1, column, header, bold)
        for written, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                _write(page, written + 1, column, value, formats)
    if written != count:
        raise ValueError(f"{written} rows were written where {count} were announced")
    return written


def sheet_name(name: str) -> str:
    """Return the name of a worksheet without the signs that worksheets forbid, at most 31 long."""
    return "".join(sign for sign in name if sign not in FORBIDDEN_IN_NAMES)[:31]


def _write(page: Any, row: int, column: int, value: Cell, formats: dict[type, object]) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        page.write_string(row, column, _("是") if value else _("否"))
    elif isinstance(value, int | float) and abs(value) < MAX_NUMBER:
        page.write_number(row, column, value)
    elif isinstance(value, datetime):
        local = timezone.localtime(value).replace(tzinfo=None)
        page.write_datetime(row, column, local, formats[datetime])
    elif isinstance(value, date):
        page.write_datetime(row, column, datetime.combine(value, time.min), formats[date])
    else:
        page.write_string(row, column, _fit(str(value)))


def _fit(text: str) -> str:
    """Return the text as a cell can hold it; what is cut is said."""
    text = text.replace("\x00", "")
    if len(text) <= MAX_CELL:
        return text
    mark = _("……（全文 %(chars)d 字，此处截断）") % {"chars": len(text)}
    return text[: MAX_CELL - len(mark)] + mark
