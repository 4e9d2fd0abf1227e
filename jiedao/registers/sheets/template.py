"""The Excel template of a register, which explains every column that an import reads."""

from pathlib import Path
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _

from jiedao.kernel.workbook import clean_sheet_name
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import NUMERIC, FieldKind
from jiedao.registers.sheets.columns import SheetColumn, list_sheet_columns

ROWS = 5000  # rows with choices and bounds
HEAD = 1  # the row of the header, counted from 0; above it is a sentence of instructions


def write_template(info: RegisterInfo, path: Path) -> None:
    """Write the template: a sheet to fill in, a sheet that explains the columns, and a hidden sheet of choices.

    Headers show the unit, and a star for required columns. The import skips the example row, recognised by its code.
    """
    columns = list_sheet_columns(info)
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        page = book.add_worksheet(clean_sheet_name(info.label))
        explanations = book.add_worksheet(_("填写说明"))
        lists = book.add_worksheet(_("可选项"))
        _write_form(book, page, columns)
        _write_explanations(book, explanations, columns)
        for index, column in enumerate(columns):
            if column.options:
                lists.write_column(0, index, [column.title, *column.options])
                _add_choices(page, index, column, lists.get_name())
        lists.hide()


def _write_form(book: Any, page: Any, columns: list[SheetColumn]) -> None:
    bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
    required = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "bg_color": "#FDF1D6"})
    text, day = book.add_format({"num_format": "@"}), book.add_format({"num_format": "yyyy-mm-dd"})
    example = book.add_format({"italic": True, "font_color": "#6B7280"})
    page.write_string(
        0, 0, _("带 * 的必须填；空格子表示不改动已有内容；编码为“示例”的一行不会导入。说明见第二张表。")
    )
    page.freeze_panes(HEAD + 1, 1)
    for index, column in enumerate(columns):
        page.set_column(index, index, column.width, _column_format(column, text, day))
        page.write_string(HEAD, index, column.header, required if column.required else bold)
        page.write_comment(HEAD, index, column.note, {"x_scale": 1.6})
        if column.example:
            page.write_string(HEAD + 1, index, column.example, example)
        _add_bounds(page, index, column)


def _column_format(column: SheetColumn, text: Any, day: Any) -> Any:
    """Return the format of a column. Codes are formatted as text, so that the spreadsheet keeps all their digits."""
    if column.target in {"lon", "lat"} or (column.own is not None and column.own.kind in NUMERIC):
        return None
    return (
        day
        if column.target == "on" or (column.own is not None and column.own.kind is FieldKind.DATE)
        else text
    )


def _add_bounds(page: Any, index: int, column: SheetColumn) -> None:
    """Let the spreadsheet program refuse numbers that the import would refuse."""
    field = column.own
    if field is None or field.kind not in NUMERIC or (field.least is None and field.most is None):
        return
    low = field.least if field.least is not None else -1e12
    high = field.most if field.most is not None else 1e12
    rule = {
        "validate": "integer" if field.whole else "decimal",
        "criteria": "between",
        "minimum": low,
        "maximum": high,
        "error_title": field.label[:32],
        "error_message": column.note[:255],
    }
    page.data_validation(HEAD + 2, index, ROWS, index, rule)


def _add_choices(page: Any, index: int, column: SheetColumn, lists: str) -> None:
    letter = xlsxwriter.utility.xl_col_to_name(index, col_abs=True)
    source = f"='{lists}'!{letter}$2:{letter}${len(column.options) + 1}"
    rule = {
        "validate": "list",
        "source": source,
        "error_title": column.title[:32],
        "error_message": _("请从列表中选。"),
    }
    page.data_validation(HEAD + 2, index, ROWS, index, rule)


def _write_explanations(book: Any, page: Any, columns: list[SheetColumn]) -> None:
    bold = book.add_format({"bold": True, "bottom": 1})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for index, (title, width) in enumerate(((_("列"), 26), (_("必填"), 8), (_("怎么填"), 90))):
        page.set_column(index, index, width)
        page.write_string(0, index, title, bold)
    for row, column in enumerate(columns, 1):
        page.write_string(row, 0, column.title, wrapped)
        page.write_string(row, 1, _("是") if column.required else "", wrapped)
        page.write_string(row, 2, column.note, wrapped)
    page.freeze_panes(1, 0)
