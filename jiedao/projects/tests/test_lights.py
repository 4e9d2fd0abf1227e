"""Schedules in dates, lights with their reasons, sums of money and measures, and the command."""

import json
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from click.testing import CliRunner
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jiedao.kernel import clock, figures, periods
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.orgs.actor import Actor
from jiedao.projects.actions.obstacles import raise_obstacle
from jiedao.projects.actions.reporting import report_permit, report_progress, set_money
from jiedao.projects.commands import project_group
from jiedao.projects.models import Permit, Task
from jiedao.projects.selectors.lights import read_lights
from jiedao.projects.selectors.projects import ProjectFilters, find_projects
from jiedao.projects.selectors.scheduling import read_schedule
from jiedao.projects.tests.parts import GARDEN_PARK, declare
from jiedao.testing.cast import Town

START = date(2026, 9, 1)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=clock.TOWN_TZ)


def test_schedule_skips_weekends_and_holidays(projects_town: Town) -> None:
    plan = read_schedule(declare(), START)
    rows = {row.task.code: row for row in plan.rows}
    # 5 + 3 + 8 working days from 1 September, with the make-up day on the 20th; three more until the 24th
    assert (plan.forecast_date, plan.margin, plan.done) == (date(2026, 9, 21), 3, False)
    planting = rows["planting"]
    assert (planting.forecast_start, planting.latest_finish) == (date(2026, 9, 11), date(2026, 9, 24))
    assert (rows["open"].forecast_start, rows["open"].forecast_finish) == (date(2026, 9, 21),) * 2
    assert [row.task.code for row in plan.rows if row.critical] == [
        "prepare",
        "design",
        "approve",
        "build",
        "planting",
        "open",
    ]
    trial = plan.what_if("approve", duration=9)
    assert (trial.end_before, trial.end_after, trial.margin_after) == (
        date(2026, 9, 21),
        date(2026, 9, 30),
        -3,
    )
    assert plan.what_if("design", finish=date(2026, 9, 8)).end_after == date(2026, 9, 22)
    with pytest.raises(UserError):
        plan.what_if("prepare", delay=3)
    with pytest.raises(UserError, match="不在日历之内"):
        read_schedule(plan.project, date(2926, 9, 1))


def test_every_colour_comes_with_its_reasons(projects_town: Town) -> None:
    shift = projects_town.actor("shift")
    project = declare()

    def light(day: date) -> tuple[str, list[str]]:
        rows = read_lights(shift, day)
        return rows[0].colour.value, list(rows[0].reasons)

    declare(completion=date(2026, 12, 30), permits=())
    colour, reasons = light(START)
    assert (colour, reasons) == ("GREEN", ["预计 2026-09-21 完成，比承诺日期早 67 个工作日。"])
    declare()
    with clock.at(noon(START)):
        raise_obstacle(actor=shift, project_id=project.pk, text="燃气管线未迁改")
    colour, reasons = light(START)
    assert colour == "YELLOW"
    assert reasons[:2] == [
        "“设计”等 4 项只余 3 个工作日的机动时间。",
        "“用地批复”须在 7 个工作日内取得（2026-09-10）。",
    ]
    assert "障碍未消除：燃气管线未迁改（案件 2026-" in reasons[2]
    colour, reasons = light(date(2026, 9, 11))
    assert colour == "RED"
    assert reasons[0] == "预计 2026-10-09 完成，比承诺的 2026-09-24 将晚 5 个工作日。"
    assert reasons[1] == "“设计”已过最迟日期 2026-09-10：预计 2026-09-17 完成，共晚 5 个工作日。"
    assert "另有 1 项任务来不及。" in reasons
    assert "“用地批复”应于 2026-09-10 取得，尚未取得。" in reasons
    with clock.at(noon(date(2026, 9, 30))):
        for task in Task.objects.exclude(level="STAGE"):
            report_progress(actor=shift, task_id=task.pk, percent=100, started=START, finished=START)
        report_permit(actor=shift, permit_id=Permit.objects.get().pk, granted=START, document="1号")
    assert light(date(2026, 9, 30)) == ("GREEN", ["2026-09-01 全部完成，提前 18 个工作日。"])
    declare(replace(GARDEN_PARK, key="bare"), tasks=(), links=(), permits=(), money=())
    done = date(2026, 9, 30)
    assert [row.colour.value for row in read_lights(shift, done)] == ["YELLOW", "GREEN"]
    assert list(read_lights(shift, done)[0].reasons) == ["没有排工期。"]


def count_queries_of_lights(actor: Actor, day: date) -> int:
    read_lights(actor, day)  # warm
    with CaptureQueriesContext(connection) as queries:
        read_lights(actor, day)
    return len(queries)


def test_lights_need_the_same_queries_for_any_number_of_projects(projects_town: Town) -> None:
    shift, today, past = projects_town.actor("shift"), list[int](), list[int]()
    with clock.at(noon(date(2026, 9, 2))):
        for number in range(3):
            declare(replace(GARDEN_PARK, key=f"park-{number}"))
            today.append(count_queries_of_lights(shift, date(2026, 9, 2)))
            past.append(count_queries_of_lights(shift, START))
    assert (today, past) == ([5, 5, 5], [6, 6, 6])  # on a past day the reports of progress, too


def test_measures_and_money_are_summed_over_visible_projects(projects_town: Town) -> None:
    declare()
    lot = replace(
        GARDEN_PARK,
        key="hill-lot",
        name="望山停车场",
        kind="parking",
        area="990001001002",
        unit="HILL",
        premise="",
        tasks=(),
        links=(),
        permits=(),
    )
    project = declare(lot, facts={"spaces": 214})
    shift, hill_path = projects_town.actor("shift"), projects_town.areas["HILL"].path
    spaces, land = ({"source": "projects", "sum": code} for code in ("spaces", "land"))
    sums = figures.read_many([spaces, land], period=periods.all_time(), viewer=shift)
    assert [(reading.total, reading.rows) for reading in sums] == [(334, 2), (Decimal("4500.5"), 1)]
    grid3 = projects_town.actor("grid3")
    assert figures.read(spaces, period=periods.all_time(), viewer=grid3).total == 214
    set_money(actor=shift, project_id=project.pk, month=date(2026, 10, 5), paid=Decimal("0.5"))
    budget, paid = ({"source": "projects", "money": column} for column in ("budget", "paid"))
    autumn, splits = periods.parse_period("2026-09..2026-10"), ("area", "month")
    planned, spent = figures.read_many([budget, paid], period=autumn, splits=splits, viewer=shift)
    assert planned.total == 840001
    assert [cell.amount for cell in planned.cells if cell.key == (hill_path, "2026-09")] == [300000]
    assert (planned.rows, [(cell.key, cell.amount) for cell in spent.cells]) == (
        2,
        [((hill_path, "2026-10"), Decimal("0.5"))],
    )
    assert figures.read(budget, period=autumn, splits=("month",)).by("month") == {
        "2026-09": 600000,
        "2026-10": 240001,
    }
    hill = ProjectFilters(area_path=hill_path)
    for filters, keys in (
        (hill, ["hill-lot"]),
        (ProjectFilters(kind="park"), ["garden-park"]),
        (ProjectFilters(text="望山"), ["hill-lot"]),
        (ProjectFilters(unit_id=projects_town.units["URBAN"].pk), ["garden-park"]),
        (ProjectFilters(active=False), []),
    ):
        assert [row.key for row in find_projects(shift, filters)] == keys


def test_command_prints_the_schedule(projects_town: Town) -> None:
    declare()
    line = ["schedule", "garden-park", "--on", "2026-09-11"]
    rows = json.loads(CliRunner().invoke(project_group, [*line, "--json"]).output)
    assert rows[1] == {
        "task": "design",
        "latest_start": "2026-09-04",
        "latest_finish": "2026-09-10",
        "slack_days": -5,
        "critical": True,
        "late_by_days": 5,
        "provisional": False,
    }
    output = CliRunner().invoke(project_group, line).output
    assert "临江公园：承诺 2026-09-24，预计 2026-10-09，按目前进度将晚 5 个工作日。" in output
    assert "已过最迟日期，按目前进度共晚 5 个工作日" in output
    with pytest.raises(NotFoundError):
        CliRunner().invoke(project_group, ["schedule", "none"], catch_exceptions=False)
