"""A pledge as its page and the list show it."""

from typing import Any

from django.utils.translation import gettext as _

from jiedao.desk.promises.common import papers
from jiedao.orgs.actor import Actor
from jiedao.pages.choices import translate_person_label
from jiedao.projects.models.promises import Pledge, PledgeMove, PledgeState
from jiedao.projects.pledge_flow import MOVES, move_label
from jiedao.projects.selectors.pledges import pledge_detail

TONES = {
    PledgeState.OPEN: "info",
    PledgeState.REPORTED: "warn",
    PledgeState.BACK: "bad",
    PledgeState.CONFIRMED: "good",
    PledgeState.WITHDRAWN: "neutral",
}
MARKS = {
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


def line(pledge: Pledge) -> dict[str, Any]:
    """Return a row of the list."""
    return {
        "pledge": pledge,
        "tone": TONES[PledgeState(pledge.state)],
        "helpers": "、".join(unit.label for unit in pledge.helpers.all()),
    }


def context(actor: Actor, pledge: Pledge) -> dict[str, Any]:
    """Return what the page shows; `codes` are the moves the person may make now."""
    detail = pledge_detail(actor, pledge)
    photos, documents = papers(detail.attachments)
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
        **line(pledge),
        "facts": facts,
        "steps": _steps(pledge),
        "entries": [_entry(one) for one in detail.moves],
        "photos": photos,
        "documents": documents,
        "codes": detail.may,
        "moves": [{"code": code, "label": MOVES[code].label} for code in detail.may],
    }


def _steps(pledge: Pledge) -> list[dict[str, Any]]:
    """Return the way of a pledge; one that was withdrawn has none."""
    state = PledgeState(pledge.state)
    if state is PledgeState.WITHDRAWN:
        return []
    at = STEPS.index(PledgeState.OPEN if state is PledgeState.BACK else state)
    return [
        {
            "label": step.label,
            "state": "done" if place < at or state is STEPS[-1] else "now" if place == at else "todo",
        }
        for place, step in enumerate(STEPS)
    ]


def _entry(move: PledgeMove) -> dict[str, Any]:
    icon, tone = MARKS.get(move.move, ("circle-dashed", "neutral"))
    until = move.data.get("until")
    return {
        "at": move.at,
        "title": move_label(move.move),
        "who": translate_person_label(move.actor_label),
        "text": move.note,
        "icon": icon,
        "tone": tone,
        "note": _("延期至 %(day)s") % {"day": until} if until else "",
    }
