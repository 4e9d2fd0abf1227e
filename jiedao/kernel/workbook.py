"""Writing Excel files that are complete, small in memory and safe to open."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

import xlsxwriter
from django.utils import timezone

Cell = str | int | float | bool | date | datetime | None
MAX_CELL = 32_767  # characters Excel keeps in a cell


def write_table(
    path: Path,
    *,
    sheet: str,
    note: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    widths: Sequence[int],
) -> int:
    """Write one sheet: the note in the first row, headers in the second, then the rows; return how many rows.

    Text is always written as text, so that nothing in a citizen's words is ever a formula or a link. Aware
    datetimes become local ones; Excel knows no time zones. Memory stays constant: rows may be an iterator.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    written = 0
    with xlsxwriter.Workbook(str(path), options) as book:
        page = book.add_worksheet(sheet[:31])
        bold = book.add_format({"bold": True, "bottom": 1})
        formats: dict[type, object] = {
            datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            date: book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        for column, width in enumerate(widths):
            page.set_column(column, column, width)
        page.freeze_panes(2, 0)
        page.write_string(0, 0, note)
        for column, header in enumerate(headers):
            page.write_string(1, column, header, bold)
        for written, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                _write(page, written + 1, column, value, formats)
    return written


def _write(
    page: xlsxwriter.worksheet.Worksheet, row: int, column: int, value: Cell, formats: dict[type, object]
) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        page.write_boolean(row, column, value)
    elif isinstance(value, (int, float)):
        page.write_number(row, column, value)
    elif isinstance(value, datetime):
        local = timezone.localtime(value).replace(tzinfo=None)
        page.write_datetime(row, column, local, formats[datetime])
    elif isinstance(value, date):
        page.write_datetime(row, column, value, formats[date])
    else:
        page.write_string(row, column, value[:MAX_CELL])
