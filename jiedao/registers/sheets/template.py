"""The Excel template of a register: what the import reads, with every column explained."""

from pathlib import Path
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _

from jiedao.kernel.workbook import sheet_name
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import NUMERIC, FieldKind
from jiedao.registers.sheets.columns import SheetColumn, sheet_columns

ROWS = 5000  # rows that the lists and bounds reach to
HEAD = 1  # the header's row, counted from 0; a sentence stands above it


def write_template(info: RegisterInfo, path: Path) -> None:
    """Write the template: the sheet to fill in, one that explains its columns, one with the lists to choose from.

    Headers carry the unit and a star where they must be filled in. The example row is known by its code, and no import
    takes it.
    """
    columns = sheet_columns(info)
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        page = book.add_worksheet(sheet_name(info.label))
        explained = book.add_worksheet(_("填写说明"))
        lists = book.add_worksheet(_("可选项"))
        _fill(book, page, columns)
        _explain(book, explained, columns)
        for place, one in enumerate(columns):
            if one.options:
                lists.write_column(0, place, [one.title, *one.options])
                _choose(page, place, one, lists.get_name())
        lists.hide()


def _fill(book: Any, page: Any, columns: list[SheetColumn]) -> None:
    bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
    needed = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "bg_color": "#FDF1D6"})
    text, day = book.add_format({"num_format": "@"}), book.add_format({"num_format": "yyyy-mm-dd"})
    example = book.add_format({"italic": True, "font_color": "#6B7280"})
    page.write_string(
        0, 0, _("带 * 的必须填；空格子表示不改动已有内容；编码为“示例”的一行不会导入。说明见第二张表。")
    )
    page.freeze_panes(HEAD + 1, 1)
    for place, one in enumerate(columns):
        page.set_column(place, place, one.width, _format(one, text, day))
        page.write_string(HEAD, place, one.header, needed if one.required else bold)
        page.write_comment(HEAD, place, one.note, {"x_scale": 1.6})
        if one.example:
            page.write_string(HEAD + 1, place, one.example, example)
        _bound(page, place, one)


def _format(one: SheetColumn, text: Any, day: Any) -> Any:
    """Return the format of a column: codes are texts, so that no digit of theirs is lost."""
    if one.target in {"lon", "lat"} or (one.own is not None and one.own.kind in NUMERIC):
        return None
    return day if one.target == "on" or (one.own is not None and one.own.kind is FieldKind.DATE) else text


def _bound(page: Any, place: int, one: SheetColumn) -> None:
    """Let the program that fills the sheet in refuse what the import would."""
    own = one.own
    if own is None or own.kind not in NUMERIC or (own.least is None and own.most is None):
        return
    low = own.least if own.least is not None else -1e12
    high = own.most if own.most is not None else 1e12
    rule = {
        "validate": "integer" if own.whole else "decimal", "criteria": "between", "minimum": low, "maximum": high,
        "error_title": own.label[:32], "error_message": one.note[:255],
    }  # fmt: skip
    page.data_validation(HEAD + 2, place, ROWS, place, rule)


def _choose(page: Any, place: int, one: SheetColumn, lists: str) -> None:
    column = xlsxwriter.utility.xl_col_to_name(place, col_abs=True)
    source = f"='{lists}'!{column}$2:{column}${len(one.options) + 1}"
    rule = {
        "validate": "list", "source": source, "error_title": one.title[:32],
        "error_message": _("请从列表中选。"),
    }  # fmt: skip
    page.data_validation(HEAD + 2, place, ROWS, place, rule)


def _explain(book: Any, page: Any, columns: list[SheetColumn]) -> None:
    bold = book.add_format({"bold": True, "bottom": 1})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for place, (title, width) in enumerate(((_("列"), 26), (_("必填"), 8), (_("怎么填"), 90))):
        page.set_column(place, place, width)
        page.write_string(0, place, title, bold)
    for row, one in enumerate(columns, 1):
        page.write_string(row, 0, one.title, wrapped)
        page.write_string(row, 1, _("是") if one.required else "", wrapped)
        page.write_string(row, 2, one.note, wrapped)
    page.freeze_panes(1, 0)
