"""The Gantt chart of a project as SVG that the server makes: places across are per cent, so that it fits any width.

Every row of the plan is a picture of its own in a table: the names stay while the months scroll, and the months stand
again on every printed page.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiedao.projects.models import Task, TaskLevel
from jiedao.projects.selectors.lights import Light
from jiedao.projects.selectors.scheduling import Dated

MOST_MONTHS = 16  # labels on the axis
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Tick:
    """A month on the axis; `label` is "" where there is no room for one."""

    x: str
    label: str


@dataclass(frozen=True)
class Mark:
    """A day with a line through all rows; its words stand left or right of it."""

    x: str
    label: str
    name: str
    left: bool


@dataclass(frozen=True)
class Span:
    """A stretch of the axis, both in per cent."""

    x: str
    width: str


@dataclass(frozen=True)
class Row:
    """One row of the plan.

    Attributes:
        window: from the latest start to the latest finish.  bar: what happened and is in sight.
        done: the part of the bar that is done.  point, due: of a milestone, where it is and must be.
        title: all of it in words.
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
    """A chart; `wide` says that it needs more room than a small screen has."""

    ticks: Sequence[Tick]
    marks: Sequence[Mark]
    rows: Sequence[Row]
    wide: bool


@dataclass(frozen=True)
class Axis:
    """From the morning of the first day to the evening of the last, whole months."""

    first: date
    last: date

    def at(self, day: date) -> float:
        """Return where the morning of a day lies, in per cent."""
        return (day - self.first).days * 100 / ((self.last - self.first).days + 1)

    def span(self, first: date, last: date) -> Span:
        """Return where the days lie, both included."""
        left = self.at(first)
        return Span(f"{left:.3f}%", f"{max(self.at(last + DAY) - left, 0):.3f}%")


def gantt(light: Light) -> Gantt | None:
    """Return the chart of a project, None for one without a plan."""
    plan, project = light.schedule, light.project
    if not plan.rows:
        return None
    axis = _axis(
        [project.start_date, *(min(row.latest_start, row.forecast_start) for row in plan.rows)],
        [project.completion_date, *(max(row.latest_finish, row.forecast_finish) for row in plan.rows)],
    )
    months = list(_months(axis))
    depths = depths_of(plan.tasks)
    rows = [_row(axis, row, depths[row.task.pk], plan.percents[row.task.pk]) for row in plan.rows]
    return Gantt(
        _ticks(axis, months), _marks(axis, plan.day, project.completion_date), rows, len(months) > 18
    )


def depths_of(tasks: Sequence[Task]) -> dict[int, int]:
    """Return by id how many stages stand above each row of the plan."""
    parents = {task.pk: task.parent_id for task in tasks}
    found = {}
    for task in tasks:
        depth, above = 0, task.parent_id
        while above in parents:
            depth, above = depth + 1, parents[above]
        found[task.pk] = depth
    return found


def late_words(days: int) -> str:
    """Return by how many working days something comes too late."""
    return ngettext("晚 %(n)s 个工作日", "晚 %(n)s 个工作日", days) % {"n": days}


def words(row: Dated, percent: int) -> str:
    """Return a row of the plan in words, for those who do not see the picture."""
    parts = [
        _("最迟 %(start)s 至 %(finish)s") % {"start": row.latest_start, "finish": row.latest_finish},
        (_("实际 %(start)s 至 %(finish)s") if row.finished else _("预计 %(start)s 至 %(finish)s"))
        % {"start": row.forecast_start, "finish": row.forecast_finish},
        _("完成 %(n)s%%") % {"n": percent},
    ]
    if row.critical:
        parts.append(_("关键"))
    if row.late_by_days:
        parts.append(late_words(row.late_by_days))
    return _("%(task)s：%(facts)s") % {"task": row.task.label, "facts": _("，").join(parts)}


def _axis(starts: Sequence[date], ends: Sequence[date]) -> Axis:
    return Axis(min(starts).replace(day=1), _next_month(max(ends)) - DAY)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _months(axis: Axis) -> Iterator[date]:
    month = axis.first
    while month <= axis.last:
        yield month
        month = _next_month(month)


def _ticks(axis: Axis, months: Sequence[date]) -> list[Tick]:
    every = -(-len(months) // MOST_MONTHS)
    kept = months[:: every if len(months) <= 10 * MOST_MONTHS else 12 * -(-every // 12)]
    return [Tick(f"{axis.at(month):.3f}%", _month(month, kept[0])) for month in kept]


def _month(month: date, first: date) -> str:
    return f"{month:%Y-%m}" if month == first or month.month == 1 else f"{month.month}"


def _marks(axis: Axis, today: date, promise: date) -> list[Mark]:
    """Return the marks; the earlier one has its words at the left unless it stands at the edge."""
    today_x, promise_x = axis.at(today), axis.at(promise + DAY)
    found = [Mark(f"{promise_x:.3f}%", _("承诺完成"), "promise", promise_x >= today_x or promise_x > 85)]
    if axis.first <= today <= axis.last:
        left = today_x > 85 or (today_x < promise_x < today_x + 12 and today_x > 8)
        found.append(Mark(f"{today_x:.3f}%", _("今天"), "today", left))
        if left and promise_x <= 92 and promise_x >= today_x:
            found[0] = Mark(found[0].x, found[0].label, found[0].name, left=False)
    return found


def _row(axis: Axis, row: Dated, depth: int, percent: int) -> Row:
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
        title=words(row, percent),
    )
