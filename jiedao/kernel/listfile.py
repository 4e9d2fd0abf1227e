"""A list as a file, in the formats that every export offers."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from django.utils.translation import gettext as _

from jiedao.kernel import csvfile, workbook
from jiedao.kernel.csvfile import write_csv
from jiedao.kernel.errors import UserError
from jiedao.kernel.workbook import Cell, write_table

Advance = Callable[[int], None]  # states how many further rows are written
FORMATS = {"xlsx": workbook.CONTENT_TYPE, "csv": csvfile.CONTENT_TYPE}


def check_format(text: str) -> str:
    """Return the format that an address names, xlsx by default; raise UserError for an unknown one."""
    format_ = text or "xlsx"
    if format_ not in FORMATS:
        raise UserError(
            _("不能导出为“%(format)s”。") % {"format": text[:20]},
            hint=_("可用的格式：%(formats)s") % {"formats": "、".join(FORMATS)},
            field="format",
        )
    return format_


def write_list(
    path: Path,
    format_: str,
    *,
    sheet: str,
    note: str,
    columns: Sequence[tuple[str, int]],
    rows: Iterable[Sequence[Cell]],
    count: int,
) -> int:
    """Write a list and return the number of rows; a CSV file has no note.

    Args:
        columns: header and width of each.
        note: the line above the headers, which states the number of rows.
        count: the number of rows.

    Raises:
        ValueError: the number of rows is not `count`; the file must not be handed out.
    """
    headers = [header for header, _width in columns]
    if format_ == "csv":
        return write_csv(path, headers=headers, rows=rows, count=count)
    widths = [width for _header, width in columns]
    return write_table(path, sheet=sheet, note=note, headers=headers, rows=rows, count=count, widths=widths)
