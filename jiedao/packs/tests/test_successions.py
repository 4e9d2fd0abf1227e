"""Successions: what refers to an area, a premise or a unit follows when the pack replaces it."""

from typing import Any

import pytest

from jiedao.audit.models import Entry
from jiedao.cases.models import Case, CaseMove, FormerPlace
from jiedao.kernel.models import SuccessionRow
from jiedao.packs.check import check_pack
from jiedao.packs.planning import make_plan
from jiedao.packs.tests.test_apply import apply, open_case
from jiedao.packs.tests.tiny import GRIDS, TOWN, TinyPack, collection
from jiedao.places.models import Area, Premise

pytestmark = pytest.mark.django_db

OLD_GRID, WEST_GRID, EAST_GRID = f"{TOWN}001002", f"{TOWN}001003", f"{TOWN}001004"


def split_grid(tiny: TinyPack) -> None:
    """Replace the second grid of the east community by its western and its eastern half."""
    tiny.write("grids.geojson", make_grids(west=OLD_GRID, east=OLD_GRID))


def make_grids(**was: str) -> str:
    halves = {WEST_GRID: _half(114.11), EAST_GRID: _half(114.115)}
    text = collection({**{code: rings for code, rings in GRIDS.items() if code != OLD_GRID}, **halves})
    for code, old in ((WEST_GRID, was["west"]), (EAST_GRID, was["east"])):
        text = text.replace(f'"code": "{code}"', f'"code": "{code}", "was": "{old}"')
    return text


def _half(west: float) -> list[list[list[float]]]:
    east = round(west + 0.005, 6)
    return [[[west, 22.6], [east, 22.6], [east, 22.61], [west, 22.61], [west, 22.6]]]


def case_in(code: str, **columns: Any) -> Case:
    area = Area.objects.get(code=code)
    return open_case(area=area, area_path=area.path, **columns)


def read_area(case: Case) -> str:
    case.refresh_from_db()
    assert case.area is not None
    assert case.area_path == case.area.path
    return str(case.area.code)


def test_open_cases_of_a_split_grid_follow_their_points(tiny: TinyPack) -> None:
    apply(tiny)
    west, east = (case_in(OLD_GRID, lon=lon, lat=22.605) for lon in (114.112, 114.117))
    closed = case_in(OLD_GRID, lon=114.112, lat=22.605, state="CLOSED")
    split_grid(tiny)
    apply(tiny)
    assert (read_area(west), read_area(east)) == (WEST_GRID, EAST_GRID)
    assert read_area(closed) == OLD_GRID
    assert not Area.objects.get(code=OLD_GRID).active


def test_a_case_without_a_point_waits_for_a_decision(tiny: TinyPack) -> None:
    apply(tiny)
    case = case_in(OLD_GRID)
    split_grid(tiny)
    plan = make_plan(check_pack(tiny.folder)[0])
    assert plan.blocked == []
    assert [(line.what, line.old_key, dict(line.moved), line.undecided) for line in plan.follow_lines] == [
        ("open cases", OLD_GRID, {}, 1)
    ]
    apply(tiny)
    assert read_area(case) == OLD_GRID


def test_a_relocated_case_keeps_its_former_place_and_has_an_entry(tiny: TinyPack) -> None:
    apply(tiny)
    case = case_in(OLD_GRID, lon=114.112, lat=22.605)
    old_path = case.area_path
    split_grid(tiny)
    apply(tiny)
    case.refresh_from_db()
    assert case.relocated
    assert FormerPlace.objects.get(case=case).area_path == old_path
    move = CaseMove.objects.get(case=case)
    assert (move.move, move.from_state, move.to_state) == ("RELOCATED", "FILED", "FILED")
    entry = Entry.objects.get(action="cases.case:relocate")
    assert entry.before["area_path"] == old_path


def test_joined_grids_are_followed_without_a_point(tiny: TinyPack) -> None:
    apply(tiny)
    cases = [case_in(code) for code in (f"{TOWN}001001", OLD_GRID)]
    joined = {
        f"{TOWN}001005": [[[114.1, 22.6], [114.12, 22.6], [114.12, 22.61], [114.1, 22.61], [114.1, 22.6]]]
    }
    rest = {code: rings for code, rings in GRIDS.items() if not code.startswith(f"{TOWN}001")}
    text = collection({**rest, **joined}).replace(
        f'"code": "{TOWN}001005"', f'"code": "{TOWN}001005", "was": "{TOWN}001001 {OLD_GRID}"'
    )
    tiny.write("grids.geojson", text)
    tiny.edit("premises.csv", f"{TOWN}001001,114.105", f"{TOWN}001005,114.105")
    apply(tiny)
    assert {read_area(case) for case in cases} == {f"{TOWN}001005"}


def test_a_second_apply_does_not_move_again(tiny: TinyPack) -> None:
    apply(tiny)
    case = case_in(OLD_GRID, lon=114.112, lat=22.605)
    split_grid(tiny)
    apply(tiny)
    assert SuccessionRow.objects.count() == 2
    plan = apply(tiny)
    assert (plan.items, plan.successions) == ([], [])
    assert CaseMove.objects.filter(case=case).count() == 1


def test_a_town_founded_from_the_pack_has_no_history(tiny: TinyPack) -> None:
    split_grid(tiny)
    assert apply(tiny).successions == []
    assert SuccessionRow.objects.count() == 0


def test_cases_follow_a_premise_to_its_new_grid(tiny: TinyPack) -> None:
    apply(tiny)
    case = case_in(f"{TOWN}001001", premise=Premise.objects.get(code="P1"))
    other = case_in(f"{TOWN}001001")
    tiny.edit("premises.csv", f"{TOWN}001001,114.105,22.605", f"{OLD_GRID},114.115,22.605")
    apply(tiny)
    assert (read_area(case), read_area(other)) == (OLD_GRID, f"{TOWN}001001")


def test_a_grid_cannot_have_been_a_community(tiny: TinyPack) -> None:
    tiny.write("grids.geojson", make_grids(west=f"{TOWN}001", east=OLD_GRID))
    assert tiny.only_error().code == "bad-succession"


def test_a_circle_of_successions_is_an_error(tiny: TinyPack) -> None:
    tiny.write("grids.geojson", make_grids(west=EAST_GRID, east=WEST_GRID))
    error = tiny.only_error()
    assert (error.code, error.message) == (
        "circle",
        f"a circle of successions: {WEST_GRID} ← {EAST_GRID} ← {WEST_GRID}",
    )


def test_a_grid_without_a_successor_is_not_retired_while_it_has_open_cases(tiny: TinyPack) -> None:
    apply(tiny)
    case_in(OLD_GRID)
    tiny.write("grids.geojson", make_grids(west=f"{TOWN}001001", east=f"{TOWN}001001"))
    plan = make_plan(check_pack(tiny.folder)[0])
    assert [item.key for item in plan.blocked] == [OLD_GRID]


def test_an_area_may_go_when_its_cases_follow_their_premise(tiny: TinyPack) -> None:
    apply(tiny)
    case = case_in(OLD_GRID, premise=Premise.objects.get(code="P1"))
    Premise.objects.update(area=Area.objects.get(code=OLD_GRID))
    tiny.write(
        "grids.geojson", collection({code: rings for code, rings in GRIDS.items() if code != OLD_GRID})
    )
    apply(tiny)
    assert read_area(case) == f"{TOWN}001001"


def test_an_area_with_a_case_at_no_premise_does_not_go(tiny: TinyPack) -> None:
    apply(tiny)
    case_in(OLD_GRID)
    tiny.write(
        "grids.geojson", collection({code: rings for code, rings in GRIDS.items() if code != OLD_GRID})
    )
    plan = make_plan(check_pack(tiny.folder)[0])
    assert [item.key for item in plan.blocked] == [OLD_GRID]
