"""What the page of a record shows: everything of one record, put into words and components."""

from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from jiedao.desk.inspection_lines import list_past_inspections
from jiedao.desk.links import get_record_url, get_register_url
from jiedao.desk.registers.differences import entries
from jiedao.desk.registers.listing import grade_badge, lines
from jiedao.files.models import Kind
from jiedao.files.selectors import attachments_of
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info
from jiedao.pages.choices import translate_person_label
from jiedao.pages.maps import build_grid_features
from jiedao.places.selectors import area_text
from jiedao.registers.access import may_read, may_write
from jiedao.registers.catalogue import RegisterInfo, register_by_id
from jiedao.registers.grading import reasons
from jiedao.registers.models import Record, RecordState
from jiedao.registers.overriding import OVERRIDE, computed
from jiedao.registers.selectors.history import state_on, states_of
from jiedao.registers.selectors.lists import Parts, parts_of
from jiedao.registers.values import say

MOST_STATES = 30  # states of the history that stand on the page by themselves
PHOTOS = {Kind.PHOTO_BEFORE, Kind.PHOTO_AFTER}


def page(
    actor: Actor,
    info: RegisterInfo,
    record: Record,
    *,
    day: date | None = None,
    whole: bool = False,
    revealed: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Return everything the template of the record page needs.

    Args:
        day: show the state of that day. whole: show every state it had.
        revealed: personal values by key, once shown in clear.
    """
    state = state_on(record, day) if day is not None else record
    shown = state or record
    states = states_of(record, None if whole else MOST_STATES + 1)
    complete = whole or len(states) <= MOST_STATES
    files = attachments_of("registers.record", record.pk)
    writes = may_write(actor, info)
    fields = facts(info, shown, revealed or {})
    return {
        "now": clock.now(),
        "today": clock.today(),
        "info": info,
        "definition": info.definition,
        "record": record,
        "state": shown,
        "day": day,
        "absent": day is not None and state is None,
        "here": get_record_url(info, record.pk),
        "grade": grade_badge(info, shown.grade),
        "why_grade": grade_words(info, shown),
        "may_grade": writes and record.active and bool(record.grade) and actor.can("registers.record:grade"),
        "inspections": list_past_inspections(record, None) if info.definition.checklists else [],
        "checklists": info.definition.checklists,
        "may_inspect": record.active and actor.can("registers.visit:make"),
        "missing": _missing(info, shown),
        "facts": fields,
        "retired": retired_facts(info, shown),
        "personal": any(fact["secret"] for fact in fields if fact["value"]),
        "revealed": revealed is not None,
        "places": places(actor, info, shown, record),
        "map": spot(info, shown),
        "parts": [_parts(actor, record, one) for one in parts_of(actor, record)],
        "entries": entries(info, states, whole=complete),
        "more_history": not complete,
        "photos": [
            {"url": reverse("desk:attachment", args=[row.pk]), "label": row.name}
            for row in files
            if row.kind in PHOTOS
        ],
        "documents": [row for row in files if row.kind not in PHOTOS],
        "may_write": writes,
        "may_reveal": actor.can("registers.record:reveal"),
    }


def facts(info: RegisterInfo, state: RecordState, revealed: dict[str, str]) -> list[dict[str, Any]]:
    """Return the fields in use with their values in words, units included; personal ones masked or once in clear."""
    return [
        {
            "label": one.label,
            "value": revealed.get(one.key) or say(one, state.values.get(one.store)),
            "secret": one.personal,
        }
        for one in info.definition.live
    ]


def retired_facts(info: RegisterInfo, state: RecordState) -> list[dict[str, Any]]:
    """Return what the record still says of fields that are no longer asked."""
    return [
        {"label": one.label, "value": say(one, value)}
        for one in info.definition.fields
        if one.retired and (value := state.values.get(one.store)) is not None
    ]


def _missing(info: RegisterInfo, state: RecordState) -> str:
    """Return the labels of the fields that were empty when the grade was given."""
    keys = state.grade_note.get("missing", [])
    return "、".join(one.label for key in keys if (one := info.definition.field(str(key))) is not None)


def places(actor: Actor, info: RegisterInfo, state: RecordState, record: Record) -> list[dict[str, Any]]:
    """Return where the record lies and what it hangs on, each with a link where there is a page."""
    found: list[dict[str, Any]] = []
    if record.parent_id is not None:
        found.append(_above(actor, record.parent_id))
    if state.premise_id is not None and state.premise is not None:
        found.append({"label": _("小区、楼栋"), "value": state.premise.label})
    if state.area_path:
        href = get_register_url(info, f"area={state.area_id}")
        found.append({"label": _("所属网格"), "value": area_text(state.area_path), "href": href})
    unit = unit_info(state.unit_id)
    if unit is not None:
        found.append(
            {"label": _("所属单位"), "value": unit.label, "href": get_register_url(info, f"unit={unit.id}")}
        )
    if state.place_text:
        found.append({"label": _("地点"), "value": state.place_text})
    if state.lon is not None:
        found.append({"label": _("坐标"), "value": f"{state.lon:.5f}, {state.lat:.5f}"})
    keeper = unit_info(info.unit_id)
    if keeper is not None:
        found.append({"label": _("主管单位"), "value": keeper.label})
    return found


def _above(actor: Actor, parent_id: int) -> dict[str, Any]:
    above: Record | None = Record.objects.visible_to(actor).filter(pk=parent_id).first()
    info = register_by_id(above.register_id) if above is not None else None
    if above is None or info is None or not may_read(actor, info):
        return {"label": _("所属"), "value": _("不归您看的一条记录")}
    return {"label": info.label, "value": above.name, "href": get_record_url(info, above.pk)}


def spot(info: RegisterInfo, state: RecordState) -> dict[str, Any] | None:
    """Return the record's point, or its grid alone, among the grids near it; None where nothing is known."""
    if not state.area_path and state.lon is None:
        return None
    drawn = build_grid_features(state.area_path[:-4], chosen_path=state.area_path) if state.area_path else []
    if state.lon is not None:
        grade = info.definition.grade(state.grade)
        drawn.append(
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [state.lon, state.lat]},
                "properties": {
                    "kind": "here",
                    "label": state.name,
                    "tone": grade.tone if grade is not None else info.definition.map_tone,
                },
            }
        )
    return {"type": "FeatureCollection", "features": drawn} if drawn else None


def _parts(actor: Actor, record: Record, one: Parts) -> dict[str, Any]:
    new = reverse("desk:register-new", args=[one.info.key])
    return {
        "info": one.info,
        "icon": one.info.definition.icon,
        "count": one.count,
        "lines": lines(one.info, one.rows),
        "list_url": get_register_url(one.info, f"parent={record.pk}"),
        "new_url": f"{new}?parent={record.code}" if may_write(actor, one.info) else "",
    }


def grade_words(info: RegisterInfo, state: RecordState) -> dict[str, Any]:
    """Return why a record has its grade: `line`, as "严管类：七层以上，无第二出口"; what was set by hand says so.

    Set by hand, `by_hand` is who set it, until when, and `rules` is what the rules give.
    """
    over = state.grade_note.get(OVERRIDE)
    by_rules = _pair(info, computed(state.grade, state.grade_note), "；".join(reasons(state.grade_note)))
    if over is None:
        return {"line": by_rules, "by_hand": "", "rules": ""}
    words = _("%(who)s 人工定级，至 %(day)s") % {
        "who": translate_person_label(over["by"]),
        "day": over["until"],
    }
    return {"line": _pair(info, state.grade, over["why"]), "by_hand": words, "rules": by_rules}


def _pair(info: RegisterInfo, code: str, why: str) -> str:
    grade = info.definition.grade(code)
    label = grade.label if grade is not None else code
    return _("%(name)s：%(value)s") % {"name": label, "value": why} if why else label
