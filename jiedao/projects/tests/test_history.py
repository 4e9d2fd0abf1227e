"""Projects as of a past day: those in use, with the progress, permits and obstacles of that day."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from jiedao.cases.moves.perform import perform
from jiedao.kernel import clock, figures
from jiedao.kernel.periods import parse_period
from jiedao.orgs.actor import make_system_actor
from jiedao.projects.actions.declaring import retire_project
from jiedao.projects.actions.obstacles import raise_obstacle
from jiedao.projects.actions.reporting import report_permit, report_progress
from jiedao.projects.models import Permit, Project, Task
from jiedao.projects.selectors.lights import read_lights
from jiedao.projects.selectors.projects import ProjectFilters, find_projects
from jiedao.projects.tests.parts import GARDEN_PARK, declare
from jiedao.testing.cast import Town

COUNT = {"source": "projects"}
RED = {"source": "projects", "light": "RED"}


def at(month: int, day: int, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=clock.TOWN_TZ)


def count(spec: dict[str, str], period: str) -> int:
    return int(figures.read(spec, period=parse_period(period)).total)


def report(town: Town, code: str, percent: int, started: date, finished: date | None = None) -> None:
    task = Task.objects.get(code=code)
    report_progress(
        actor=town.actor("shift"), task_id=task.pk, percent=percent, started=started, finished=finished
    )


def test_a_light_of_a_past_day_uses_the_reports_made_until_then(projects_town: Town) -> None:
    with clock.at(at(9, 1)):
        declare(permits=())
    with clock.at(at(9, 14)):
        report(projects_town, "design", 100, date(2026, 9, 1), date(2026, 9, 7))
        report(projects_town, "approve", 100, date(2026, 9, 8), date(2026, 9, 10))
        report(projects_town, "planting", 0, date(2026, 9, 11))
    with clock.at(at(9, 15)):
        assert count(RED, "2026-09-01..2026-09-13") == 1  # nothing was reported, and design was late
        assert count(RED, "2026-09-01..2026-09-14") == 0
        assert count(RED, "2026-09-01..2026-09-15") == 0


def test_a_permit_counts_from_the_day_on_which_it_was_granted(projects_town: Town) -> None:
    with clock.at(at(9, 1)):
        declare(completion=date(2026, 12, 30))
    with clock.at(at(9, 16)):
        report_permit(
            actor=projects_town.actor("shift"),
            permit_id=Permit.objects.get().pk,
            granted=date(2026, 9, 16),
            document="2号",
        )
        assert (count(RED, "2026-09-01..2026-09-15"), count(RED, "2026-09-01..2026-09-16")) == (1, 0)


def test_an_obstacle_was_open_as_long_as_its_case_was(projects_town: Town) -> None:
    shift = projects_town.actor("shift")
    with clock.at(at(9, 1)):
        project = declare(completion=date(2026, 12, 30), permits=())
    with clock.at(at(9, 2)):
        obstacle = raise_obstacle(actor=shift, project_id=project.pk, text="管线未迁改")
    with clock.at(at(9, 4)):
        perform(
            make_system_actor(),
            obstacle.case_id,
            "VOID",
            version=None,
            data={"reason": "MISTAKE", "note": "重复登记"},
        )
    with clock.at(at(9, 10)):
        days = {day: read_lights(shift, date(2026, 9, day))[0].colour.value for day in (1, 2, 3, 4, 10)}
    assert days == {1: "GREEN", 2: "YELLOW", 3: "YELLOW", 4: "GREEN", 10: "GREEN"}


def test_projects_in_use_are_those_of_the_day(projects_town: Town) -> None:
    with clock.at(at(9, 10)):
        declare()
        declare(replace(GARDEN_PARK, key="later", start=date(2026, 9, 12), permits=()))
    with clock.at(at(9, 20)):
        retire_project(actor=make_system_actor(), key="later")
    with clock.at(at(9, 25)):
        # before the pack was applied a project counts from its start date
        assert count(COUNT, "2026-08") == 0
        assert count(COUNT, "2026-09-01..2026-09-05") == 1
        assert count(COUNT, "2026-09-01..2026-09-10") == 2
        assert count(COUNT, "2026-09-01..2026-09-19") == 2
        assert count(COUNT, "2026-09-01..2026-09-20") == 1
        filters = ProjectFilters(day=date(2026, 9, 19))
        assert [row.key for row in find_projects(make_system_actor(), filters)] == ["garden-park", "later"]


def test_the_rows_of_a_past_period_name_its_last_day(projects_town: Town) -> None:
    with clock.at(at(9, 25)):
        past, present = parse_period("2026-08"), parse_period("2026-09")
        assert ("as_of", "2026-08-31") in figures.list_rows(COUNT, period=past).query
        assert dict(figures.list_rows(COUNT, period=present).query) == {}


@pytest.mark.parametrize("percent", [40, 100])
def test_progress_without_a_report_counts_from_its_dates(projects_town: Town, percent: int) -> None:
    with clock.at(at(9, 1)):
        declare(tasks=(replace(GARDEN_PARK.tasks[1], parent=""),), links=(), permits=())
    Task.objects.update(
        percent=percent,
        actual_start=date(2026, 9, 2),
        actual_finish=date(2026, 9, 8) if percent == 100 else None,
    )
    with clock.at(at(9, 20)):
        plans = [
            read_lights(make_system_actor(), date(2026, 9, day))[0].schedule.percent for day in (1, 7, 8)
        ]
    assert plans == ([0, 40, 40] if percent == 40 else [0, 99, 100])
    assert Project.objects.count() == 1
