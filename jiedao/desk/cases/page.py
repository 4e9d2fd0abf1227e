"""The content of a case's page."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.actions.callers import LOOK_UP_RIGHT
from jiedao.cases.flow import BEFORE_HANDLED, FINISHED, Stage, State, get_state_label, get_state_tone
from jiedao.cases.models import PUBLIC_CHANNELS, Case, Channel, Clock
from jiedao.cases.moves.allowed import list_allowed_moves
from jiedao.cases.moves.step import Move
from jiedao.cases.origins import find_origin
from jiedao.cases.selectors.detail import read_case_detail
from jiedao.cases.selectors.duplicates import find_duplicates_of_case
from jiedao.desk.cases.calls import list_calls
from jiedao.desk.cases.move_form import MoveForm
from jiedao.desk.cases.timeline import build_timeline
from jiedao.desk.objects import ObjectLink, link_objects
from jiedao.files.models import Attachment, Kind
from jiedao.files.selectors import list_attachments
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info
from jiedao.pages.maps import build_case_map
from jiedao.places.selectors import area_text

OUTCOME_TONES = {"DONE": "good", "RETURNED": "warn", "REDISPATCHED": "neutral", "WITHDRAWN": "neutral"}


@dataclass(frozen=True)
class Buttons:
    """The moves that the user may make now: the most likely one, other steps of the process, and rarer moves."""

    first: Move | None
    more: list[Move]
    aside: list[Move]

    def __bool__(self) -> bool:
        return self.first is not None or bool(self.aside)


def arrange_buttons(moves: list[Move]) -> Buttons:
    """Arrange the moves by how likely they are the next step."""
    main = [move for move in moves if not move.aside]
    main.sort(key=lambda move: move.tone not in {"primary", "good"})
    return Buttons(main[0] if main else None, main[1:], [move for move in moves if move.aside])


def build_context(
    actor: Actor, case: Case, *, move: str = "", form: MoveForm | None = None, prefilled: Any = None
) -> dict[str, Any]:
    """Return the template context of the page.

    Args:
        move: The code of the move whose form is open.
        form: The form as it was sent, if the move was refused.
        prefilled: The parameters of the address, some of which fill fields of the form.
    """
    detail = read_case_detail(actor, case)
    moves = list_allowed_moves(actor, case)
    chosen_move = next((row for row in moves if row.code == move), None)
    if form is None and chosen_move is not None:
        form = MoveForm(chosen_move, detail)
        form.initial.update(_read_prefilled_values(form, prefilled or {}))
    files = list_attachments("cases.case", case.pk)
    origin = link_origin(actor, case) if case.channel not in PUBLIC_CHANNELS else None
    may_merge = any(row.code == "MERGE" for row in moves)
    return {
        "now": clock.now(),
        "page_url": reverse("desk:case", args=[case.number]),
        "case": case,
        "detail": detail,
        "buttons": arrange_buttons(moves),
        "chosen": chosen_move,
        "refused": bool(move) and chosen_move is None and form is None,
        "form": form,
        "lost": form.list_typed_texts() if form is not None and chosen_move is None else [],
        "draft_key": f"case-{case.pk}-{chosen_move.code}" if chosen_move is not None else "",
        "state_tone": get_state_tone(case.state, case.visit_outcome),
        "state_label": get_state_label(case.state, case.visit_outcome),
        "calls": list_calls(detail.visits),
        "may_look_up": actor.can(LOOK_UP_RIGHT),
        "steps": build_steps(case),
        "facts": list_facts(case, origin),
        "clocks": [_describe_clock(row) for row in detail.clocks if row.assignment_id is None][::-1],
        "parts": [_describe_assignment(row) for row in detail.assignments][::-1],
        "entries": build_timeline(detail.moves),
        "photos": group_photos(files),
        "documents": [row for row in files if row.kind == Kind.DOCUMENT],
        "map": build_case_map(case),
        "suggestions": list_suggestions(case, {row.code for row in moves}),
        "words": [word for row in case.suggestions or [] for word in row.get("words", [])]
        if case.category_id is None
        else [],
        "duplicates": find_duplicates_of_case(actor, case) if case.state in BEFORE_HANDLED else [],
        "may_merge": may_merge,
        "may_reveal": actor.can("cases.case:reveal"),
        "may_upload": actor.can("cases.case:comment"),
    }


def _read_prefilled_values(form: MoveForm, prefilled: Any) -> dict[str, str]:
    return {
        name: str(prefilled[name])[:40]
        for name in ("category", "into", "unit")
        if name in form.fields and prefilled.get(name)
    }


def build_steps(case: Case) -> list[dict[str, Any]]:
    """Return the steps of handling the case, each marked as done, current or still to do."""
    rows: list[tuple[str, Any, frozenset[str]]] = [
        (_("受理"), case.accepted_at, frozenset({"REPORTED", "TO_VERIFY"})),
        (_("派遣"), case.dispatched_at if case.lead_unit_id else None, frozenset({"FILED"})),
        (_("处置"), case.handled_at, frozenset({"DISPATCHED", "HANDLING"})),
        (_("核查"), case.checked_at, frozenset({"HANDLED"})),
        (_("结案"), case.closed_at, frozenset({"CHECKED"})),
    ]
    if case.has_reporter or case.state in {
        State.CLOSED,
        State.TO_CONFIRM,
    }:  # a closed case without a reporter is visited for the reporters of the cases merged into it
        rows.append((_("回访"), case.visited_at, frozenset({"CLOSED", "TO_CONFIRM"})))
    state = case.previous_state if case.state in {State.SUSPENDED, State.MERGED} else case.state
    steps = []
    for label, at, states in rows:
        mark = "now" if state in states else "done" if at is not None or state == State.DONE else "todo"
        steps.append(
            {"label": label, "state": mark, "note": f"{format_time(at)}" if at and mark == "done" else ""}
        )
    return steps


def format_time(at: Any) -> str:
    """Return day and time, with the year unless it is the current year."""
    local, year = at.astimezone(clock.TOWN_TZ), clock.now().astimezone(clock.TOWN_TZ).year
    return f"{local:%m-%d %H:%M}" if local.year == year else f"{local:%Y-%m-%d %H:%M}"


def link_origin(actor: Actor, case: Case) -> ObjectLink | None:
    """Return the page of the object that a case comes from, None if there is none or the user may not see it."""
    ref = find_origin(case)
    return link_objects(actor, [ref]).get(ref) if ref is not None else None


def list_facts(case: Case, origin: ObjectLink | None) -> list[dict[str, Any]]:
    """Return the facts of the side column; the origin of the case is a link."""
    category, unit = catalogue.category_info(case.category_id), unit_info(case.lead_unit_id)
    major = catalogue.find_major_category(category) if category is not None else None
    category_label = (
        f"{major.label} · {category.label}" if category and major and major.id != category.id else ""
    )
    rows = [
        (_("类别"), category_label or (category.label if category else _("还没有定"))),
        (_("主办单位"), unit.label if unit else _("还没有派遣")),
        (_("来源"), origin.heading if origin is not None else Channel(case.channel).label),
        (_("地点"), case.place_text),
        (
            _("所属网格"),
            area_text(case.area_path) if case.area_path else _("不在辖区") if case.outside else "",
        ),
        (_("坐标"), _format_point(case)),
        (_("附议"), _format_votes(case)),
    ]
    facts = [{"label": label, "value": value} for label, value in rows if value]
    if origin is not None:
        next(row for row in facts if row["value"] == origin.heading)["href"] = origin.url
    return facts


def _format_point(case: Case) -> str:
    if case.lon is None:
        return ""
    accuracy = _("，误差约 %(m)d 米") % {"m": case.accuracy_m} if case.accuracy_m else ""
    doubt = _("，请核对") if case.accuracy_m and case.accuracy_m > 50 else ""
    return f"{case.lon:.5f}, {case.lat:.5f}{accuracy}{doubt}"


def _format_votes(case: Case) -> str:
    if not case.votes_for and not case.votes_against:
        return ""
    return _("赞成 %(for)d，反对 %(against)d") % {"for": case.votes_for, "against": case.votes_against}


def _describe_clock(stage_clock: Clock) -> dict[str, Any]:
    return {
        "label": Stage(stage_clock.stage).label,
        "due_at": stage_clock.due_at,
        "due_text": format_time(stage_clock.due_at),
        "warn_at": stage_clock.warn_at,
        "done_at": stage_clock.stopped_at,
        "paused": stage_clock.paused_at is not None,
        "provisional": stage_clock.provisional,
        "running": stage_clock.stopped_at is None,
    }


def _describe_assignment(assignment: Any) -> dict[str, Any]:
    unit = unit_info(assignment.unit_id)
    return {
        "unit": unit.label if unit is not None else "",
        "role": assignment.get_role_display(),
        "round": assignment.round,
        "open": assignment.ended_at is None,
        "due_at": assignment.due_at,
        "taken_at": assignment.taken_at,
        "ended_at": assignment.ended_at,
        "done_at": assignment.done_at,
        "outcome": _describe_outcome(assignment),
        "tone": OUTCOME_TONES.get(assignment.outcome, "info"),
        "result": assignment.result,
    }


def _describe_outcome(assignment: Any) -> str:
    if assignment.ended_at is None:
        return _("已接单") if assignment.taken_at else _("未接单")
    labels = {"DONE": _("已完成"), "RETURNED": _("退回"), "REDISPATCHED": _("改派"), "WITHDRAWN": _("撤回")}
    return labels.get(assignment.outcome, "")


def group_photos(files: list[Attachment]) -> list[dict[str, Any]]:
    """Return the photos in groups: before and after the matter was handled."""
    groups = [(Kind.PHOTO_BEFORE, _("处置前")), (Kind.PHOTO_AFTER, _("处置后、核查"))]
    groups_with_photos = []
    for kind, label in groups:
        photos = [
            {"url": reverse("desk:attachment", args=[row.pk]), "label": format_time(row.at), "note": ""}
            for row in files
            if row.kind == kind
        ]
        if photos:
            groups_with_photos.append({"label": label, "photos": photos})
    return groups_with_photos


def list_suggestions(case: Case, codes: set[str]) -> list[dict[str, Any]]:
    """Return the suggested categories of a case without a category, each with the words that it is based on.

    `url` opens the form that accepts the case with this category, "" if the user may not accept it.
    """
    if case.category_id is not None or case.state in FINISHED:
        return []
    case_url = reverse("desk:case", args=[case.number])
    rows = []
    for serial, row in enumerate(case.suggestions or [], start=1):
        category = catalogue.category_info(row.get("category"))
        may_accept = category is not None and "ACCEPT" in codes
        duty = catalogue.find_duty(category.id, case.area_path) if category is not None else None
        lead = unit_info(duty.lead_unit_id) if duty is not None else None
        rows.append(
            {
                "label": category.label if category is not None else row.get("label", ""),
                "unit": lead.label if lead is not None else "",
                "percent": round(float(row.get("confidence", 0)) * 100),
                "words": row.get("words", []),
                "url": f"{case_url}?move=ACCEPT&category={category.id}#move"
                if may_accept and category is not None
                else "",
                "key": str(serial),
            }
        )
    return rows
