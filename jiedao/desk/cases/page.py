"""What the case page shows: everything of one case, put into words and components."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.flow import BEFORE_HANDLED, FINISHED, STATE_TONES, Stage, State
from jiedao.cases.models import PUBLIC_CHANNELS, Case, Channel, Clock
from jiedao.cases.moves.allowed import allowed_moves
from jiedao.cases.moves.step import Move
from jiedao.cases.origins import find_origin
from jiedao.cases.selectors.detail import case_detail
from jiedao.cases.selectors.duplicates import duplicates_of
from jiedao.desk.cases.move_form import MoveForm
from jiedao.desk.cases.timeline import entries
from jiedao.desk.objects import ObjectLink, link_objects
from jiedao.files.models import Attachment, Kind
from jiedao.files.selectors import attachments_of
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info
from jiedao.pages.maps import around
from jiedao.places.selectors import area_text

OUTCOMES = {"DONE": "good", "RETURNED": "warn", "REDISPATCHED": "neutral", "WITHDRAWN": "neutral"}


@dataclass(frozen=True)
class Buttons:
    """What the person may do now: one first, some more, and those that stand aside."""

    first: Move | None
    more: list[Move]
    aside: list[Move]

    def __bool__(self) -> bool:
        return self.first is not None or bool(self.aside)


def buttons(moves: list[Move]) -> Buttons:
    """Sort the moves by how likely they are the next step."""
    main = [move for move in moves if not move.aside]
    main.sort(key=lambda move: move.tone not in {"primary", "good"})
    return Buttons(main[0] if main else None, main[1:], [move for move in moves if move.aside])


def page(
    actor: Actor, case: Case, *, move: str = "", form: MoveForm | None = None, given: Any = None
) -> dict[str, Any]:
    """Return everything the template of the case page needs.

    Args:
        move: the move whose form is open. form: that form as it was sent, when it could not be done.
        given: values that an address puts into the form (category, into).
    """
    detail = case_detail(actor, case)
    moves = allowed_moves(actor, case)
    chosen = next((one for one in moves if one.code == move), None)
    if form is None and chosen is not None:
        form = MoveForm(chosen, detail)
        form.initial.update(_prefill(form, given or {}))
    files = attachments_of("cases.case", case.pk)
    origin = link_origin(actor, case) if case.channel not in PUBLIC_CHANNELS else None
    may_merge = any(one.code == "MERGE" for one in moves)
    return {
        "now": clock.now(),
        "here": reverse("desk:case", args=[case.number]),
        "case": case,
        "detail": detail,
        "buttons": buttons(moves),
        "chosen": chosen,
        "refused": bool(move) and chosen is None and form is None,
        "form": form,
        "lost": form.typed() if form is not None and chosen is None else [],
        "draft_key": f"case-{case.pk}-{chosen.code}" if chosen is not None else "",
        "state_tone": STATE_TONES.get(case.state, "neutral"),
        "steps": steps(case),
        "facts": facts(case, origin),
        "clocks": [_clock(row) for row in detail.clocks if row.assignment_id is None][::-1],
        "parts": [_part(row) for row in detail.assignments][::-1],
        "entries": entries(detail.moves),
        "photos": photos(files),
        "documents": [row for row in files if row.kind == Kind.DOCUMENT],
        "map": around(case),
        "suggestions": suggestions(case, {one.code for one in moves}),
        "words": [word for row in case.suggestions or [] for word in row.get("words", [])]
        if case.category_id is None
        else [],
        "duplicates": duplicates_of(actor, case) if case.state in BEFORE_HANDLED else [],
        "may_merge": may_merge,
        "may_reveal": actor.can("cases.case:reveal"),
        "may_upload": actor.can("cases.case:comment"),
    }


def _prefill(form: MoveForm, given: Any) -> dict[str, str]:
    return {
        name: str(given[name])[:40]
        for name in ("category", "into", "unit")
        if name in form.fields and given.get(name)
    }


def steps(case: Case) -> list[dict[str, Any]]:
    """Return the loop with what is done, what is now and what is to come."""
    rows: list[tuple[str, Any, frozenset[str]]] = [
        (_("受理"), case.accepted_at, frozenset({"REPORTED", "TO_VERIFY"})),
        (_("派遣"), case.dispatched_at if case.lead_unit_id else None, frozenset({"FILED"})),
        (_("处置"), case.handled_at, frozenset({"DISPATCHED", "HANDLING"})),
        (_("核查"), case.checked_at, frozenset({"HANDLED"})),
        (_("结案"), case.closed_at, frozenset({"CHECKED"})),
    ]
    if case.has_reporter or case.state == State.CLOSED:  # also where only merged cases have a reporter
        rows.append((_("回访"), case.visited_at, frozenset({"CLOSED"})))
    state = case.previous_state if case.state in {State.SUSPENDED, State.MERGED} else case.state
    found = []
    for label, at, states in rows:
        mark = "now" if state in states else "done" if at is not None or state == State.DONE else "todo"
        found.append(
            {"label": label, "state": mark, "note": f"{clock_text(at)}" if at and mark == "done" else ""}
        )
    return found


def clock_text(at: Any) -> str:
    """Return day and time as the steps show them, with the year where it is not this one."""
    there, year = at.astimezone(clock.TOWN_TZ), clock.now().astimezone(clock.TOWN_TZ).year
    return f"{there:%m-%d %H:%M}" if there.year == year else f"{there:%Y-%m-%d %H:%M}"


def link_origin(actor: Actor, case: Case) -> ObjectLink | None:
    """Return the page of the object that a case came from, None where there is none that the actor may see."""
    ref = find_origin(case)
    return link_objects(actor, [ref]).get(ref) if ref is not None else None


def facts(case: Case, origin: ObjectLink | None) -> list[dict[str, Any]]:
    """Return the facts of the side column; where the case came from is a link."""
    category, unit = catalogue.category_info(case.category_id), unit_info(case.lead_unit_id)
    major = catalogue.major_of(category) if category is not None else None
    named = f"{major.label} · {category.label}" if category and major and major.id != category.id else ""
    rows = [
        (_("类别"), named or (category.label if category else _("还没有定"))),
        (_("主办单位"), unit.label if unit else _("还没有派遣")),
        (_("来源"), origin.heading if origin is not None else Channel(case.channel).label),
        (_("地点"), case.place_text),
        (
            _("所属网格"),
            area_text(case.area_path) if case.area_path else _("不在辖区") if case.outside else "",
        ),
        (_("坐标"), _point(case)),
        (_("附议"), _votes(case)),
    ]
    found = [{"label": label, "value": value} for label, value in rows if value]
    if origin is not None:
        next(row for row in found if row["value"] == origin.heading)["href"] = origin.url
    return found


def _point(case: Case) -> str:
    if case.lon is None:
        return ""
    accuracy = _("，误差约 %(m)d 米") % {"m": case.accuracy_m} if case.accuracy_m else ""
    doubt = _("，请核对") if case.accuracy_m and case.accuracy_m > 50 else ""
    return f"{case.lon:.5f}, {case.lat:.5f}{accuracy}{doubt}"


def _votes(case: Case) -> str:
    if not case.votes_for and not case.votes_against:
        return ""
    return _("赞成 %(for)d，反对 %(against)d") % {"for": case.votes_for, "against": case.votes_against}


def _clock(row: Clock) -> dict[str, Any]:
    return {
        "label": Stage(row.stage).label,
        "due_at": row.due_at,
        "due_text": clock_text(row.due_at),
        "warn_at": row.warn_at,
        "done_at": row.stopped_at,
        "paused": row.paused_at is not None,
        "provisional": row.provisional,
        "running": row.stopped_at is None,
    }


def _part(row: Any) -> dict[str, Any]:
    unit = unit_info(row.unit_id)
    words = {"DONE": _("已完成"), "RETURNED": _("退回"), "REDISPATCHED": _("改派"), "WITHDRAWN": _("撤回")}
    return {
        "unit": unit.label if unit is not None else "",
        "role": row.get_role_display(),
        "round": row.round,
        "open": row.ended_at is None,
        "due_at": row.due_at,
        "taken_at": row.taken_at,
        "ended_at": row.ended_at,
        "done_at": row.done_at,
        "outcome": words.get(row.outcome, "")
        if row.ended_at
        else _("已接单")
        if row.taken_at
        else _("未接单"),
        "tone": OUTCOMES.get(row.outcome, "info"),
        "result": row.result,
    }


def photos(files: list[Attachment]) -> list[dict[str, Any]]:
    """Return the photos by what they show: before, after."""
    groups = [(Kind.PHOTO_BEFORE, _("处置前")), (Kind.PHOTO_AFTER, _("处置后、核查"))]
    found = []
    for kind, label in groups:
        rows = [
            {"url": reverse("desk:attachment", args=[row.pk]), "label": clock_text(row.at), "note": ""}
            for row in files
            if row.kind == kind
        ]
        if rows:
            found.append({"label": label, "photos": rows})
    return found


def suggestions(case: Case, codes: set[str]) -> list[dict[str, Any]]:
    """Return the suggested categories of a case that has none, each with its words and the link that takes it."""
    if case.category_id is not None or case.state in FINISHED:
        return []
    here = reverse("desk:case", args=[case.number])
    rows = []
    for serial, row in enumerate(case.suggestions or [], start=1):
        category = catalogue.category_info(row.get("category"))
        take = category is not None and "ACCEPT" in codes
        unit = catalogue.duty_for(category.id, case.area_path) if category is not None else None
        lead = unit_info(unit.lead_unit_id) if unit is not None else None
        rows.append(
            {
                "label": category.label if category is not None else row.get("label", ""),
                "unit": lead.label if lead is not None else "",
                "percent": round(float(row.get("confidence", 0)) * 100),
                "words": row.get("words", []),
                "url": f"{here}?move=ACCEPT&category={category.id}#move"
                if take and category is not None
                else "",
                "key": str(serial),
            }
        )
    return rows
