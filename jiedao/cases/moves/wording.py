"""Words that moves put into the timeline."""

from jiedao.cases import catalogue
from jiedao.cases.models import ReasonKind
from jiedao.cases.moves.step import Step


def format_reason(step: Step) -> str:
    """Return the reason that the move gives in words, with its law, and store its code with the timeline entry."""
    code = str(step.data["reason"])
    step.facts["reason"] = code
    reason = catalogue.find_reason(step.move.reason_kind, code)
    law = f"（{reason.law}）" if reason is not None and reason.law else ""
    return f"{reason.text if reason else code}{law}"


def name_reason(kind: ReasonKind, code: str) -> str:
    """Return a reason of the pack in words, or its code where the pack no longer has it."""
    reason = catalogue.find_reason(kind, code)
    return str(reason) if reason is not None else code
