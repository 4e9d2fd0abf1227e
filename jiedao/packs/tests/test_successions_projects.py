"""Successions: quotas that people split, and projects that people added."""

from datetime import timedelta
from decimal import Decimal

import pytest

from jiedao.audit.models import Entry
from jiedao.kernel import clock
from jiedao.orgs.models import Unit
from jiedao.packs.check import check_pack
from jiedao.packs.planning import make_plan
from jiedao.packs.tests.test_apply import apply
from jiedao.packs.tests.test_successions import OLD_GRID, WEST_GRID, split_grid
from jiedao.packs.tests.tiny import GRIDS, TOWN, TinyPack, collection
from jiedao.places.models import Area, Premise
from jiedao.projects.models import Campaign, Project, ProjectKind, Quota

pytestmark = pytest.mark.django_db
FIRST, JOINED = f"{TOWN}001001", f"{TOWN}001005"


def join_grids(tiny: TinyPack) -> None:
    """Replace the grids of the east community by one, and apply."""
    ring = [[114.1, 22.6], [114.12, 22.6], [114.12, 22.61], [114.1, 22.61], [114.1, 22.6]]
    rest = {code: rings for code, rings in GRIDS.items() if not code.startswith(f"{TOWN}001")}
    text = collection({**rest, JOINED: [ring]})
    tiny.write(
        "grids.geojson",
        text.replace(f'"code": "{JOINED}"', f'"code": "{JOINED}", "was": "{FIRST} {OLD_GRID}"'),
    )
    tiny.edit("premises.csv", f"{FIRST},114.105", f"{JOINED},114.105")
    apply(tiny)


def add_campaign(*codes: str) -> Campaign:
    campaign = Campaign.objects.create(
        key="greening",
        name="绿化",
        unit=Unit.objects.get(code="CG"),
        measure="亩",
        target=Decimal(10 * len(codes)),
        from_date=clock.today(),
        due_date=clock.today() + timedelta(days=90),
        split_at=clock.now(),
        added_at=clock.now(),
    )
    for code in codes:
        Quota.objects.create(campaign=campaign, area=Area.objects.get(code=code), amount=10)
    return campaign


def add_project(code: str, premise: Premise | None = None) -> Project:
    area = Area.objects.get(code=code)
    kind = ProjectKind.objects.create(code="ROAD", name="道路", active=False)
    return Project.objects.create(
        key="road",
        name="修路",
        kind=kind,
        unit=Unit.objects.get(code="CG"),
        area=area,
        area_path=area.path,
        premise=premise,
        start_date=clock.today(),
        completion_date=clock.today() + timedelta(days=90),
        added_at=clock.now(),
    )


def test_the_quotas_of_joined_areas_are_added_up(tiny: TinyPack) -> None:
    apply(tiny)
    campaign = add_campaign(FIRST, OLD_GRID)
    join_grids(tiny)
    assert list(Quota.objects.values_list("area__code", "amount")) == [(JOINED, Decimal(20))]
    entries = Entry.objects.filter(action="projects.quota:relocate", object_id=campaign.pk)
    assert {entry.before["area"] for entry in entries} == {FIRST, OLD_GRID}


def test_the_quota_of_a_split_area_waits_for_a_person(tiny: TinyPack) -> None:
    apply(tiny)
    add_campaign(OLD_GRID)
    split_grid(tiny)
    lines = make_plan(check_pack(tiny.folder)[0]).follow_lines
    assert [(line.what, line.undecided) for line in lines] == [("quotas", 1)]
    apply(tiny)
    assert Quota.objects.get().area is not None


def test_a_project_that_people_added_follows(tiny: TinyPack) -> None:
    apply(tiny)
    project = add_project(OLD_GRID)
    join_grids(tiny)
    project.refresh_from_db()
    assert project.area is not None
    assert (project.area.code, project.area_path) == (JOINED, project.area.path)
    assert Entry.objects.filter(action="projects.project:relocate", object_id=project.pk).exists()


def test_a_project_at_a_premise_follows_it_to_another_grid(tiny: TinyPack) -> None:
    apply(tiny)
    project = add_project(FIRST, Premise.objects.get(code="P1"))
    tiny.edit("premises.csv", f"{FIRST},114.105,22.605", f"{OLD_GRID},114.115,22.605")
    apply(tiny)
    project.refresh_from_db()
    assert project.area is not None
    assert project.area.code == OLD_GRID


def test_the_quota_of_a_community_that_gave_away_a_part_stays_with_it(tiny: TinyPack) -> None:
    apply(tiny)
    add_campaign(OLD_GRID)
    west, east = (
        [[x, 22.6], [x + 0.005, 22.6], [x + 0.005, 22.61], [x, 22.61], [x, 22.6]] for x in (114.11, 114.115)
    )
    grids = {**GRIDS, OLD_GRID: [west], WEST_GRID: [east]}
    text = collection(grids).replace(f'"code": "{WEST_GRID}"', f'"code": "{WEST_GRID}", "was": "{OLD_GRID}"')
    tiny.write("grids.geojson", text)
    assert [line.what for line in make_plan(check_pack(tiny.folder)[0]).follow_lines] == []
    apply(tiny)
    assert list(Quota.objects.values_list("area__code", "amount")) == [(OLD_GRID, Decimal(10))]
