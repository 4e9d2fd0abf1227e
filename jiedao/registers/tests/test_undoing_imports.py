"""Undoing the import of a sheet: the register is as before, or whatever cannot be undone is listed and stays."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from jiedao.audit.models import Entry
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, Stale
from jiedao.registers.actions.records import change_record
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.importing.actions import SheetFile, import_sheet
from jiedao.registers.importing.undoing import (
    RecordsChangedError,
    list_register_imports,
    plan_register_undo,
    undo_register_import,
)
from jiedao.registers.models import Inspection, Record, RecordVersion, RegisterImport
from jiedao.registers.rows import STANDARD_FIELDS, RecordInput
from jiedao.registers.search import find_record_ids
from jiedao.registers.tests.parts import HOUSES, declare, without
from jiedao.registers.tests.sheets import HEADER, house_row, workbook
from jiedao.testing.cast import Town

JULY = datetime(2020, 7, 10, 2, 0, tzinfo=UTC)
IGNORED = {"version", "changed_at", "changed_by", "why", "since_date"}  # of a record that was restored


@pytest.fixture(autouse=True)
def _july() -> Any:
    with clock.at(JULY):
        yield


def import_rows(town: Town, info: RegisterInfo, path: Path, *rows: list[Any], user: str = "handler") -> int:
    """Import rows and return the id of the batch."""
    file = SheetFile(workbook(path, rows))
    assert import_sheet(actor=town.actor(user), info=info, file=file).written
    return RegisterImport.objects.latest("id").pk


def read_states() -> dict[str, dict[str, Any]]:
    rows = Record.objects.values()
    return {row["code"]: {name: value for name, value in row.items() if name not in IGNORED} for row in rows}


def rename_record(town: Town, code: str) -> None:
    record = Record.objects.get(code=code)
    keep = frozenset({*STANDARD_FIELDS, "active"} - {"name"})
    data = RecordInput(name="核实过的楼", keep=keep)
    change_record(actor=town.actor("handler"), record_id=record.pk, data=data, why="核实")


def count_search_rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM registers_searchrow")
        return int(cursor.fetchone()[0])


@pytest.fixture
def batch(town: Town, houses: RegisterInfo, tmp_path: Path) -> int:
    """Two records of June, of which a sheet in July changes the first and adds H00003 and H00004."""
    with clock.at(JULY - timedelta(days=30)):
        import_rows(town, houses, tmp_path / "a.xlsx", house_row(1), house_row(2))
    changed = house_row(1, 名称="新楼", 证号="L9", **{"层数（层）": 9})
    return import_rows(town, houses, tmp_path / "b.xlsx", changed, house_row(2), house_row(3), house_row(4))


def test_undoing_returns_the_register_to_what_it_was(
    town: Town, houses: RegisterInfo, tmp_path: Path
) -> None:
    with clock.at(JULY - timedelta(days=30)):
        import_rows(town, houses, tmp_path / "a.xlsx", house_row(1), house_row(2))
    before, searched = read_states(), count_search_rows()
    changed = house_row(1, 名称="新楼", 证号="L9", **{"层数（层）": 9})
    batch = import_rows(town, houses, tmp_path / "b.xlsx", changed, house_row(3), house_row(4))
    assert read_states() != before

    with clock.at(JULY + timedelta(days=5)):
        result = undo_register_import(actor=town.actor("handler"), import_id=batch)

    assert (result.removed, result.restored, result.kept) == (2, 1, [])
    assert (read_states(), count_search_rows()) == (before, searched)
    names = find_record_ids("新楼")
    assert names is not None
    assert not Record.objects.filter(pk__in=names).exists()
    versions = RecordVersion.objects.filter(code="H00001").order_by("version")
    assert [(row.name, row.since_date, row.until_date) for row in versions] == [
        ("1号楼", date(2020, 6, 10), date(2020, 7, 10)),
        ("新楼", date(2020, 7, 10), date(2020, 7, 10)),  # counts on no day
    ]
    entry = Entry.objects.get(action="registers.record:undo_import")
    assert (entry.after["removed"], entry.after["restored"]) == (2, 1)
    row = RegisterImport.objects.get(pk=batch)
    assert (row.removed, row.restored, row.undone_by) == (2, 1, town.actor("handler").label)
    with pytest.raises(Stale, match="已经撤销"):
        undo_register_import(actor=town.actor("handler"), import_id=batch)


def test_what_was_changed_or_used_since_is_named_and_stays(
    town: Town, inspected: RegisterInfo, batch: int
) -> None:
    actor = town.actor("handler")
    rename_record(town, "H00003")
    used = Record.objects.get(code="H00004")
    today = clock.today()
    Inspection.objects.create(
        register_id=inspected.id,
        record=used,
        kind="EXTRA",
        checklist="fire",
        planned_date=today,
        due_date=today,
        counted_date=today,
    )
    before = read_states()

    with pytest.raises(RecordsChangedError) as refusal:
        undo_register_import(actor=actor, import_id=batch)

    assert [(kept.code, kept.reason) for kept in refusal.value.kept] == [
        ("H00003", "后来改动过"),
        ("H00004", "已有检查或别处引用了它"),
    ]
    assert read_states() == before


def test_the_rest_is_undone_on_request(town: Town, houses: RegisterInfo, batch: int) -> None:
    actor = town.actor("handler")
    rename_record(town, "H00003")

    result = undo_register_import(actor=actor, import_id=batch, only_untouched=True)

    assert (result.removed, result.restored, [kept.code for kept in result.kept]) == (1, 1, ["H00003"])
    assert set(read_states()) == {"H00001", "H00002", "H00003"}
    plan = plan_register_undo(actor, batch)
    assert (plan.removable, plan.restorable, [kept.code for kept in plan.kept]) == ([], [], ["H00003"])


def test_rounds_that_wait_go_with_a_new_record(town: Town, inspected: RegisterInfo, batch: int) -> None:
    today = clock.today()
    Inspection.objects.create(
        register_id=inspected.id,
        record=Record.objects.get(code="H00003"),
        checklist="fire",
        planned_date=today,
        due_date=today,
        counted_date=today,
    )

    undo_register_import(actor=town.actor("handler"), import_id=batch, only_untouched=True)

    assert not Inspection.objects.exists()
    assert not Record.objects.filter(code="H00003").exists()


def test_a_unique_value_that_another_record_has_by_now_is_not_given_back(
    town: Town, houses: RegisterInfo, batch: int, tmp_path: Path
) -> None:
    import_rows(town, houses, tmp_path / "c.xlsx", house_row(5, 证号="L00001"))

    plan = plan_register_undo(town.actor("handler"), batch)

    assert [(kept.code, kept.reason) for kept in plan.kept] == [("H00001", "原来的值已有另一条记录用了")]


def test_a_changed_definition_keeps_the_changed_records(town: Town, batch: int) -> None:
    declare(without(HOUSES, "area_m2"))

    plan = plan_register_undo(town.actor("handler"), batch)

    assert [kept.code for kept in plan.kept] == ["H00001"]
    assert "规则后来改过" in plan.kept[0].reason
    assert len(plan.removable) == 2


def test_users_undo_their_own_imports_only(town: Town, houses: RegisterInfo, batch: int) -> None:
    with pytest.raises(NotAllowed, match="自己的"):
        undo_register_import(actor=town.actor("grid1"), import_id=batch)
    with pytest.raises(NotAllowed):
        plan_register_undo(town.actor("leader"), batch)
    assert next(row.pk for row in list_register_imports(town.actor("leader"))) == batch
    assert list_register_imports(town.actor("dispatcher")) == []


def test_an_import_that_changes_nothing_is_no_batch(
    town: Town, houses: RegisterInfo, batch: int, tmp_path: Path
) -> None:
    file = SheetFile(workbook(tmp_path / "d.xlsx", [house_row(2)], HEADER))
    import_sheet(actor=town.actor("handler"), info=houses, file=file)
    assert RegisterImport.objects.latest("id").pk == batch
