"""Reporting progress, money, permits and obstacles: rights, refused input, and concurrent changes."""

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from jiedao.audit.models import Entry
from jiedao.cases.models import Case
from jiedao.cases.origins import find_origin
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, NotFoundError, Stale, UserError
from jiedao.projects.actions.obstacles import raise_obstacle
from jiedao.projects.actions.reporting import report_permit, report_progress, set_money
from jiedao.projects.models import Obstacle, Permit, Progress, Project, Task
from jiedao.projects.tests.parts import declare
from jiedao.testing.cast import Town, make_case

NOON = datetime(2026, 9, 8, 12, tzinfo=clock.TOWN_TZ)
BEGUN = date(2026, 9, 2)
ONCE = uuid.UUID("7c3e7d5e-0b9a-4f0e-9a57-000000000001")


@pytest.fixture
def project(projects_town: Town) -> Any:
    """The park, at noon of 8 September 2026."""
    with clock.at(NOON):
        yield declare()


def task(code: str) -> Task:
    return Task.objects.get(code=code)


def test_progress_sent_twice_is_stored_once(project: Project, projects_town: Town) -> None:
    handler = projects_town.actor("handler")
    for _again in range(2):
        report_progress(
            actor=handler,
            task_id=task("design").pk,
            percent=40,
            started=BEGUN,
            note="方案已定",
            client_uuid=ONCE,
        )
    report_progress(actor=handler, task_id=task("design").pk, percent=100, finished=date(2026, 9, 8))
    report_progress(actor=handler, task_id=task("open").pk, percent=0, finished=date(2026, 9, 8))
    assert (task("design").percent, task("design").actual_start, task("design").version) == (100, BEGUN, 3)
    assert (task("open").percent, task("open").actual_start) == (100, date(2026, 9, 8))
    assert list(Progress.objects.values_list("percent", "note")) == [(100, ""), (100, ""), (40, "方案已定")]
    entry = Entry.objects.filter(action="projects.project:progress").first()
    assert entry is not None
    assert (entry.object_id, entry.after["task"]) == (project.pk, "design")


def test_a_client_uuid_belongs_to_one_task_and_is_never_the_one_of_zeros(
    project: Project, projects_town: Town
) -> None:
    handler = projects_town.actor("handler")
    report: dict[str, Any] = {"actor": handler, "percent": 40, "started": BEGUN}
    report_progress(task_id=task("design").pk, client_uuid=ONCE, **report)
    with pytest.raises(Stale) as taken:
        report_progress(task_id=task("planting").pk, client_uuid=ONCE, **report)
    with pytest.raises(UserError) as refused:
        report_progress(task_id=task("planting").pk, client_uuid=uuid.UUID(int=0), **report)
    assert (taken.value.field, refused.value.field) == ("client_uuid", "client_uuid")
    assert Progress.objects.count() == 1


@pytest.mark.parametrize(
    ("code", "report", "message"),
    [
        ("prepare", {"percent": 10, "started": BEGUN}, "是阶段"),
        ("design", {"percent": 101, "started": BEGUN}, "0 到 100"),
        ("design", {"percent": 10}, "没有写明实际开始日期"),
        ("design", {"percent": 10, "started": date(2020, 9, 2)}, "早于项目开始日期"),
        ("design", {"percent": 10, "started": date(2026, 9, 9)}, "还没有到"),
        ("design", {"percent": 100, "started": BEGUN, "finished": date(2026, 9, 1)}, "早于开始日期"),
        ("design", {"percent": 100, "started": BEGUN}, "不一致"),
        ("design", {"percent": 90, "started": BEGUN, "finished": BEGUN}, "不一致"),
    ],
)
def test_invalid_progress_is_refused(
    project: Project, projects_town: Town, code: str, report: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        report_progress(actor=projects_town.actor("shift"), task_id=task(code).pk, **report)


def test_report_needs_right_and_scope(project: Project, projects_town: Town) -> None:
    report: dict[str, Any] = {"task_id": task("planting").pk, "percent": 5, "started": BEGUN}
    counts = {
        name: Project.objects.visible_to(projects_town.actor(name)).count()
        for name in ("grid1", "grid3", "handler", "leader", "shift", "cleaner")
    }
    # grid1 belongs to RIVER, which has a task; grid3 is in another area; cleaner has no right on projects
    assert counts == {"grid1": 1, "grid3": 0, "handler": 1, "leader": 1, "shift": 1, "cleaner": 0}
    report_progress(actor=projects_town.actor("grid1"), **report)
    with pytest.raises(NotFoundError):
        report_progress(actor=projects_town.actor("grid3"), **report)
    with pytest.raises(NotAllowed):
        report_progress(actor=projects_town.actor("leader"), **report)
    with pytest.raises(Stale):
        report_progress(actor=projects_town.actor("shift"), version=1, **report)
    Task.objects.filter(code="planting").update(active=False)
    with pytest.raises(NotFoundError):
        report_progress(actor=projects_town.actor("shift"), **report)


def test_declared_budget_cannot_be_changed_by_users(project: Project, projects_town: Town) -> None:
    shift = projects_town.actor("shift")
    september = {"actor": shift, "project_id": project.pk, "month": date(2026, 9, 30)}
    row = set_money(**september, paid=Decimal("250000.50"))
    assert (row.month, row.budget, row.paid) == (date(2026, 9, 1), 300000, Decimal("250000.50"))
    extra = set_money(**september, kind="LAND", budget=Decimal(70), paid=Decimal(10))
    assert (extra.declared, extra.budget) == (False, 70)
    refused: list[tuple[dict[str, Any], str]] = [
        ({"budget": Decimal(1)}, "数据包"),
        ({"paid": Decimal(-1)}, "金额不对"),
        ({"paid": Decimal("0.001")}, "金额不对"),
        ({"kind": "GIFT"}, "不存在"),
        ({"month": date(2026, 8, 31)}, "早于项目开始日期"),
    ]
    for change, message in refused:
        with pytest.raises(UserError, match=message):
            set_money(**{**september, **change})
    with pytest.raises(Stale):
        set_money(**september, paid=Decimal(1), version=1)


def test_permit_is_granted_with_a_document(project: Project, projects_town: Town) -> None:
    permit: dict[str, Any] = {"actor": projects_town.actor("shift"), "permit_id": Permit.objects.get().pk}
    report_permit(**permit, submitted=BEGUN)
    refused: list[tuple[dict[str, Any], str]] = [
        ({"granted": date(2026, 9, 8)}, "文号"),
        ({"granted": date(2026, 9, 1), "document": "1号"}, "早于报送日期"),
        ({"granted": date(2026, 9, 9), "document": "1号"}, "还没有到"),
    ]
    for change, message in refused:
        with pytest.raises(UserError, match=message):
            report_permit(**permit, **change)
    granted = report_permit(**permit, granted=date(2026, 9, 8), document=" 深规土 1号 ")
    assert (granted.submitted_date, granted.document, granted.version) == (BEGUN, "深规土 1号", 3)


def test_obstacle_is_open_as_long_as_its_case(project: Project, projects_town: Town) -> None:
    handler = projects_town.actor("handler")
    obstacle: dict[str, Any] = {"project_id": project.pk, "text": "燃气管线未迁改", "client_uuid": ONCE}
    first = raise_obstacle(actor=handler, task_id=task("planting").pk, **obstacle)
    assert raise_obstacle(actor=handler, task_id=task("planting").pk, **obstacle) == first
    case = Case.objects.get()
    assert first.case == case
    assert find_origin(case) == ("projects.obstacle", first.pk)
    assert (case.subject, case.area) == (
        "临江公园：绿化种植：燃气管线未迁改",
        projects_town.areas["G1"],
    )
    assert Obstacle.objects.open().count() == 1
    other = make_case(projects_town, index=False, number="2026-99999999")
    Case.objects.filter(pk=case.pk).update(state="MERGED", merged_into=other)
    assert Obstacle.objects.open().count() == 1
    Case.objects.filter(pk=other.pk).update(state="VOIDED")
    assert Obstacle.objects.open().count() == 0
    for change, message in (({"text": "堵"}, "没有写明"), ({"task_id": 0}, "不在项目里")):
        with pytest.raises(UserError, match=message):
            raise_obstacle(actor=handler, **{**obstacle, "client_uuid": None, **change})
    with pytest.raises(NotAllowed):
        raise_obstacle(actor=projects_town.actor("leader"), **obstacle)
    assert Case.objects.count() == 2
