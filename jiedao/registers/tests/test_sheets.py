"""Templates and exports: their contents, and that the import accepts both."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.utils import translation

from jiedao.audit.models import Entry
from jiedao.kernel import clock
from jiedao.registers.actions.records import change_record
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.importing.actions import SheetFile, check_sheet, import_sheet
from jiedao.registers.models import Record
from jiedao.registers.rows import RecordInput
from jiedao.registers.selectors.filters import RecordFilters
from jiedao.registers.sheets.export import choose_records
from jiedao.registers.sheets.template import write_template
from jiedao.registers.tests.sheets import house_row, workbook
from jiedao.testing.cast import Town


@pytest.fixture(autouse=True)
def _july() -> Any:
    with clock.at(datetime(2020, 7, 10, 2, 0, tzinfo=UTC)):
        yield


def read_cells(path: Path, sheet: int = 0) -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(path).worksheets[sheet].iter_rows(values_only=True))


def test_template_explains_its_columns_and_imports_without_rows(
    town: Town, houses: RegisterInfo, tmp_path: Path
) -> None:
    path = tmp_path / "t.xlsx"
    write_template(houses, path)
    header = read_cells(path)[1]
    assert {"编码*", "名称*", "社区、网格*", "层数（层）", "用途*", "业主"} <= set(header)
    explained = {row[0]: row[2] for row in read_cells(path, 1)}
    assert explained["层数（层）"].startswith("数；以“层”为单位")
    page = openpyxl.load_workbook(path).worksheets[0]
    assert {rule.type for rule in page.data_validations.dataValidation} == {"list", "whole", "decimal"}
    account = check_sheet(town.actor("handler"), houses, SheetFile(path))
    assert [error.reason for error in account.errors] == ["表头下面没有一行内容。"]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_export_is_complete_without_personal_data_and_imports_unchanged(
    town: Town, houses: RegisterInfo, tmp_path: Path, language: str
) -> None:
    actor = town.actor("handler")
    sheet = workbook(tmp_path / "a.xlsx", [house_row(1), house_row(2), house_row(3, 名称="=1+1")])
    import_sheet(actor=actor, info=houses, file=SheetFile(sheet))
    path = tmp_path / "e.xlsx"
    with translation.override(language):
        export = choose_records(actor, houses, RecordFilters(values={"storeys": "3.."}), order="oldest")
        count = export.write(path)
        export.record()
        rows = read_cells(path)
        again = check_sheet(actor, houses, SheetFile(path))
    assert (count, len(rows)) == (2, 4)
    assert "2" in rows[0][0]
    assert rows[3][1] == "=1+1"
    assert openpyxl.load_workbook(path).worksheets[0]["B4"].data_type == "s"
    assert "王五" not in str(rows)
    assert (again.existing, again.errors) == (2, [])
    assert Entry.objects.get(action="registers.record:export").after["records"] == 2


def test_export_of_a_past_day_has_the_states_of_that_day(
    town: Town, houses: RegisterInfo, tmp_path: Path
) -> None:
    actor = town.actor("handler")
    header = ("编码", "名称", "网格", "用途", "层数", "生效日期")
    rows = [["H1", "1号楼", "990001001001001", "居住", 3, "2020-01-01"]]
    import_sheet(actor=actor, info=houses, file=SheetFile(workbook(tmp_path / "a.xlsx", rows, header)))
    keep = frozenset({"name", "premise", "area", "unit", "parent", "place_text", "lon", "lat", "active"})
    change_record(
        actor=actor,
        record_id=Record.objects.get().pk,
        data=RecordInput(values={"storeys": 8}, keep=keep),
        why="加建",
    )
    path = tmp_path / "e.xlsx"
    choose_records(actor, houses, RecordFilters(), date(2020, 6, 30)).write(path)
    exported = dict(zip(*read_cells(path)[1:3], strict=True))
    assert (exported["层数（层）"], exported["编码*"]) == (3, "H1")
    assert "2020-06-30" in read_cells(path)[0][0]
