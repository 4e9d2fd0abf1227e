"""Warn of a project whose plan cannot keep its own promise, before anybody reports the first day of work."""

from datetime import date

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
    if not report.has_read(PROJECTS, CALENDAR) or any(fault.file == PROJECTS for fault in report.errors):
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
        message = (
            f"{plan.key}: its tasks end on {ends} at the earliest, {-schedule.margin} working days after the "
            f"completion {plan.completion}"
        )
        hint = "Begin earlier, shorten tasks, let them run beside one another, or promise a later day."
        report.warn_at(row, "completion", "too-late", message, hint)
        return  # its tasks are late for the same reason
    for task, task_row in zip(plan.tasks, project.rows["task"], strict=True):
        times = schedule.activities.get(task.code)
        if times is not None and task.due is not None and times.late_by:
            ends = calendar.workday(times.earliest_finish - 1)
            message = f"{plan.key}: {task.name} ends on {ends} at the earliest, after its own day {task.due}"
            report.warn_at(
                task_row, "due", "too-late", message, "Give what it waits for less time, or a later day."
            )


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
