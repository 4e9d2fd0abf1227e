"""Warn of a project whose plan cannot keep its own promise, before anybody reports the first day of work."""

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.worktime import WorkCalendar
from jiedao.orgs.pack.tables import CALENDAR
from jiedao.projects.network import Activity, Dependency, Network, Stage
from jiedao.projects.pack.plans import PlannedProject, read_projects
from jiedao.projects.pack.tables import PROJECTS
from jiedao.projects.plan import ProjectPlan
from jiedao.projects.schedule import Schedule, make_schedule


def check_finishing(pack: Pack, report: Report) -> None:
    """Warn of each project, and task with a day of its own, that ends too late although work begins on its first day.

    Plans with faults are left out: `check_projects` has reported them.
    """
    if not report.has_read(CALENDAR) or not report.is_sound(PROJECTS):
        return
    calendar = _read_calendar(pack)
    for project in read_projects(pack).values():
        if project.plan.tasks:
            _warn_of_project(project, calendar, report)


def _read_calendar(pack: Pack) -> WorkCalendar:
    days = {
        row.values["date"]: row.values["working"]
        for row in pack.rows(CALENDAR, "day")
        if "date" in row.values and "working" in row.values
    }
    return WorkCalendar(days=days)


def _warn_of_project(project: PlannedProject, calendar: WorkCalendar, report: Report) -> None:
    plan, row = project.plan, project.rows["project"][0]
    schedule = _make_schedule(plan, calendar)
    if schedule.margin < 0:
        ends = calendar.workday(schedule.forecast_end - 1)
        message = ngettext(
            "%(key)s：任务最早 %(ends)s 才能做完，比完成日期 %(completion)s 晚 %(days)d 个工作日",
            "%(key)s：任务最早 %(ends)s 才能做完，比完成日期 %(completion)s 晚 %(days)d 个工作日",
            -schedule.margin,
        )
        message %= {
            "key": plan.key,
            "ends": ends,
            "completion": plan.completion,
            "days": -schedule.margin,
        }
        hint = _("提前开始，缩短任务，让几项任务同时做，或推迟完成日期。")
        report.warn_at(row, "completion", "too-late", message, hint)
        return  # its tasks are late for the same reason
    for task, task_row in zip(plan.tasks, project.rows["task"], strict=True):
        times = schedule.activities.get(task.code)
        if times is not None and task.due is not None and times.late_by:
            ends = calendar.workday(times.earliest_finish - 1)
            message = _("%(key)s：“%(task)s”最早 %(ends)s 才能做完，晚于它自己的日期 %(due)s")
            message %= {"key": plan.key, "task": task.name, "ends": ends, "due": task.due}
            hint = _("给它前面的任务少一点时间，或推迟它的日期。")
            report.warn_at(task_row, "due", "too-late", message, hint)


def _make_schedule(plan: ProjectPlan, calendar: WorkCalendar) -> Schedule:
    def find_morning(day: date | None) -> int | None:
        return calendar.position(day) if day is not None else None

    def find_evening(day: date | None) -> int | None:
        return calendar.position(day) + calendar.is_workday(day) if day is not None else None

    parts = [
        (task, task.code, task.parent, find_morning(task.start), find_evening(task.due))
        for task in plan.tasks
    ]
    network = Network(
        [
            Activity(code, task.duration, parent, start, due)
            for task, code, parent, start, due in parts
            if task.level != "STAGE"
        ],
        [Dependency(link.before, link.after, link.kind, link.lag) for link in plan.links],
        [
            Stage(code, parent, start, due)
            for task, code, parent, start, due in parts
            if task.level == "STAGE"
        ],
    )
    start = calendar.position(plan.start)
    end = calendar.position(plan.completion) + calendar.is_workday(plan.completion)
    return make_schedule(network, start=start, end=end, today=start)
