"""Adding, changing and ending records; every previous state is stored, and past days can be counted."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from jiedao.audit.models import Entry
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, NotFoundError, Stale, UserError
from jiedao.kernel.memo import forget_all
from jiedao.orgs.actor import Actor
from jiedao.places.models import Premise
from jiedao.registers.access import get_record, get_register
from jiedao.registers.actions.records import (
    RowRefused,
    add_record,
    change_record,
    end_record,
    restore_record,
    reveal_values,
)
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.models import Record, RecordVersion
from jiedao.registers.rows import RecordInput
from jiedao.registers.selectors.counting import RecordCount, count_groups
from jiedao.registers.selectors.filters import RecordFilters
from jiedao.registers.selectors.history import read_state_on, read_states
from jiedao.testing.cast import Town

JULY = datetime(2020, 7, 10, 2, 0, tzinfo=UTC)
G1, G3 = "990001001001001", "990001001002001"


def count_records(actor: Actor, info: RegisterInfo, filters: RecordFilters, **more: Any) -> RecordCount:
    """Count records without any split."""
    return count_groups(actor, info, filters, {}, **more)[()]


def record_input(code: str = "H1", *, area: str = G1, on: date | None = None, **values: Any) -> RecordInput:
    return RecordInput(code=code, name=f"{code}号楼", area=area, on=on, values={"use": "HOME", **values})


def add_house(town: Town, info: RegisterInfo, code: str = "H1", **more: Any) -> Record:
    return add_record(actor=town.actor("handler"), info=info, data=record_input(code, **more))


@pytest.fixture(autouse=True)
def _july() -> Any:
    with clock.at(JULY):
        yield


def test_add_stores_place_values_grade_and_audit_entry(town: Town, houses: RegisterInfo) -> None:
    record = add_house(town, houses, storeys="8", second_exit="否", owner="王五 13800000000")
    assert record.area_path == town.areas["G1"].path
    assert (record.grade, record.grade_note["why"]) == ("C", ["七层以上，无第二出口"])
    assert record.values["storeys"] == record.n1 == 8
    assert "王五" not in str(Record.objects.values().get())
    entry = Entry.objects.get(action="registers.record:add")
    assert entry.after["values.owner"] == "***"
    assert entry.after["values.storeys"] == 8


def test_every_fault_of_the_input_is_reported_at_once(town: Town, houses: RegisterInfo) -> None:
    add_house(town, houses, licence="L1")
    invalid_input = RecordInput(
        code="H1", area="123", values={"storeys": "70", "tested": "去年", "colour": "红", "licence": "L1"}
    )
    with pytest.raises(RowRefused) as refused:
        add_record(actor=town.actor("handler"), info=houses, data=invalid_input)
    faults = {fault.field for fault in refused.value.faults}
    assert faults == {"name", "area", "colour", "storeys", "use", "tested", "code", "licence"}
    assert Record.objects.count() == 1


def test_references_by_id_give_the_same_record_as_references_by_code(
    town: Town, houses: RegisterInfo
) -> None:
    actor, area, unit = town.actor("handler"), town.areas["G1"], town.units["CLEAN"]
    premise = Premise.objects.create(code="P1", name="一号院", area=town.areas["G2"])
    values = {"use": "HOME"}
    by_code = RecordInput("H1", "一号楼", premise=premise.code, area=area.code, unit=unit.code, values=values)
    by_id = RecordInput(
        "H2", "二号楼", premise_id=premise.pk, area_id=area.pk, unit_id=unit.pk, values=values
    )
    first, second = (add_record(actor=actor, info=houses, data=given) for given in (by_code, by_id))
    for name in ("premise_id", "area_id", "area_path", "unit_id"):
        assert getattr(first, name) == getattr(second, name)
    assert (second.premise_id, second.area_id, second.unit_id) == (premise.pk, area.pk, unit.pk)


def test_references_by_id_to_retired_or_unknown_rows_are_refused(town: Town, houses: RegisterInfo) -> None:
    unit = town.units["CLEAN"]
    premise = Premise.objects.create(code="P1", name="一号院", area=town.areas["G1"], active=False)
    type(unit).objects.filter(pk=unit.pk).update(active=False)
    forget_all()
    data = RecordInput(
        "H1", "一号楼", premise_id=premise.pk, area_id=0, unit_id=unit.pk, values={"use": "HOME"}
    )
    with pytest.raises(RowRefused) as refused:
        add_record(actor=town.actor("handler"), info=houses, data=data)
    reasons = {fault.field: fault.reason for fault in refused.value.faults}
    assert reasons.keys() == {"premise", "area", "unit"}
    assert "P1" in reasons["premise"]
    assert unit.code in reasons["unit"]


def test_empty_code_gets_the_next_number(town: Town, houses: RegisterInfo) -> None:
    assert [add_house(town, houses, "").code for _ in range(2)] == ["00001", "00002"]


def test_change_stores_the_previous_state(town: Town, houses: RegisterInfo) -> None:
    record = add_house(town, houses, on=date(2020, 1, 1), storeys=8, second_exit=False)
    changed = change_record(
        actor=town.actor("handler"),
        record_id=record.pk,
        data=RecordInput(name="H1号楼", area=G1, on=date(2020, 5, 1), values={"second_exit": True}),
        why="加建了第二出口",
        version=1,
    )
    assert (changed.grade, changed.version, changed.values["storeys"]) == ("A", 2, 8)
    april, june = read_state_on(changed, date(2020, 4, 30)), read_state_on(changed, date(2020, 6, 30))
    assert april is not None
    assert june is not None
    assert (april.grade, june.grade, read_state_on(changed, date(2019, 12, 31))) == ("C", "A", None)
    assert [(state.version, state.why) for state in read_states(changed)] == [(2, "加建了第二出口"), (1, "")]
    entry = Entry.objects.get(action="registers.record:change")
    assert entry.before == {"grade": "C", "since_date": "2020-01-01", "values.second_exit": False}


def test_change_without_differences_writes_nothing(town: Town, houses: RegisterInfo) -> None:
    record = add_house(town, houses)
    same = record_input()
    change_record(actor=town.actor("handler"), record_id=record.pk, data=same, why="复核")
    assert not RecordVersion.objects.exists()


def test_change_with_an_old_version_is_refused(town: Town, houses: RegisterInfo) -> None:
    record, actor = add_house(town, houses), town.actor("handler")
    change_record(actor=actor, record_id=record.pk, data=record_input(storeys=3), why="补录", version=1)
    with pytest.raises(Stale, match="李强"):
        change_record(actor=actor, record_id=record.pk, data=record_input(storeys=4), why="补录", version=1)
    assert Record.objects.get().values["storeys"] == 3


@pytest.mark.parametrize(
    ("on", "why", "field"),
    [(date(2020, 7, 12), "补录", "on"), (date(2020, 6, 1), "补录", "on"), (None, " ", "why")],
)
def test_change_requires_a_valid_day_and_a_reason(
    town: Town, houses: RegisterInfo, on: date | None, why: str, field: str
) -> None:
    record = add_house(town, houses, on=date(2020, 7, 1))
    with pytest.raises(RowRefused) as refused:
        change_record(
            actor=town.actor("handler"), record_id=record.pk, data=record_input(storeys=3, on=on), why=why
        )
    assert [fault.field for fault in refused.value.faults] == [field]


def test_past_day_counts_the_states_of_that_day(town: Town, houses: RegisterInfo) -> None:
    actor = town.actor("handler")
    for code, storeys in (("H1", 8), ("H2", 8), ("H3", 3)):
        add_house(town, houses, code, on=date(2020, 1, 1), storeys=storeys, second_exit=False, area_m2=100)
    add_house(town, houses, "H4", on=date(2020, 7, 1), storeys=8, second_exit=False, area_m2=100)
    first, second, *_rest = Record.objects.order_by("id")
    change_record(
        actor=actor,
        record_id=first.pk,
        data=record_input("H1", second_exit=True, area_m2=50, on=date(2020, 7, 2)),
        why="整改",
    )
    end_record(actor=actor, record_id=second.pk, on=date(2020, 7, 3), why="已拆除")
    strict, half_year = RecordFilters(grade="C"), date(2020, 6, 30)
    then = count_records(actor, houses, strict, as_of=half_year, sum_of="area_m2")
    assert (then.count, then.total) == (2, 200.0)
    now = count_records(actor, houses, RecordFilters(), sum_of="area_m2")
    assert (now.count, now.total) == (3, 250.0)
    assert count_records(actor, houses, strict).count == 1
    restore_record(actor=actor, record_id=second.pk, on=date(2020, 7, 10), why="误拆登记")
    assert count_records(actor, houses, RecordFilters()).count == 4
    assert count_records(actor, houses, RecordFilters(), as_of=date(2020, 7, 9)).count == 3


def test_filters_by_field_range_and_text(town: Town, houses: RegisterInfo) -> None:
    actor = town.actor("handler")
    add_house(town, houses, "H1", storeys=8, second_exit=True, tested="2020-03-01")
    add_house(town, houses, "H2", storeys=3, second_exit=False)
    counts = {
        key: count_records(actor, houses, filters).count
        for key, filters in {
            "range": RecordFilters(values={"storeys": "7.."}),
            "exact": RecordFilters(values={"storeys": "3"}),
            "bool": RecordFilters(values={"second_exit": "是"}),
            "day": RecordFilters(values={"tested": "2020-01-01..2020-06-30"}),
            "range beside": RecordFilters(values={"storeys": "7..9", "second_exit": "是"}),
            "up to": RecordFilters(values={"storeys": "..9", "second_exit": "否"}),
            "day beside": RecordFilters(values={"tested": "2020-03-01..2020-03-01", "second_exit": "是"}),
            "no such day": RecordFilters(values={"tested": "2020-03-02..", "second_exit": "是"}),
            "words": RecordFilters(text="H2号楼"),
            "area": RecordFilters(area_path=town.areas["HILL"].path),
        }.items()
    }
    assert {key for key, count in counts.items() if count == 0} == {"no such day", "area"}
    assert sum(counts.values()) == len(counts) - 2
    with pytest.raises(UserError, match="不能按“owner”筛选"):
        count_records(actor, houses, RecordFilters(values={"owner": "王"}))


def test_user_outside_the_scope_sees_and_changes_nothing(town: Town, houses: RegisterInfo) -> None:
    record = add_house(town, houses)
    with pytest.raises(NotFoundError):
        get_record(town.actor("grid3"), record.pk)
    assert count_records(town.actor("grid3"), houses, RecordFilters()).count == 0
    assert count_records(town.actor("grid1"), houses, RecordFilters()).count == 1
    with pytest.raises(RowRefused, match="不归您管"):
        add_record(actor=town.actor("grid3"), info=houses, data=record_input("H9"))
    with pytest.raises(NotAllowed):
        change_record(actor=town.actor("leader"), record_id=record.pk, data=record_input(storeys=2), why="试")
    with pytest.raises(NotFoundError):
        get_register(town.actor("registrar"), "houses")


def test_reveal_requires_right_and_reason(town: Town, houses: RegisterInfo) -> None:
    record = add_house(town, houses, owner="王五 13800000000")
    with pytest.raises(NotAllowed):
        reveal_values(actor=town.actor("handler"), record_id=record.pk, why="联系业主整改")
    with pytest.raises(UserError, match="为什么要看"):
        reveal_values(actor=town.actor("shift"), record_id=record.pk, why=" ")
    revealed = reveal_values(actor=town.actor("shift"), record_id=record.pk, why="联系业主整改")
    assert revealed == {"owner": "王五 13800000000"}
    assert Entry.objects.get(action="registers.record:reveal").after["why"] == "联系业主整改"
