"""Importing a sheet into a register: all rows are written or none, and importing twice changes nothing."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from jiedao.audit.models import Entry
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, Stale
from jiedao.orgs.actor import make_system_actor
from jiedao.registers.access import visible_records
from jiedao.registers.actions.records import add_record, change_record
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.importing.actions import SheetFile, check_sheet, import_sheet
from jiedao.registers.models import Record, RecordVersion
from jiedao.registers.rows import STANDARD_FIELDS, RecordInput
from jiedao.registers.selectors.filters import RecordFilters
from jiedao.registers.tests.sheets import G3, HEADER, house_row, workbook
from jiedao.testing.cast import Town

JULY = datetime(2020, 7, 10, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _july() -> Any:
    with clock.at(JULY):
        yield


def test_import_adds_and_changes_records_and_is_repeatable(
    town: Town, houses: RegisterInfo, tmp_path: Path
) -> None:
    actor = town.actor("handler")
    first = SheetFile(workbook(tmp_path / "a.xlsx", [house_row(1), house_row(2), house_row(3)]))

    check = check_sheet(actor, houses, first)
    assert (check.created, check.errors, check.written, Record.objects.count()) == (3, [], False, 0)

    imported = import_sheet(actor=actor, info=houses, file=first)
    assert (imported.created, imported.written) == (3, True)
    record = Record.objects.get(code="H00001")
    assert (record.area_path, record.n1, record.first_date) == (town.areas["G1"].path, 2.0, date(2020, 7, 10))
    assert "王五" not in str(Record.objects.values().get(code="H00001"))
    records = RecordFilters(text="2号楼").apply(visible_records(actor, houses), houses)
    assert [item.code for item in records] == ["H00002"]

    again = import_sheet(actor=actor, info=houses, file=first)
    assert (again.existing, again.created, again.changed, RecordVersion.objects.count()) == (3, 0, 0, 0)

    rows = [["H00002", "", "", 9, "否"], ["H00004", "", "", 3, ""], ["示例", "示例楼", G3, 1, "是"]]
    part = SheetFile(workbook(tmp_path / "b.xlsx", rows[:1], HEADER[:5]))
    changed = import_sheet(actor=actor, info=houses, file=part, why="复核层数")
    assert [(item.code, item.fields) for item in changed.changes] == [("H00002", ["storeys"])]
    record = Record.objects.get(code="H00002")
    assert (record.name, record.values["use"], record.n1, record.grade) == ("2号楼", "HOME", 9.0, "C")
    assert (record.version, record.why) == (2, "复核层数")
    assert RecordVersion.objects.get().values["storeys"] == 3
    entry = Entry.objects.get(action="registers.record:change")
    assert entry.before == {"grade": "A", "values.storeys": 3}
    imports = Entry.objects.filter(action="registers.record:import").order_by("id")
    assert [(item.after["created"], item.after["changed"]) for item in imports] == [(3, 0), (0, 1)]

    missing = check_sheet(actor, houses, SheetFile(workbook(tmp_path / "c.xlsx", rows[1:], HEADER[:5])))
    assert (missing.read, missing.faults) == (1, 3)
    assert [(item.column, item.cell) for item in missing.errors] == [
        ("用途", ""),
        ("名称", "B3"),
        ("网格", "C3"),
    ]


def test_every_fault_is_reported_with_its_cell_and_nothing_is_written(
    town: Town, houses: RegisterInfo, tmp_path: Path
) -> None:
    actor = town.actor("handler")
    import_sheet(actor=actor, info=houses, file=SheetFile(workbook(tmp_path / "a.xlsx", [house_row(1)])))
    header = [*HEADER[:5], "面积（万平方米）", *HEADER[6:], "备考", "单位", "层数"]
    extra_cells = ("x", "没有的单位", 1)
    rows = [
        [*house_row(2), *extra_cells],
        [*house_row(2), "", ""],
        [*house_row(3, **{"面积": "12,5", "用途*": "x"}), "", ""],
        [*house_row(4, 证号="L00001"), "", "", "", "多"],
        [*house_row(5, 网格="123", 证号="L00002"), "", ""],
        ["", *house_row(6)[1:]],
    ]
    account = import_sheet(
        actor=actor, info=houses, file=SheetFile(workbook(tmp_path / "b.xlsx", rows, header))
    )
    cells = {error.cell: error.reason for error in account.errors}
    assert {"F2", "K2", "M2", "L3", "A4", "I4", "F5", "G5", "I6", "N6", "C7", "I7", "A8"} == set(cells)
    assert "千位分隔" in cells["F5"]
    assert "没有的单位" in cells["L3"]
    assert "第 3 行" in cells["A4"]
    assert "换算" in cells["F2"]
    assert (account.faults, account.refused, account.written, Record.objects.count()) == (13, 6, False, 1)


def test_import_respects_scope_and_rights(town: Town, houses: RegisterInfo, tmp_path: Path) -> None:
    file = SheetFile(workbook(tmp_path / "a.xlsx", [house_row(1)]))
    import_sheet(actor=town.actor("handler"), info=houses, file=file)
    with pytest.raises(NotAllowed):
        check_sheet(town.actor("leader"), houses, file)
    check = check_sheet(town.actor("grid3"), houses, file)
    assert [(error.cell, "不归您管" in error.reason) for error in check.errors] == [
        ("A3", True),
        ("C3", True),
    ]


def test_import_does_not_overwrite_concurrent_changes(
    town: Town, houses: RegisterInfo, tmp_path: Path
) -> None:
    actor = town.actor("handler")
    file = SheetFile(workbook(tmp_path / "a.xlsx", [house_row(1), house_row(2)]))

    def add_other_record(_done: int, _total: int | None) -> None:
        data = RecordInput(code="H00002", name="他人登记", area=G3, values={"use": "HOME"})
        add_record(actor=make_system_actor(), info=houses, data=data)

    with pytest.raises(Stale):
        import_sheet(actor=actor, info=houses, file=file, progress=add_other_record)
    assert [record.name for record in Record.objects.all()] == ["他人登记"]

    def rename_record(_done: int, _total: int | None) -> None:
        keep = frozenset({*STANDARD_FIELDS, "active"} - {"name"})
        record = Record.objects.get()
        change_record(
            actor=make_system_actor(),
            record_id=record.pk,
            data=RecordInput(name="改名", keep=keep),
            why="复核",
        )

    with pytest.raises(Stale):
        import_sheet(actor=actor, info=houses, file=file, progress=rename_record)
    assert [record.name for record in Record.objects.all()] == ["改名"]


def test_codes_that_excel_shortened_are_named_as_lost_and_reported_once(
    town: Town, houses: RegisterInfo, tmp_path: Path
) -> None:
    rows = [
        house_row(1, 编码="4.40399E+14"),
        house_row(2, 编码="4.40399E+14"),
        house_row(3, 网格="9.90001E+14"),
    ]
    account = check_sheet(town.actor("handler"), houses, SheetFile(workbook(tmp_path / "a.xlsx", rows)))
    words = [str(reason) for _row, reasons in sorted(account.reasons.items()) for reason in reasons]
    assert len(words) == 3
    assert all("是 Excel 缩写的编码，末尾几位已经丢失" in text for text in words)
