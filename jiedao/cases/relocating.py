"""What a succession leaves on a case that it moves: the former place and an entry in the timeline."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy

from jiedao.cases.models import Case, CaseMove, FormerPlace
from jiedao.cases.selectors.former_places import LAST_RELOCATION
from jiedao.orgs.actor import Actor

Columns = dict[str, Any]  # of a case


@dataclass(frozen=True)
class SuccessionEvent:
    """How the timeline and the audit of a case name what a succession changed."""

    move: str
    text: Any
    action: str


RELOCATION = SuccessionEvent("RELOCATED", gettext_lazy("按辖区调整"), "cases.case:relocate")


def make_former_place(case: Case, columns: Columns, until: datetime) -> FormerPlace:
    """Return the unsaved former place of a case whose columns a succession changes.

    It has only what changes: the rest follows the case, because a person may still correct it for past figures.
    """
    return FormerPlace(
        case=case,
        until=until,
        area_id=case.area_id if "area_id" in columns else None,
        area_path=case.area_path if "area_id" in columns else "",
        premise_id=case.premise_id if "premise_id" in columns else None,
        lead_unit_id=case.lead_unit_id if "lead_unit_id" in columns else None,
    )


def forget_last_relocation() -> None:
    """Let figures look for former places again, in this transaction and after it."""
    LAST_RELOCATION.forget()
    transaction.on_commit(LAST_RELOCATION.forget)


def make_timeline_entry(
    case: Case,
    before: Columns,
    columns: Columns,
    actor: Actor,
    event: SuccessionEvent,
    *,
    at: datetime,
    state: str = "",
) -> CaseMove:
    """Return the unsaved entry that a succession leaves in the timeline of a case.

    Args:
        state: the state of the case, by default the one that was read.
    """
    changed = {
        name: [str(before.get(name) or ""), str(value)]
        for name, value in columns.items()
        if name not in {"area_path", "handler_id"}
    }
    return CaseMove(
        case=case,
        move=event.move,
        at=at,
        from_state=state or case.state,
        to_state=state or case.state,
        actor_label=actor.label,
        user_id=actor.user_id,
        unit_id=actor.unit_id,
        text=str(event.text),
        data={"changed": changed},
    )
