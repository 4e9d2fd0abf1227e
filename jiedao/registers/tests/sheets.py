"""Sheets of the register of buildings, for tests."""

from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import xlsxwriter

HEADER = ("编码", "名称", "网格", "层数（层）", "有第二出口", "面积", "用途*", "消防检测日期", "证号", "业主")
G1, G3 = "990001001001001", "990001001002001"


def house_row(number: int, **changed: Any) -> list[Any]:
    """Return the row of a building with the columns of `HEADER`."""
    row: dict[str, Any] = {
        "编码": f"H{number:05d}",
        "名称": f"{number}号楼",
        "网格": G1,
        "层数（层）": number % 12 + 1,
        "有第二出口": "是" if number % 2 else "否",
        "面积": 100.5,
        "用途*": "居住",
        "消防检测日期": "2020-01-01",
        "证号": f"L{number:05d}",
        "业主": "王五 13800000000",
    }
    return list((row | changed).values())


def workbook(path: Path, rows: Iterable[Sequence[Any]], header: Sequence[str] = HEADER) -> Path:
    """Write a workbook with a title in the first row, the header in the second, and the rows."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["出租屋台账"])
        for number, row in enumerate(chain([header], rows), 1):
            page.write_row(number, 0, row)
    return path
