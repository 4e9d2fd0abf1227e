"""What the other system that sent a case may read of it: steps without the people who made them, and the reply."""

from dataclasses import dataclass
from datetime import datetime

from jiedao.cases.flow import State
from jiedao.cases.models import Case, CaseMove
from jiedao.cases.origins import OUTCOMES, Outcome
from jiedao.files.models import Attachment
from jiedao.files.selectors import list_attachments
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Scope
from jiedao.orgs.units import unit_label

REPLIES = ("REPLY", "CLOSE", "REJECT", "END_ANSWERED")  # where public, the answer to the reporter
RESULTS = ("HANDLE", "SELF_HANDLE")
# Steps of the loop. Notes, warnings, return visits and what the office asks of its own units are internal.
STEPS = frozenset(
    [
        *REPLIES,
        *RESULTS,
        *("REPORT", "ACCEPT", "VERIFY", "DISPATCH", "REDISPATCH", "RETURN", "TAKE", "CHECK_PASS", "REWORK"),
        *("ASK_EXTENSION", "GRANT_EXTENSION", "REFUSE_EXTENSION", "SUSPEND", "RESUME", "MERGE", "UNMERGE"),
        *("SPLIT", "VOID", "REOPEN", "ANSWER"),
    ]
)
ADDRESSED = frozenset({"ANSWER", "VOID"})  # their texts are for the sender too


@dataclass(frozen=True)
class StepLine:
    """A step as the sender reads it; `by` is a unit, or the sender itself."""

    move: str
    at: datetime
    state: str
    by: str
    text: str


@dataclass(frozen=True)
class Ending:
    """How a case ended; a merged one ends as its primary case does. While it is open: None and ""."""

    outcome: Outcome | None
    reply: str


def reads_as_sender(actor: Actor) -> bool:
    """Return whether the actor sees only what they filed, as the account of another system does."""
    return actor.scope == Scope.OWN and not actor.is_system


def list_steps_for_sender(actor: Actor, case: Case) -> list[StepLine]:
    """Return the steps that the sender may read of a case, the oldest first."""
    lines = []
    for row in case.moves.order_by("at", "id"):
        is_own = row.user_id is not None and row.user_id in actor.own_ids
        if not is_own and row.move not in STEPS:
            continue
        shows_text = is_own or row.public or row.move in ADDRESSED
        by = row.actor_label if is_own else unit_label(row.unit_id, row.at)
        lines.append(StepLine(row.move, row.at, row.to_state, by, row.text if shows_text else ""))
    return lines


def list_readable_files(actor: Actor, case: Case) -> list[Attachment]:
    """Return the files of a case that the actor may read, the oldest first; a sender may read only its own.

    Photos and documents of the office may show people and internal notes, which the reply does not.
    """
    attachments = list_attachments("cases.case", case.pk)
    if reads_as_sender(actor):
        return [item for item in attachments if item.uploaded_by_id in actor.own_ids]
    return attachments


def find_ending(case: Case) -> Ending:
    """Return how the case ended and what was replied: the answer to the reporter, otherwise the result."""
    final = case.merged_into if case.state == State.MERGED and case.merged_into is not None else case
    outcome = OUTCOMES.get(final.state)
    if outcome is None:
        return Ending(None, "")
    if outcome is Outcome.VOIDED:
        return Ending(outcome, _find_text(final, ("VOID",)))
    # The history of a case that was opened again has the reply of the first round; `replied_at` is of the present one.
    reply = _find_text(final, REPLIES, public=True) if final.replied_at is not None else ""
    return Ending(outcome, reply or _find_text(final, RESULTS))


def _find_text(case: Case, codes: tuple[str, ...], *, public: bool = False) -> str:
    rows = CaseMove.objects.filter(case=case, move__in=codes).exclude(text="")
    if public:
        rows = rows.filter(public=True)
    return str(rows.order_by("-id").values_list("text", flat=True).first() or "")
