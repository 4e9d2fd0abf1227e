"""Successions: records, planned inspections, holdings and the guards of retired places."""

from datetime import timedelta
from typing import Any

import pytest

from jiedao.accounts.models import User
from jiedao.audit.models import Entry
from jiedao.kernel import clock
from jiedao.orgs.models import Holding, Post
from jiedao.packs.check import check_pack
from jiedao.packs.planning import make_plan
from jiedao.packs.tests.test_apply import apply
from jiedao.packs.tests.test_successions import (
    EAST_GRID,
    OLD_GRID,
    WEST_GRID,
    case_in,
    make_grids,
    split_grid,
)
from jiedao.packs.tests.tiny import TOWN, TinyPack
from jiedao.places.models import Area, Premise
from jiedao.registers.models import Inspection, Record, RecordVersion, Register

pytestmark = pytest.mark.django_db

HOUSES = """[register]
name = "出租屋"
name_en = "Buildings to let"
on = "grid"
unit = "CG"

[[field]]
key = "storeys"
name = "层数"
kind = "number"
"""


@pytest.fixture
def tiny(tiny: TinyPack) -> TinyPack:
    """The tiny pack with a register, applied."""
    (tiny.folder / "registers").mkdir()
    tiny.write("registers/houses.toml", HOUSES)
    apply(tiny)
    return tiny


def record_in(code: str, **columns: Any) -> Record:
    area = Area.objects.get(code=code)
    first = clock.today() - timedelta(days=columns.pop("age", 30))
    return Record.objects.create(
        register=Register.objects.get(key="houses"),
        code=f"H{Record.objects.count()}",
        name="房屋",
        area=area,
        area_path=area.path,
        since_date=first,
        first_date=first,
        **columns,
    )


def plan_inspection(record: Record) -> Inspection:
    day = clock.today() + timedelta(days=5)
    return Inspection.objects.create(
        register_id=record.register_id,
        record=record,
        checklist="fire",
        area_path=record.area_path,
        planned_date=day,
        due_date=day,
        counted_date=day,
    )


def hold(code: str, **columns: Any) -> Holding:
    number = User.objects.count()
    user = User.objects.create_user(f"user{number}", "x", f"人员{number}")
    holding = Holding.objects.create(user=user, post=Post.objects.get(code="JDB.LEADER"), **columns)
    holding.areas.set([Area.objects.get(code=code)])
    return holding


def read_codes(holding: Holding) -> list[str]:
    return sorted(holding.areas.values_list("code", flat=True))


def read_area(record: Record) -> str:
    record.refresh_from_db()
    assert record.area is not None
    assert record.area_path == record.area.path
    return str(record.area.code)


def test_records_follow_their_points_and_their_inspections_follow_them(tiny: TinyPack) -> None:
    west, east = (record_in(OLD_GRID, lon=lon, lat=22.605) for lon in (114.112, 114.117))
    waiting = plan_inspection(west)
    split_grid(tiny)
    apply(tiny)
    assert (read_area(west), read_area(east)) == (WEST_GRID, EAST_GRID)
    waiting.refresh_from_db()
    assert waiting.area_path == west.area_path


def test_a_past_count_of_records_is_by_the_places_of_then(tiny: TinyPack) -> None:
    record = record_in(OLD_GRID, lon=114.112, lat=22.605)
    old_path, first = record.area_path, record.since_date
    split_grid(tiny)
    apply(tiny)
    version = RecordVersion.objects.get(record=record)
    assert (version.area_path, version.since_date, version.until_date) == (old_path, first, clock.today())
    record.refresh_from_db()
    assert (record.since_date, record.version, record.why) == (clock.today(), 2, "按辖区调整")
    entry = Entry.objects.get(action="registers.record:relocate", object_id=record.pk)
    assert entry.before["area_path"] == old_path


def test_a_record_without_a_point_waits_and_an_ended_one_stays(tiny: TinyPack) -> None:
    waiting, ended = record_in(OLD_GRID), record_in(OLD_GRID, lon=114.112, lat=22.605, active=False)
    split_grid(tiny)
    lines = make_plan(check_pack(tiny.folder)[0]).follow_lines
    assert [(line.what, line.undecided) for line in lines] == [("records", 1)]
    apply(tiny)
    assert (read_area(waiting), read_area(ended)) == (OLD_GRID, OLD_GRID)


def test_records_follow_a_premise_to_its_new_grid(tiny: TinyPack) -> None:
    record = record_in(f"{TOWN}001001", premise=Premise.objects.get(code="P1"))
    other = record_in(f"{TOWN}001001")
    tiny.edit("premises.csv", f"{TOWN}001001,114.105,22.605", f"{OLD_GRID},114.115,22.605")
    apply(tiny)
    assert (read_area(record), read_area(other)) == (OLD_GRID, f"{TOWN}001001")


def test_holders_of_a_split_grid_cover_all_its_parts(tiny: TinyPack) -> None:
    yesterday = clock.today() - timedelta(days=1)
    present, future = hold(OLD_GRID), hold(OLD_GRID, from_date=clock.today() + timedelta(days=9))
    past = hold(OLD_GRID, to_date=yesterday)
    split_grid(tiny)
    apply(tiny)
    assert read_codes(present) == read_codes(future) == [WEST_GRID, EAST_GRID]
    assert read_codes(past) == [OLD_GRID]
    entry = Entry.objects.get(action="orgs.holding:relocate", object_id=present.pk)
    assert (entry.before["areas"], entry.after["areas"]) == ([OLD_GRID], [WEST_GRID, EAST_GRID])


def test_a_holder_of_a_grid_that_gave_away_a_part_covers_both(tiny: TinyPack) -> None:
    holding = hold(f"{TOWN}001001")
    tiny.write("grids.geojson", make_grids(west=f"{TOWN}001001", east=OLD_GRID))
    apply(tiny)
    assert read_codes(holding) == [f"{TOWN}001001", WEST_GRID]


def test_a_grid_with_records_inspections_and_holders_is_not_retired_without_a_successor(
    tiny: TinyPack,
) -> None:
    plan_inspection(record_in(OLD_GRID))
    username = hold(OLD_GRID).user.username
    tiny.write("grids.geojson", make_grids(west=f"{TOWN}001001", east=f"{TOWN}001001"))
    (item,) = make_plan(check_pack(tiny.folder)[0]).blocked
    pk = Area.objects.get(code=OLD_GRID).pk
    assert f"“出租屋”记录 1 条（/desk/registers/houses/?area={pk}）" in item.blocked
    assert f"待做的检查 1 次（/desk/inspections/?area={pk}）" in item.blocked
    assert f"有 1 人的任职管着它（{username}；/desk/admin/people/）" in item.blocked


def test_a_premise_with_records_is_not_retired_without_a_successor(tiny: TinyPack) -> None:
    record_in(f"{TOWN}001001", premise=Premise.objects.get(code="P1"))
    tiny.write("premises.csv", "code,kind,name,area,lon,lat,address\n")
    (item,) = make_plan(check_pack(tiny.folder)[0]).blocked
    assert "那里有记录 1 条" in item.blocked


def test_a_case_moved_between_plan_and_apply_is_left_alone(tiny: TinyPack) -> None:
    case = case_in(OLD_GRID, lon=114.112, lat=22.605)
    split_grid(tiny)
    make_plan(check_pack(tiny.folder)[0])
    other = Area.objects.get(code=f"{TOWN}001001")
    type(case).objects.filter(pk=case.pk).update(area=other, area_path=other.path)
    apply(tiny)
    case.refresh_from_db()
    assert (case.area_id, case.relocated) == (other.pk, False)
