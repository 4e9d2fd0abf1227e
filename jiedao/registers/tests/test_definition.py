"""Changing the definition of a register: fields keep their stores, and no value is lost."""

from dataclasses import replace

import pytest

from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import make_system_actor
from jiedao.registers.actions.declaring import declare_register
from jiedao.registers.catalogue import RegisterInfo, register_info
from jiedao.registers.definition import Anchor, Choice, Definition, Field, FieldKind, merge_definition
from jiedao.registers.models import Register
from jiedao.registers.tests.parts import HOUSES, declare, without


def test_definition_survives_the_database_unchanged() -> None:
    stored = merge_definition(HOUSES, None, {}).definition
    assert Definition.from_json(stored.as_json()) == stored


def test_filtered_and_unique_fields_get_slots_first() -> None:
    slots = {field.key: field.slot for field in merge_definition(HOUSES, None, {}).definition.fields}
    assert slots == {
        "storeys": "n1",
        "area_m2": "n2",
        "second_exit": "s1",
        "use": "s2",
        "licence": "s3",
        "tested": "d1",
        "owner": "",
    }


def test_declaring_twice_changes_nothing(houses: RegisterInfo) -> None:
    before = Register.objects.values().get()
    settled = declare_register(actor=make_system_actor(), definition=HOUSES)
    assert (settled.notes, settled.blocked) == ([], [])
    assert Register.objects.values().get() == before


def test_renamed_field_keeps_store_and_slot(houses: RegisterInfo) -> None:
    floors = replace(HOUSES.fields[0], key="floors")
    changed = replace(HOUSES, rules=HOUSES.rules[1:], fields=(floors, *HOUSES.fields[1:]))
    field = declare(changed, {"floors": "storeys"}).definition.field("floors")
    assert field is not None
    assert (field.store, field.slot) == ("storeys", "n1")


def test_field_missing_in_the_pack_is_retired(houses: RegisterInfo) -> None:
    settled = merge_definition(without(HOUSES, "tested"), houses.definition, {})
    retired = next(field for field in settled.definition.fields if field.key == "tested")
    assert (retired.retired, retired.store, retired.slot) == (True, "tested", "d1")
    assert settled.definition.field("tested") is None
    assert settled.notes == ["字段 tested 停用：记录里的值保留，填表时不再问。"]


def test_choice_missing_in_the_pack_is_retired(houses: RegisterInfo) -> None:
    use = replace(HOUSES.fields[3], choices=(Choice("HOME", "居住", "Dwelling"),))
    settled = merge_definition(
        replace(HOUSES, fields=(*HOUSES.fields[:3], use, *HOUSES.fields[4:])), houses.definition, {}
    )
    use_field = settled.definition.field("use")
    assert use_field is not None
    assert [(choice.code, choice.retired) for choice in use_field.choices] == [
        ("HOME", False),
        ("SHOP", True),
    ]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (replace(HOUSES.fields[0], kind=FieldKind.TEXT, unit=""), "类型是 number，不能改为 text"),
        (replace(HOUSES.fields[0], unit="米"), "按“层”存，不能改为“米”"),
        (replace(HOUSES.fields[0], personal=True), "原来不是个人信息"),
    ],
)
def test_change_of_the_meaning_of_values_is_refused(houses: RegisterInfo, changed: Field, words: str) -> None:
    with pytest.raises(UserError) as refused:
        declare(replace(HOUSES, fields=(changed, *HOUSES.fields[1:]), rules=()))
    assert words in str(refused.value.hint)
    assert register_info("houses") == houses


def test_change_of_what_records_belong_to_is_blocked(houses: RegisterInfo) -> None:
    settled = merge_definition(replace(HOUSES, on=Anchor.UNIT), houses.definition, {})
    assert settled.blocked == ["记录登记在 grid 上，不能改为 unit：请用新的台账。"]


def test_filter_without_a_free_slot_is_blocked() -> None:
    fields = tuple(Field(f"f{n}", "日期", FieldKind.DATE, filter=True) for n in range(5))
    settled = merge_definition(replace(HOUSES, fields=fields, rules=()), None, {})
    assert settled.blocked == ["字段 f4 不能筛选：已有 4 个 date 字段可以筛选。"]
