"""Sheets of refused rows: the same columns and the reason beside each row, to be corrected and imported again."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.kernel.tables.passed_over import is_reason_header
from jiedao.kernel.tables.reading import Table
from jiedao.kernel.tables.rows import PICTURE, UNSTORED_FORMULA, Cell, Row, read_headers
from jiedao.kernel.workbook import MAX_CELL, clean_sheet_name

REASON_WIDTH = 60
UNWRITTEN = (UNSTORED_FORMULA, PICTURE)  # what represents a cell without a value
OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
Reasons = Mapping[int, Sequence[str]]


def write_refused_rows(
    table: Table,
    header_row: int,
    reasons: Reasons,
    path: Path,
    *,
    every_row: bool = False,
    remarks: Iterable[str] = (),
) -> int:
    """Write the refused rows of a table, which has not been read yet, and return how many there are.

    The columns are those of the file, followed by one for the reason. A column of reasons that the file has already is
    left out.

    Args:
        header_row: the number of the row with the headers.
        reasons: why a row was refused, by its number.
        path: a text table if it ends in .csv, otherwise a workbook.
        every_row: write the rows without a fault too.
        remarks: faults of the complete sheet, for the first row of a workbook.

    Raises:
        UserError: the file cannot be written.
    """
    header = next(row for row in table.head if row.number == header_row)
    titles = read_headers(header)
    columns = [index for index, title in enumerate(titles) if not is_reason_header(title)]
    head = [*(titles[index] for index in columns), _("未导入原因")]
    rows = _build_rows(table, header, columns, reasons, every_row=every_row)
    try:
        if path.suffix.lower() == ".csv":
            return _write_text(path, head, rows)
        advice = _("改好标出的内容后，可以直接导入这份表；最后一列不会读取。")
        return _write_workbook(path, table, head, rows, f"{advice}{' '.join(remarks)}")
    except OSError as fault:
        raise UserError(
            _("写不了文件“%(name)s”：%(reason)s。") % {"name": path.name, "reason": fault.strerror},
            hint=_("请换一个能写入的文件夹。"),
        ) from fault


def _build_rows(
    table: Table, header: Row, columns: list[int], reasons: Reasons, *, every_row: bool
) -> Iterator[tuple[list[Cell], str]]:
    """Yield the cells and the reason of each row; cells beyond the header follow the reason, so that none is lost."""
    width = len(header.cells)
    # The rest of a broken file was not read by the import either, and its account states so.
    with suppress(UserError):
        for row in table.below(header):
            reason = _describe_reasons(row.number, reasons)
            if reason or every_row:
                cells = [row.cells[index] if index < len(row.cells) else None for index in columns]
                yield [*cells, reason, *row.cells[width:]], reason


def _describe_reasons(row: int, reasons: Reasons) -> str:
    if row not in reasons:
        return ""
    text = "；".join(reason.rstrip("。.") for reason in reasons[row])
    return _("原第 %(row)d 行：%(reason)s") % {"row": row, "reason": text}


def _write_text(path: Path, head: list[str], rows: Iterable[tuple[list[Cell], str]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        for cells, reason in rows:
            writer.writerow(["" if cell is None or cell in UNWRITTEN else str(cell) for cell in cells])
            count += bool(reason)
    return count


def _write_workbook(
    path: Path, table: Table, head: list[str], rows: Iterable[tuple[list[Cell], str]], note: str
) -> int:
    count = number = 0
    # Plain numbers that are dates keep their meaning only under the same first day.
    options = {**OPTIONS, "date_1904": table.serial_shift > 0}
    with xlsxwriter.Workbook(str(path), options) as book:
        page = book.add_worksheet(clean_sheet_name(table.sheet) or None)
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        wrapped = book.add_format({"text_wrap": True, "valign": "top", "bg_color": "#FDF1D6"})
        formats = {
            datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            date: book.add_format({"num_format": "yyyy-mm-dd"}),
            time: book.add_format({"num_format": "hh:mm:ss"}),
            str: book.add_format({"num_format": "@"}),
            float: book.add_format({"num_format": "0.##########%"}),
        }
        reason_column = len(head) - 1
        page.set_column(0, reason_column - 1, 16)
        page.set_column(reason_column, reason_column, REASON_WIDTH)
        page.freeze_panes(2, 0)
        page.write_string(0, 0, note[:MAX_CELL])
        for column, title in enumerate(head):
            page.write_string(1, column, title, bold)
        for number, (cells, reason) in enumerate(rows, 2):
            for column, cell in enumerate(cells):
                if column == reason_column:
                    if reason:
                        page.write_string(number, column, reason[:MAX_CELL], wrapped)
                else:
                    _write_cell(page, number, column, cell, formats)
            count += bool(reason)
        page.autofilter(1, 0, max(number, 2), reason_column)
    return count


def _write_cell(page: Any, row: int, column: int, cell: Cell, formats: dict[type, Any]) -> None:
    """Write a cell as the file had it; text stays text, so that no digits are lost."""
    if cell is None or cell == "" or cell in UNWRITTEN:
        return
    if isinstance(cell, bool):
        page.write_boolean(row, column, cell)
    elif isinstance(cell, int | float):
        # A number of a percent cell is shown as one, and would lose its meaning without the format.
        page.write_number(row, column, float(cell), formats[float] if str(cell).endswith("%") else None)
    elif isinstance(cell, datetime | date | time):
        page.write_datetime(row, column, cell, formats[type(cell)])
    else:
        page.write_string(row, column, str(cell)[:MAX_CELL], formats[str])
