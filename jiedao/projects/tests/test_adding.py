"""Campaigns and projects that users add, which no pack contains."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from jiedao.audit.models import Entry
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.kernel.memo import forget_all
from jiedao.kernel.packs.section import RowIds
from jiedao.projects.actions.adding import add_campaign, add_project
from jiedao.projects.actions.campaigns import add_entry
from jiedao.projects.models import Project, ProjectKind
from jiedao.projects.pack.promises import CampaignSection
from jiedao.projects.selectors.campaigns import read_campaign_status
from jiedao.projects.selectors.lights import Colour, read_light
from jiedao.projects.tests.promise_parts import JULY, create_campaign, promise_town
from jiedao.testing.cast import Town


@pytest.fixture
def town(db: None) -> Any:
    """The town on 1 July 2020; handler may add projects, too."""
    with clock.at(JULY):
        made = promise_town()
        post = made.posts["handler"]
        post.permissions = [*post.permissions, "projects.project:add", "projects.project:view"]
        post.save()
        ProjectKind.objects.create(code="road", name="道路")
        forget_all()
        yield made


def add(town: Town, **values: Any) -> Any:
    username = values.pop("username", "handler")
    values = {
        "name": "新建停车泊位",
        "unit": town.units["URBAN"],
        "measure": "个",
        "target": Decimal(120),
        "due_date": date(2020, 9, 30),
        **values,
    }
    return add_campaign(actor=town.actor(username), **values)


def test_an_added_campaign_counts_entries_towards_its_target(town: Town) -> None:
    campaign = add(town)

    add_entry(
        actor=town.actor("handler"),
        key=campaign.key,
        day=date(2020, 7, 1),
        amount=Decimal(30),
        document="验收单",
    )

    status = read_campaign_status(town.actor("handler"), campaign)
    assert (campaign.key, status.done, status.share) == ("task-2020-1", Decimal(30), 0.25)
    assert Entry.objects.get(action="projects.campaign:add").after["target"] == "120"


def test_a_second_added_campaign_gets_another_key(town: Town) -> None:
    assert [add(town).key, add(town, name="再建泊位").key] == ["task-2020-1", "task-2020-2"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"target": Decimal(0)}, "target"),
        ({"target": Decimal("1.23456")}, "target"),
        ({"due_date": date(2020, 6, 30)}, "due_date"),
        ({"due_date": date(2099, 12, 31)}, "due_date"),
        ({"from_date": date(2020, 10, 1)}, "due_date"),
        ({"name": "  "}, "name"),
        ({"measure": ""}, "measure"),
    ],
)
def test_an_impossible_campaign_is_refused(town: Town, values: dict[str, Any], field: str) -> None:
    with pytest.raises(UserError) as refusal:
        add(town, **values)
    assert refusal.value.field == field


def test_a_unit_gives_no_tasks_to_the_unit_above_it(town: Town) -> None:
    with pytest.raises(NotAllowed):
        add(town, username="cleaner")


def test_applying_a_pack_retires_only_campaigns_that_came_from_a_pack(town: Town) -> None:
    add(town)
    create_campaign(town)
    section = CampaignSection()

    section.read_current(RowIds())

    assert not section.may_retire("task-2020-1")
    assert section.may_retire("stock2020")


def test_an_added_project_is_green_until_its_slack_is_used(town: Town) -> None:
    project = add_project(
        actor=town.actor("handler"),
        name="南口路改造",
        kind=ProjectKind.objects.get(code="road"),
        unit=town.units["URBAN"],
        completion_date=date(2020, 12, 31),
    )

    assert (project.key, project.added_at is not None) == ("project-2020-1", True)
    assert read_light(project).colour is Colour.GREEN
    assert read_light(project, date(2020, 9, 1)).colour is Colour.RED


def test_adding_a_project_needs_its_own_right(town: Town) -> None:
    with pytest.raises(NotAllowed):
        add_project(
            actor=town.actor("cleaner"),
            name="南口路改造",
            kind=ProjectKind.objects.get(code="road"),
            unit=town.units["CLEAN"],
            completion_date=date(2020, 12, 31),
        )
    assert not Project.objects.exists()
