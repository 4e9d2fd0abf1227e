"""The content of a pledge's page and of its row in the list."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiedao.desk.links import list_promise_origins
from jiedao.desk.pledge_lines import build_line, describe_owed_answer
from jiedao.desk.promises.common import split_attachments
from jiedao.orgs.actor import Actor
from jiedao.pages.choices import translate_person_label
from jiedao.projects.models.promises import Outcome, Pledge, PledgeMove, PledgeState, Supervision
from jiedao.projects.pledge_flow import MOVES, get_move_label
from jiedao.projects.selectors.pledges import PledgeDetail, read_pledge_detail

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
    "SUPERVISE": ("speakerphone", "bad"),
    "ANSWER": ("message", "info"),
    "UNANSWERED": ("clock-exclamation", "bad"),
}
STEPS = (PledgeState.OPEN, PledgeState.REPORTED, PledgeState.CONFIRMED)


def _describe_supervision(demand: Supervision) -> dict[str, Any]:
    """Return a demand with its answer; `state` states whether the answer came, and how late."""
    if demand.is_open:
        state, tone = describe_owed_answer(demand)
    else:
        state, tone = str(Outcome(demand.outcome).label), "neutral"
        if demand.answer:
            late = ngettext("晚 %(n)d 天答复", "晚 %(n)d 天答复", demand.days_late) % {"n": demand.days_late}
            state, tone = (late, "bad") if demand.days_late else (_("按时答复"), "good")
        elif demand.days_late:
            late = ngettext("逾期 %(n)d 天未答复", "逾期 %(n)d 天未答复", demand.days_late)
            state, tone = f"{late % {'n': demand.days_late}}{_('，')}{state}", "bad"
    return {
        "demand": demand,
        "state": state,
        "tone": tone,
        "asker": translate_person_label(demand.asker_label),
        "answerer": translate_person_label(demand.answerer_label),
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
        "origins": list_promise_origins(actor, pledge),
        "steps": _build_steps(pledge),
        "entries": [_build_entry(move) for move in detail.moves],
        "photos": photos,
        "documents": documents,
        "codes": detail.may,
        "moves": [_describe_move(code, detail) for code in detail.may],
        "supervisions": [_describe_supervision(demand) for demand in detail.supervisions],
    }


def _describe_move(code: str, detail: PledgeDetail) -> dict[str, Any]:
    """Return a move as a button; the primary one gets the pledge done."""
    label = MOVES[code].label
    if code == "SUPERVISE" and any(demand.is_open for demand in detail.supervisions):
        label = _("再次督办")
    is_waiting = any(demand.is_open and not demand.days_late for demand in detail.supervisions)
    is_way_forward = code != "SUPERVISE" or (detail.pledge.is_late and not is_waiting)
    return {"code": code, "label": label, "aside": MOVES[code].aside, "primary": is_way_forward}


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
    data, notes = move.data, list[str]()
    if data.get("until"):
        notes.append(_("延期至 %(day)s") % {"day": data["until"]})
    if data.get("due"):
        notes.append(_("答复期限 %(day)s") % {"day": data["due"]})
    if data.get("days_late"):
        late = ngettext("晚 %(n)d 天答复", "晚 %(n)d 天答复", data["days_late"])
        notes.append(late % {"n": data["days_late"]})
    if data.get("promised"):
        notes.append(_("预计 %(day)s 完成") % {"day": data["promised"]})
    return {
        "at": move.at,
        "title": get_move_label(move.move),
        "who": translate_person_label(move.actor_label),
        "text": move.note,
        "icon": icon,
        "tone": tone,
        "note": " · ".join(notes),
    }
