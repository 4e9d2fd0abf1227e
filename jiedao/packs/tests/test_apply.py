"""Planning and applying: what changes, what stays, what is refused."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from jiedao.audit.models import Entry
from jiedao.cases.models import Case, Category, Duty, Reason
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, Stale, UserError
from jiedao.kernel.models import CalendarDay, OfficeHours, Policy
from jiedao.kernel.packs.plan import Plan
from jiedao.orgs.actor import Actor, make_system_actor
from jiedao.orgs.models import Holding, Post, Unit
from jiedao.packs.actions import apply_pack
from jiedao.packs.check import check_pack
from jiedao.packs.planning import make_plan
from jiedao.packs.tests.test_buji import FOLDER as BUJI
from jiedao.packs.tests.tiny import GRIDS, TOWN, TinyPack, collection, square
from jiedao.places.models import Area, Premise

pytestmark = pytest.mark.django_db


def apply(tiny: TinyPack) -> Plan:
    pack, report = check_pack(tiny.folder)
    assert report.passed, report.errors
    return apply_pack(pack=pack, actor=make_system_actor())


def planned(tiny: TinyPack) -> set[tuple[str, str, str]]:
    plan = make_plan(check_pack(tiny.folder)[0])
    return {(item.action, item.kind, item.key) for item in plan.items}


def open_case(**columns: Any) -> Case:
    now = clock.now()
    return Case.objects.create(
        number=f"T{Case.objects.count()}",
        channel="WEB",
        subject="s",
        detail="d",
        state=columns.pop("state", "FILED"),
        reported_at=now,
        reported_date=clock.today(),
        **columns,
    )


def drop_grid(tiny: TinyPack, code: str) -> None:
    tiny.write("grids.geojson", collection({key: rings for key, rings in GRIDS.items() if key != code}))


def drop_litter(tiny: TinyPack) -> None:
    tiny.edit("categories.csv", "MATTER,06010,暴露垃圾,Litter,,否,,\n", "")
    tiny.edit("keywords.toml", '"06010" = ["垃圾", "脏乱"]\n', "")
    tiny.edit("duties.toml", 'categories = ["06010"]', 'categories = ["06001"]')


def test_applying_fills_every_table(tiny: TinyPack) -> None:
    apply(tiny)
    grid = Area.objects.get(code=f"{TOWN}001002")
    assert (grid.kind, Area.objects.get(path=grid.path[:-4]).code, grid.depth) == ("GRID", f"{TOWN}001", 4)
    assert Area.objects.find_problems() == ([], [], [], [], [])
    assert Premise.objects.get().area.code == f"{TOWN}001001"
    assert Unit.objects.get(code="CG").parent.code == "JDB"
    assert Post.objects.get(code="SQ1.HANDLER").superior.code == "JDB.LEADER"
    assert OfficeHours.objects.count() == 2
    assert CalendarDay.objects.get().is_workday is False
    assert Policy.objects.get(key="limits").value == {"ACCEPT": "2wh", "HANDLE": "3wd"}
    assert set(Reason.objects.values_list("kind", flat=True)) == {"REJECT", "RETURN", "SUSPEND", "VOID"}


def test_a_category_takes_from_its_line_its_major_and_the_rules(tiny: TinyPack) -> None:
    apply(tiny)
    litter = Category.objects.get(kind="MATTER", code="06010")
    assert (litter.verify_first, litter.visit_required) == (True, False)
    assert (litter.filing_condition, litter.closing_condition) == ("现场可见", "清理完毕")
    assert litter.keywords == ["垃圾", "脏乱"]
    building = Category.objects.get(kind="MATTER", code="06001")
    assert (building.verify_first, building.visit_required) == (True, True)
    assert building.closing_condition == "已拆除"
    assert building.parent.code == "06"


def test_the_proof_of_a_category_is_a_photo_of_the_result_unless_a_rule_excepts_it(tiny: TinyPack) -> None:
    tiny.append(
        "rules.toml",
        "photo_after = \"category.code != '06001'\"\nsite_check = \"category.code == '06010'\"\n",
    )
    apply(tiny)
    proof = {
        row.code: (row.photo_after, row.photo_before, row.site_check)
        for row in Category.objects.filter(kind="MATTER", code__in=["06001", "06010"])
    }
    assert proof == {"06001": (False, False, False), "06010": (True, False, True)}


def test_a_duty_keeps_area_helpers_and_limits(tiny: TinyPack) -> None:
    apply(tiny)
    duty = Duty.objects.get(category__code="06010", area__code=f"{TOWN}001")
    assert duty.lead_unit.code == "SQ1"
    assert [unit.code for unit in duty.helpers.all()] == ["CG"]
    assert duty.limits == {"ACCEPT": "2wh", "HANDLE": "4wh"}


def test_a_second_apply_changes_nothing(tiny: TinyPack) -> None:
    apply(tiny)
    entries = Entry.objects.count()
    assert apply(tiny).items == []
    assert Entry.objects.count() == entries


def test_buji_applies_and_a_second_time_changes_nothing() -> None:
    pack, _ = check_pack(BUJI)
    first = apply_pack(pack=pack, actor=make_system_actor())
    assert first.as_json()["create"] > 1500
    assert Category.objects.filter(parent__isnull=False).count() == 403
    assert apply_pack(pack=pack, actor=make_system_actor()).as_json()["items"] == []


def test_a_plan_names_what_changes_and_writes_nothing(tiny: TinyPack) -> None:
    apply(tiny)
    tiny.edit("units.toml", "城管办", "城市管理办")
    plan = make_plan(check_pack(tiny.folder)[0])
    assert plan.as_json()["change"] == 1
    assert plan.items[0].fields == {"name": ["城管办", "城市管理办"]}
    assert Unit.objects.get(code="CG").name == "城管办"


def test_a_change_is_written_with_its_audit_entry(tiny: TinyPack) -> None:
    apply(tiny)
    tiny.edit("units.toml", "城管办", "城市管理办")
    apply(tiny)
    unit = Unit.objects.get(code="CG")
    assert unit.name == "城市管理办"
    entry = Entry.objects.get(action="packs.pack:change")
    assert (entry.object_type, entry.object_id) == ("orgs.unit", unit.pk)
    assert (entry.before["name"], entry.after["name"]) == ("城管办", "城市管理办")


def test_every_apply_leaves_one_entry_for_the_pack(tiny: TinyPack) -> None:
    apply(tiny)
    entry = Entry.objects.get(action="packs.pack:apply")
    assert entry.after["version"] == "1"
    assert Entry.objects.count() == entry.after["create"] + 1


def test_what_the_pack_no_longer_has_is_retired_and_may_come_back(tiny: TinyPack) -> None:
    apply(tiny)
    drop_litter(tiny)
    assert ("retire", "category", "MATTER 06010") in planned(tiny)
    apply(tiny)
    assert Category.objects.get(code="06010").active is False
    assert not Duty.objects.filter(category__code="06010").exists()
    fresh = TinyPack(tiny.folder)
    assert ("change", "category", "MATTER 06010") in planned(fresh)
    apply(fresh)
    assert Category.objects.get(code="06010").active is True


def test_a_category_with_open_cases_is_not_retired(tiny: TinyPack) -> None:
    apply(tiny)
    open_case(category=Category.objects.get(code="06010"))
    drop_litter(tiny)
    with pytest.raises(UserError, match="06010"):
        apply(tiny)
    assert Category.objects.get(code="06010").active is True


def test_a_category_with_closed_cases_only_is_retired(tiny: TinyPack) -> None:
    apply(tiny)
    open_case(category=Category.objects.get(code="06010"), state="DONE")
    drop_litter(tiny)
    apply(tiny)
    assert Category.objects.get(code="06010").active is False
    assert Case.objects.get().category.code == "06010"


def test_a_unit_with_open_cases_is_not_retired(tiny: TinyPack) -> None:
    apply(tiny)
    open_case(lead_unit=Unit.objects.get(code="SQ1"))
    tiny.edit("units.toml", 'code = "SQ1"', 'code = "SQ2"')
    tiny.edit("duties.toml", '"SQ1"', '"SQ2"')
    with pytest.raises(UserError, match="1 件在办案件"):
        apply(tiny)
    assert not Unit.objects.filter(code="SQ2").exists()


def test_a_grid_with_open_cases_is_not_retired(tiny: TinyPack) -> None:
    apply(tiny)
    grid = Area.objects.get(code=f"{TOWN}002002")
    open_case(area=grid, area_path=grid.path)
    drop_grid(tiny, grid.code)
    plan = make_plan(check_pack(tiny.folder)[0])
    assert [item.key for item in plan.blocked] == [grid.code]
    assert plan.as_json()["blocked"] == 1


def test_a_premise_with_open_cases_is_not_retired(tiny: TinyPack) -> None:
    apply(tiny)
    open_case(premise=Premise.objects.get())
    tiny.edit("premises.csv", "P1,", "P2,")
    with pytest.raises(UserError, match="P1"):
        apply(tiny)


def test_a_new_grid_changes_no_path_that_cases_store(tiny: TinyPack) -> None:
    drop_grid(tiny, f"{TOWN}001001")
    tiny.edit("premises.csv", f"{TOWN}001001,114.105", f"{TOWN}001002,114.115")
    apply(tiny)
    before = dict(Area.objects.values_list("code", "path"))
    tiny.write("grids.geojson", collection({**GRIDS, f"{TOWN}003001": square(114.2, 22.6)}))
    tiny.append("areas.csv", f"{TOWN}003,北社区,North\n")
    apply(tiny)
    after = dict(Area.objects.values_list("code", "path"))
    assert before.items() <= after.items()
    assert Area.objects.get(code=f"{TOWN}001").numchild == 2
    assert Area.objects.get(code=f"{TOWN}001001").path.startswith(before[f"{TOWN}001"])


def test_the_plan_states_how_many_people_hold_a_retired_post(tiny: TinyPack, django_user_model: Any) -> None:
    apply(tiny)
    user = django_user_model.objects.create(username="wang")
    Holding.objects.create(user=user, post=Post.objects.get(code="SQ1.HANDLER"))
    tiny.edit("posts.toml", '["DEPARTMENT", "COMMUNITY"]', '["DEPARTMENT"]')
    plan = make_plan(check_pack(tiny.folder)[0])
    assert [(item.key, item.note) for item in plan.items] == [
        ("SQ1.HANDLER", "1 人担任这个岗位，会失去它的权限。 没有别的岗位的有：wang。")
    ]


def test_days_that_the_office_added_itself_stay(tiny: TinyPack) -> None:
    apply(tiny)
    clock.set_day(clock.today(), is_workday=False, name="停电")
    assert planned(tiny) == set()


def test_applying_requires_the_right(tiny: TinyPack) -> None:
    nobody = Actor(user_id=1, post_id=1, label="网格员", permissions=frozenset({"cases.case:view"}))
    with pytest.raises(NotAllowed):
        apply_pack(pack=check_pack(tiny.folder)[0], actor=nobody)
    assert not Area.objects.exists()


def test_a_plan_that_no_longer_holds_is_refused(tiny: TinyPack) -> None:
    pack, _ = check_pack(tiny.folder)
    seen_plan = make_plan(pack)
    apply_pack(pack=pack, actor=make_system_actor())
    Unit.objects.filter(code="CG").update(name="别名")
    with pytest.raises(Stale):
        apply_pack(pack=pack, actor=make_system_actor(), expected=seen_plan)


def test_a_failed_apply_writes_nothing(tiny: TinyPack) -> None:
    pack, _ = check_pack(tiny.folder)
    pack.rows("reasons.toml", "reason")[-1].values["text"] = None
    with pytest.raises(IntegrityError), transaction.atomic():
        apply_pack(pack=pack, actor=make_system_actor())
    assert not Area.objects.exists()
    assert not Unit.objects.exists()
