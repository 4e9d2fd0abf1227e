"""Words that moves put into the timeline."""

from jiedao.cases import catalogue
from jiedao.cases.moves.step import Step


def format_reason(step: Step) -> str:
    """Return the reason that the move gives in words, with its law, and store its code with the timeline entry."""
    code = str(step.data["reason"])
    step.facts["reason"] = code
    reason = catalogue.find_reason(step.move.reason_kind, code)
    law = f"（{reason.law}）" if reason is not None and reason.law else ""
    return f"{reason.text if reason else code}{law}"
