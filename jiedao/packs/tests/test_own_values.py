"""The town's own values: an apply leaves them unchanged, shows the difference, and ends those that the pack has too."""

import tomllib
from typing import Any

import pytest

from jiedao.audit.models import Entry
from jiedao.cases.models import Category, Duty, Phrase, Reason
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.kernel.models import OwnValue, Policy
from jiedao.kernel.packs.parts import list_own_layers
from jiedao.kernel.packs.plan import Plan
from jiedao.kernel.policies import get_policy
from jiedao.orgs.actor import Actor, make_system_actor
from jiedao.orgs.own_values import keep_own_value, return_to_pack, set_own_values, write_own_values
from jiedao.packs.actions import apply_pack
from jiedao.packs.check import check_pack
from jiedao.packs.planning import make_plan
from jiedao.packs.tests.tiny import TOWN, TinyPack

pytestmark = pytest.mark.django_db

LITTER = "MATTER 06010 town"
WHY = "区里 3 月发文调整"


def apply(tiny: TinyPack) -> Plan:
    pack, report = check_pack(tiny.folder)
    assert report.passed, report.errors
    return apply_pack(pack=pack, actor=make_system_actor())


def plan(tiny: TinyPack) -> Plan:
    return make_plan(check_pack(tiny.folder)[0])


def change(kind: str, key: str, **values: Any) -> None:
    layer = list_own_layers()[kind]
    named = {name.replace("__", "."): value for name, value in values.items()}
    set_own_values(actor=make_system_actor(), layer=layer, key=key, values=named, reason=WHY)


def find_litter_duty() -> Duty:
    return Duty.objects.get(category__code="06010", area=None)


def test_apply_keeps_an_own_limit_and_lead_unit(tiny: TinyPack) -> None:
    apply(tiny)
    change("duty", LITTER, limits__HANDLE="2wd", lead_unit="SQ1", helpers=["CG"])
    planned = plan(tiny)
    assert planned.items == []
    assert [(line.field, line.value, line.pack_now, line.state) for line in planned.own] == [
        ("helpers", ["CG"], [], "kept"),
        ("lead_unit", "SQ1", "CG", "kept"),
        ("limits.HANDLE", "2wd", "1wd", "kept"),
    ]
    apply(tiny)
    duty = find_litter_duty()
    assert duty.limits == {"ACCEPT": "2wh", "HANDLE": "2wd"}
    assert (duty.lead_unit.code, [unit.code for unit in duty.helpers.all()]) == ("SQ1", ["CG"])


def test_other_values_of_the_row_follow_the_pack(tiny: TinyPack) -> None:
    apply(tiny)
    change("duty", LITTER, limits__HANDLE="2wd")
    tiny.edit("duties.toml", 'accept = "2wh"', 'accept = "4wh"')
    apply(tiny)
    assert find_litter_duty().limits == {"ACCEPT": "4wh", "HANDLE": "2wd"}


def test_pack_that_changes_the_same_value_leaves_a_conflict_to_decide(tiny: TinyPack) -> None:
    apply(tiny)
    change("duty", LITTER, limits__HANDLE="2wd")
    tiny.edit("duties.toml", 'limits = { handle = "1wd" }', 'limits = { handle = "5wd" }')
    assert [line.state for line in plan(tiny).own] == ["conflict"]
    apply(tiny)
    own = OwnValue.objects.get()
    assert (own.value, own.pack_value, own.pack_now, own.is_conflict) == ("2wd", "1wd", "5wd", True)
    assert find_litter_duty().limits["HANDLE"] == "2wd"
    keep_own_value(actor=make_system_actor(), own_id=own.pk)
    assert not OwnValue.objects.get().is_conflict
    return_to_pack(actor=make_system_actor(), own_id=own.pk)
    assert find_litter_duty().limits["HANDLE"] == "5wd"
    assert plan(tiny).own == []
    assert plan(tiny).items == []


def test_printed_values_moved_into_the_pack_end_the_own_ones(tiny: TinyPack) -> None:
    apply(tiny)
    change("duty", LITTER, limits__HANDLE="2wd", lead_unit="SQ1")
    change("duty", f"MATTER 06010 {TOWN}001", limits__HANDLE="8wh")
    printed = write_own_values()
    assert f"{WHY}" in printed
    assert len(tomllib.loads(printed)["duty"]) == 2
    tiny.edit("duties.toml", 'limits = { handle = "4wh" }', "")
    tiny.append("duties.toml", "\n" + printed)
    assert {line.state for line in plan(tiny).own} == {"moved"}
    apply(tiny)
    assert not OwnValue.objects.exists()
    assert find_litter_duty().limits["HANDLE"] == "2wd"
    assert Entry.objects.filter(action="packs.own:end", object_type="cases.duty").count() == 3


def test_printed_values_of_all_kinds_are_one_document(tiny: TinyPack) -> None:
    apply(tiny)
    change("policy", "max_returns", value=4)
    change("policy", "max_extensions", value=5)
    change("reason", "VOID TEST", text="测试数据", text_en='a "test"')
    change("category", "MATTER 06010", keywords=["垃圾", "恶臭"], photo_before=True)
    change("category", "MATTER 06001", keywords=["违建"])
    change("category", "COMPONENT 01001", keywords=["井盖"])
    printed = tomllib.loads(write_own_values())
    assert printed["policy"] == {"max_returns": 4, "max_extensions": 5}
    assert printed["matter"] == {"06010": ["垃圾", "恶臭"], "06001": ["违建"]}
    assert printed["component"] == {"01001": ["井盖"]}
    assert printed["category"] == {"MATTER 06010": {"photo_before": True}}
    assert printed["reason"] == [{"kind": "VOID", "code": "TEST", "text": "测试数据", "text_en": 'a "test"'}]


def test_category_that_was_switched_off_stays_off(tiny: TinyPack) -> None:
    apply(tiny)
    change("category", "MATTER 06010", active=False, keywords=["垃圾", "恶臭"], photo_before=True)
    assert plan(tiny).items == []
    tiny.edit("categories.csv", "暴露垃圾,Litter", "暴露的垃圾,Litter")
    apply(tiny)
    category = Category.objects.get(code="06010")
    assert (category.active, category.name, category.photo_before) == (False, "暴露的垃圾", True)
    assert category.keywords == ["垃圾", "恶臭"]


def test_reason_of_the_town_survives_and_returns_with_its_row(tiny: TinyPack) -> None:
    apply(tiny)
    change("reason", "VOID TEST", text="测试数据", law="内部规定")
    reasons = (tiny.folder / "reasons.toml").read_text(encoding="utf-8")
    tiny.write("reasons.toml", reasons.replace('code = "TEST"', 'code = "OTHER"'))
    assert {line.state for line in plan(tiny).own} == {"orphaned"}
    apply(tiny)
    assert all(own.is_missing for own in OwnValue.objects.all())
    tiny.write("reasons.toml", reasons)
    apply(tiny)
    reason = Reason.objects.get(code="TEST")
    assert (reason.text, reason.law, reason.active) == ("测试数据", "内部规定", True)


def test_stock_phrase_of_the_town_survives_an_apply(tiny: TinyPack) -> None:
    tiny.write("phrases.toml", '[[phrase]]\nkind = "RESULT"\ncode = "CLEAN"\ntext = "已清理干净。"\n')
    apply(tiny)
    change("phrase", "RESULT CLEAN", text="已清理，现场无残留。")
    apply(tiny)
    assert Phrase.objects.get(code="CLEAN").text == "已清理，现场无残留。"
    assert tomllib.loads(write_own_values())["phrase"][0]["text"] == "已清理，现场无残留。"


def test_an_own_policy_that_the_pack_does_not_set_stays_and_returns_to_its_default(tiny: TinyPack) -> None:
    apply(tiny)
    change("policy", "max_extensions", value=5)
    change("policy", "max_returns", value=4)
    apply(tiny)
    assert (Policy.objects.get(key="max_extensions").value, get_policy("max_returns")) == (5, 4)
    for own in OwnValue.objects.all():
        return_to_pack(actor=make_system_actor(), own_id=own.pk)
    assert not Policy.objects.filter(key="max_extensions").exists()
    assert Policy.objects.get(key="max_returns").value == 2
    assert plan(tiny).items == []


def test_value_of_the_pack_typed_again_is_no_own_value(tiny: TinyPack) -> None:
    apply(tiny)
    change("policy", "max_returns", value=4)
    change("policy", "max_returns", value=2)
    assert not OwnValue.objects.exists()


def test_unit_that_an_own_value_names_is_not_retired(tiny: TinyPack) -> None:
    apply(tiny)
    change("duty", LITTER, lead_unit="SQ1")
    units = (tiny.folder / "units.toml").read_text(encoding="utf-8")
    tiny.write("units.toml", units[: units.index('[[unit]]\ncode = "SQ1"')])
    tiny.edit("duties.toml", 'lead = "SQ1"\n', "")
    with pytest.raises(UserError, match="有些改动现在不能做"):
        apply(tiny)


@pytest.mark.parametrize(
    ("kind", "key", "values"),
    [
        ("duty", LITTER, {"limits.HANDLE": "0wd"}),
        ("duty", LITTER, {"limits.HANDLE": "soon"}),
        ("duty", LITTER, {"lead_unit": "NOBODY"}),
        ("duty", LITTER, {"lead_unit": ""}),
        ("duty", LITTER, {"helpers": ["CG"]}),
        ("policy", "max_returns", {"value": 21}),
        ("policy", "retention_days", {"value": 10}),
        ("policy", "synonyms", {"value": []}),
        ("category", "MATTER 06010", {"keywords": ["长" * 21]}),
        ("category", "MATTER 06010", {"name": " "}),
        ("reason", "VOID NOTHING", {"text": "没有"}),
    ],
)
def test_value_that_a_pack_could_not_have_is_refused(
    tiny: TinyPack, kind: str, key: str, values: dict[str, Any]
) -> None:
    apply(tiny)
    with pytest.raises(UserError):
        set_own_values(
            actor=make_system_actor(), layer=list_own_layers()[kind], key=key, values=values, reason=WHY
        )
    assert not OwnValue.objects.exists()


def test_change_requires_right_and_reason(tiny: TinyPack) -> None:
    apply(tiny)
    layer = list_own_layers()["policy"]
    stranger = Actor(1, 1, "路人", permissions=frozenset({"cases.category:manage"}))
    with pytest.raises(NotAllowed):
        set_own_values(actor=stranger, layer=layer, key="max_returns", values={"value": 4}, reason=WHY)
    with pytest.raises(UserError, match="为什么"):
        set_own_values(
            actor=make_system_actor(), layer=layer, key="max_returns", values={"value": 4}, reason="改"
        )
    assert get_policy("max_returns") == 2
