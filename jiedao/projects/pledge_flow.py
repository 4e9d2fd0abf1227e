"""The moves of a pledge, as data. No database access."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiedao.projects.models.promises import UNDECIDED, WORKING, PledgeState
from jiedao.projects.promise_access import CONFIRM, EDIT


@dataclass(frozen=True)
class Move:
    """One move of a pledge.

    Attributes:
        label: the label of the move on pages.
        sources: the states in which it is possible.
        target: the state it leads to, "" to keep the state.
        right: the permission it needs. A move with EDIT is made by the unit that owns the pledge.
        aside: whether it comes after the others: it changes what was promised instead of getting it done.
    """

    label: Any
    sources: tuple[str, ...]
    target: str
    right: str
    aside: bool = False


REPORTED = (PledgeState.REPORTED.value,)
MOVES: dict[str, Move] = {
    "REPORT": Move(_("报告完成"), WORKING, PledgeState.REPORTED, EDIT),
    "CONFIRM": Move(_("确认完成"), REPORTED, PledgeState.CONFIRMED, CONFIRM),
    "BACK": Move(_("退回补办"), REPORTED, PledgeState.BACK, CONFIRM),
    "ANSWER": Move(_("答复督办"), WORKING, "", EDIT),
    "SUPERVISE": Move(_("督办"), WORKING, "", CONFIRM),
    "EXTEND": Move(_("延期"), WORKING, "", CONFIRM, aside=True),
    "WITHDRAW": Move(_("撤销"), UNDECIDED, PledgeState.WITHDRAWN, CONFIRM, aside=True),
}
SUCCEEDED = "SUCCEEDED"
# Other events in the history of a pledge, which are not moves of a user.
EVENTS: dict[str, Any] = {
    "ADD": _("登记"),
    "WARNED": _("即将到期"),
    "LATE": _("逾期"),
    "ESCALATED": _("逐级督办"),
    "UNANSWERED": _("督办逾期未答复"),
    SUCCEEDED: _("承办单位随机构调整变更"),
}


def get_move_label(code: str) -> str:
    """Return the label of a move or an event."""
    return str(MOVES[code].label if code in MOVES else EVENTS.get(code, code))
