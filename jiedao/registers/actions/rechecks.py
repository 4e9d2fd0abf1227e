"""Rechecks: looking again at an item that was set right, until somebody has looked.

A recheck must be made within a third of the time between two rounds of its record. One that is missed has a successor,
and that again, as long as nobody has answered the item since it was set right.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from django.db.models import Q

from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.registers.actions.planning import note_visit, swap
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.models import Finding, FindingState, Visit, VisitKind, VisitState


def plan_recheck(actor: Actor, info: RegisterInfo, finding: Finding, day: date) -> Visit | None:
    """Plan the recheck of a finding that was set right, from `day` on, in the caller's transaction, and return it.

    None where nobody looks again: the record has no rounds or left the register, or the item is no longer asked.
    """
    record, checklist = finding.record, info.definition.checklist(finding.visit.checklist)
    every = info.definition.every(record.grade)
    if not every or not record.active or checklist is None or checklist.item(finding.item) is None:
        return None
    due = day + timedelta(days=max(1, every // 3))
    visit: Visit = Visit.objects.create(
        register_id=info.id, record=record, kind=VisitKind.RECHECK, finding=finding, checklist=checklist.key,
        area_path=record.area_path, unit_id=record.unit_id,
        planned_date=day, due_date=due, counted_date=due, every_days=every,
    )  # fmt: skip
    note_visit(actor, "plan", visit, {"kind": visit.kind, "finding": finding.pk})
    return visit


def hold_findings(which: Q) -> list[Finding]:
    """Return the findings that such rechecks look at again, locked: before the rechecks, as their cases lock them."""
    rows = Finding.objects.select_related("record", "visit").select_for_update(of=("self",), no_key=True)
    of = Visit.objects.filter(which, finding__isnull=False).values("finding_id")
    return list(rows.filter(pk__in=of).order_by("pk"))


def plan_again(actor: Actor, info: RegisterInfo, missed: Sequence[Finding], day: date) -> None:
    """Plan the successors of rechecks that were missed, of findings that still count as set right and unseen."""
    right = [finding for finding in missed if finding.state == FindingState.RIGHT]
    if not right:
        return
    made = Visit.objects.filter(state=VisitState.DONE, record_id__in={one.record_id for one in right})
    since = min(finding.right_date for finding in right if finding.right_date is not None)
    seen = list(made.filter(done_date__gte=since).only("record_id", "answers", "done_at", "counted_date"))
    for finding in right:
        if not any(_looked(visit, finding) for visit in seen):
            plan_recheck(actor, info, finding, day)


def _looked(visit: Visit, finding: Finding) -> bool:
    """Tell whether an inspection answered the item after the finding was set right."""
    if visit.record_id != finding.record_id or finding.item not in visit.answers:
        return False
    if visit.done_at is None or finding.ended_at is None:
        return False
    # made and sent since: a phone may send today what was seen days ago
    day = finding.ended_at.astimezone(clock.TOWN_TZ).date()
    return visit.counted_date >= day and visit.done_at > finding.ended_at


def drop_rechecks(actor: Actor, finding_id: int, why: str) -> None:
    """Drop the recheck of a finding that still waits, with the reason."""
    for visit in Visit.objects.select_for_update(no_key=True).filter(
        finding_id=finding_id, state=VisitState.DUE
    ):
        swap(visit, state=VisitState.DROPPED, note=why)
        note_visit(actor, "drop", visit, {"why": visit.note})
