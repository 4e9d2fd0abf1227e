"""What a move does to the clocks: stop, start, pause, resume; and the deadlines kept on the case for the lists."""

from datetime import datetime
from typing import TYPE_CHECKING

from jiedao.cases.deadlines import Deadline, deadline, stage_deadline
from jiedao.cases.flow import Stage
from jiedao.cases.models import Assignment, Case, Clock
from jiedao.kernel.calendar import calendar_of_town
from jiedao.kernel.policies import get_policy
from jiedao.kernel.worktime import Limit

if TYPE_CHECKING:
    from jiedao.cases.actions.engine import Step


def start(case: Case, due: Deadline, assignment: Assignment | None = None) -> Clock:
    """Start a clock; an assignment's clock runs for that unit alone."""
    return Clock.objects.create(
        case=case,
        assignment=assignment,
        stage=due.stage,
        limit=due.limit,
        started_at=due.started_at,
        due_at=due.due_at,
        warn_at=due.warn_at,
        provisional=due.provisional,
        next_look_at=due.warn_at,
    )


def stop(case: Case, stages: set[str], now: datetime) -> None:
    """Stop the case's running clocks of the stages; HANDLE also stops every helper's clock."""
    wanted = stages | ({Stage.HELP.value} if Stage.HANDLE.value in stages else set())
    if wanted:
        Clock.objects.filter(case=case, stage__in=wanted, stopped_at__isnull=True).update(
            stopped_at=now, next_look_at=None
        )


def settle(step: "Step") -> None:
    """Stop and start the clocks of a move and note the case's current deadline in `step.changes`."""
    stop(step.case, step.stops, step.now)
    if step.starts:
        if step.limit:
            due = deadline(step.starts, step.limit, step.now)
        else:
            due = stage_deadline(step.starts, step.category_id, step.area_path, step.now)
        start(step.case, due)
        step.changes.update(stage=due.stage, due_at=due.due_at, due_provisional=due.provisional)
        if step.starts == Stage.HANDLE:
            step.changes["handle_due_at"] = due.due_at
    elif step.stops and step.case.stage in step.stops:
        step.changes.update(stage="", due_at=None, due_provisional=False)


def start_close(step: "Step") -> None:
    """Start the clock over the whole case, once, when it is filed."""
    due = stage_deadline(Stage.CLOSE.value, step.category_id, step.area_path, step.now)
    if not Clock.objects.filter(case=step.case, stage=Stage.CLOSE, stopped_at__isnull=True).exists():
        start(step.case, due)
    step.changes["close_due_at"] = due.due_at


def pause(case: Case, now: datetime) -> None:
    """Pause every running clock of the case."""
    Clock.objects.filter(case=case, stopped_at__isnull=True, paused_at__isnull=True).update(paused_at=now)


def resume(step: "Step") -> None:
    """Run the paused clocks on with the time they had left, and move the case's deadlines along."""
    calendar = calendar_of_town()
    for row in Clock.objects.filter(case=step.case, stopped_at__isnull=True, paused_at__isnull=False):
        unit, paused_at = Limit.parse(row.limit).unit, row.paused_at or step.now
        due = calendar.resume(row.due_at, paused_at, step.now, unit)
        row.due_at, row.provisional = due.at, row.provisional or due.provisional
        row.warn_at = calendar.resume(row.warn_at, paused_at, step.now, unit).at
        row.paused_at = None
        if row.overdue_at is None:
            row.next_look_at = row.warn_at if row.warned_at is None else row.due_at
        elif row.next_look_at is not None:  # it keeps its place on the ladder, and the pause is no time on it
            step_unit = Limit.parse(str(get_policy("escalate_every"))).unit
            row.next_look_at = calendar.resume(row.next_look_at, paused_at, step.now, step_unit).at
        row.save()
        note_due(step, row)


def note_due(step: "Step", row: Clock) -> None:
    """Copy a clock's due time to the case and the assignment that show it."""
    if row.assignment_id is not None:
        Assignment.objects.filter(pk=row.assignment_id).update(due_at=row.due_at)
    elif row.stage == Stage.CLOSE:
        step.changes["close_due_at"] = row.due_at
    else:
        step.changes.update(due_at=row.due_at, due_provisional=row.provisional)
        if row.stage == Stage.HANDLE:
            step.changes["handle_due_at"] = row.due_at
            lead = Assignment.objects.filter(case=step.case, role="LEAD", ended_at__isnull=True)
            lead.update(due_at=row.due_at)


def extend(step: "Step", limit: str) -> None:
    """Lengthen the running HANDLE clock by the limit, counted from its due time, and the whole case's by as much."""
    calendar = calendar_of_town()
    row = Clock.objects.get(
        case=step.case, stage=Stage.HANDLE, stopped_at__isnull=True, assignment__isnull=True
    )
    for each in (
        row,
        Clock.objects.filter(case=step.case, stage=Stage.CLOSE, stopped_at__isnull=True).first(),
    ):
        if each is None:
            continue
        due, warn = (calendar.add(moment, Limit.parse(limit)) for moment in (each.due_at, each.warn_at))
        each.due_at, each.provisional = due.at, each.provisional or due.provisional
        each.warn_at, each.warned_at, each.next_look_at = warn.at, None, warn.at
        # asked in time and granted after it was due: what was overdue is measured against the new due time alone
        each.overdue_at, each.escalated = None, 0
        each.save()
        note_due(step, each)
