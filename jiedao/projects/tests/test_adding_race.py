"""Users who add campaigns or projects at once get keys of their own."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.projects.actions.adding import add_campaign, add_project
from jiedao.projects.models import ProjectKind
from jiedao.projects.tests.promise_parts import JULY, promise_town
from jiedao.testing.cast import Town
from jiedao.testing.threads import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)


def make_town_in_july() -> Town:
    town = promise_town()
    post = town.posts["handler"]
    post.permissions = [*post.permissions, "projects.project:add", "projects.project:view"]
    post.save()
    ProjectKind.objects.create(code="road", name="道路")
    forget_all()
    return town


def add_in_july(add: Callable[..., object], **values: object) -> Callable[[], object]:
    """Return a call that adds an object in July; a thread begins with the present time."""

    def call() -> object:
        with clock.at(JULY):
            return add(**values)

    return call


def test_campaigns_and_projects_that_are_added_at_once_have_keys_of_their_own() -> None:
    with clock.at(JULY):
        town = make_town_in_july()
        common = {"actor": town.actor("handler"), "unit": town.units["URBAN"]}
        campaign = {"measure": "个", "target": Decimal(9), "due_date": date(2020, 9, 30)}
        project = {"kind": ProjectKind.objects.get(code="road"), "completion_date": date(2020, 12, 31)}
    campaigns = run_at_once(
        *(add_in_july(add_campaign, name=name, **common, **campaign) for name in ("甲", "乙", "丙"))
    )
    projects = run_at_once(
        *(add_in_july(add_project, name=name, **common, **project) for name in ("甲", "乙", "丙"))
    )
    assert {row.key for row in campaigns} == {f"task-2020-{number}" for number in (1, 2, 3)}
    assert {(row.name, row.key[:13]) for row in projects} == {(name, "project-2020-") for name in "甲乙丙"}
    assert len({row.key for row in projects}) == 3
