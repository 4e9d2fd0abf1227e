"""What a move does to the clocks of a case, and the deadlines that the case shows in lists.

Deadlines are computed at once, because they are columns of the case; rows of clocks are written after the swap, as
`Step` describes.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db.models import QuerySet

from jiedao.cases.deadlines import Deadline, compute_deadline, compute_stage_deadline
from jiedao.cases.flow import Stage
from jiedao.cases.models import Assignment, Case, Clock, Role
from jiedao.cases.moves.step import Step
from jiedao.kernel.calendar import get_town_calendar
from jiedao.kernel.policies import get_policy
from jiedao.kernel.worktime import Limit


def start_clock(case: Case, due: Deadline, assignment: Assignment | None = None) -> Clock:
    """Write a clock that starts; the clock of an assignment runs for that unit alone."""
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


def settle_clocks(step: Step) -> Callable[[], None]:
    """Put the deadlines after the move into `step.changes` and return the function that stops and starts the clocks."""
    whole, stage = _compute_whole_deadline(step), _compute_stage_deadline(step)
    if whole is not None:
        step.changes["close_due_at"] = whole.due_at
    if stage is not None:
        step.changes.update(stage=stage.stage, due_at=stage.due_at, due_provisional=stage.provisional)
        if stage.stage == Stage.HANDLE:
            step.changes["handle_due_at"] = stage.due_at
    elif step.stops and step.case.stage in step.stops:
        step.changes.update(stage="", due_at=None, due_provisional=False)

    def write() -> None:
        if whole is not None and not _find_running_clocks(step.case).filter(stage=Stage.CLOSE).exists():
            start_clock(step.case, whole)
        _stop_clocks(step.case, step.stops, step.now)
        if stage is not None:
            start_clock(step.case, stage)

    return write


def _compute_whole_deadline(step: Step) -> Deadline | None:
    if not step.starts_whole:
        return None
    return compute_stage_deadline(Stage.CLOSE.value, step.category_id, step.area_path, step.now)


def _compute_stage_deadline(step: Step) -> Deadline | None:
    if not step.starts:
        return None
    if step.limit:
        return compute_deadline(step.starts, step.limit, step.now)
    return compute_stage_deadline(step.starts, step.category_id, step.area_path, step.now)


def _find_running_clocks(case: Case) -> QuerySet[Clock]:
    return Clock.objects.filter(case=case, stopped_at__isnull=True)


def _stop_clocks(case: Case, stages: set[str], now: datetime) -> None:
    """Stop the running clocks of the stages; with HANDLE also those of the helpers."""
    stopped = stages | ({Stage.HELP.value} if Stage.HANDLE.value in stages else set())
    if stopped:
        _find_running_clocks(case).filter(stage__in=stopped).update(stopped_at=now, next_look_at=None)


def pause_clocks(step: Step) -> None:
    """Pause every running clock of the case."""
    running = _find_running_clocks(step.case).filter(paused_at__isnull=True)
    step.after.append(lambda: running.update(paused_at=step.now))


def resume_clocks(step: Step) -> None:
    """Let the paused clocks run on with the time they had left, and move the deadlines of the case along."""
    calendar = get_town_calendar()
    clocks = list(_find_running_clocks(step.case).filter(paused_at__isnull=False))
    for clock in clocks:
        unit, paused_at = Limit.parse(clock.limit).unit, clock.paused_at or step.now
        due = calendar.resume(clock.due_at, paused_at, step.now, unit)
        clock.due_at, clock.provisional = due.at, clock.provisional or due.provisional
        clock.warn_at = calendar.resume(clock.warn_at, paused_at, step.now, unit).at
        clock.paused_at = None
        if clock.overdue_at is None:
            clock.next_look_at = clock.warn_at if clock.warned_at is None else clock.due_at
        elif clock.next_look_at is not None:
            # The clock stays on its rung of the ladder: a pause does not count.
            rung_unit = Limit.parse(str(get_policy("escalate_every"))).unit
            clock.next_look_at = calendar.resume(clock.next_look_at, paused_at, step.now, rung_unit).at
        _show_deadline(step, clock)
    step.after.append(lambda: _save_clocks(step.case, clocks))


def extend_clocks(step: Step, limit: str) -> None:
    """Lengthen the running HANDLE clock by the limit, from its due time, and also the clock from filing to closing."""
    calendar, added = get_town_calendar(), Limit.parse(limit)
    clocks = [_find_running_clocks(step.case).get(stage=Stage.HANDLE, assignment__isnull=True)]
    clocks += _find_running_clocks(step.case).filter(stage=Stage.CLOSE)[:1]
    for clock in clocks:
        due, warn = calendar.add(clock.due_at, added), calendar.add(clock.warn_at, added)
        clock.due_at, clock.provisional = due.at, clock.provisional or due.provisional
        clock.warn_at, clock.warned_at, clock.next_look_at = warn.at, None, warn.at
        # A request made in time may be granted late: what counts as overdue then is the new due time alone.
        clock.overdue_at, clock.escalated = None, 0
        _show_deadline(step, clock)
    step.after.append(lambda: _save_clocks(step.case, clocks))


def _show_deadline(step: Step, clock: Clock) -> None:
    """Put a clock's new due time into the column of the case that shows it; a helper's clock has none."""
    if clock.assignment_id is not None:
        return
    if clock.stage == Stage.CLOSE:
        step.changes["close_due_at"] = clock.due_at
        return
    step.changes.update(due_at=clock.due_at, due_provisional=clock.provisional)
    if clock.stage == Stage.HANDLE:
        step.changes["handle_due_at"] = clock.due_at


def _save_clocks(case: Case, clocks: Sequence[Clock]) -> None:
    """Write the clocks, and copy their due times to the assignments that show them."""
    for clock in clocks:
        clock.save()
        if clock.assignment_id is not None:
            Assignment.objects.filter(pk=clock.assignment_id).update(due_at=clock.due_at)
        elif clock.stage == Stage.HANDLE:
            lead = Assignment.objects.filter(case=case, role=Role.LEAD, ended_at__isnull=True)
            lead.update(due_at=clock.due_at)
