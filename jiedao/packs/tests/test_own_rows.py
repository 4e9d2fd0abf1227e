"""Rows of the town's own, and rows of the pack that it has switched off: an apply leaves both as they are."""

import tomllib
from typing import Any

import pytest

from jiedao.audit.models import Entry
from jiedao.cases.models import Duty, Phrase, Reason
from jiedao.kernel.errors import NotAllowed, NotFoundError, UserError
from jiedao.kernel.models import OwnValue
from jiedao.kernel.packs.parts import list_own_layers
from jiedao.orgs.actor import Actor, make_system_actor
from jiedao.orgs.own_values import (
    add_own_row,
    keep_own_value,
    return_to_pack,
    set_own_values,
    switch_off_row,
    write_own_values,
)
from jiedao.packs.tests.test_own_values import LITTER, WHY, apply, change, plan
from jiedao.packs.tests.tiny import TOWN, TinyPack

pytestmark = pytest.mark.django_db
FREE = f"MATTER 06001 {TOWN}001"


def add(of: str, /, **values: Any) -> Any:
    named = {name.replace("__", "."): value for name, value in values.items()}
    layer = list_own_layers()[of]
    return add_own_row(actor=make_system_actor(), layer=layer, values=named, reason=WHY)  # type: ignore[arg-type]


def switch_off(key: str, kind: str = "duty") -> None:
    layer = list_own_layers()[kind]
    switch_off_row(actor=make_system_actor(), layer=layer, key=key, reason=WHY)  # type: ignore[arg-type]


def add_duty() -> Duty:
    duty: Duty = add(
        "duty",
        category="MATTER 06001",
        area=f"{TOWN}001",
        lead_unit="SQ1",
        helpers=["CG"],
        limits__HANDLE="3wd",
    )
    return duty


def list_states(tiny: TinyPack) -> list[tuple[str, str, str]]:
    return [(line.key, line.field, line.state) for line in plan(tiny).own]


def test_apply_leaves_a_reason_and_a_phrase_of_the_town(tiny: TinyPack) -> None:
    apply(tiny)
    reason = add("reason", kind="VOID", text="测试录入", text_en="", law="")
    phrase = add("phrase", kind="RESULT", text="已联系物业清理。", text_en="")
    assert (reason.code, phrase.code, phrase.move) == ("TOWN-1", "TOWN-1", "")
    assert add("reason", kind="VOID", text="重复录入").code == "TOWN-2"
    assert plan(tiny).items == []
    assert [state for _key, _field, state in list_states(tiny)] == ["kept"] * 3
    apply(tiny)
    assert Reason.objects.get(code="TOWN-1").active
    assert Phrase.objects.get(code="TOWN-1").text == "已联系物业清理。"


def test_a_row_of_the_town_is_changed_and_switched_off_like_any_other(tiny: TinyPack) -> None:
    apply(tiny)
    add("reason", kind="VOID", text="测试录入")
    change("reason", "VOID TOWN-1", text="测试数据", active=False)
    assert OwnValue.objects.count() == 1
    apply(tiny)
    reason = Reason.objects.get(code="TOWN-1")
    assert (reason.text, reason.active) == ("测试数据", False)
    assert "is to be without it" in write_own_values()
    change("reason", "VOID TOWN-1", active=True)
    assert plan(tiny).items == []


def test_apply_leaves_a_duty_of_the_town(tiny: TinyPack) -> None:
    apply(tiny)
    add_duty()
    set_own_values(
        actor=make_system_actor(),
        layer=list_own_layers()["duty"],
        key=FREE,
        values={"limits.HANDLE": "5wd"},
        reason=WHY,
    )
    assert plan(tiny).items == []
    apply(tiny)
    duty = Duty.objects.get(category__code="06001", area__code=f"{TOWN}001")
    assert (duty.lead_unit.code, duty.limits) == ("SQ1", {"HANDLE": "5wd"})
    assert [unit.code for unit in duty.helpers.all()] == ["CG"]
    Duty.objects.all().delete()  # and it comes back with the pack
    apply(tiny)
    assert Duty.objects.filter(category__code="06001", area__code=f"{TOWN}001").exists()


def test_printed_rows_moved_into_the_pack_end_the_own_ones(tiny: TinyPack) -> None:
    apply(tiny)
    add("reason", kind="VOID", text="测试录入", law="内部规定")
    printed = write_own_values()
    assert "added by the town; " in printed
    assert tomllib.loads(printed)["reason"] == [
        {"kind": "VOID", "code": "TOWN-1", "text": "测试录入", "law": "内部规定"}
    ]
    tiny.append("reasons.toml", "\n" + printed)
    assert list_states(tiny) == [("VOID TOWN-1", "row", "moved")]
    apply(tiny)
    assert not OwnValue.objects.exists()
    assert Reason.objects.get(code="TOWN-1").text == "测试录入"
    assert plan(tiny).items == []


def test_printed_duty_is_a_rule_of_the_pack(tiny: TinyPack) -> None:
    apply(tiny)
    add_duty()
    rule = tomllib.loads(write_own_values())["duty"][0]
    assert rule == {
        "kind": "MATTER",
        "categories": ["06001"],
        "areas": [f"{TOWN}001"],
        "lead": "SQ1",
        "helpers": ["CG"],
        "limits": {"handle": "3wd"},
    }


def test_pack_that_has_the_row_with_other_values_leaves_a_conflict(tiny: TinyPack) -> None:
    apply(tiny)
    add("reason", kind="VOID", text="测试录入")
    tiny.append("reasons.toml", '\n[[reason]]\nkind = "VOID"\ncode = "TOWN-1"\ntext = "作废"\n')
    assert list_states(tiny) == [("VOID TOWN-1", "row", "conflict")]
    apply(tiny)
    assert Reason.objects.get(code="TOWN-1").text == "测试录入"
    own = OwnValue.objects.get()
    assert own.is_conflict
    keep_own_value(actor=make_system_actor(), own_id=own.pk)
    assert list_states(tiny) == [("VOID TOWN-1", "row", "kept")]
    return_to_pack(actor=make_system_actor(), own_id=own.pk)
    assert Reason.objects.get(code="TOWN-1").text == "作废"
    assert plan(tiny).items == []


def test_a_duty_of_the_pack_that_is_switched_off_stays_away_until_it_is_restored(tiny: TinyPack) -> None:
    apply(tiny)
    change("duty", LITTER, limits__HANDLE="2wd")
    switch_off(LITTER)
    assert not Duty.objects.filter(category__code="06010", area=None).exists()
    assert plan(tiny).items == []
    assert list_states(tiny) == [(LITTER, "row", "kept")]
    apply(tiny)
    assert not Duty.objects.filter(category__code="06010", area=None).exists()
    assert "switched off by the town" in write_own_values()
    return_to_pack(actor=make_system_actor(), own_id=OwnValue.objects.get().pk)
    assert Duty.objects.get(category__code="06010", area=None).limits["HANDLE"] == "1wd"
    assert plan(tiny).items == []
    assert plan(tiny).own == []


def test_a_duty_that_was_switched_off_can_be_added_with_other_values(tiny: TinyPack) -> None:
    apply(tiny)
    switch_off(LITTER)
    add("duty", category="MATTER 06010", area="town", lead_unit="SQ1", helpers=[])
    apply(tiny)
    assert Duty.objects.get(category__code="06010", area=None).lead_unit.code == "SQ1"
    assert list_states(tiny) == [(LITTER, "row", "kept")]
    switch_off(LITTER)
    apply(tiny)
    assert not Duty.objects.filter(category__code="06010", area=None).exists()


def test_a_duty_of_the_town_is_removed_as_a_whole(tiny: TinyPack) -> None:
    apply(tiny)
    add_duty()
    switch_off(FREE)
    assert not OwnValue.objects.exists()
    assert not Duty.objects.filter(category__code="06001", area__code=f"{TOWN}001").exists()
    add_duty()
    return_to_pack(actor=make_system_actor(), own_id=OwnValue.objects.get().pk)
    assert not Duty.objects.filter(category__code="06001", area__code=f"{TOWN}001").exists()
    assert plan(tiny).items == []


def test_a_removed_reason_of_the_town_is_no_longer_offered(tiny: TinyPack) -> None:
    apply(tiny)
    add("reason", kind="VOID", text="测试录入")
    return_to_pack(actor=make_system_actor(), own_id=OwnValue.objects.get().pk)
    assert not Reason.objects.get(code="TOWN-1").active  # cases may name it
    assert plan(tiny).items == []


def test_a_unit_that_a_duty_of_the_town_names_is_not_retired(tiny: TinyPack) -> None:
    apply(tiny)
    add_duty()
    units = (tiny.folder / "units.toml").read_text(encoding="utf-8")
    tiny.write("units.toml", units[: units.index('[[unit]]\ncode = "SQ1"')])
    tiny.edit("duties.toml", 'lead = "SQ1"\n', "")
    with pytest.raises(UserError, match="有些改动现在不能做"):
        apply(tiny)


def test_each_step_is_in_the_audit(tiny: TinyPack) -> None:
    apply(tiny)
    add_duty()
    switch_off(LITTER)
    added, off = Entry.objects.filter(action__startswith="packs.own:").order_by("id")
    assert (added.action, added.before, added.after["reason"]) == ("packs.own:add", None, WHY)
    assert (added.after["lead_unit"], added.after["limits.HANDLE"]) == ("SQ1", "3wd")
    assert (off.action, off.before["lead_unit"], off.after["key"]) == ("packs.own:off", "CG", LITTER)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("reason", {"kind": "NOTHING", "text": "没有"}),
        ("reason", {"kind": "VOID", "text": " "}),
        ("phrase", {"kind": "RESULT", "text": "长" * 501}),
        ("duty", {"category": "MATTER 99999", "area": "town", "lead_unit": "CG"}),
        ("duty", {"category": "MATTER 06001", "area": "nowhere", "lead_unit": "CG"}),
        ("duty", {"category": "MATTER 06001", "area": TOWN, "lead_unit": "NOBODY"}),
        ("duty", {"category": "MATTER 06001", "area": TOWN, "lead_unit": ""}),
        ("duty", {"category": "MATTER 06001", "area": TOWN, "lead_unit": "CG", "helpers": ["CG"]}),
        ("duty", {"category": "MATTER 06001", "area": TOWN, "lead_unit": "CG", "limits__HANDLE": "soon"}),
        ("duty", {"category": "MATTER 06010", "area": "town", "lead_unit": "CG"}),  # the pack has it
    ],
)
def test_a_row_that_a_pack_could_not_have_is_refused(
    tiny: TinyPack, kind: str, values: dict[str, Any]
) -> None:
    apply(tiny)
    with pytest.raises(UserError):
        add(kind, **values)
    assert not OwnValue.objects.exists()


def test_adding_requires_right_and_reason(tiny: TinyPack) -> None:
    apply(tiny)
    layer: Any = list_own_layers()["reason"]
    values = {"kind": "VOID", "text": "测试录入"}
    stranger = Actor(1, 1, "路人", permissions=frozenset({"cases.category:manage"}))
    with pytest.raises(NotAllowed):
        add_own_row(actor=stranger, layer=layer, values=values, reason=WHY)
    with pytest.raises(NotAllowed):
        switch_off_row(actor=stranger, layer=list_own_layers()["duty"], key=LITTER, reason=WHY)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="为什么"):
        add_own_row(actor=make_system_actor(), layer=layer, values=values, reason="改")
    with pytest.raises(NotFoundError):
        switch_off("VOID TEST", "reason")
