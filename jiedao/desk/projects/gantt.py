"""The Gantt chart of a project as SVG. Horizontal positions are in per cent, so that the chart fits any width.

Every row of the plan is a separate picture in a row of a table. So the names stay in place while the months scroll,
and the months are repeated on every printed page.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from jiedao.projects.models import Task, TaskLevel
from jiedao.projects.selectors.lights import Light
from jiedao.projects.selectors.scheduling import TaskDates
from jiedao.projects.words import describe_slack

MAX_MONTH_LABELS = 16  # labels on the axis
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Tick:
    """A month on the axis; `label` is "" if there is no room for it."""

    x: str
    label: str


@dataclass(frozen=True)
class Mark:
    """A day that is marked with a line through all rows; `left` puts its label on the left of the line."""

    x: str
    label: str
    name: str
    left: bool


@dataclass(frozen=True)
class Span:
    """A part of the axis, in per cent."""

    x: str
    width: str


@dataclass(frozen=True)
class Row:
    """One row of the plan.

    Attributes:
        window: From the latest start to the latest finish.
        bar: From the actual or forecast start to the actual or forecast finish.
        done: The part of the bar that is done.
        point: The forecast position of a milestone, "" for a task.
        due: The latest position of a milestone, "" for a task.
        title: The row in words.
    """

    task: Task
    depth: int
    window: Span
    bar: Span
    done: Span | None
    point: str
    due: str
    critical: bool
    late: int
    title: str


@dataclass(frozen=True)
class Gantt:
    """A chart; `wide` marks a chart that needs more room than a small screen has."""

    ticks: Sequence[Tick]
    marks: Sequence[Mark]
    rows: Sequence[Row]
    wide: bool


@dataclass(frozen=True)
class Axis:
    """The time axis: complete months, from the morning of the first day to the evening of the last."""

    first: date
    last: date

    def at(self, day: date) -> float:
        """Return the position of the morning of a day, in per cent."""
        return (day - self.first).days * 100 / ((self.last - self.first).days + 1)

    def span(self, first: date, last: date) -> Span:
        """Return the part of the axis from one day to another, including both."""
        left = self.at(first)
        return Span(f"{left:.3f}%", f"{max(self.at(last + DAY) - left, 0):.3f}%")


def build_gantt(light: Light) -> Gantt | None:
    """Return the chart of a project, None if the project has no plan."""
    plan, project = light.schedule, light.project
    if not plan.rows:
        return None
    axis = _build_axis(
        [project.start_date, *(min(row.latest_start, row.forecast_start) for row in plan.rows)],
        [project.completion_date, *(max(row.latest_finish, row.forecast_finish) for row in plan.rows)],
    )
    months = list(_iterate_months(axis))
    depths = count_depths(plan.tasks)
    rows = [
        _build_row(axis, row, depths[row.task.pk], plan.percents[row.task.pk], plan.day) for row in plan.rows
    ]
    return Gantt(
        _build_ticks(axis, months),
        _build_marks(axis, plan.day, project.completion_date),
        rows,
        len(months) > 18,
    )


def count_depths(tasks: Sequence[Task]) -> dict[int, int]:
    """Return the number of stages above each row of the plan, by id of the row."""
    parents = {task.pk: task.parent_id for task in tasks}
    depths = {}
    for task in tasks:
        depth, parent_id = 0, task.parent_id
        while parent_id in parents:
            depth, parent_id = depth + 1, parents[parent_id]
        depths[task.pk] = depth
    return depths


def describe_row(row: TaskDates, percent: int, day: date) -> str:
    """Return a row of the plan in words, for users who cannot see the picture."""
    parts = [
        _("最迟 %(start)s 至 %(finish)s") % {"start": row.latest_start, "finish": row.latest_finish},
        (_("实际 %(start)s 至 %(finish)s") if row.finished else _("预计 %(start)s 至 %(finish)s"))
        % {"start": row.forecast_start, "finish": row.forecast_finish},
        describe_progress(row, percent),
    ]
    if row.critical:
        parts.append(_("关键"))
    if row.late_by_days:
        parts.append(describe_slack(row, day))
    if row.provisional:
        parts.append(_("暂定"))
    return _("%(task)s：%(facts)s") % {"task": row.task.label, "facts": _("，").join(parts)}


def describe_progress(row: TaskDates, percent: int) -> str:
    """Return how much of a row is done in words."""
    return _("完成 %(n)s%%") % {"n": percent} if has_begun(row, percent) else _("未开始")


def has_begun(row: TaskDates, percent: int) -> bool:
    """Return whether anything of a row was reported."""
    return bool(percent or row.finished or row.task.actual_start is not None)


def _build_axis(starts: Sequence[date], ends: Sequence[date]) -> Axis:
    return Axis(min(starts).replace(day=1), _get_next_month(max(ends)) - DAY)


def _get_next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _iterate_months(axis: Axis) -> Iterator[date]:
    month = axis.first
    while month <= axis.last:
        yield month
        month = _get_next_month(month)


def _build_ticks(axis: Axis, months: Sequence[date]) -> list[Tick]:
    step = -(-len(months) // MAX_MONTH_LABELS)
    labelled_months = months[:: step if len(months) <= 10 * MAX_MONTH_LABELS else 12 * -(-step // 12)]
    return [
        Tick(f"{axis.at(month):.3f}%", _format_month(month, labelled_months[0])) for month in labelled_months
    ]


def _format_month(month: date, first: date) -> str:
    return f"{month:%Y-%m}" if month == first or month.month == 1 else f"{month.month}"


def _build_marks(axis: Axis, today: date, promise: date) -> list[Mark]:
    """Return the marks of today and of the promised completion, with their labels placed so that they do not overlap.

    The earlier mark has its label on the left unless it is at the left edge; a mark at the right edge always has.
    """
    today_x, promise_x = axis.at(today), axis.at(promise + DAY)
    marks = [Mark(f"{promise_x:.3f}%", _("承诺完成"), "promise", promise_x >= today_x or promise_x > 85)]
    if axis.first <= today <= axis.last:
        left = today_x > 85 or (today_x < promise_x < today_x + 12 and today_x > 8)
        marks.append(Mark(f"{today_x:.3f}%", _("今天"), "today", left))
        if left and promise_x <= 92 and promise_x >= today_x:
            marks[0] = Mark(marks[0].x, marks[0].label, marks[0].name, left=False)
    return marks


def _build_row(axis: Axis, row: TaskDates, depth: int, percent: int, day: date) -> Row:
    milestone = row.task.level == TaskLevel.MILESTONE
    bar = axis.span(row.forecast_start, row.forecast_finish)
    done = Span(bar.x, f"{float(bar.width[:-1]) * percent / 100:.3f}%") if percent else None
    return Row(
        row.task,
        depth,
        axis.span(row.latest_start, row.latest_finish),
        bar,
        done,
        point=f"{axis.at(row.forecast_finish + DAY):.3f}%" if milestone else "",
        due=f"{axis.at(row.latest_finish + DAY):.3f}%" if milestone else "",
        critical=row.critical,
        late=row.late_by_days,
        title=describe_row(row, percent, day),
    )
