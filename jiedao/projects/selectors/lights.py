"""Red, yellow or green for the weekly meeting: one light for each project, with its reasons in words."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.kernel import clock
from jiedao.kernel.policies import get_policy
from jiedao.kernel.worktime import WorkCalendar
from jiedao.orgs.actor import Actor
from jiedao.projects.models import Link, Obstacle, Permit, Project, Task
from jiedao.projects.selectors.history import find_obstacles_open_on, is_past, restore_tasks
from jiedao.projects.selectors.projects import ProjectFilters, find_projects
from jiedao.projects.selectors.scheduling import ProjectSchedule, TaskDates, check_in_calendar
from jiedao.projects.words import (
    describe_due_permit,
    describe_end,
    describe_forecast,
    describe_late_task,
    describe_tight_tasks,
    format_workdays,
)


class Colour(TextChoices):
    """How far a project is from its promise."""

    RED = "RED", gettext_lazy("红灯")
    YELLOW = "YELLOW", gettext_lazy("黄灯")
    GREEN = "GREEN", gettext_lazy("绿灯")


@dataclass(frozen=True)
class Light:
    """The colour of a project and the reasons for it, the gravest first."""

    project: Project
    colour: Colour
    reasons: Sequence[str]
    schedule: ProjectSchedule


def read_lights(actor: Actor, day: date | None = None, filters: ProjectFilters | None = None) -> list[Light]:
    """Return a light for each visible project in use, red first; five statements however many there are.

    On a past day, that of the filters or else `day`, it is the light that progress, permits and obstacles gave then.

    - Red: the forecast completion is after the promised one, a task can no longer be done in time, a permit is overdue.
    - Yellow: fewer working days of slack than the pack's `slack_days`, a permit due within `permit_days` working days,
      an open obstacle, or no plan at all.
    - Green: none of these, or finished.
    """
    order = list(Colour)
    day = filters.day if filters is not None and filters.day is not None else day
    lights = _judge(list(find_projects(actor, filters)), day)
    return sorted(lights, key=lambda light: order.index(light.colour))


def read_light(project: Project, day: date | None = None) -> Light:
    """Return the light of one project, with its schedule; see `read_lights`."""
    return _judge([project], day)[0]


def read_lights_of(projects: Sequence[Project]) -> dict[int, Light]:
    """Return the present light of each project by its id, with as many statements as for one."""
    return {light.project.pk: light for light in _judge(projects, None)}


def _judge(projects: Sequence[Project], day: date | None) -> list[Light]:
    when = check_in_calendar(day or clock.today())
    all_tasks = list(Task.objects.filter(project__in=projects, active=True))
    tasks = _group_by_project(restore_tasks(all_tasks, when) if is_past(when) else all_tasks)
    links = _group_by_project(Link.objects.filter(project__in=projects))
    not_granted = Q(granted_date__isnull=True) | Q(granted_date__gt=when)
    permits = _group_by_project(Permit.objects.filter(not_granted, project__in=projects, active=True))
    obstacles = _group_by_project(
        find_obstacles_open_on(projects, when)
        if is_past(when)
        else Obstacle.objects.open().filter(project__in=projects).select_related("case")
    )
    office = clock.get_town_calendar()
    lights = []
    for project in projects:
        plan = ProjectSchedule(project, tasks[project.pk], links[project.pk], when, office)
        red = [*_find_late_tasks(plan), *_find_overdue_permits(permits[project.pk], when)]
        yellow = [
            *_find_tight_tasks(plan),
            *_find_due_permits(permits[project.pk], when, office),
            *_describe_obstacles(obstacles[project.pk]),
        ]
        lights.append(_build_light(plan, red, yellow))
    return lights


def _group_by_project(rows: Iterable[Any]) -> defaultdict[int, list[Any]]:
    groups: defaultdict[int, list[Any]] = defaultdict(list)
    for row in rows:
        groups[row.project_id].append(row)
    return groups


def _build_light(plan: ProjectSchedule, red: list[str], yellow: list[str]) -> Light:
    if plan.done:
        text = _("%(date)s 全部完成，%(margin)s。")
        colour = Colour.GREEN
        reasons = [text % {"date": plan.forecast_date, "margin": describe_end(plan.margin)}]
    elif red or yellow:
        colour, reasons = (Colour.RED if red else Colour.YELLOW), [*red, *yellow]
    else:
        text = _("预计 %(date)s 完成，%(margin)s。")
        colour = Colour.GREEN
        reasons = [text % {"date": plan.forecast_date, "margin": describe_forecast(plan.margin)}]
    return Light(plan.project, colour, reasons, plan)


def _list_unfinished(plan: ProjectSchedule) -> Iterator[TaskDates]:
    """Yield the rows of tasks and milestones that are still to do."""
    return (row for row in plan.rows if not row.finished and row.task.level != "STAGE")


def _find_late_tasks(plan: ProjectSchedule) -> Iterator[str]:
    if plan.margin < 0:
        if plan.project.completion_date < plan.day:
            text = _("已过承诺的 %(promise)s：预计 %(date)s 完成，共晚 %(days)s。")
        else:
            text = _("预计 %(date)s 完成，比承诺的 %(promise)s 将晚 %(days)s。")
        yield text % {
            "date": plan.forecast_date,
            "promise": plan.project.completion_date,
            "days": format_workdays(-plan.margin),
        }
    late = sorted(
        (row for row in _list_unfinished(plan) if row.late_by_days), key=lambda row: -row.late_by_days
    )
    for row in late[:3]:
        yield describe_late_task(row, plan.day)
    if len(late) > 3:
        yield _("另有 %(n)s 项任务来不及。") % {"n": len(late) - 3}


def _find_tight_tasks(plan: ProjectSchedule) -> Iterator[str]:
    if plan.forecast_date is None:
        yield _("没有排工期。")
        return
    least_slack = int(get_policy("slack_days"))
    tight = [row for row in _list_unfinished(plan) if 0 <= row.slack_days < least_slack]
    if tight:
        yield describe_tight_tasks(tight)


def _find_overdue_permits(permits: Sequence[Permit], day: date) -> Iterator[str]:
    for permit in permits:
        if permit.due_date < day:
            yield _("“%(permit)s”应于 %(due)s 取得，尚未取得。") % {
                "permit": permit.label,
                "due": permit.due_date,
            }


def _find_due_permits(permits: Sequence[Permit], day: date, office: WorkCalendar) -> Iterator[str]:
    warning_days = int(get_policy("permit_days"))
    for permit in permits:
        days_left = office.position(permit.due_date) - office.position(day)
        if permit.due_date >= day and days_left <= warning_days:
            yield describe_due_permit(permit.label, permit.due_date, day, days_left)


def _describe_obstacles(obstacles: Sequence[Obstacle]) -> Iterator[str]:
    for obstacle in obstacles:
        yield _("障碍未消除：%(text)s（案件 %(number)s）。") % {
            "text": obstacle.text[:60],
            "number": obstacle.case.number,
        }
