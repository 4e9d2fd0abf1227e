"""The history of a case as a timeline with one entry for each move."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.cases import catalogue
from jiedao.cases.flow import Stage
from jiedao.cases.models import CaseMove, ReasonKind
from jiedao.cases.moves.events import EVENTS, TimelineEvent
from jiedao.cases.moves.step import Move
from jiedao.cases.moves.table import FLOW
from jiedao.cases.moves.wording import name_reason
from jiedao.cases.moves.work_time import read_work_time
from jiedao.cases.questions.correcting import list_changes as list_answer_changes
from jiedao.kernel.addresses import make_address
from jiedao.orgs.units import unit_label
from jiedao.pages.choices import format_limit, translate_person_label
from jiedao.places.selectors import area_text, is_district, past_area_info

CORRECTABLE_FIELDS = {
    "subject": gettext_lazy("标题"),
    "place_text": gettext_lazy("地点"),
    "category_id": gettext_lazy("类别"),
    "area_id": gettext_lazy("所属网格"),
    "lead_unit_id": gettext_lazy("主办单位"),
}


@dataclass(frozen=True)
class TimelineEntry:
    """A move of a case, as the template tag `timeline` takes it."""

    at: datetime
    title: str
    who: str
    post: str
    text: str
    tone: str
    icon: str
    note: str = ""
    href: str = ""
    changes: list[tuple[str, str, str]] = field(default_factory=list)


def build_timeline(moves: Iterable[CaseMove]) -> list[TimelineEntry]:
    """Return the timeline, newest first, without a query."""
    return [_build_entry(move) for move in moves][::-1]


UNKNOWN_EVENT = TimelineEvent("", "circle-dashed")


def _find_row(code: str) -> Move | TimelineEvent:
    """Return the row that holds label, icon and tone of a code, a neutral row if the code no longer exists."""
    return FLOW[code] if code in FLOW else EVENTS.get(code, UNKNOWN_EVENT)


def get_move_label(code: str) -> str:
    """Return the label of a move, or its code if the move no longer exists."""
    return str(_find_row(code).label) or code


def _build_entry(move: CaseMove) -> TimelineEntry:
    linked = next(iter(_list_linked_numbers(move.data)), "")
    row = _find_row(move.move)
    return TimelineEntry(
        at=move.at,
        title=get_move_label(move.move),
        who=translate_person_label(move.actor_label),
        post=unit_label(move.unit_id, move.at),
        text=move.text,
        tone=row.entry_tone,
        icon=row.icon,
        note=" · ".join(_list_notes(move)),
        href=_get_href(move.move, linked),
        changes=_list_changes(move.data.get("changed") or {}, move.at) + list_answer_changes(move.data),
    )


def _get_href(code: str, linked: str) -> str:
    """Return the address of the case that an entry names; a merged report is shown on this page."""
    if code == "MERGED_HERE":
        return "#merged"
    return make_address("desk:case", linked) if linked else ""


def _list_linked_numbers(data: dict[str, Any]) -> list[str]:
    linked = data.get("into") or data.get("from") or data.get("with") or []
    return [str(number) for number in (linked if isinstance(linked, list) else [linked])]


def _list_notes(move: CaseMove) -> list[str]:
    """Return the data of a move in words."""
    data, notes = move.data, []
    lead_id, helper_ids = data.get("unit"), list(data.get("helpers") or [])
    if move.move == "RELEASE_HELP":  # `unit` of this move is a released helper, not the lead unit
        lead_id, helper_ids = None, [lead_id]
    if lead := unit_label(lead_id, move.at):
        notes.append(_("主办：%(unit)s") % {"unit": lead})
    helpers = [helper for pk in helper_ids if (helper := unit_label(pk, move.at))]
    if helpers:
        notes.append(_("协办：%(units)s") % {"units": "、".join(helpers)})
    notes.extend(_describe_times(data))
    if data.get("note"):
        notes.append(_("内部说明：%(note)s") % {"note": data["note"]})
    if "reached" in data:
        notes.extend(_describe_visit(data))
    if numbers := _list_linked_numbers(data):
        notes.append("、".join(numbers))
    if move.public and move.move != "REPORT":
        notes.append(_("反映人可见"))
    return notes


def _describe_times(data: dict[str, Any]) -> list[str]:
    notes = []
    if (work_at := read_work_time(data)) is not None:
        notes.append(
            _("现场时间：%(at)s，手机联网后送达") % {"at": f"{timezone.localtime(work_at):%m-%d %H:%M}"}
        )
    if data.get("limit"):
        notes.append(_("时限：%(limit)s") % {"limit": format_limit(str(data["limit"]))})
    if data.get("due_before"):
        notes.append(_format_new_deadline(data))
    if data.get("answer_date"):
        notes.append(_("%(day)s 前答复") % {"day": data["answer_date"]})
    return notes


def _format_new_deadline(data: dict[str, Any]) -> str:
    before, after = (
        f"{timezone.localtime(datetime.fromisoformat(data[name])):%Y-%m-%d %H:%M}"
        for name in ("due_before", "due_at")
    )
    return _("%(stage)s期限由 %(before)s 改为 %(after)s") % {
        "stage": Stage(data["stage"]).label,
        "before": before,
        "after": after,
    }


def _describe_visit(data: dict[str, Any]) -> list[str]:
    if not data["reached"]:
        return [_("号码有误") if data.get("wrong_number") else _("未接通")]
    notes = [_("已接通"), _("反映人认为已解决") if data.get("solved") else _("反映人认为没有解决")]
    if data.get("satisfaction"):
        notes.append(_("满意度 %(score)s 分") % {"score": data["satisfaction"]})
    if data.get("cause"):
        notes.append(_("不满意的原因：%(text)s") % {"text": name_reason(ReasonKind.CAUSE, data["cause"])})
    if data.get("keep"):
        notes.append(_("提出不再办理：%(text)s") % {"text": name_reason(ReasonKind.KEEP, data["keep"])})
    return notes


def _list_changes(changed: dict[str, Any], at: datetime) -> list[tuple[str, str, str]]:
    labels = {**CORRECTABLE_FIELDS, "area_id": _("所属街道")} if is_district() else CORRECTABLE_FIELDS
    return [
        (str(labels[name]), _format_value(name, before, at), _format_value(name, after, at))
        for name, (before, after) in changed.items()
        if name in CORRECTABLE_FIELDS
    ]


def _format_value(name: str, text: str, at: datetime) -> str:
    """Return the label for the id of a category, an area or a unit of then, and any other text unchanged."""
    if not text.isdigit():
        return "" if text == "None" else text
    if name == "category_id":
        category = catalogue.category_info(int(text))
        return category.label if category is not None else text
    if name == "area_id":
        area = past_area_info(int(text))
        return area_text(area.path, at) if area is not None else text
    if name == "lead_unit_id":
        return unit_label(int(text), at) or text
    return text
