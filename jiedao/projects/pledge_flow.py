"""The moves of a pledge: data, no database."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiedao.projects.models.promises import UNDECIDED, WORKING, PledgeState
from jiedao.projects.promise_access import CONFIRM, EDIT


@dataclass(frozen=True)
class Move:
    """One move.

    Attributes:
        label: what a page calls it.  sources: states it starts from.  target: state it leads to, "" where it stays.
        right: the permission. A move with EDIT is the owner unit's.
    """

    label: Any
    sources: tuple[str, ...]
    target: str
    right: str


REPORTED = (PledgeState.REPORTED.value,)
MOVES: dict[str, Move] = {
    "REPORT": Move(_("报告完成"), WORKING, PledgeState.REPORTED, EDIT),
    "CONFIRM": Move(_("确认完成"), REPORTED, PledgeState.CONFIRMED, CONFIRM),
    "BACK": Move(_("退回补办"), REPORTED, PledgeState.BACK, CONFIRM),
    "EXTEND": Move(_("延期"), WORKING, "", CONFIRM),
    "WITHDRAW": Move(_("撤销"), UNDECIDED, PledgeState.WITHDRAWN, CONFIRM),
}
# What is written of a pledge without anybody choosing it.
EVENTS: dict[str, Any] = {
    "ADD": _("登记"),
    "WARNED": _("即将到期"),
    "LATE": _("逾期"),
    "ESCALATED": _("逐级督办"),
}


def move_label(code: str) -> str:
    """Return what a move or an event is called."""
    return str(MOVES[code].label if code in MOVES else EVENTS.get(code, code))
