"""Writing CSV files that spreadsheets open in the right encoding and never run."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _

from jiedao.kernel.workbook import Cell

CONTENT_TYPE = "text/csv; charset=utf-8"
# A spreadsheet runs a cell of CSV that begins like this as a formula; an apostrophe before it makes it a text.
# In an East Asian locale the full-width signs begin one too.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def write_csv(path: Path, *, headers: Sequence[str], rows: Iterable[Sequence[Cell]], count: int) -> int:
    """Write headers and rows in UTF-8 with a byte order mark, as Excel needs it; return the number of rows.

    Aware datetimes become local ones. `rows` may be an iterator: memory use does not grow with their number.

    Raises:
        ValueError: the number of rows is not `count`; the file must not be handed out.
    """
    written = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([_format_cell(header) for header in headers])
        for row in rows:
            writer.writerow([_format_cell(value) for value in row])
            written += 1
    if written != count:
        raise ValueError(f"{written} rows were written where {count} were announced")
    return written


def _format_cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    if isinstance(value, int | float | date):
        return str(value)
    text = value.replace("\x00", "")
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
