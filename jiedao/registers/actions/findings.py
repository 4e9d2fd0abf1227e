"""What becomes of a finding: its case decides, in the transaction of the case's own move.

Closed, after a check by somebody else, the item is set right; a register with rounds also looks again itself, within a
third of the time between two rounds. A register without rounds rests on the case's check.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from jiedao.audit.actions import record as note
from jiedao.cases.origins import OriginKind, Outcome, Shown, Told
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError
from jiedao.orgs.actor import Actor
from jiedao.registers.access import get_visit
from jiedao.registers.actions.inspections import ORIGIN, asked
from jiedao.registers.actions.planning import note_visit, plan_recheck, swap
from jiedao.registers.catalogue import register_by_id
from jiedao.registers.models_inspections import Finding, FindingState, Visit, VisitState

STATES = {
    Outcome.CLOSED: FindingState.RIGHT,
    Outcome.REFUSED: FindingState.REFUSED,
    Outcome.VOIDED: FindingState.WAIVED,
}


def case_ended(told: Told) -> None:
    """Set the finding right, or note why its case came to nothing."""
    finding = _locked(told.object_id)
    if finding.state != FindingState.OPEN or told.outcome is None:
        return
    day = told.at.astimezone(clock.TOWN_TZ).date()
    state = STATES[told.outcome]
    _write(finding, told, state, told.at, right=state == FindingState.RIGHT)
    info = register_by_id(finding.register_id)
    every = info.definition.every(finding.record.grade) if info is not None else 0
    if info is None or state != FindingState.RIGHT or not every or not finding.record.active:
        return
    visit = plan_recheck(finding, every, day)
    if asked(info, visit):
        note_visit(told.actor, "plan", visit, {"kind": visit.kind, "finding": finding.pk})
    else:  # the item is no longer asked
        visit.delete()


def case_reopened(told: Told) -> None:
    """Open the finding again and drop its recheck; where the item was found wrong anew, that finding stands for it."""
    finding = _locked(told.object_id)
    others = Finding.objects.filter(
        record_id=finding.record_id, item=finding.item, state=FindingState.OPEN
    ).exclude(pk=finding.pk)
    if finding.state == FindingState.OPEN or others.exists():
        return
    for visit in Visit.objects.select_for_update(no_key=True).filter(finding=finding, state=VisitState.DUE):
        swap(visit, state=VisitState.DROPPED, note=_("案件重新办理"))
        note_visit(told.actor, "drop", visit, {"why": visit.note})
    _write(finding, told, FindingState.OPEN, None, right=False)


def _locked(finding_id: int) -> Finding:
    rows = Finding.objects.select_related("record", "visit").select_for_update(of=("self",), no_key=True)
    found: Finding = rows.get(pk=finding_id)
    return found


def _write(
    finding: Finding, told: Told, state: FindingState, ended_at: datetime | None, *, right: bool
) -> None:
    before = finding.state
    finding.state, finding.ended_at, finding.version = state.value, ended_at, finding.version + 1
    finding.right_date = told.at.astimezone(clock.TOWN_TZ).date() if right else None
    finding.why = told.text[:300]
    finding.save(update_fields=["state", "ended_at", "right_date", "why", "version"])
    note(
        actor=told.actor, action=f"registers.finding:{state.value.lower()}", obj_type="registers.finding",
        obj_id=finding.pk, before={"state": before},
        after={"state": state.value, "case": told.case.number, "record_id": finding.record_id},
    )  # fmt: skip


def shown(actor: Actor, finding_id: int) -> Shown | None:
    """Return the inspection a case came from, for those who may see it."""
    visit_id = Finding.objects.values_list("visit_id", flat=True).get(pk=finding_id)
    try:
        info, visit = get_visit(actor, visit_id)
    except NotFoundError:
        return None
    label = _("台账“%(register)s”的检查：%(record)s") % {"register": info.label, "record": visit.record.name}
    return Shown(label, f"/desk/inspections/{visit.pk}/")


HAZARD = OriginKind(ORIGIN, ended=case_ended, reopened=case_reopened, shown=shown)
