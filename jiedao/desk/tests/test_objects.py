"""Address and heading of the objects that rooms below the desk name by type and id."""

import pytest
from django.utils.translation import override

from jiedao.cases.origins import list_origin_kinds
from jiedao.desk.cases.facts import link_origin
from jiedao.desk.objects import LINKS, link_objects
from jiedao.kernel import clock
from jiedao.kernel.objects import ObjectRef
from jiedao.notices.kinds import list_notice_kinds
from jiedao.projects.actions.obstacles import raise_obstacle
from jiedao.projects.tests.conftest import projects_town
from jiedao.projects.tests.parts import GARDEN_PARK
from jiedao.projects.tests.parts import declare as declare_project
from jiedao.projects.tests.promise_parts import add_item, promise_town
from jiedao.registers.actions.inspections import Answer
from jiedao.registers.models import Finding
from jiedao.registers.tests.inspecting import (
    FIRE,
    INSPECTED,
    JULY,
    add_house,
    answer_all,
    answer_inspection,
    grant_rights,
    upload_photo,
)
from jiedao.registers.tests.parts import declare as declare_register
from jiedao.testing.cast import Town, make_case, make_town

__all__ = ["projects_town"]
pytestmark = pytest.mark.django_db


def test_every_named_object_has_a_page() -> None:
    named = {kind.object_type for kind in list_notice_kinds()} | {kind.name for kind in list_origin_kinds()}
    assert named <= set(LINKS)
    assert {"projects.pledge", "registers.register", "registers.finding", "projects.obstacle"} <= named


def test_type_without_a_page_has_no_link() -> None:
    assert link_objects(make_town().actor("shift"), [ObjectRef("desk.unknown", 1)]) == {}


def test_case_is_named_by_number_and_subject_if_visible() -> None:
    town = make_town()
    case = make_case(town, grid="G1")
    ref = ObjectRef("cases.case", case.pk)
    link = link_objects(town.actor("grid1"), [ref])[ref]
    assert link == (f"{case.number} {case.subject}", f"/desk/cases/{case.number}/")
    assert link_objects(town.actor("grid3"), [ref]) == {}


def test_pledge_is_named_in_the_readers_language_if_visible() -> None:
    with clock.at(JULY):
        town = promise_town()
        pledge = add_item(town)
    pledge.text_en = "Plant the trees"
    pledge.save()
    ref = ObjectRef("projects.pledge", pledge.pk)
    with override("en"):
        link = link_objects(town.actor("handler"), [ref])[ref]
    assert link == (f"{pledge.code} Plant the trees", f"/desk/promises/pledges/{pledge.pk}/")
    assert link_objects(town.actor("grid3"), [ref]) == {}


def test_register_links_to_its_missed_inspections() -> None:
    town = make_town()
    grant_rights(town)
    ref = ObjectRef("registers.register", declare_register(INSPECTED).id)
    link = link_objects(town.actor("leader"), [ref])[ref]
    assert link == ("台账“出租屋”的检查", "/desk/inspections/?show=missed&register=houses")
    assert link_objects(town.actor("registrar"), [ref]) == {}


def test_case_of_an_inspection_links_to_the_inspection() -> None:
    with clock.at(JULY):
        town = make_town()
        grant_rights(town)
        record = add_house(town, declare_register(INSPECTED))
        failed = answer_all(exit=Answer("FAIL", "堆放电动车", [upload_photo(town)]))
        made = answer_inspection(town, record_id=record.pk, checklist=FIRE.key, answers=failed)
    case = Finding.objects.get().case
    link = link_origin(town.actor("grid1"), case)
    assert link == ("台账“出租屋”的检查：H1号楼", f"/desk/inspections/{made.pk}/")
    assert link_origin(town.actor("registrar"), case) is None


def test_case_of_an_obstacle_links_to_the_project(projects_town: Town) -> None:
    project = declare_project(GARDEN_PARK)
    obstacle = raise_obstacle(
        actor=projects_town.actor("handler"), project_id=project.pk, text="燃气管线未迁改"
    )
    link = link_origin(projects_town.actor("handler"), obstacle.case)
    assert link == (f"项目“{project.name}”的障碍", f"/desk/projects/{project.key}/#obstacles")
    assert link_origin(projects_town.actor("registrar"), obstacle.case) is None
