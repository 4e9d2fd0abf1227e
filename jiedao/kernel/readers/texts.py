"""Read texts from the cells of tables."""

from datetime import date, datetime, time

from django.utils.translation import gettext as _

from jiedao.kernel.readers.faults import ValueFault
from jiedao.kernel.tables.rows import Cell, format_cell


def read_text(cell: Cell) -> str:
    """Return the cell as text; raise ValueFault for a date, which a spreadsheet has made of a text such as "3-5".

    What was typed cannot be derived from the date: 3-5 and 3/5 and 5.3 may be the same cell.
    """
    if isinstance(cell, date | time):  # a datetime is a date
        shown = cell.isoformat(" ") if isinstance(cell, datetime) else cell.isoformat()
        raise ValueFault(
            _(
                "表格软件把这一格的文字变成了日期或时间（%(shown)s），原文已看不出；"
                "请把这一列设为“文本”，重新填写。"
            )
            % {"shown": shown.removesuffix(" 00:00:00")}
        )
    return format_cell(cell)
