"""What becomes of a finding: its case decides, in the transaction of the case's own move.

Closed, after a check by somebody else, the item is set right; a register with rounds also looks again itself, within a
third of the time between two rounds. A register without rounds rests on the case's check.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from jiedao.audit.actions import record as note
from jiedao.cases.origins import OriginKind, Outcome, Told
from jiedao.kernel import clock
from jiedao.registers.actions.inspections import ORIGIN
from jiedao.registers.actions.rechecks import drop_rechecks, plan_recheck
from jiedao.registers.catalogue import register_by_id
from jiedao.registers.models_inspections import Finding, FindingState

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
    if info is not None and state == FindingState.RIGHT:
        plan_recheck(told.actor, info, finding, day)


def case_reopened(told: Told) -> None:
    """Open the finding again and drop its recheck; where the item was found wrong anew, that finding stands for it."""
    finding = _locked(told.object_id)
    others = Finding.objects.filter(
        record_id=finding.record_id, item=finding.item, state=FindingState.OPEN
    ).exclude(pk=finding.pk)
    if finding.state == FindingState.OPEN or others.exists():
        return
    drop_rechecks(told.actor, finding.pk, _("案件重新办理"))
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


HAZARD = OriginKind(ORIGIN, ended=case_ended, reopened=case_reopened)
