"""The work that waits for a user: for each step of the loop, the cases that their post may move on now."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiedao.cases.flow import OPEN, State
from jiedao.cases.handled import build_handled_filter
from jiedao.cases.models import Assignment, ExtensionRequest
from jiedao.cases.moves.proposals import build_proposal_filter
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.orgs.deputies import build_person_filter


@dataclass(frozen=True)
class Todo:
    """A kind of work and the rights it needs; `state` where the state alone determines its cases.

    `move` is the move that does the work, where the page of the case would not open its form by itself.
    """

    label: Any
    icon: str
    rights: tuple[str, ...]
    state: str = ""
    watch: bool = False  # other users do it; this one monitors it
    move: str = ""


TODO: dict[str, Todo] = {
    "VERIFY": Todo(_("待核实"), "map-pin", ("verify",), State.TO_VERIFY),
    "ACCEPT": Todo(_("待受理"), "inbox", ("accept",), State.REPORTED),
    "DISPATCH": Todo(_("待派遣"), "send", ("dispatch",), State.FILED),
    "TAKE": Todo(_("待接单"), "bell", ("take",), State.DISPATCHED),
    "HANDLE": Todo(_("处置中"), "tools", ("handle",), State.HANDLING),
    "HELP": Todo(_("待协办"), "heart-handshake", ("handle",), move="HELPED"),
    "CHECK": Todo(_("待核查"), "clipboard-check", ("check",), State.HANDLED),
    "CLOSE": Todo(_("待结案"), "archive", ("close",), State.CHECKED),
    "VISIT": Todo(_("待回访"), "phone-call", ("visit",), State.CLOSED, move="VISIT"),
    "CONFIRM": Todo(_("不满意待确认"), "thumb-down", ("confirm_visit",), State.TO_CONFIRM),
    "EXTENSION": Todo(_("延期申请"), "clock-plus", ("decide_extension",), move="GRANT_EXTENSION"),
    "REVIEW": Todo(_("挂账到期"), "clock-pause", ("resume",), State.SUSPENDED),
    "OVERDUE": Todo(_("已超期"), "clock-exclamation", ("supervise", "remind"), watch=True),
    "SUPERVISED": Todo(_("督办中"), "urgent", ("supervise",), watch=True),
    "REPORTED": Todo(_("我上报的"), "flag", ("report",), watch=True),
}


def list_todos(actor: Actor) -> list[str]:
    """Return the kinds of work of the actor's post, in the order of the loop."""
    return [
        code
        for code, todo in TODO.items()
        if any(actor.can(f"cases.case:{right}") for right in todo.rights)
        and not (code == "REPORTED" and actor.town_wide)
    ]


def _build_extension_filter(_state: Q, with_unit: Q, actor: Actor) -> Q:
    asked_by_actor = build_person_filter(actor.own_ids, actor.ties, "asked_by_id", "asked_at")
    requests = ExtensionRequest.objects.filter(decided_at=None).exclude(asked_by_actor)
    return with_unit & Q(pk__in=requests.values("case_id"))


# The work that needs another person than the one who acted before; only these read who counts as the same person.
_BUILDERS_OF_OTHERS: dict[str, Callable[[Q, Q, Actor], Q]] = {
    "EXTENSION": _build_extension_filter,
    "CHECK": lambda state, _with_unit, actor: state & ~build_handled_filter(actor),
    "CONFIRM": lambda state, _with_unit, actor: (
        state & ~build_handled_filter(actor) & ~build_proposal_filter(actor)
    ),
}


def build_todo_filter(code: str, actor: Actor) -> Q:
    """Return the filter for the cases of a kind of work, which matches none where the post lacks the right."""
    if code not in list_todos(actor):
        return Q(pk__in=[])
    state, with_unit = Q(state=TODO[code].state), Q(state__in=("DISPATCHED", "HANDLING"))
    units = list(actor.unit_ids)
    helping = Assignment.objects.filter(role="HELPER", ended_at=None, unit_id__in=units)
    if code in _BUILDERS_OF_OTHERS:
        return _BUILDERS_OF_OTHERS[code](state, with_unit, actor)
    conditions: dict[str, Q] = {
        "TAKE": state & Q(lead_unit_id__in=units),
        "HANDLE": state & Q(lead_unit_id__in=units),
        "HELP": with_unit & Q(pk__in=helping.values("case_id")),
        "REVIEW": state & Q(review_date__lte=clock.today()),
        "OVERDUE": Q(state__in=sorted(OPEN - {State.SUSPENDED.value}), due_at__lt=clock.now()),
        "SUPERVISED": Q(state__in=sorted(OPEN), supervised=True),
        "REPORTED": Q(state__in=sorted(OPEN), reported_by_id=actor.principal_id),
    }
    return conditions.get(code, state)
