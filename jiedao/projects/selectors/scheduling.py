"""The schedule of a project in dates: its stored plan on the calendar of working days."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.worktime import FIRST, LAST, WorkCalendar
from jiedao.projects.models import Link, Project, Task, TaskLevel
from jiedao.projects.network import Activity, Dependency, Network, Stage
from jiedao.projects.schedule import Schedule, Times, WhatIf, find_changes, make_schedule


@dataclass(frozen=True)
class TaskDates:
    """The times of a task or stage as dates, the last day included; see `schedule.Times`."""

    task: Task
    earliest_start: date
    earliest_finish: date
    latest_start: date
    latest_finish: date
    forecast_start: date
    forecast_finish: date
    slack_days: int
    late_by_days: int
    critical: bool
    finished: bool
    provisional: bool  # counted across a year whose holidays are not known

    def as_json(self) -> dict[str, object]:
        """Return the row of `jiedao project schedule --json`."""
        return {
            "task": self.task.code,
            "latest_start": self.latest_start.isoformat(),
            "latest_finish": self.latest_finish.isoformat(),
            "slack_days": self.slack_days,
            "critical": self.critical,
            "late_by_days": self.late_by_days,
            "provisional": self.provisional,
        }


@dataclass(frozen=True)
class TaskChange:
    """The dates of a task before a trial and after it."""

    before: TaskDates
    after: TaskDates


@dataclass(frozen=True)
class Trial:
    """The result of a trial: the forecast end before and after, and every task that it changes."""

    end_before: date
    end_after: date
    margin_after: int
    changed: Sequence[TaskChange]


class ProjectSchedule:
    """The schedule of one project on a day.

    Attributes:
        rows: every task and stage in the order of the plan; a stage with nothing below it is left out.
        forecast_date: the forecast end, None without tasks.
        margin: working days from it to the promised completion.
        done: every task is finished.
        percents: per cent done of each task and stage by its id; a stage weighs the tasks below it by duration.
        percent: of the complete project.
        provisional_years: the years that the schedule crosses and whose holidays are not known; their weekdays were
            counted, so dates may still move.
    """

    def __init__(
        self, project: Project, tasks: Iterable[Task], links: Iterable[Link], day: date, office: WorkCalendar
    ) -> None:
        self.project, self.day, self._office = project, day, office
        self.tasks = sorted(
            (task for task in tasks if task.active), key=lambda task: (task.position, task.pk)
        )
        self._code = {task.pk: task.code for task in self.tasks}
        self._network = Network(
            [self._build_activity(task) for task in self.tasks if task.level != TaskLevel.STAGE],
            [
                Dependency(self._code[link.before_id], self._code[link.after_id], link.kind, link.lag)
                for link in links
                if link.before_id in self._code and link.after_id in self._code
            ],
            [self._build_stage(task) for task in self.tasks if task.level == TaskLevel.STAGE],
        )
        self._schedule = self._compute(None)
        self.provisional_years = self._list_provisional_years(self._schedule.forecast_end)
        self.rows = self._build_rows(self._schedule)
        self.forecast_date = (
            self._find_last_day(self._schedule.forecast_end) if self._network.activities else None
        )
        self.margin = self._schedule.margin
        self.done = bool(self._network.activities) and all(
            activity.finished is not None for activity in self._network.activities
        )

        self.percents = {
            row.task.pk: self._compute_percent(self._list_tasks_below(row.task)) for row in self.rows
        }
        self.percent = self._compute_percent([task for task in self.tasks if task.level != TaskLevel.STAGE])

    def _list_tasks_below(self, task: Task) -> list[Task]:
        """Return the tasks and milestones of a stage; of a task, the task itself."""
        if task.level != TaskLevel.STAGE:
            return [task]
        return [
            leaf for part in self.tasks if part.parent_id == task.pk for leaf in self._list_tasks_below(part)
        ]

    def _compute_percent(self, tasks: Sequence[Task]) -> int:
        """Return the per cent that is done, tasks weighed by their duration; 100 only when all are finished."""
        if all(task.actual_finish is not None for task in tasks):
            return 100 if tasks else 0
        weight = sum(task.duration for task in tasks)
        if not weight:
            return sum(task.percent for task in tasks) // len(tasks)
        return min(99, sum(task.duration * task.percent for task in tasks) // weight)

    def what_if(
        self, code: str, *, duration: int | None = None, finish: date | None = None, delay: int = 0
    ) -> Trial:
        """Try another duration, finish or delay (working days) of one task; nothing is written.

        Raise UserError for a task that is not in the plan or has finished, and for a number out of range.
        """
        task = next((task for task in self.tasks if task.code == code), None)
        if task is None or task.level == TaskLevel.STAGE or task.actual_finish is not None:
            raise UserError(
                _("不能试算“%(code)s”。") % {"code": code[:40]},
                hint=_("请选择一项没有完成的任务或里程碑。"),
                field="task",
            )
        if finish is not None:
            check_in_calendar(finish)
        if not 0 <= (duration or 0) <= 5000 or not -5000 <= delay <= 5000:
            raise UserError(_("试算的天数太大。"), hint=_("请填写 5000 个工作日以内。"), field="days")
        trial = self._compute(
            WhatIf(code, duration, self._find_evening(finish) if finish is not None else None, delay)
        )
        before = {row.task.code: row for row in self.rows}
        after = {row.task.code: row for row in self._build_rows(trial)}
        return Trial(
            self._find_last_day(self._schedule.forecast_end),
            self._find_last_day(trial.forecast_end),
            trial.margin,
            [
                TaskChange(before[change.key], after[change.key])
                for change in find_changes(self._schedule, trial)
            ],
        )

    def _compute(self, what_if: WhatIf | None) -> Schedule:
        return make_schedule(
            self._network,
            start=self._office.position(self.project.start_date),
            end=self._find_evening(self.project.completion_date),
            today=self._office.position(self.day),
            what_if=what_if,
        )

    def _list_provisional_years(self, forecast_end: int) -> list[int]:
        project = self.project
        last = max(project.completion_date, self._find_last_day(forecast_end))
        return self._office.list_unknown_years(project.start_date, last)

    def _is_provisional(self, times: Times) -> bool:
        """Return whether dates of the row were counted across a year whose holidays are not known.

        The latest dates are counted back from the completion. The forecast of what is unfinished is counted from today.
        """
        if not self.provisional_years:
            return False
        spans = [(self._find_day(times.latest_start), self.project.completion_date)]
        if not times.finished:
            first = min(self.day, self._find_day(times.forecast_start))
            spans.append((first, self._find_last_day(times.forecast_finish)))
        return any(self._office.list_unknown_years(*sorted(span)) for span in spans)

    def _find_evening(self, day: date) -> int:
        return self._office.position(day) + self._office.is_workday(day)

    def _find_morning_or_none(self, day: date | None) -> int | None:
        return self._office.position(day) if day is not None else None

    def _find_evening_or_none(self, day: date | None) -> int | None:
        return self._find_evening(day) if day is not None else None

    def _build_activity(self, task: Task) -> Activity:
        return Activity(
            task.code,
            task.duration,
            self._code.get(task.parent_id or 0, ""),
            self._find_morning_or_none(task.start_date),
            self._find_evening_or_none(task.due_date),
            self._find_morning_or_none(task.actual_start),
            self._find_evening_or_none(task.actual_finish),
            task.percent,
        )

    def _build_stage(self, task: Task) -> Stage:
        return Stage(
            task.code,
            self._code.get(task.parent_id or 0, ""),
            self._find_morning_or_none(task.start_date),
            self._find_evening_or_none(task.due_date),
        )

    def _find_last_day(self, finish: int) -> date:
        """Return the last day of work that finishes at a position."""
        return self._find_day(finish - 1)

    def _find_day(self, position: int) -> date:
        """Return the working day at a position; a plan of centuries ends where the calendar does."""
        return self._office.workday(max(0, min(position, self._office.position(LAST) - 1)))

    def _find_span(self, start: int, finish: int) -> tuple[date, date]:
        """Return the first and last day; what takes no time happens on the evening before its position."""
        last = self._find_last_day(finish)
        return (self._find_day(start) if finish > start else last), last

    def _build_rows(self, schedule: Schedule) -> list[TaskDates]:
        times = {**schedule.activities, **schedule.stages}
        return [self._build_row(task, times[task.code]) for task in self.tasks if task.code in times]

    def _build_row(self, task: Task, times: Times) -> TaskDates:
        return TaskDates(
            task,
            *self._find_span(times.earliest_start, times.earliest_finish),
            *self._find_span(times.latest_start, times.latest_finish),
            *self._find_span(times.forecast_start, times.forecast_finish),
            times.slack,
            times.late_by,
            times.critical,
            times.finished,
            self._is_provisional(times),
        )


def read_schedule(project: Project, day: date | None = None) -> ProjectSchedule:
    """Return the schedule of a project as of a day, today by default; two statements.

    Raise UserError for a day outside the calendar.
    """
    tasks = Task.objects.filter(project=project, active=True)
    links = Link.objects.filter(project=project)
    when = check_in_calendar(day or clock.today())
    return ProjectSchedule(project, tasks, links, when, clock.get_town_calendar())


def check_in_calendar(day: date) -> date:
    """Return the day; raise UserError where it is outside the calendar."""
    if not FIRST <= day <= LAST:
        raise UserError(
            _("%(day)s 不在日历之内。") % {"day": day},
            hint=_("日历从 %(first)s 年到 %(last)s 年；请检查年份。")
            % {"first": FIRST.year, "last": LAST.year},
            field="day",
        )
    return day
