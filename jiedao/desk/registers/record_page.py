"""The content of a record's page."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from jiedao.cases.selectors.mapping import build_nearest_names
from jiedao.desk.inspection_lines import list_past_inspections
from jiedao.desk.links import get_record_url, get_register_url
from jiedao.desk.registers.differences import build_timeline
from jiedao.desk.registers.listing import build_grade_badge, build_lines
from jiedao.files.models import Kind
from jiedao.files.selectors import list_attachments
from jiedao.kernel import clock
from jiedao.kernel.periods import build_period
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info, unit_label
from jiedao.pages.choices import translate_person_label
from jiedao.pages.maps import build_grid_features
from jiedao.pages.uploads import build_upload_form
from jiedao.places.selectors import area_text
from jiedao.registers.access import may_read, may_write
from jiedao.registers.catalogue import RegisterInfo, register_by_id
from jiedao.registers.grading import translate_reasons
from jiedao.registers.models import Record, RecordState
from jiedao.registers.overriding import OVERRIDE, grade_by_rules
from jiedao.registers.selectors.history import read_state_on, read_states
from jiedao.registers.selectors.lists import Parts, read_parts
from jiedao.registers.values import format_value

MAX_STATES = 30  # states that the history shows before the user asks for all of them
PHOTOS = {Kind.PHOTO_BEFORE, Kind.PHOTO_AFTER}


def build_context(
    actor: Actor,
    info: RegisterInfo,
    record: Record,
    *,
    day: date | None = None,
    complete_history: bool = False,
    revealed: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Return the template context of the page.

    Args:
        day: Show the state of that day instead of the present one.
        complete_history: Show every state that the record had.
        revealed: Personal values by key of the field, to be shown in clear once.
    """
    state = read_state_on(record, day) if day is not None else record
    shown = state or record
    states = read_states(record, None if complete_history else MAX_STATES + 1)
    is_complete = complete_history or len(states) <= MAX_STATES
    files = list_attachments("registers.record", record.pk)
    may_change = may_write(actor, info)
    fields = list_facts(info, shown, revealed or {})
    return {
        "now": clock.now(),
        "today": clock.today(),
        "info": info,
        "definition": info.definition,
        "record": record,
        "state": shown,
        "day": day,
        "absent": day is not None and state is None,
        "print_query": urlencode({"on": day.isoformat()}) if day is not None else "",
        "page_url": get_record_url(info, record.pk),
        "grade": build_grade_badge(info, shown.grade),
        "why_grade": explain_grade(info, shown),
        "may_grade": may_change
        and record.active
        and bool(record.grade)
        and actor.can("registers.record:grade"),
        "inspections": list_past_inspections(record, None) if info.definition.checklists else [],
        "checklists": info.definition.checklists,
        "may_inspect": record.active and actor.can("registers.visit:make"),
        "missing": _list_missing_fields(info, shown),
        "facts": fields,
        "retired": list_retired_facts(info, shown),
        "personal": any(fact["secret"] for fact in fields if fact["value"]),
        "revealed": revealed is not None,
        "places": list_places(actor, info, shown, record, day),
        "map": build_record_map(info, shown),
        "parts": [_describe_parts(actor, record, part) for part in read_parts(actor, record)],
        "entries": build_timeline(info, states, complete=is_complete),
        "more_history": not is_complete,
        "photos": [
            {"url": reverse("desk:attachment", args=[row.pk]), "label": row.name}
            for row in files
            if row.kind in PHOTOS
        ],
        "documents": [row for row in files if row.kind not in PHOTOS],
        "may_write": may_change,
        **build_upload_form(
            reverse("desk:register-upload", args=[info.key, record.pk]) if may_change and day is None else "",
            (Kind.PHOTO_BEFORE.value, _("照片")),
        ),
        "may_reveal": actor.can("registers.record:reveal"),
    }


def list_facts(info: RegisterInfo, state: RecordState, revealed: dict[str, str]) -> list[dict[str, Any]]:
    """Return the fields in use with their values in words; personal values are masked unless they are `revealed`."""
    return [
        {
            "label": field.label,
            "value": revealed.get(field.key) or format_value(field, state.values.get(field.store)),
            "secret": field.personal,
        }
        for field in info.definition.active_fields
    ]


def list_retired_facts(info: RegisterInfo, state: RecordState) -> list[dict[str, Any]]:
    """Return the values that the record still has for retired fields."""
    return [
        {"label": field.label, "value": format_value(field, value)}
        for field in info.definition.fields
        if field.retired and (value := state.values.get(field.store)) is not None
    ]


def _list_missing_fields(info: RegisterInfo, state: RecordState) -> str:
    """Return the labels of the fields that were empty when the grade was computed."""
    keys = state.grade_note.get("missing", [])
    return "、".join(field.label for key in keys if (field := info.definition.field(str(key))) is not None)


def list_places(
    actor: Actor, info: RegisterInfo, state: RecordState, record: Record, day: date | None = None
) -> list[dict[str, Any]]:
    """Return the location, parent and units of a record, each with a link if it has a page.

    Args:
        day: name areas and units as on this day.
    """
    places: list[dict[str, Any]] = []
    at = build_period(day, day).end_at if day is not None else None
    if record.parent_id is not None:
        places.append(_describe_parent(actor, record.parent_id))
    if state.premise_id is not None and state.premise is not None:
        places.append({"label": _("小区、楼栋"), "value": state.premise.label})
    if state.area_path:
        href = get_register_url(info, f"area={state.area_id}")
        places.append({"label": _("所属网格"), "value": area_text(state.area_path, at), "href": href})
    if unit_name := unit_label(state.unit_id, at):
        href = get_register_url(info, f"unit={state.unit_id}")
        places.append({"label": _("所属单位"), "value": unit_name, "href": href})
    if state.place_text:
        places.append({"label": _("地点"), "value": state.place_text})
    if state.lon is not None:
        places.append({"label": _("坐标"), "value": f"{state.lon:.5f}, {state.lat:.5f}"})
    managing_unit = unit_info(info.unit_id)
    if managing_unit is not None:
        places.append({"label": _("主管单位"), "value": managing_unit.label})
    return places


def _describe_parent(actor: Actor, parent_id: int) -> dict[str, Any]:
    parent: Record | None = Record.objects.visible_to(actor).filter(pk=parent_id).first()
    info = register_by_id(parent.register_id) if parent is not None else None
    if parent is None or info is None or not may_read(actor, info):
        return {"label": _("所属"), "value": _("不归您看的一条记录")}
    return {"label": info.label, "value": parent.name, "href": get_record_url(info, parent.pk)}


def build_record_map(info: RegisterInfo, state: RecordState) -> dict[str, Any] | None:
    """Return a map of the record's point, or of its grid, among the neighbouring grids; None if neither is known."""
    if not state.area_path and state.lon is None:
        return None
    features = (
        build_grid_features(state.area_path[:-4], chosen_path=state.area_path) if state.area_path else []
    )
    if state.lon is not None and state.lat is not None:
        features += build_nearest_names(state.lon, state.lat, state.area_path)
        grade = info.definition.grade(state.grade)
        features.append(
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
    return {"type": "FeatureCollection", "features": features} if features else None


def _describe_parts(actor: Actor, record: Record, part: Parts) -> dict[str, Any]:
    new = reverse("desk:register-new", args=[part.info.key])
    return {
        "info": part.info,
        "icon": part.info.definition.icon,
        "count": part.count,
        "lines": build_lines(part.info, part.rows),
        "list_url": get_register_url(part.info, f"parent={record.pk}"),
        "new_url": f"{new}?parent={record.code}" if may_write(actor, part.info) else "",
    }


def explain_grade(info: RegisterInfo, state: RecordState) -> dict[str, Any]:
    """Return why a record has its grade.

    `line` is the grade with its reason, such as "严管类：七层以上，无第二出口". For a grade set by hand,
    `by_hand` states who set it and until when, and `rules` is the grade that the rules would give.
    """
    override = state.grade_note.get(OVERRIDE)
    rules_text = _join_grade_and_reason(
        info, grade_by_rules(state.grade, state.grade_note), "；".join(translate_reasons(state.grade_note))
    )
    if override is None:
        return {"line": rules_text, "by_hand": "", "rules": ""}
    by_hand = _("%(who)s 人工定级，至 %(day)s") % {
        "who": translate_person_label(override["by"]),
        "day": override["until"],
    }
    return {
        "line": _join_grade_and_reason(info, state.grade, override["why"]),
        "by_hand": by_hand,
        "rules": rules_text,
    }


def _join_grade_and_reason(info: RegisterInfo, code: str, why: str) -> str:
    grade = info.definition.grade(code)
    label = grade.label if grade is not None else code
    return _("%(name)s：%(value)s") % {"name": label, "value": why} if why else label
