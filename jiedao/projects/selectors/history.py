"""Projects as they were on a past day: which were in use, the progress of their tasks, and the open obstacles.

Progress is that of the reports made until that day, and an obstacle is open as long as its case was. Which projects
were in use is in the audit. Names, durations, links and the promised day of a plan are read as they are now.
"""

from collections.abc import Sequence
from copy import copy
from datetime import date, datetime, time, timedelta

from django.db.models import Min

from jiedao.audit.models import Entry
from jiedao.cases.flow import FINISHED, State
from jiedao.cases.selectors.past_states import read_states_at
from jiedao.kernel import clock
from jiedao.projects.models import Obstacle, Progress, Project, Task

OBJECT, DECLARE, RETIRE = "projects.project", "projects.project:declare", "projects.project:retire"


def is_past(day: date | None) -> bool:
    """Return whether a day is before today, so that the present state is not that of the day."""
    return day is not None and day < clock.today()


def end_of(day: date) -> datetime:
    """Return the first moment after a day, in the time of the town."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=clock.TOWN_TZ)


def list_projects_in_use(day: date) -> list[int]:
    """Return the ids of the projects that were in use at the end of a past day.

    A project that was declared later counts from its start date: a town applies its pack after its projects began.
    """
    last: dict[int, str] = {}
    known: set[int] = set()
    moment = end_of(day)
    entries = Entry.objects.filter(object_type=OBJECT, action__in=(DECLARE, RETIRE)).order_by("id")
    for pk, action, at in entries.values_list("object_id", "action", "at"):
        known.add(pk)
        if at < moment:
            last[pk] = action
    ids = []
    for pk, active, start_date in Project.objects.values_list("pk", "active", "start_date"):
        has_begun = start_date <= day and (active or pk in known)
        if last[pk] == DECLARE if pk in last else has_begun:
            ids.append(pk)
    return ids


def find_first_project_day() -> date | None:
    """Return the first day on which a project was in use, as `list_projects_in_use` judges it."""
    started = Project.objects.aggregate(first=Min("start_date"))["first"]
    declared = Entry.objects.filter(object_type=OBJECT, action=DECLARE).aggregate(first=Min("at"))["first"]
    days = [started, declared.astimezone(clock.TOWN_TZ).date() if declared is not None else None]
    return min((day for day in days if day is not None), default=None)


def restore_tasks(tasks: Sequence[Task], day: date) -> list[Task]:
    """Return unsaved copies of tasks with their progress as it was reported until the end of a past day.

    Progress without any report, which no user can write, counts from its own dates.
    """
    reports = Progress.objects.filter(task__in=[task.pk for task in tasks]).order_by("id")
    moment, reported, latest = end_of(day), set[int](), dict[int, Progress]()
    for report in reports:
        reported.add(report.task_id)
        if report.at < moment:
            latest[report.task_id] = report
    restored = []
    for task in tasks:
        past = copy(task)
        if task.pk in reported:
            report_then = latest.get(task.pk)
            past.percent = report_then.percent if report_then is not None else 0
            past.actual_start = report_then.actual_start if report_then is not None else None
            past.actual_finish = report_then.actual_finish if report_then is not None else None
        else:
            _forget_later_dates(past, day)
        restored.append(past)
    return restored


def _forget_later_dates(task: Task, day: date) -> None:
    if task.actual_finish is not None and task.actual_finish > day:
        task.actual_finish, task.percent = None, min(task.percent, 99)
    if task.actual_start is not None and task.actual_start > day:
        task.actual_start, task.percent = None, 0


def find_obstacles_open_on(projects: Sequence[Project], day: date) -> list[Obstacle]:
    """Return the obstacles of projects whose case was open at the end of a past day."""
    moment = end_of(day)
    obstacles = list(
        Obstacle.objects.filter(project__in=projects, raised_at__lt=moment).select_related("case")
    )
    merged = [row.case.merged_into_id for row in obstacles if row.case.merged_into_id is not None]
    states = read_states_at([*(row.case_id for row in obstacles), *merged], moment) if obstacles else {}

    def was_open(obstacle: Obstacle) -> bool:
        state = states.get(obstacle.case_id, "")
        if state == State.MERGED and obstacle.case.merged_into_id is not None:
            state = states.get(obstacle.case.merged_into_id, "")
        return state not in FINISHED

    return [obstacle for obstacle in obstacles if was_open(obstacle)]
