"""Rechecks: inspect an item again after its finding was resolved.

A recheck must be made within a third of the time between two rounds of its record. After a missed recheck another one
is planned, until an inspection has answered the item since it was resolved.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from django.db.models import Q

from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.registers.actions.planning import record_inspection_entry, update_inspection
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.models import Finding, FindingState, Inspection, InspectionKind, InspectionState


def plan_recheck(actor: Actor, info: RegisterInfo, finding: Finding, day: date) -> Inspection | None:
    """Plan the recheck of a resolved finding, from `day` on, in the caller's transaction, and return it.

    Return None if no recheck is needed: the record has no rounds or has ended, or the item is no longer asked.
    """
    record, checklist = finding.record, info.definition.checklist(finding.inspection.checklist)
    every = info.definition.inspection_interval(record.grade)
    if not every or not record.active or checklist is None or checklist.item(finding.item) is None:
        return None
    due = day + timedelta(days=max(1, every // 3))
    recheck: Inspection = Inspection.objects.create(
        register_id=info.id,
        record=record,
        kind=InspectionKind.RECHECK,
        finding=finding,
        checklist=checklist.key,
        area_path=record.area_path,
        unit_id=record.unit_id,
        planned_date=day,
        due_date=due,
        counted_date=due,
        every_days=every,
    )
    record_inspection_entry(actor, "plan", recheck, {"kind": recheck.kind, "finding": finding.pk})
    return recheck


def lock_findings(condition: Q) -> list[Finding]:
    """Lock and return the findings of the rechecks that meet the condition.

    Call this before locking the rechecks: moves on the cases lock the finding first, and the reverse order would
    deadlock.
    """
    rows = Finding.objects.select_related("record", "inspection").select_for_update(of=("self",), no_key=True)
    finding_ids = Inspection.objects.filter(condition, finding__isnull=False).values("finding_id")
    return list(rows.filter(pk__in=finding_ids).order_by("pk"))


def plan_further_rechecks(actor: Actor, info: RegisterInfo, missed: Sequence[Finding], day: date) -> None:
    """Plan another recheck for each finding whose recheck was missed.

    Skip findings that are open again, and items that another inspection has answered in the meantime.
    """
    resolved = [finding for finding in missed if finding.state == FindingState.RIGHT]
    if not resolved:
        return
    done = Inspection.objects.filter(
        state=InspectionState.DONE, record_id__in={finding.record_id for finding in resolved}
    )
    first_date = min(finding.right_date for finding in resolved if finding.right_date is not None)
    inspections = list(
        done.filter(done_date__gte=first_date).only("record_id", "answers", "done_at", "counted_date")
    )
    for finding in resolved:
        if not any(_answers_again(inspection, finding) for inspection in inspections):
            plan_recheck(actor, info, finding, day)


def _answers_again(inspection: Inspection, finding: Finding) -> bool:
    """Return whether an inspection answered the item after the finding was resolved."""
    if inspection.record_id != finding.record_id or finding.item not in inspection.answers:
        return False
    if inspection.done_at is None or finding.ended_at is None:
        return False
    # Both made and sent after that: a phone may send today an inspection that was made days ago.
    day = finding.ended_at.astimezone(clock.TOWN_TZ).date()
    return inspection.counted_date >= day and inspection.done_at > finding.ended_at


def drop_rechecks(actor: Actor, finding_id: int, why: str) -> None:
    """Drop the waiting recheck of a finding, with the reason."""
    for recheck in Inspection.objects.select_for_update(no_key=True).filter(
        finding_id=finding_id, state=InspectionState.DUE
    ):
        update_inspection(recheck, state=InspectionState.DROPPED, note=why)
        record_inspection_entry(actor, "drop", recheck, {"why": recheck.note})
