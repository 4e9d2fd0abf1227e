"""The end of a finding, which its case decides, in the transaction of the case's own move.

When the case is closed, after another person has checked the work, the finding is resolved. A register with rounds
also plans a recheck within a third of the time between two rounds; a register without rounds relies on the check of
the case.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.cases.origins import OriginEvent, OriginKind, Outcome
from jiedao.kernel import clock
from jiedao.registers.actions.inspections import ORIGIN
from jiedao.registers.actions.rechecks import drop_rechecks, plan_recheck
from jiedao.registers.catalogue import register_by_id
from jiedao.registers.models import Finding, FindingState

STATES = {
    Outcome.CLOSED: FindingState.RIGHT,
    Outcome.REFUSED: FindingState.REFUSED,
    Outcome.VOIDED: FindingState.WAIVED,
}


def case_ended(event: OriginEvent) -> None:
    """Resolve the finding and plan its recheck, or store why its case ended without a result."""
    finding = _lock_finding(event.object_id)
    if finding.state != FindingState.OPEN or event.outcome is None:
        return
    day = event.at.astimezone(clock.TOWN_TZ).date()
    state = STATES[event.outcome]
    _set_state(finding, event, state, event.at, right=state == FindingState.RIGHT)
    info = register_by_id(finding.register_id)
    if info is not None and state == FindingState.RIGHT:
        plan_recheck(event.actor, info, finding, day)


def case_reopened(event: OriginEvent) -> None:
    """Open the finding again and drop its recheck.

    If the item has failed again in the meantime, its new finding is open already, and this one stays ended.
    """
    finding = _lock_finding(event.object_id)
    others = Finding.objects.filter(
        record_id=finding.record_id, item=finding.item, state=FindingState.OPEN
    ).exclude(pk=finding.pk)
    if finding.state == FindingState.OPEN or others.exists():
        return
    drop_rechecks(event.actor, finding.pk, _("案件重新办理"))
    _set_state(finding, event, FindingState.OPEN, None, right=False)


def _lock_finding(finding_id: int) -> Finding:
    rows = Finding.objects.select_related("record", "inspection").select_for_update(of=("self",), no_key=True)
    finding: Finding = rows.get(pk=finding_id)
    return finding


def _set_state(
    finding: Finding, event: OriginEvent, state: FindingState, ended_at: datetime | None, *, right: bool
) -> None:
    before = finding.state
    finding.state, finding.ended_at, finding.version = state.value, ended_at, finding.version + 1
    finding.right_date = event.at.astimezone(clock.TOWN_TZ).date() if right else None
    finding.why = event.text[:300]
    finding.save(update_fields=["state", "ended_at", "right_date", "why", "version"])
    record_entry(
        actor=event.actor,
        action=f"registers.finding:{state.value.lower()}",
        obj_type="registers.finding",
        obj_id=finding.pk,
        before={"state": before},
        after={"state": state.value, "case": event.case.number, "record_id": finding.record_id},
    )


HAZARD = OriginKind(ORIGIN, on_end=case_ended, on_reopen=case_reopened)
