"""Declaring a project: completely or not at all, repeatable, and without losing reports."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from django.db.models import Model

from jiedao.audit.models import Entry
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.orgs.actor import make_system_actor
from jiedao.projects.actions.declaring import declare_project, retire_project
from jiedao.projects.actions.reporting import report_permit, report_progress, set_money
from jiedao.projects.comparing import compare_project
from jiedao.projects.models import Link, Permit, Progress, Project, ProjectMoney, Task
from jiedao.projects.plan import LinkPlan, MoneyPlan, PermitPlan, TaskPlan
from jiedao.projects.tests.parts import GARDEN_PARK, declare
from jiedao.testing.cast import Town

NOON = datetime(2026, 9, 8, 12, tzinfo=clock.TOWN_TZ)
TABLES: list[type[Model]] = [Project, Task, Link, ProjectMoney, Permit, Progress, Entry]


def test_declare_twice_changes_nothing(projects_town: Town) -> None:
    project = declare()
    assert (project.unit.code, project.area_path) == ("URBAN", projects_town.areas["RIVER"].path)
    assert list(Task.objects.values_list("code", "parent__code")) == [
        ("prepare", None),
        ("design", "prepare"),
        ("approve", "prepare"),
        ("build", None),
        ("planting", "build"),
        ("open", None),
    ]
    counts = [table.objects.count() for table in TABLES]  # type: ignore[attr-defined]
    assert declare_project(actor=make_system_actor(), plan=GARDEN_PARK).items == []
    assert [table.objects.count() for table in TABLES] == counts  # type: ignore[attr-defined]
    with pytest.raises(NotAllowed):
        declare_project(actor=projects_town.actor("shift"), plan=GARDEN_PARK)


def test_change_of_the_plan_keeps_reports(projects_town: Town) -> None:
    project, shift = declare(), projects_town.actor("shift")
    with clock.at(NOON):
        for code, finished in (("design", date(2026, 9, 7)), ("approve", None)):
            task = Task.objects.get(code=code)
            share = 100 if finished else 30
            report_progress(
                actor=shift, task_id=task.pk, percent=share, started=date(2026, 9, 2), finished=finished
            )
        paid = set_money(actor=shift, project_id=project.pk, month=date(2026, 9, 1), paid=Decimal(1000))
        permit = Permit.objects.get()
        report_permit(
            actor=shift, permit_id=permit.pk, granted=date(2026, 9, 8), document="深规土〔2026〕1号"
        )
    tasks = tuple(
        replace(task_plan, duration=task_plan.duration * 2)
        for task_plan in GARDEN_PARK.tasks
        if task_plan.code != "approve"
    )
    changed = replace(
        GARDEN_PARK,
        completion=date(2026, 10, 30),
        tasks=(*tasks, TaskPlan("lamps", "灯光", parent="build", duration=4)),
        links=(LinkPlan("design", "planting"), LinkPlan("planting", "open", lag=2)),
        money=(MoneyPlan(date(2026, 10, 1), Decimal(99)),),
        permits=(),
    )
    items = {(item.action, item.kind, item.key) for item in compare_project(changed).items}
    assert items == {
        ("change", "project", "garden-park"),
        ("change", "task", "design"),
        ("change", "task", "build"),
        ("change", "task", "planting"),
        ("change", "task", "open"),
        ("create", "task", "lamps"),
        ("retire", "task", "approve"),
        ("create", "link", "design → planting FS"),
        ("change", "link", "planting → open FS"),
        ("retire", "link", "design → approve FS"),
        ("retire", "link", "design → planting SS"),
        ("retire", "link", "approve → planting FS"),
        ("retire", "money", "2026-09 WORKS"),
        ("change", "money", "2026-10 WORKS"),
        ("retire", "permit", "land"),
    }
    done = declare_project(actor=make_system_actor(), plan=changed).items
    assert "已有进展（30%）" in next(item.note for item in done if item.key == "approve")
    design, approve = Task.objects.get(code="design"), Task.objects.get(code="approve")
    assert (design.duration, design.percent, design.actual_finish) == (10, 100, date(2026, 9, 7))
    assert (approve.active, approve.percent, approve.reports.count()) == (False, 30, 1)
    paid.refresh_from_db()
    permit.refresh_from_db()
    assert (paid.budget, paid.paid) == (0, 1000)
    assert (permit.active, permit.document) == (False, "深规土〔2026〕1号")
    assert declare_project(actor=make_system_actor(), plan=changed).items == []
    declare()
    approve.refresh_from_db()
    assert (approve.active, approve.percent) == (True, 30)


def test_task_with_progress_cannot_become_a_stage(projects_town: Town) -> None:
    declare()
    with clock.at(NOON):
        report_progress(
            actor=projects_town.actor("shift"),
            task_id=Task.objects.get(code="design").pk,
            percent=10,
            started=date(2026, 9, 1),
        )
    tasks = tuple(
        replace(task_plan, level="STAGE", duration=0) if task_plan.code == "design" else task_plan
        for task_plan in GARDEN_PARK.tasks
    )
    with pytest.raises(UserError, match="丢失进展"):
        declare(tasks=tasks, links=())


def test_every_fault_of_a_plan_is_reported_at_once(projects_town: Town) -> None:
    with pytest.raises(UserError) as refused:
        declare(
            unit="URBANE",
            area="9",
            facts={"trees": 5},
            completion=date(2020, 9, 1),
            tasks=(
                *GARDEN_PARK.tasks,
                TaskPlan("design", "设计", duration=1),
                TaskPlan("wall", "围墙", parent="design", unit="NOBODY", start=date(2020, 9, 1)),
            ),
            links=(
                *GARDEN_PARK.links,
                LinkPlan("planting", "design"),
                LinkPlan("build", "open"),
                LinkPlan("design", "roof"),
            ),
            money=(MoneyPlan(date(2026, 9, 1), Decimal(1)), MoneyPlan(date(2026, 9, 2), Decimal(-1))),
            permits=(*GARDEN_PARK.permits, PermitPlan("land", "用地", date(2926, 9, 1))),
        )
    message = str(refused.value)
    for part in (
        "有 16 处错误",
        "没有 URBANE",
        "没有 9。",
        "没有 trees",
        "2020-09-01 早于项目开始日期 2026-09-01",
        "design 出现了两次",
        "没有 NOBODY",
        "没有 design。",
        "工期是 0 个工作日",
        "绕成了圈：approve → planting → design → approve",
        "build 是阶段",
        "没有 roof",
        "2026-09 WORKS 出现了两次",
        "金额是负数",
        "land 出现了两次",
        "2926-09-01 不在日历之内",
    ):
        assert part in message, part
    assert not Project.objects.exists()


def test_retired_project_keeps_its_tasks(projects_town: Town) -> None:
    project = declare()
    retire_project(actor=make_system_actor(), key="garden-park")
    project.refresh_from_db()
    assert (project.active, project.tasks.count()) == (False, 6)
    assert declare().active
