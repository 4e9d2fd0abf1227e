"""The states and stages of a case: data, no database. The moves between them are in `moves/`.

The loop is 收集 collect, 受理 accept, 派遣 dispatch, 办理 handle, 反馈 report back, 核查 check, 结案 close, 回访 return
visit. Who made which move, and when, is stored in `CaseMove`.
"""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """The state of a case."""

    REPORTED = "REPORTED", _("待受理")
    TO_VERIFY = "TO_VERIFY", _("待核实")
    FILED = "FILED", _("待派遣")
    DISPATCHED = "DISPATCHED", _("待接单")
    HANDLING = "HANDLING", _("处置中")
    HANDLED = "HANDLED", _("待核查")
    CHECKED = "CHECKED", _("待结案")
    CLOSED = "CLOSED", _("待回访")
    TO_CONFIRM = "TO_CONFIRM", _("不满意待确认")
    DONE = "DONE", _("已办结")
    SUSPENDED = "SUSPENDED", _("挂账")
    REJECTED = "REJECTED", _("不予受理")
    MERGED = "MERGED", _("已并案")
    VOIDED = "VOIDED", _("已作废")


class VisitOutcome(models.TextChoices):
    """What the return visit of a case found, since the case was last closed."""

    SATISFIED = "SATISFIED", _("满意")
    UNSATISFIED = "UNSATISFIED", _("不满意")
    UNREACHED = "UNREACHED", _("未联系上")


class Stage(models.TextChoices):
    """The stages with a deadline of their own; CLOSE is the complete way from filing to closing."""

    ACCEPT = "ACCEPT", _("受理")
    VERIFY = "VERIFY", _("核实")
    DISPATCH = "DISPATCH", _("派遣")
    HANDLE = "HANDLE", _("处置")
    HELP = "HELP", _("协办")
    CHECK = "CHECK", _("核查")
    FINISH = "FINISH", _("结案审核")
    VISIT = "VISIT", _("回访")
    CONFIRM = "CONFIRM", _("不满意确认")
    CLOSE = "CLOSE", _("全程")


def states(*members: State) -> frozenset[str]:
    """Return the codes of states."""
    return frozenset(state.value for state in members)


BEFORE_HANDLED = states(State.REPORTED, State.TO_VERIFY, State.FILED, State.DISPATCHED, State.HANDLING)
WITH_UNIT = states(State.DISPATCHED, State.HANDLING)
OPEN = BEFORE_HANDLED | states(State.HANDLED, State.CHECKED, State.SUSPENDED)
VISITING = states(State.CLOSED, State.TO_CONFIRM)  # closed, and waiting for the end of the return visit
# The return visit is between the office and the reporter: for everybody else the matter is solved.
SOLVED = VISITING | states(State.DONE)
DISMISSED = states(State.REJECTED, State.VOIDED)
WITHOUT_RESULT = DISMISSED | states(State.MERGED)
FINISHED = SOLVED | WITHOUT_RESULT
ENDED = SOLVED | DISMISSED  # a merged case ends as the case does into which it was merged


def get_finish(state: str, closed_at: datetime | None, ended_at: datetime | None) -> datetime | None:
    """Return when a case became history: at its closing or another end, None for an open one."""
    return (closed_at or ended_at) if state in FINISHED else None


# How the badge of a state looks; a state that is not named here is neutral.
STATE_TONES = {
    "REPORTED": "info",
    "TO_VERIFY": "info",
    "FILED": "warn",
    "DISPATCHED": "info",
    "HANDLING": "info",
    "HANDLED": "strong",
    "CHECKED": "strong",
    "CLOSED": "good",
    "TO_CONFIRM": "warn",
    "DONE": "good",
    "SUSPENDED": "hold",
}

# A case that ended without a satisfied reporter neither looks nor reads like one that did.
DONE_TONES = {VisitOutcome.UNSATISFIED.value: "warn", VisitOutcome.UNREACHED.value: "neutral"}


def get_state_tone(state: str, visit_outcome: str = "") -> str:
    """Return the tone of a case's badge."""
    if state == State.DONE and visit_outcome in DONE_TONES:
        return DONE_TONES[visit_outcome]
    return STATE_TONES.get(state, "neutral")


def get_state_label(state: str, visit_outcome: str = "") -> str:
    """Return the state of a case in words: a done case whose reporter is not satisfied is named so."""
    label = str(State(state).label)
    if state == State.DONE and visit_outcome in DONE_TONES:
        return f"{label} · {VisitOutcome(visit_outcome).label}"
    return label
