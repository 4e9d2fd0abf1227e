"""Words that moves put into notices and into the timeline."""

from typing import Any

from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.models import Case
from jiedao.cases.moves.step import Step


def describe(event: Any, case: Case, note: str = "") -> str:
    """Return what happened to which case, e.g. "新派案件：2026-00012268 路灯不亮"."""
    words = {"what": event, "number": case.number, "subject": case.subject}
    return f"{_('%(what)s：%(number)s %(subject)s') % words} {note}".rstrip()


def reason_text(step: Step) -> str:
    """Return the reason that the move gives in words, with its law, and store its code with the timeline entry."""
    code = str(step.data["reason"])
    step.facts["reason"] = code
    reason = catalogue.find_reason(step.move.reason_kind, code)
    law = f"（{reason.law}）" if reason is not None and reason.law else ""
    return f"{reason.text if reason else code}{law}"
