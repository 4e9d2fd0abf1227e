"""Settle provisional deadlines once the office has entered the days of the year that they cross.

A deadline across a year without known holidays is counted by weekdays and marked provisional. It is the only deadline
that an edit of the calendar moves: it is counted again with everything that lengthened it since, and is final then.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from jiedao.audit.actions import record_entry
from jiedao.cases import notices
from jiedao.cases.flow import Stage
from jiedao.cases.models import Assignment, Case, CaseMove, Clock, Role
from jiedao.cases.stored_counts.marking import mark_changes
from jiedao.kernel import clock
from jiedao.kernel.calendar import get_town_calendar
from jiedao.kernel.policies import get_policy
from jiedao.kernel.worktime import Due, Limit
from jiedao.notices.actions import settle
from jiedao.orgs.actor import Actor

SETTLED = "SETTLED"
LENGTHENING_MOVES = ("SUSPEND", "RESUME", "GRANT_EXTENSION")


@dataclass
class _Times:
    """The due time and the time of the warning, while they are counted again."""

    due: Due
    warn_at: datetime


def settle_clock(actor: Actor, clock_id: int) -> bool:
    """Count a running provisional clock again; return whether it is settled now.

    False for a clock that has stopped or is settled already, and while a year that it crosses is still unknown. The due
    time in the columns of the case and of the assignment follows; a new one is recorded in the history.
    """
    with transaction.atomic():
        case_id = Clock.objects.values_list("case_id", flat=True).get(pk=clock_id)
        case = Case.objects.select_for_update(no_key=True).get(pk=case_id)
        row = Clock.objects.get(pk=clock_id)
        if row.stopped_at is not None or not row.provisional:
            return False
        times = _count_again(row)
        if times.due.provisional:
            return False
        before = row.due_at
        with mark_changes([case_id]):
            _write(case, row, times)
        if row.due_at != before:
            _record(actor, case, row, before)
    return True


def _count_again(row: Clock) -> _Times:
    calendar, limit = get_town_calendar(), Limit.parse(row.limit)
    due = calendar.add(row.started_at, limit)
    warn_at = calendar.part(row.started_at, due.at, float(get_policy("warn_share")), limit.unit)
    times = _Times(due, warn_at)
    for paused_at, resumed_at, extension in _list_lengthenings(row):
        if extension:
            _add(times, calendar.add(times.due.at, Limit.parse(extension)))
            times.warn_at = calendar.add(times.warn_at, Limit.parse(extension)).at
        elif paused_at is not None and resumed_at is not None:
            _add(times, calendar.resume(times.due.at, paused_at, resumed_at, limit.unit))
            times.warn_at = calendar.resume(times.warn_at, paused_at, resumed_at, limit.unit).at
    return times


def _add(times: _Times, due: Due) -> None:
    times.due = Due(due.at, times.due.provisional or due.provisional)


def _list_lengthenings(row: Clock) -> Iterator[tuple[datetime | None, datetime | None, str]]:
    """Yield the pauses (from, until, "") and extensions (None, None, limit) of a clock in their order.

    An extension lengthens handling by the lead unit, and the time from filing to closing.
    """
    is_extended = row.assignment_id is None and row.stage in {Stage.HANDLE.value, Stage.CLOSE.value}
    moves = CaseMove.objects.filter(
        case_id=row.case_id, move__in=LENGTHENING_MOVES, at__gte=row.started_at
    ).order_by("id")
    paused_at: datetime | None = None
    for move in moves:
        if move.move == "SUSPEND":
            paused_at = move.at
        elif move.move == "RESUME" and paused_at is not None:
            yield paused_at, move.at, ""
            paused_at = None
        elif move.move == "GRANT_EXTENSION" and is_extended:
            yield None, None, str(move.data["limit"])


def _write(case: Case, row: Clock, times: _Times) -> None:
    now, moved = clock.now(), times.due.at != row.due_at
    row.due_at, row.provisional = times.due.at, False
    if moved:
        row.warn_at = times.warn_at
        if row.due_at > now:  # what the old due time made overdue is not, or not yet
            settle(object_type=notices.CASE, object_id=case.pk, now=now, tasks=[notices.alarm_task(row)])
            row.overdue_at, row.escalated = None, 0
            row.warned_at = row.warned_at if row.warn_at <= now else None
            row.next_look_at = row.due_at if row.warned_at is not None else row.warn_at
        elif row.overdue_at is None:
            row.next_look_at = row.due_at
    row.save()
    if row.assignment_id is not None:
        Assignment.objects.filter(pk=row.assignment_id).update(due_at=row.due_at)
        return
    columns: dict[str, Any] = {}
    if row.stage == Stage.CLOSE:
        columns["close_due_at"] = row.due_at
    if row.stage == Stage.HANDLE:
        columns["handle_due_at"] = row.due_at
        lead = Assignment.objects.filter(case=case, role=Role.LEAD, ended_at__isnull=True)
        lead.update(due_at=row.due_at)
    if row.stage == case.stage and row.paused_at is None:
        columns.update(due_at=row.due_at, due_provisional=False)
    if columns:
        # The version stays: a form that a user has open is not outdated by a new deadline.
        Case.objects.filter(pk=case.pk).update(**columns)


def _record(actor: Actor, case: Case, row: Clock, before: datetime) -> None:
    data = {"stage": row.stage, "due_before": before.isoformat(), "due_at": row.due_at.isoformat()}
    CaseMove.objects.create(
        case=case,
        move=SETTLED,
        at=clock.now(),
        from_state=case.state,
        to_state=case.state,
        actor_label=actor.label,
        data=data,
    )
    record_entry(
        actor=actor,
        action=f"cases.case:{SETTLED.lower()}",
        obj_type="cases.case",
        obj_id=case.pk,
        before={"due_at": data["due_before"]},
        after={"stage": row.stage, "due_at": data["due_at"]},
    )
