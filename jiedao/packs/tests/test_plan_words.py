"""What a plan states: changed values in words, what refuses it, what it does to running work, all of it as JSON."""

import json
from typing import Any

import pytest
from django.utils import translation

from jiedao.accounts.models import User
from jiedao.cases.models import Category, Clock
from jiedao.kernel import clock
from jiedao.kernel.errors import Stale, UserError
from jiedao.kernel.packs.comparing import Item
from jiedao.kernel.packs.parts import list_sections
from jiedao.kernel.packs.plan import Plan
from jiedao.kernel.packs.section import TableSection
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.models import Holding, Post, Unit
from jiedao.packs.actions import apply_pack
from jiedao.packs.basis import make_basis
from jiedao.packs.check import check_pack
from jiedao.packs.describing import PlanWords, describe_plan
from jiedao.packs.planning import make_plan
from jiedao.packs.tests.test_apply import open_case
from jiedao.packs.tests.test_commands import run
from jiedao.packs.tests.test_registers import HOUSES
from jiedao.packs.tests.tiny import TOWN, TinyPack
from jiedao.packs.towns import find_other_town
from jiedao.packs.words import COLUMNS, KINDS
from jiedao.places.models import Area
from jiedao.registers.models import Record, Register

pytestmark = pytest.mark.django_db


@pytest.fixture
def applied(tiny: TinyPack) -> TinyPack:
    apply_pack(pack=check_pack(tiny.folder)[0], actor=make_system_actor())
    return tiny


def plan_of(tiny: TinyPack) -> Plan:
    pack, report = check_pack(tiny.folder)
    assert report.passed, report.errors
    return make_plan(pack)


def find_item(plan: Plan, kind: str, key: str) -> Item:
    return next(item for item in plan.items if (item.kind, item.key) == (kind, key))


def lines_of(plan: Plan, kind: str, key: str) -> list[str]:
    return [str(line) for line in PlanWords(plan).list_lines(find_item(plan, kind, key))]


def litter() -> Category:
    return Category.objects.get(kind="MATTER", code="06010")


def test_every_kind_and_column_has_a_name() -> None:
    unnamed = []
    for section in list_sections():
        unnamed += [section.kind] if section.kind not in KINDS else []
        if isinstance(section, TableSection):
            for column in (*section.columns, *section.links, *section.many):
                words = str(section.model._meta.get_field(column).verbose_name)
                if words == column.replace("_", " ") and column not in COLUMNS:
                    unnamed.append(f"{section.kind}.{column}")
    assert unnamed == []


def test_a_limit_is_stated_by_its_stage_in_both_languages(applied: TinyPack) -> None:
    applied.edit("duties.toml", 'handle = "1wd"', 'handle = "2wd"')
    plan = plan_of(applied)
    assert lines_of(plan, "duty", "MATTER 06001 town") == ["处置时限：1 工作日 -> 2 工作日"]
    with translation.override("en"):
        assert lines_of(plan, "duty", "MATTER 06001 town") == [
            "Limit of Handling: 1 working day -> 2 working days"
        ]


def test_lists_state_what_is_added_and_removed(applied: TinyPack) -> None:
    applied.edit("keywords.toml", '"06010" = ["垃圾", "脏乱"]', '"06010" = ["垃圾", "异味"]')
    applied.edit("posts.toml", '  "cases.case:handle",\n', '  "cases.case:take",\n')
    plan = plan_of(applied)
    assert lines_of(plan, "category", "MATTER 06010") == ["关键词：+ 异味、- 脏乱"]
    assert lines_of(plan, "post", "CG.HANDLER") == ["权限：+ 接单、- 处置"]


def test_links_and_choices_are_called_by_their_names(applied: TinyPack) -> None:
    applied.edit("units.toml", 'kind = "DEPARTMENT"', 'kind = "BUREAU"')
    applied.edit("posts.toml", 'unit_kinds = ["DEPARTMENT", "COMMUNITY"]', 'units = ["CG", "SQ1"]')
    applied.edit("duties.toml", 'lead = "SQ1"\nhelpers = ["CG"]', 'lead = "CG"\nhelpers = ["SQ1"]')
    plan = plan_of(applied)
    assert lines_of(plan, "unit", "CG") == ["类型：街道部门 -> 区级部门"]
    key = f"MATTER 06010 {TOWN}001"
    assert lines_of(plan, "duty", key) == [
        "主办单位：东社区工作站（SQ1） -> 城管办（CG）",
        "协办单位：+ 东社区工作站（SQ1）、- 城管办（CG）",
    ]
    assert PlanWords(plan).name_item(find_item(plan, "duty", key)) == "暴露垃圾 · 东社区"


def test_running_clocks_and_dispatched_units_are_counted(applied: TinyPack) -> None:
    east, west = (Area.objects.get(code=f"{TOWN}00{n}001") for n in (1, 2))
    open_case(category=litter(), area=east, area_path=east.path)
    open_case(category=litter(), area=west, area_path=west.path)
    open_case(category=litter(), area=west, area_path=west.path, state="CLOSED")
    applied.edit("duties.toml", 'handle = "4wh"', 'handle = "6wh"')
    effects = find_item(plan_of(applied), "duty", f"MATTER 06010 {TOWN}001").effects
    assert effects == ("1 件在办案件已经开始的计时不变；新时限用于以后开始的环节。",)


def test_changed_visits_and_verifications_are_counted(applied: TinyPack) -> None:
    open_case(category=litter(), state="HANDLING")
    open_case(category=litter(), state="REPORTED")
    applied.edit(
        "categories.csv", "MATTER,06010,暴露垃圾,Litter,,否,,", "MATTER,06010,暴露垃圾,Litter,否,是,,"
    )
    item = find_item(plan_of(applied), "category", "MATTER 06010")
    assert item.effects == ("1 件还没有受理的案件不再先核实。", "2 件在办案件，结案后要回访。")


def test_people_who_lose_rights_are_counted(applied: TinyPack) -> None:
    person = User.objects.create(username="h", full_name="某人")
    Holding.objects.create(user=person, post=Post.objects.get(code="CG.HANDLER"))
    applied.edit("posts.toml", '  "cases.case:handle",\n', "")
    plan = plan_of(applied)
    assert find_item(plan, "post", "CG.HANDLER").effects == ("1 人担任这个岗位，会失去 1 项权限。",)
    assert find_item(plan, "post", "SQ1.HANDLER").effects == ()


def test_town_limits_and_office_hours_state_the_clocks_that_run(applied: TinyPack) -> None:
    now = clock.now()
    Clock.objects.create(
        case=open_case(), stage="HANDLE", limit="3wd", started_at=now, due_at=now, warn_at=now
    )
    applied.edit("duties.toml", 'accept = "2wh"', 'accept = "3wh"')
    applied.edit("calendar.toml", "14:00-18:00", "14:00-17:00")
    plan = plan_of(applied)
    sentence = "1 个正在计时的期限不变；以后开始的按新的算。"
    assert find_item(plan, "policy", "limits").effects == (sentence,)
    assert find_item(plan, "hours", "hours").effects == (sentence,)
    assert lines_of(plan, "policy", "limits") == ["受理时限：2 工作小时 -> 3 工作小时"]


def test_records_of_changed_fields_and_rules_are_counted(tiny: TinyPack) -> None:
    (tiny.folder / "registers").mkdir(exist_ok=True)
    tiny.write("registers/houses.toml", HOUSES)
    apply_pack(pack=check_pack(tiny.folder)[0], actor=make_system_actor())
    register = Register.objects.get(key="houses")
    for code, values in (("1", {"storeys": 3}), ("2", {})):
        Record.objects.create(
            register=register,
            code=code,
            name=code,
            values=values,
            since_date=clock.today(),
            first_date=clock.today(),
        )
    text = HOUSES.replace('key = "storeys"', 'key = "levels"', 1)
    assert text != HOUSES
    tiny.write("registers/houses.toml", text.replace("storeys", "levels"))
    effects = find_item(plan_of(tiny), "register", "houses").effects
    assert any("1 条记录填了它" in sentence for sentence in effects), effects
    assert any("2 条记录" in sentence for sentence in effects), effects


def make_refused(applied: TinyPack, cases: int = 7) -> None:
    for _n in range(cases):
        open_case(lead_unit=Unit.objects.get(code="SQ1"))
    applied.edit("units.toml", 'code = "SQ1"', 'code = "SQ2"')
    applied.edit("duties.toml", '"SQ1"', '"SQ2"')


def test_a_refusal_names_its_cases_and_their_list(applied: TinyPack) -> None:
    unit = Unit.objects.get(code="SQ1")
    make_refused(applied)
    item = find_item(plan_of(applied), "unit", "SQ1")
    (rows,) = item.needed_by
    assert (rows.count, rows.names, rows.query) == (
        7,
        ("T0", "T1", "T2", "T3", "T4"),
        f"group=open&unit={unit.pk}",
    )


def test_the_command_marks_refusals_and_notices_and_exits_with_3(applied: TinyPack) -> None:
    person = User.objects.create(username="h", full_name="某人")
    Holding.objects.create(user=person, post=Post.objects.get(code="SQ1.HANDLER"))
    make_refused(applied)
    for command in (("plan", applied.folder), ("apply", applied.folder, "--yes")):
        result = run(*command)
        assert result.exit_code == 3
        assert "7 open cases name it: close or move them first." in result.stdout
        assert "T0, T1, T2, T3, T4 and 2 more" in result.stdout
        assert "! 1 person holds it and loses its rights." in result.stdout
    document = json.loads(run("plan", applied.folder, "--json").stdout)
    (unit,) = [item for item in document["items"] if item["blocked"] and item["kind"] == "unit"]
    (rows,) = unit["needed_by"]
    assert (rows["count"], len(rows["ids"]), rows["what"]) == (7, 7, "cases.case")


def test_json_has_every_value_in_full(applied: TinyPack) -> None:
    applied.edit("grids.geojson", "114.12, 22.6]", "114.1199, 22.6]")
    applied.append("units.toml", '\n[[unit]]\ncode = "N"\nname = "新"\nkind = "DEPARTMENT"\nparent = "JDB"\n')
    document: dict[str, Any] = json.loads(run("plan", applied.folder, "--json").stdout)
    by_key = {item["key"]: item for item in document["items"]}
    before, after = by_key[f"{TOWN}001002"]["fields"]["polygon"]
    assert [114.12, 22.6] in before["coordinates"][0]
    assert [114.1199, 22.6] in after["coordinates"][0]
    assert by_key["N"]["values"]["name"] == "新"


def test_the_document_of_the_page_is_in_the_language_of_the_reader(applied: TinyPack) -> None:
    make_refused(applied, cases=1)
    with translation.override("en"):
        document = describe_plan(plan_of(applied))
    assert [item["blocked"] for item in document["items"] if item["key"] == "SQ1"] == [
        "1 open case names it: close or move it first."
    ]
    json.dumps(document)


def test_a_stale_plan_states_what_has_changed_since(applied: TinyPack) -> None:
    applied.edit("units.toml", "城管办", "城管队")
    seen = make_basis(plan_of(applied))
    Unit.objects.filter(code="JDB").update(name="别的名字")
    with pytest.raises(Stale) as refused:
        apply_pack(pack=check_pack(applied.folder)[0], actor=make_system_actor(), expected=seen)
    assert "新出现：unit JDB" in str(refused.value.hint)
    assert Unit.objects.get(code="CG").name == "城管办"


def test_a_plan_that_only_counts_other_cases_is_not_stale(applied: TinyPack) -> None:
    applied.edit("duties.toml", 'handle = "4wh"', 'handle = "6wh"')
    with translation.override("en"):
        seen = make_basis(plan_of(applied))
    area = Area.objects.get(code=f"{TOWN}001")
    open_case(category=litter(), area=area, area_path=area.path)
    plan = apply_pack(pack=check_pack(applied.folder)[0], actor=make_system_actor(), expected=seen)
    assert plan.counts["change"] == 1


def move_town(tiny: TinyPack) -> None:
    for name in (
        "pack.toml",
        "areas.csv",
        "communities.geojson",
        "grids.geojson",
        "premises.csv",
        "roads.csv",
    ):
        tiny.write(name, (tiny.folder / name).read_text(encoding="utf-8").replace(TOWN, "440307015"))
    for name in ("units.toml", "duties.toml"):
        tiny.write(name, (tiny.folder / name).read_text(encoding="utf-8").replace(TOWN, "440307015"))


def test_a_pack_of_another_town_needs_a_confirmation(applied: TinyPack) -> None:
    move_town(applied)
    pack = check_pack(applied.folder)[0]
    assert find_other_town(pack) == f"某街道 {TOWN}"
    with pytest.raises(UserError, match="另一个街道"):
        apply_pack(pack=pack, actor=make_system_actor())
    assert run("plan", applied.folder).exit_code == 3
    assert run("apply", applied.folder, "--yes").exit_code == 3
    assert run("apply", applied.folder, "--yes", "--other-town").exit_code == 0
    assert Area.objects.get(code="440307015").active


def test_a_town_that_states_its_former_code_is_the_same(applied: TinyPack) -> None:
    move_town(applied)
    text = (applied.folder / "areas.csv").read_text(encoding="utf-8")
    lines = [line + (f",{TOWN}" if line.startswith("440307015,") else ",") for line in text.splitlines()]
    lines[0] = "code,name,name_en,was"
    applied.write("areas.csv", "\n".join(lines) + "\n")
    assert find_other_town(check_pack(applied.folder)[0]) == ""
