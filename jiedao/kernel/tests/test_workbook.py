"""Writing Excel files: text stays text, times are local, all rows are written."""

import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from jiedao.kernel.errors import UserError
from jiedao.kernel.workbook import SHEET_ROWS, Cell, write_table


def write_and_read(
    path: Path, rows: Iterable[Sequence[Cell]], *, count: int = 1, sheet: str = "案件"
) -> list[tuple[Any, ...]]:
    """Write rows of one column under a header that looks like a formula; return the sheet as it is read."""
    write_table(path, sheet=sheet, note="=1", headers=["=1"], rows=rows, count=count)
    return [tuple(cell.value for cell in row) for row in load_workbook(path).active.iter_rows()]


def test_a_table_is_complete_and_holds_no_formula(tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    at = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
    rows = [["=1+1", 7, at], ["http://x", None, date(2026, 1, 2)], ["@SUM(A1)", 1.5, None]]
    written = write_table(
        path,
        sheet="案件",
        note="共 3 件",
        headers=["标题", "数", "时间"],
        rows=iter(rows),
        count=3,
        widths=[30, 8, 16],
    )
    page = load_workbook(path)["案件"]
    read = [[cell.value for cell in row] for row in page.iter_rows()]
    assert written == 3
    assert read[0][0] == "共 3 件"
    assert read[1] == ["标题", "数", "时间"]
    assert read[2][:2] == ["=1+1", 7]
    assert str(read[2][2]) == "2026-11-23 14:30:00"
    assert page["A3"].data_type == "s"
    assert page["A4"].hyperlink is None
    assert str(read[3][2]) == "2026-01-02 00:00:00"
    assert len(read) == 5


@pytest.mark.parametrize(
    "text", ["=1+1", "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "http://a.b", "{=1}", "0012"]
)
def test_text_stays_text(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.xlsx"
    read = write_and_read(path, [(text,)])

    with zipfile.ZipFile(path) as package:
        sheet = package.read("xl/worksheets/sheet1.xml").decode()

    assert read[2] == (text,)
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet


def test_values_keep_their_type(tmp_path: Path) -> None:
    moment = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)

    assert write_and_read(tmp_path / "a.xlsx", [(moment, date(2026, 1, 2), 1.5, True, None, 10**17)])[2] == (
        datetime(2026, 11, 23, 12, 30),  # noqa: DTZ001 (a worksheet has no zones)
        datetime(2026, 1, 2),  # noqa: DTZ001
        1.5,
        "是",
        None,
        "100000000000000000",
    )


def test_a_text_over_the_limit_of_a_cell_is_cut_with_a_remark(tmp_path: Path) -> None:
    text = write_and_read(tmp_path / "a.xlsx", [("字" * 40_000,)])[2][0]

    assert len(text) == 32_767
    assert text.endswith("（全文 40000 字，此处截断）")


def test_another_number_of_rows_than_announced_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="announced"):
        write_and_read(tmp_path / "a.xlsx", iter([(1,)]), count=2)


def test_more_rows_than_a_sheet_holds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="缩小筛选范围"):
        write_and_read(tmp_path / "a.xlsx", iter([]), count=SHEET_ROWS)


def test_forbidden_characters_are_removed_from_a_sheet_name(tmp_path: Path) -> None:
    write_and_read(tmp_path / "a.xlsx", [], count=0, sheet="待办[2026/11]:" + "长" * 40)

    assert load_workbook(tmp_path / "a.xlsx").sheetnames == ["待办202611" + "长" * 23]
