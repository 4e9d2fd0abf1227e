"""The content of a pledge's page and of its row in the list."""

from typing import Any

from django.utils.translation import gettext as _

from jiedao.desk.promises.common import split_attachments
from jiedao.orgs.actor import Actor
from jiedao.pages.choices import translate_person_label
from jiedao.projects.models.promises import Pledge, PledgeMove, PledgeState
from jiedao.projects.pledge_flow import MOVES, get_move_label
from jiedao.projects.selectors.pledges import read_pledge_detail

TONES = {
    PledgeState.OPEN: "info",
    PledgeState.REPORTED: "warn",
    PledgeState.BACK: "bad",
    PledgeState.CONFIRMED: "good",
    PledgeState.WITHDRAWN: "neutral",
}
MOVE_ICONS_AND_TONES = {
    "ADD": ("flag", "neutral"),
    "REPORT": ("clipboard-check", "info"),
    "CONFIRM": ("checks", "good"),
    "BACK": ("arrow-back-up", "bad"),
    "EXTEND": ("clock-plus", "warn"),
    "WITHDRAW": ("ban", "neutral"),
    "WARNED": ("hourglass", "warn"),
    "LATE": ("clock-exclamation", "bad"),
    "ESCALATED": ("trending-up", "bad"),
}
STEPS = (PledgeState.OPEN, PledgeState.REPORTED, PledgeState.CONFIRMED)


def build_line(pledge: Pledge) -> dict[str, Any]:
    """Return the row of a pledge in the list."""
    return {
        "pledge": pledge,
        "tone": TONES[PledgeState(pledge.state)],
        "helpers": "、".join(unit.label for unit in pledge.helpers.all()),
    }


def build_context(actor: Actor, pledge: Pledge) -> dict[str, Any]:
    """Return the template context of the page; `codes` are the moves that the user may make now."""
    detail = read_pledge_detail(actor, pledge)
    photos, documents = split_attachments(detail.attachments)
    helpers = "、".join(unit.label for unit in pledge.helpers.all())
    facts = [
        (_("种类"), pledge.get_kind_display()),
        (_("出处"), pledge.source),
        (_("责任单位"), pledge.unit.label),
        (_("配合单位"), helpers),
        (_("完成期限"), pledge.due_date.isoformat()),
    ]
    if pledge.extended_date is not None:
        facts.append((_("延期至"), pledge.extended_date.isoformat()))
    return {
        **build_line(pledge),
        "facts": facts,
        "steps": _build_steps(pledge),
        "entries": [_build_entry(move) for move in detail.moves],
        "photos": photos,
        "documents": documents,
        "codes": detail.may,
        "moves": [{"code": code, "label": MOVES[code].label} for code in detail.may],
    }


def _build_steps(pledge: Pledge) -> list[dict[str, Any]]:
    """Return the steps of a pledge, none for a withdrawn pledge."""
    state = PledgeState(pledge.state)
    if state is PledgeState.WITHDRAWN:
        return []
    current = STEPS.index(PledgeState.OPEN if state is PledgeState.BACK else state)
    if state is STEPS[-1]:  # confirmed: no step is left
        current = len(STEPS)
    return [
        {"label": step.label, "state": _compare_step(position, current)}
        for position, step in enumerate(STEPS)
    ]


def _compare_step(position: int, current: int) -> str:
    if position == current:
        return "now"
    return "done" if position < current else "todo"


def _build_entry(move: PledgeMove) -> dict[str, Any]:
    icon, tone = MOVE_ICONS_AND_TONES.get(move.move, ("circle-dashed", "neutral"))
    until = move.data.get("until")
    return {
        "at": move.at,
        "title": get_move_label(move.move),
        "who": translate_person_label(move.actor_label),
        "text": move.note,
        "icon": icon,
        "tone": tone,
        "note": _("延期至 %(day)s") % {"day": until} if until else "",
    }
