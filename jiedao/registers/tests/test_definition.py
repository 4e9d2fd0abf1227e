"""A definition changes over time and loses nothing."""

from dataclasses import replace

import pytest

from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import system
from jiedao.registers.actions.declaring import declare_register
from jiedao.registers.catalogue import RegisterInfo, register_info
from jiedao.registers.definition import Choice, Definition, Field, FieldKind, Hangs, settle
from jiedao.registers.models import Register
from jiedao.registers.tests.parts import HOUSES, declare, without


def test_a_definition_is_the_same_after_a_stay_in_the_database() -> None:
    kept = settle(HOUSES, None, {}).definition
    assert Definition.of(kept.as_json()) == kept


def test_fields_that_are_filtered_or_unique_get_their_slots_first() -> None:
    slots = {one.key: one.slot for one in settle(HOUSES, None, {}).definition.fields}
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
    settled = declare_register(actor=system(), definition=HOUSES)
    assert (settled.notes, settled.blocked) == ([], [])
    assert Register.objects.values().get() == before


def test_a_renamed_field_keeps_its_store_and_slot(houses: RegisterInfo) -> None:
    floors = replace(HOUSES.fields[0], key="floors")
    changed = replace(HOUSES, rules=HOUSES.rules[1:], fields=(floors, *HOUSES.fields[1:]))
    found = declare(changed, {"floors": "storeys"}).definition.field("floors")
    assert found is not None
    assert (found.store, found.slot) == ("storeys", "n1")


def test_a_field_that_the_pack_no_longer_names_is_retired_not_dropped(houses: RegisterInfo) -> None:
    settled = settle(without(HOUSES, "tested"), houses.definition, {})
    retired = next(one for one in settled.definition.fields if one.key == "tested")
    assert (retired.retired, retired.store, retired.slot) == (True, "tested", "d1")
    assert settled.definition.field("tested") is None
    assert settled.notes == ["field 'tested' is retired: records keep it, forms no longer ask"]


def test_a_choice_that_is_gone_stays_readable(houses: RegisterInfo) -> None:
    use = replace(HOUSES.fields[3], choices=(Choice("HOME", "居住", "Dwelling"),))
    settled = settle(
        replace(HOUSES, fields=(*HOUSES.fields[:3], use, *HOUSES.fields[4:])), houses.definition, {}
    )
    found = settled.definition.field("use")
    assert found is not None
    assert [(one.code, one.retired) for one in found.choices] == [("HOME", False), ("SHOP", True)]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (replace(HOUSES.fields[0], kind=FieldKind.TEXT, unit=""), "is number, not text"),
        (replace(HOUSES.fields[0], unit="米"), "is kept in 层, not in 米"),
        (replace(HOUSES.fields[0], personal=True), "was not personal"),
    ],
)
def test_a_change_of_what_values_mean_is_refused(houses: RegisterInfo, changed: Field, words: str) -> None:
    with pytest.raises(UserError) as refused:
        declare(replace(HOUSES, fields=(changed, *HOUSES.fields[1:]), rules=()))
    assert words in str(refused.value.hint)
    assert register_info("houses") == houses


def test_records_cannot_be_hung_on_something_else(houses: RegisterInfo) -> None:
    settled = settle(replace(HOUSES, on=Hangs.UNIT), houses.definition, {})
    assert settled.blocked == ["records hang on grid, not on unit"]


def test_a_filter_too_many_is_named() -> None:
    fields = tuple(Field(f"f{n}", "日期", FieldKind.DATE, filter=True) for n in range(5))
    settled = settle(replace(HOUSES, fields=fields, rules=()), None, {})
    assert settled.blocked == ["field 'f4' cannot be filtered: 4 fields of date are already"]
