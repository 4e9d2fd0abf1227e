"""A case's history in words: each move as an entry of the timeline."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.cases import catalogue
from jiedao.cases.models import CaseMove
from jiedao.cases.moves.events import EVENTS, TimelineEvent
from jiedao.cases.moves.step import Move
from jiedao.cases.moves.table import FLOW
from jiedao.orgs.units import unit_info
from jiedao.pages.choices import format_limit, translate_person_label
from jiedao.places.selectors import area_info, area_text

CHANGED = {
    "subject": gettext_lazy("标题"),
    "place_text": gettext_lazy("地点"),
    "category_id": gettext_lazy("类别"),
    "area_id": gettext_lazy("所属网格"),
}


@dataclass(frozen=True)
class Entry:
    """One entry, as the timeline tag takes it."""

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


def entries(moves: Iterable[CaseMove]) -> list[Entry]:
    """Return the timeline, newest first, without a query."""
    return [_entry(move) for move in moves][::-1]


UNKNOWN = TimelineEvent("", "circle-dashed")


def _row(code: str) -> Move | TimelineEvent:
    """Return how an entry of this code reads and looks; one of a code that no longer exists looks plain."""
    return FLOW[code] if code in FLOW else EVENTS.get(code, UNKNOWN)


def move_label(code: str) -> str:
    """Return the label of a move; its code where that no longer exists."""
    return str(_row(code).label) or code


def _entry(move: CaseMove) -> Entry:
    unit = unit_info(move.unit_id)
    linked = next(iter(_numbers(move.data)), "")
    row = _row(move.move)
    return Entry(
        at=move.at,
        title=move_label(move.move),
        who=translate_person_label(move.actor_label),
        post=unit.label if unit is not None else "",
        text=move.text,
        tone=row.entry_tone,
        icon=row.icon,
        note=" · ".join(_notes(move)),
        href=reverse("desk:case", args=[linked]) if linked else "",
        changes=_changes(move.data.get("changed") or {}),
    )


def _numbers(data: dict[str, Any]) -> list[str]:
    found = data.get("into") or data.get("from") or data.get("with") or []
    return [str(one) for one in (found if isinstance(found, list) else [found])]


def _notes(move: CaseMove) -> list[str]:
    """Return the facts a move carries, in words."""
    data, notes = move.data, []
    unit, ids = data.get("unit"), list(data.get("helpers") or [])
    if move.move == "RELEASE_HELP":  # the unit that it names is the helper that was let go
        unit, ids = None, [unit]
    lead = unit_info(unit)
    if lead is not None:
        notes.append(_("主办：%(unit)s") % {"unit": lead.label})
    helpers = [one.label for pk in ids if (one := unit_info(pk)) is not None]
    if helpers:
        notes.append(_("协办：%(units)s") % {"units": "、".join(helpers)})
    if data.get("limit"):
        notes.append(_("时限：%(limit)s") % {"limit": format_limit(str(data["limit"]))})
    if data.get("note"):
        notes.append(_("内部说明：%(note)s") % {"note": data["note"]})
    if "reached" in data:
        notes.extend(_visit(data))
    if numbers := _numbers(data):
        notes.append("、".join(numbers))
    if move.public and move.move != "REPORT":
        notes.append(_("反映人可见"))
    return notes


def _visit(data: dict[str, Any]) -> list[str]:
    if not data["reached"]:
        return [_("没有联系上")]
    words = [_("联系上了"), _("反映人认为已解决") if data.get("solved") else _("反映人认为没有解决")]
    if data.get("satisfaction"):
        words.append(_("满意度 %(score)s 分") % {"score": data["satisfaction"]})
    return words


def _changes(changed: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (str(CHANGED[name]), _value(name, before), _value(name, after))
        for name, (before, after) in changed.items()
        if name in CHANGED
    ]


def _value(name: str, text: str) -> str:
    """Return an id as the name it stands for."""
    if not text.isdigit():
        return "" if text == "None" else text
    if name == "category_id":
        category = catalogue.category_info(int(text))
        return category.label if category is not None else text
    if name == "area_id":
        area = area_info(int(text))
        return area_text(area.path) if area is not None else text
    return text
