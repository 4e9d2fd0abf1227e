import io
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from jiedao.exchange.export import SHEET_ROWS, write_xlsx
from jiedao.kernel.errors import UserError


def cells(target: Path | io.BytesIO) -> list[tuple[Any, ...]]:
    sheet = openpyxl.load_workbook(target).active
    assert sheet is not None
    return [tuple(cell.value for cell in row) for row in sheet.iter_rows()]


def test_the_first_line_states_the_number_of_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"

    written = write_xlsx(
        path, ["编号", "标题"], iter([(1, "a"), (2, "b")]), count=2, sheet="案件", note="待派遣。"
    )

    assert written == 2
    assert cells(path)[0][0] == "共 2 行。待派遣。"
    assert cells(path)[1:] == [("编号", "标题"), (1, "a"), (2, "b")]


def test_rows_are_counted_when_nobody_has(tmp_path: Path) -> None:
    buffer = io.BytesIO()

    write_xlsx(buffer, ["a"], iter([("x",), ("y",)]))

    assert cells(buffer)[0][0] == "共 2 行。"


@pytest.mark.parametrize(
    "text", ["=1+1", "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "http://a.b", "{=1}", "0012"]
)
def test_text_stays_text(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.xlsx"
    write_xlsx(path, ["=1"], [(text,)], note="=1")

    with zipfile.ZipFile(path) as package:
        sheet = package.read("xl/worksheets/sheet1.xml").decode()

    assert cells(path)[2] == (text,)
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet


def test_values_keep_their_kind(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    moment = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)

    write_xlsx(path, ["a"] * 6, [(moment, date(2026, 1, 2), 1.5, True, None, 10**17)])

    assert cells(path)[2] == (
        datetime(2026, 11, 23, 12, 30),  # noqa: DTZ001 (a worksheet has no zones)
        datetime(2026, 1, 2),  # noqa: DTZ001
        1.5,
        "是",
        None,
        "100000000000000000",
    )


def test_a_text_over_a_cell_s_limit_says_that_it_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"

    write_xlsx(path, ["a"], [("字" * 40_000,)])

    text = cells(path)[2][0]
    assert len(text) == 32_767
    assert text.endswith("（全文 40000 字，此处截断）")


def test_a_count_that_is_not_met_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="announced"):
        write_xlsx(tmp_path / "a.xlsx", ["a"], iter([(1,)]), count=2)


def test_more_rows_than_a_sheet_holds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="缩小筛选范围"):
        write_xlsx(tmp_path / "a.xlsx", ["a"], iter([]), count=SHEET_ROWS)


def test_signs_that_a_sheet_s_name_forbids_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"

    write_xlsx(path, ["a"], [], sheet="待办[2026/11]:" + "长" * 40)

    assert openpyxl.load_workbook(path).sheetnames == ["待办202611" + "长" * 23]
