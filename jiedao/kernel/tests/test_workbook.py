"""Excel files: text stays text, times are local, every row is there."""

from datetime import UTC, date, datetime
from pathlib import Path

from openpyxl import load_workbook

from jiedao.kernel.workbook import write_table


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
