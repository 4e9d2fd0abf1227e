"""Every change of the page about a changing town passes the check and does what the page states."""

from datetime import timedelta

import pytest

from jiedao.cases.models import Case, Clock, Duty
from jiedao.kernel import clock
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.models import Post, Unit
from jiedao.packs.check import check_pack
from jiedao.packs.planning import make_plan
from jiedao.packs.tests.test_apply import apply, open_case
from jiedao.packs.tests.test_registers import HOUSES
from jiedao.packs.tests.test_successions import OLD_GRID, case_in, read_area
from jiedao.packs.tests.tiny import COMMUNITIES, GRIDS, TOWN, TinyPack, collection
from jiedao.places.models import Area, Premise
from jiedao.registers.actions.records import add_record
from jiedao.registers.catalogue import register_info
from jiedao.registers.definition import Field
from jiedao.registers.models import Record
from jiedao.registers.rows import RecordInput
from tests.docs.pages import Page

pytestmark = pytest.mark.django_db
FIRST_GRID = f"{TOWN}001001"
NEW = f"{TOWN}003"


def add_was(text: str, code: str, was: str) -> str:
    """State what a feature was, in the form of the page."""
    form = f'"code": "{code}", "was": "{was}"'
    assert f'"code": "{code}"' in text
    return text.replace(f'"code": "{code}"', form)


def test_the_page_shows_the_forms_of_these_tests() -> None:
    text = Page("change-the-town").text
    for form in ('"was": "440307014017004"', '"was": "440307014001003 440307014001004"', 'was = ["OLD"]'):
        assert form in text


def test_a_community_is_split(tiny: TinyPack) -> None:
    apply(tiny)
    case = case_in(OLD_GRID, lon=114.112, lat=22.605)
    kept = case_in(FIRST_GRID, lon=114.105, lat=22.605)
    west, east = GRIDS[FIRST_GRID], GRIDS[OLD_GRID]
    communities = {**COMMUNITIES, f"{TOWN}001": west, NEW: east}
    tiny.write("communities.geojson", add_was(collection(communities), NEW, f"{TOWN}001"))
    grids = {f"{NEW}001" if code == OLD_GRID else code: rings for code, rings in GRIDS.items()}
    tiny.write("grids.geojson", add_was(collection(grids), f"{NEW}001", OLD_GRID))
    tiny.write(
        "areas.csv",
        f"code,name,name_en,was\n440307,某区,District,\n{TOWN},某街道,Town,\n{TOWN}001,东社区,East,\n"
        f"{TOWN}002,西社区,West,\n{NEW},新社区,New,{TOWN}001\n",
    )
    tiny.edit("roads.csv", f"{TOWN}001 ", f"{TOWN}001 {NEW} ")
    tiny.append(
        "units.toml", f'\n[[unit]]\ncode = "SQ3"\nname = "新社区工作站"\nkind = "COMMUNITY"\narea = "{NEW}"\n'
    )
    assert tiny.report().passed, tiny.report().errors
    apply(tiny)
    assert (read_area(case), read_area(kept)) == (f"{NEW}001", FIRST_GRID)
    assert Post.objects.get(code="SQ3.HANDLER").active
    assert Area.objects.get(code=f"{TOWN}001").active


def test_two_grids_are_joined_under_a_new_code(tiny: TinyPack) -> None:
    apply(tiny)
    cases = [case_in(code) for code in (FIRST_GRID, OLD_GRID)]
    joined = f"{TOWN}001009"
    grids = {joined: COMMUNITIES[f"{TOWN}001"]}
    grids |= {code: rings for code, rings in GRIDS.items() if code.startswith(f"{TOWN}002")}
    tiny.write("grids.geojson", add_was(collection(grids), joined, f"{FIRST_GRID} {OLD_GRID}"))
    tiny.edit("premises.csv", FIRST_GRID, joined)
    apply(tiny)
    assert [read_area(case) for case in cases] == [joined, joined]


def test_a_premise_moves_to_another_grid(tiny: TinyPack) -> None:
    apply(tiny)
    case = case_in(FIRST_GRID, premise=Premise.objects.get(code="P1"))
    tiny.edit("premises.csv", f"{FIRST_GRID},114.105", f"{OLD_GRID},114.115")
    apply(tiny)
    assert read_area(case) == OLD_GRID


def test_a_unit_gets_another_name_and_then_another_code(tiny: TinyPack) -> None:
    apply(tiny)
    tiny.edit("units.toml", "城管办", "综合执法办")
    apply(tiny)
    assert Unit.objects.get(code="CG").name == "综合执法办"
    tiny.edit("units.toml", 'code = "CG"', 'code = "ZF"\nwas = ["CG"]')
    faults = check_pack(tiny.folder)[1].errors
    # Names the old code.
    assert any(fault.file == "duties.toml" and "CG" in fault.message for fault in faults)
    text = (tiny.folder / "duties.toml").read_text(encoding="utf-8")
    tiny.write("duties.toml", text.replace('"CG"', '"ZF"'))
    apply(tiny)
    assert not Unit.objects.get(code="CG").active
    assert Post.objects.get(code="ZF.HANDLER").active


def test_a_unit_with_open_cases_is_not_dissolved(tiny: TinyPack) -> None:
    apply(tiny)
    open_case(lead_unit=Unit.objects.get(code="SQ1"))
    text = (tiny.folder / "units.toml").read_text(encoding="utf-8")
    tiny.write("units.toml", text.partition('\n[[unit]]\ncode = "SQ1"')[0])
    duties = (tiny.folder / "duties.toml").read_text(encoding="utf-8")
    tiny.write("duties.toml", duties.replace('lead = "SQ1"\nhelpers = ["CG"]', 'lead = "CG"'))
    plan = make_plan(check_pack(tiny.folder)[0])
    assert [item.key for item in plan.blocked] == ["SQ1"]


def test_fields_are_added_renamed_and_removed(tiny: TinyPack) -> None:
    (tiny.folder / "registers").mkdir()
    tiny.write("registers/houses.toml", HOUSES)
    apply(tiny)
    info = register_info("houses")
    assert info is not None
    record = add_record(
        actor=make_system_actor(),
        info=info,
        data=RecordInput(code="H1", name="一号楼", area=FIRST_GRID, values={"storeys": "5", "use": "HOME"}),
    )
    more = HOUSES.replace('key = "storeys"', 'key = "floors"\nwas = "storeys"', 1)
    tiny.write("registers/houses.toml", more)
    assert any("there is no name 'storeys'" in fault.message for fault in tiny.report().errors)
    more = more.replace("storeys >=", "floors >=")
    tiny.write("registers/houses.toml", more + '\n[[field]]\nkey = "lift"\nname = "电梯"\n')
    apply(tiny)
    assert [field.key for field in list_fields()] == ["floors", "use", "lift"]
    assert Record.objects.get(pk=record.pk).values[list_fields()[0].store] == 5
    tiny.write("registers/houses.toml", more)
    apply(tiny)
    assert [field.key for field in list_fields()] == ["floors", "use"]
    assert Record.objects.get(pk=record.pk).values[list_fields()[0].store] == 5


def list_fields() -> list[Field]:
    """Return the fields of the register that records have now."""
    info = register_info("houses")
    assert info is not None
    return list(info.definition.active_fields)


def test_a_new_limit_is_for_clocks_that_start_afterwards(tiny: TinyPack) -> None:
    apply(tiny)
    case = case_in(FIRST_GRID)
    due_at = clock.now() + timedelta(days=3)
    row = Clock.objects.create(
        case=case, stage="HANDLE", limit="3wd", started_at=clock.now(), due_at=due_at, warn_at=due_at
    )
    tiny.edit("duties.toml", 'handle = "3wd"', 'handle = "2wd"')
    apply(tiny)
    row.refresh_from_db()
    assert row.due_at == due_at
    assert Duty.objects.filter(limits__HANDLE="2wd").exists()
    assert Case.objects.get(pk=case.pk).state == case.state
