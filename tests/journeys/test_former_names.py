"""Displayed history keeps the names that held then."""

from datetime import timedelta
from pathlib import Path

import pytest

from jiedao.cases.models import Case, CaseMove
from jiedao.cases.selectors.exporting import read_export_rows
from jiedao.cases.selectors.filters import CaseFilters
from jiedao.cases.selectors.lists import read_case_page
from jiedao.desk.cases.facts import list_facts
from jiedao.desk.cases.timeline import build_timeline
from jiedao.kernel import clock
from jiedao.kernel.models import FormerName
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.models import Unit
from jiedao.orgs.units import unit_label
from jiedao.packs.tests.test_apply import apply
from jiedao.packs.tests.test_successions import OLD_GRID, WEST_GRID, case_in, split_grid
from jiedao.packs.tests.tiny import TOWN, TinyPack
from jiedao.places.models import Area
from jiedao.places.selectors import area_info, area_text

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiny(tmp_path: Path) -> TinyPack:
    return TinyPack(tmp_path / "pack")


def rename(tiny: TinyPack) -> None:
    """Rename the east community and the department, each under its code."""
    tiny.edit("areas.csv", "东社区,East", "老东社区,Old East")
    tiny.edit("units.toml", '"城管办"', '"城管中心"')
    apply(tiny)


def closed_case(code: str) -> Case:
    before = clock.now() - timedelta(hours=1)
    return case_in(
        code, state="CLOSED", closed_at=before, lead_unit=Unit.objects.get(code="CG"), lon=114.112, lat=22.605
    )


def test_a_renamed_row_leaves_its_former_name(tiny: TinyPack) -> None:
    apply(tiny)
    rename(tiny)
    assert set(FormerName.objects.values_list("kind", "name", "name_en")) == {
        ("area", "东社区", "East"),
        ("unit", "城管办", ""),
    }
    before = clock.now() - timedelta(hours=1)
    path = Area.objects.get(code=f"{TOWN}001").path
    assert area_text(path) == "老东社区"
    assert area_text(path, before) == "东社区"
    assert area_text(path, before, with_present=True) == "东社区（现 老东社区）"
    unit = Unit.objects.get(code="CG")
    assert unit_label(unit.pk, before, with_present=True) == "城管办（现 城管中心）"
    assert unit_label(unit.pk) == "城管中心"


def test_another_change_leaves_no_name(tiny: TinyPack) -> None:
    apply(tiny)
    tiny.edit("units.toml", 'name = "城管办"\nkind = "DEPARTMENT"', 'name = "城管办"\nkind = "BUREAU"')
    apply(tiny)
    assert not FormerName.objects.exists()


def test_a_closed_case_keeps_the_names_of_then(tiny: TinyPack) -> None:
    apply(tiny)
    closed, still_open = closed_case(OLD_GRID), case_in(OLD_GRID, lead_unit=Unit.objects.get(code="CG"))
    CaseMove.objects.create(
        case=closed, move="FILE", at=closed.closed_at, unit_id=Unit.objects.get(code="CG").pk
    )
    rename(tiny)
    facts = {fact["label"]: fact["value"] for fact in list_facts(closed, None)}
    grid = Area.objects.get(code=OLD_GRID).label
    assert facts["主办单位"] == "城管办（现 城管中心）"
    assert facts["所属网格"] == f"东社区 · {grid}（现 老东社区 · {grid}）"
    assert build_timeline(closed.moves.all())[0].post == "城管办"
    actor = make_system_actor()
    rows = {row.number: row for row in read_case_page(actor, CaseFilters()).rows}
    assert (rows[closed.number].unit_label, rows[still_open.number].unit_label) == ("城管办", "城管中心")
    assert rows[closed.number].area_label.startswith("东社区")
    assert rows[still_open.number].area_label.startswith("老东社区")
    exported = read_export_rows(actor, [closed.pk, still_open.pk])
    assert exported[closed.pk].get("lead_unit_id") == "城管办"
    assert str(exported[still_open.pk].get("area_path")).startswith("老东社区")


def test_a_retired_area_keeps_its_name(tiny: TinyPack) -> None:
    apply(tiny)
    closed, relocated = closed_case(OLD_GRID), case_in(OLD_GRID, lon=114.112, lat=22.605)
    split_grid(tiny)
    apply(tiny)
    old = Area.objects.get(code=OLD_GRID)
    assert not old.active
    assert area_info(old.pk) is None  # it cannot be chosen
    assert area_text(closed.area_path) == f"东社区 · {old.label}"
    (change,) = build_timeline(relocated.moves.all())[0].changes
    west = Area.objects.get(code=WEST_GRID)
    assert change == ("所属网格", f"东社区 · {old.label}", f"东社区 · {west.label}")


def test_the_only_successor_is_the_present_name(tiny: TinyPack) -> None:
    apply(tiny)
    closed = closed_case(OLD_GRID)
    tiny.edit("grids.geojson", f'"code": "{OLD_GRID}"', f'"code": "{WEST_GRID}", "was": "{OLD_GRID}"')
    apply(tiny)
    old, new = (Area.objects.get(code=code) for code in (OLD_GRID, WEST_GRID))
    text = area_text(closed.area_path, closed.closed_at, with_present=True)
    assert text == f"东社区 · {old.label}（现 东社区 · {new.label}）"
