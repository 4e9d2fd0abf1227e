"""Answers that the office which sent a case has given itself: they close the case where the flow allows it."""

from datetime import datetime

from django.utils.translation import gettext as _

from jiedao.cases.flow import State
from jiedao.cases.models import CaseMove
from jiedao.cases.moves.perform import perform
from jiedao.cases.moves.table import FLOW
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor


def can_close_answered(actor: Actor, state: str) -> bool:
    """Return whether an answer of the other office would close a case in this state, by this actor."""
    code = "CLOSE" if state == State.CHECKED else "END_ANSWERED"
    return state in FLOW[code].sources and actor.can(FLOW[code].permission)


def close_answered(actor: Actor, case_id: int, state: str, reply: str, ended_at: datetime) -> str:
    """Close a case that the other office has answered; return "" or, where that is not possible, why, for the account.

    A case on which nobody works yet ends at the time of the answer; one that is checked is closed with the answer. On
    any other the answer is recorded as the reply, once, and the case continues.
    """
    label = State(state).label
    try:
        if can_close_answered(actor, state):
            if state == State.CHECKED:
                perform(actor, case_id, "CLOSE", data={"reply": reply})
            else:
                perform(actor, case_id, "END_ANSWERED", data={"reply": reply, "at": ended_at.isoformat()})
            return ""
        if not reply:
            return _("正在“%(state)s”，没有改动：请在案件里办结。") % {"state": label}
        if CaseMove.objects.filter(case_id=case_id, public=True, text=reply).exists():
            return _("正在“%(state)s”，答复早已记下：请在案件里办结。") % {"state": label}
        perform(actor, case_id, "REPLY", data={"reply": reply})
    except UserError as fault:
        return _("正在“%(state)s”，没有改动（%(reason)s）请在案件里办结。") % {
            "state": label,
            "reason": fault.message,
        }
    return _("正在“%(state)s”，已记下答复：请在案件里办结。") % {"state": label}
