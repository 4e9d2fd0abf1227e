"""Cases that another room opened: that room is notified, in the move's own transaction, when one ends or is reopened.

A room above registers its kind of origin once (from its AppConfig.ready) and stores the origin of each case it files:

    register_origin(OriginKind("registers.finding", on_end=resolve, on_reopen=open_again))
    store_origins("registers.finding", {case_id: finding_id})

A page that shows where a case came from gets the object from `find_origin`, and makes the address and the words itself.
A merged case ends with the case it was merged into, and is reopened with it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from django.db.models import Q

from jiedao.cases.flow import State
from jiedao.cases.models import Case, CaseOrigin
from jiedao.kernel.objects import ObjectRef
from jiedao.orgs.actor import Actor


class Outcome(Enum):
    """How a case ended."""

    CLOSED = "CLOSED"  # handled, checked by another user, closed
    REFUSED = "REFUSED"  # not accepted
    VOIDED = "VOIDED"


@dataclass(frozen=True)
class CaseTransition:
    """What a move did to the state of a case.

    Attributes:
        case: as it was before the move.
        merged_into_id: the case that this move merges it into.
        text: what the timeline shows of the move.
    """

    case: Case
    before_state: str
    after_state: str
    merged_into_id: int | None
    actor: Actor
    at: datetime
    text: str


@dataclass(frozen=True)
class OriginEvent:
    """What a room is notified of: a case of its own ended, or was reopened (`outcome` None)."""

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
        on_end, on_reopen: called inside the transaction of the move; an error they raise undoes the move.
    """

    name: str
    on_end: Callable[[OriginEvent], None]
    on_reopen: Callable[[OriginEvent], None]


_KINDS: dict[str, OriginKind] = {}
OUTCOMES = {
    State.CLOSED.value: Outcome.CLOSED,
    State.TO_CONFIRM.value: Outcome.CLOSED,
    State.DONE.value: Outcome.CLOSED,
    State.REJECTED.value: Outcome.REFUSED,
    State.VOIDED.value: Outcome.VOIDED,
}


def register_origin(kind: OriginKind) -> None:
    """Let a room be notified of the cases it opened."""
    _KINDS[kind.name] = kind


def store_origins(kind: str, object_ids: Mapping[int, int]) -> None:
    """Store where new cases came from (case id -> object id), in the transaction that filed them."""
    CaseOrigin.objects.bulk_create(
        CaseOrigin(case_id=case_id, kind=kind, object_id=object_id)
        for case_id, object_id in object_ids.items()
    )


def list_origin_kinds() -> list[OriginKind]:
    """Return every registered kind, by name."""
    return [_KINDS[name] for name in sorted(_KINDS)]


def find_origin(case: Case) -> ObjectRef | None:
    """Return the object that a case came from, None for a case that no other room opened.

    The caller checks whether the reader may see the object, when it makes the address.
    """
    origin: CaseOrigin | None = getattr(case, "origin", None)  # no query if it was read with the case
    return ObjectRef(origin.kind, origin.object_id) if origin is not None else None


def notify_origins(transition: CaseTransition) -> None:
    """Notify the rooms whose cases the move ended or reopened; no query where it did neither."""
    before, after = transition.before_state, transition.after_state
    is_merge = State.MERGED.value in {before, after}
    if OUTCOMES.get(before) is OUTCOMES.get(after) and not is_merge:
        return
    case = transition.case
    origins = CaseOrigin.objects.filter(Q(case=case) | Q(case__merged_into=case)).select_related("case")
    for origin in origins.order_by("case_id"):
        if origin.case_id == case.pk:
            old_outcome = _find_outcome(before, case.merged_into_id)
            new_outcome = _find_outcome(after, transition.merged_into_id)
        else:
            old_outcome, new_outcome = OUTCOMES.get(before), OUTCOMES.get(after)
        kind = _KINDS.get(origin.kind)
        if kind is None or old_outcome is new_outcome:
            continue
        event = OriginEvent(
            origin.case, origin.object_id, new_outcome, transition.actor, transition.at, transition.text
        )
        (kind.on_reopen if new_outcome is None else kind.on_end)(event)


def _find_outcome(state: str, primary_id: int | None) -> Outcome | None:
    """Return how a case in this state ended; for a merged one, how its primary case did."""
    if state != State.MERGED or primary_id is None:
        return OUTCOMES.get(state)
    return OUTCOMES.get(Case.objects.values_list("state", flat=True).get(pk=primary_id))
