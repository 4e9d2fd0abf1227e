"""Builders of small files for the tests."""

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl

HEADER = ("留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "反对数", "点赞数")
FIRST = (
    188006,
    "A000102948",
    "A3区一米阳光影楼是否合法纳税？",
    "2019/2/28 11:25:05",
    "\n\t\t\t请查一下。\n\t\t",
    0,
    3,
)


def make_xlsx(path: Path, rows: Sequence[Sequence[Any]], *, title: str = "Sheet1") -> Path:
    """Write the rows as the only sheet of a workbook."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def make_csv(path: Path, text: str, encoding: str = "utf-8") -> Path:
    """Write the text unchanged, with its newlines."""
    path.write_bytes(text.encode(encoding))
    return path


def replace_part(path: Path, part: str, content: bytes | None) -> Path:
    """Rewrite a workbook with one part replaced, or left out when the content is None."""
    with zipfile.ZipFile(path) as old:
        parts = {info.filename: old.read(info) for info in old.infolist()}
    parts.pop(part, None)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(name, data)
        if content is not None:
            new.writestr(part, content)
    return path


SHEET_PART = "xl/worksheets/sheet1.xml"


def make_sheet_xml(body: str, dimension: str = "A1:B2") -> bytes:
    """Return a worksheet part with the given rows."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f'<dimension ref="{dimension}"/><sheetData>{body}</sheetData></worksheet>'
    ).encode()


def rename_parts(path: Path, rename: Callable[[str], str], change: Callable[[bytes], bytes] = bytes) -> Path:
    """Rewrite a workbook with other names and contents of its parts."""
    with zipfile.ZipFile(path) as old:
        parts = {info.filename: old.read(info) for info in old.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(rename(name), change(data))
    return path
