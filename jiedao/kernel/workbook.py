"""Writing Excel files that are complete, small in memory and safe to open."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import xlsxwriter
from django.utils import timezone
from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Cell = str | int | float | bool | date | datetime | None
SHEET_ROWS = 1_048_576  # the limit of a worksheet; the first two rows hold the note and the headers
MAX_CELL = 32_767  # characters that Excel can store in a cell
OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
MAX_NUMBER = 10**15  # Excel rounds larger numbers
TONES = {"good": "#D6EFDD", "info": "#DCE9F7", "warn": "#FCEBC8", "bad": "#F8D7D5"}  # fills; others have none
FORBIDDEN_IN_NAMES = "[]:*?/\\'"


@dataclass(frozen=True)
class Toned:
    """A cell with the background of a tone of `TONES`."""

    value: Cell
    tone: str


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook: the note in the first row, headers in the second, then the rows."""

    name: str
    note: str
    headers: Sequence[str]
    rows: Iterable[Sequence[Cell | Toned]]
    widths: Sequence[int] = ()


def write_sheets(path: Path, sheets: Sequence[Sheet]) -> None:
    """Write a workbook of several small sheets; see `write_table`."""
    with xlsxwriter.Workbook(str(path), OPTIONS) as book:
        for sheet in sheets:
            _write_sheet(book, sheet)


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
    """Write one sheet: the note in the first row, headers in the second, then the rows; return the number of rows.

    Text is always written as text, so that a citizen's text is never taken for a formula or a link. Text longer than a
    cell can hold is cut, with a remark. Aware datetimes become local ones, because Excel has no time zones. `rows` may
    be an iterator: memory use does not grow with their number.

    Args:
        sheet: the name of the sheet; forbidden characters are removed.
        count: the number of rows that the note states.

    Raises:
        UserError: there are more rows than a sheet can hold.
        ValueError: the number of rows is not `count`; the file must not be handed out.
    """
    _require_room(count)
    with xlsxwriter.Workbook(str(path), OPTIONS) as book:
        written = _write_sheet(book, Sheet(sheet, note, headers, rows, widths))
    if written != count:
        raise ValueError(f"{written} rows were written where {count} were announced")
    return written


def _require_room(count: int) -> None:
    if count > SHEET_ROWS - 2:
        raise UserError(
            _("共 %(count)d 行，超过一张工作表能放的行数。") % {"count": count},
            hint=_("请缩小筛选范围，分几次导出。"),
        )


def _write_sheet(book: Any, sheet: Sheet) -> int:
    """Add a sheet to a workbook; return the number of its rows."""
    written = 0
    page = book.add_worksheet(clean_sheet_name(sheet.name))
    bold = book.add_format({"bold": True, "bottom": 1})
    formats: dict[Any, Any] = {
        datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        date: book.add_format({"num_format": "yyyy-mm-dd"}),
        **{tone: book.add_format({"bg_color": color}) for tone, color in TONES.items()},
    }
    for column, width in enumerate(sheet.widths):
        page.set_column(column, column, width)
    page.freeze_panes(2, 0)
    page.write_string(0, 0, _fit_text(sheet.note))
    for column, header in enumerate(sheet.headers):
        page.write_string(1, column, header, bold)
    for written, row in enumerate(sheet.rows, start=1):
        for column, value in enumerate(row):
            _write_cell(page, written + 1, column, value, formats)
    return written


def clean_sheet_name(name: str) -> str:
    """Return the name of a worksheet without forbidden characters, at most 31 characters long."""
    return "".join(letter for letter in name if letter not in FORBIDDEN_IN_NAMES)[:31]


def _write_cell(page: Any, row: int, column: int, cell: Cell | Toned, formats: dict[Any, Any]) -> None:
    value, fill = (cell.value, formats.get(cell.tone)) if isinstance(cell, Toned) else (cell, None)
    if value is None or value == "":
        return
    if isinstance(value, bool):
        page.write_string(row, column, _("是") if value else _("否"), fill)
    elif isinstance(value, int | float) and abs(value) < MAX_NUMBER:
        page.write_number(row, column, value, fill)
    elif isinstance(value, datetime):
        local = timezone.localtime(value).replace(tzinfo=None)
        page.write_datetime(row, column, local, formats[datetime])
    elif isinstance(value, date):
        page.write_datetime(row, column, datetime.combine(value, time.min), formats[date])
    else:
        page.write_string(row, column, _fit_text(str(value)), fill)


def _fit_text(text: str) -> str:
    """Return the text, cut with a remark when it is longer than a cell can hold."""
    text = text.replace("\x00", "")
    if len(text) <= MAX_CELL:
        return text
    mark = _("……（全文 %(chars)d 字，此处截断）") % {"chars": len(text)}
    return text[: MAX_CELL - len(mark)] + mark
