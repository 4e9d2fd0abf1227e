"""Cases that another room opened: that room hears, in the move's own transaction, when one ends or begins again.

A room above registers its kind of origin once (from its AppConfig.ready) and notes the origin of each case it files:

    register_origin(OriginKind("registers.finding", ended=set_right, reopened=open_again))
    note_origins("registers.finding", {case_id: finding_id})

A page that shows where a case came from gets the object from `origin_of`, and makes the address and the words itself.
A merged case ends with the case it was merged into, and begins again with it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from django.db.models import Q

from jiedao.cases.flow import State
from jiedao.cases.models import Case, CaseOrigin
from jiedao.kernel.objects import ObjectRef
from jiedao.orgs.actor import Actor

if TYPE_CHECKING:
    from jiedao.cases.actions.engine import Step


class Outcome(Enum):
    """How a case ended."""

    CLOSED = "CLOSED"  # handled, checked by somebody else, closed
    REFUSED = "REFUSED"  # not accepted
    VOIDED = "VOIDED"


@dataclass(frozen=True)
class Told:
    """What a room hears of a case of its own; `outcome` is None where the case begins again."""

    case: Case
    object_id: int
    outcome: Outcome | None
    actor: Actor
    at: datetime
    text: str


@dataclass(frozen=True)
class OriginKind:
    """One kind of origin.

    Attributes:
        name: the type of the objects, such as "registers.finding".
        ended, reopened: called inside the transaction of the move; what they raise undoes it.
    """

    name: str
    ended: Callable[[Told], None]
    reopened: Callable[[Told], None]


_KINDS: dict[str, OriginKind] = {}
ENDS = {
    State.CLOSED.value: Outcome.CLOSED,
    State.DONE.value: Outcome.CLOSED,
    State.REJECTED.value: Outcome.REFUSED,
    State.VOIDED.value: Outcome.VOIDED,
}


def register_origin(kind: OriginKind) -> None:
    """Let a room hear of the cases it opened."""
    _KINDS[kind.name] = kind


def note_origins(kind: str, found: Mapping[int, int]) -> None:
    """Note where new cases came from (case id -> object id), in the transaction that filed them."""
    CaseOrigin.objects.bulk_create(
        [CaseOrigin(case_id=case_id, kind=kind, object_id=object_id) for case_id, object_id in found.items()]
    )


def origin_kinds() -> list[OriginKind]:
    """Return every registered kind, by name."""
    return [_KINDS[name] for name in sorted(_KINDS)]


def origin_of(case: Case) -> ObjectRef | None:
    """Return the object that a case came from, None for a case that no other room opened.

    Who may see the object is for the reader to check: the face does so when it makes the address.
    """
    row = CaseOrigin.objects.filter(case=case).first()
    return ObjectRef(row.kind, row.object_id) if row is not None else None


def tell(step: "Step", before_state: str) -> None:
    """Tell the rooms whose cases the move ended or began again; no statement where it did neither."""
    merged = State.MERGED.value in {before_state, step.to_state}
    if ENDS.get(before_state) is ENDS.get(step.to_state) and not merged:
        return
    case = step.case
    rows = CaseOrigin.objects.filter(Q(case=case) | Q(case__merged_into=case)).select_related("case")
    for row in rows.order_by("case_id"):
        if row.case_id == case.pk:
            was = _end(before_state, case.merged_into_id)
            now = _end(step.to_state, step.changes.get("merged_into_id"))
        else:
            was, now = ENDS.get(before_state), ENDS.get(step.to_state)
        kind = _KINDS.get(row.kind)
        if kind is None or was is now:
            continue
        told = Told(row.case, row.object_id, now, step.actor, step.now, step.text)
        (kind.reopened if now is None else kind.ended)(told)


def _end(state: str, primary_id: int | None) -> Outcome | None:
    if state != State.MERGED or primary_id is None:
        return ENDS.get(state)
    return ENDS.get(Case.objects.values_list("state", flat=True).get(pk=primary_id))
