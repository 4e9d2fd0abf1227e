"""Registers over JSON: listing them, and listing, reading, adding and changing records with their history."""

from datetime import date
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from ninja import Query, Router, Status

from jiedao.api.auth import READ_REGISTERS, WRITE_REGISTERS, require_register_reader
from jiedao.api.filters import (
    build_page_link,
    check_names,
    check_single,
    look_up_code,
    map_area_paths,
    map_unit_ids,
    read_zone,
)
from jiedao.api.schemas_problems import READ, WRITE_ROW
from jiedao.api.schemas_registers import (
    HistoryOut,
    RecordIn,
    RecordOut,
    RecordPatch,
    RecordsIn,
    RecordsOut,
    RegisterListOut,
    RegisterOut,
)
from jiedao.kernel import clock
from jiedao.kernel.client_keys import make_taken_error
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.kernel.periods import WrittenDay
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info
from jiedao.places.selectors import area_chain, area_text
from jiedao.registers.access import (
    get_record_by_code,
    get_register,
    may_write,
    readable_registers,
    visible_records,
)
from jiedao.registers.actions.records import add_record, change_record
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.grading import translate_reasons
from jiedao.registers.models import Record, RecordState
from jiedao.registers.rows import STANDARD_FIELDS, RecordInput
from jiedao.registers.selectors.filters import RecordFilters
from jiedao.registers.selectors.history import read_state_on, read_states
from jiedao.registers.selectors.lists import RecordRow, read_record_page

router = Router(tags=["registers"])
FIELD_PREFIX = "values."
MANY = ("grade", "area", "unit")
NAMES = list(RecordsIn.model_fields)
PATCH_FIELDS = (*(name for name in STANDARD_FIELDS if name not in {"code", "place_text"}), "active")
ROOT = "/api/v1/registers"


def _build_register_row(actor: Actor, info: RegisterInfo) -> dict[str, Any]:
    names = ("key", "name", "name_en", "group", "note")
    return {name: getattr(info.definition, name) for name in names} | {
        "writable": may_write(actor, info),
        "url": f"{ROOT}/{info.key}",
    }


@router.get(
    "/registers",
    auth=READ_REGISTERS,
    response={200: RegisterListOut, **READ},
    summary="List the registers",
    operation_id="list_registers",
)
def registers(request: HttpRequest) -> Any:
    """List the registers that the caller may open."""
    actor = require_register_reader(request)
    return {"registers": [_build_register_row(actor, info) for info in readable_registers(actor)]}


@router.get(
    "/registers/{key}",
    auth=READ_REGISTERS,
    response={200: RegisterOut, **READ},
    summary="Read how a register is declared",
    operation_id="read_register",
)
def register(request: HttpRequest, key: str) -> Any:
    """Return the fields and grades of a register, without retired fields."""
    actor = require_register_reader(request)
    info = get_register(actor, key)
    definition = info.definition
    names = (
        "key",
        "name",
        "name_en",
        "unit",
        "help",
        "required",
        "unique",
        "personal",
        "whole",
        "least",
        "most",
    )
    fields = [
        {name: getattr(field, name) for name in names}
        | {
            "kind": field.kind.value,
            "filter": bool(field.slot),
            "choices": [vars(choice) for choice in field.choices if not choice.retired],
        }
        for field in definition.active_fields
    ]
    return _build_register_row(actor, info) | {
        "on": definition.on.value,
        "parent": definition.parent,
        "code_name": definition.code_name,
        "fields": fields,
        "grades": [vars(grade) for grade in definition.grades],
        "checklists": [
            vars(checklist) | {"items": [vars(item) for item in checklist.items]}
            for checklist in definition.checklists
        ],
    }


@router.get(
    "/registers/{key}/records",
    auth=READ_REGISTERS,
    response={200: RecordsOut, **READ},
    summary="List records",
    operation_id="list_records",
)
def records(request: HttpRequest, key: str, query: Query[RecordsIn]) -> Any:
    """List the records in scope, 50 a page, the newest first, as they are now or were on a past day."""
    actor = require_register_reader(request)
    info = get_register(actor, key)
    page = read_record_page(
        actor, info, _build_filters(request.GET, query), query.cursor or "", as_of=_check_past(query.as_of)
    )
    return {
        "records": [_build_state(info, row) for row in page.rows],
        "next": build_page_link(request, page.next),
        "previous": build_page_link(request, page.previous),
    }


@router.post(
    "/registers/{key}/records",
    auth=WRITE_REGISTERS,
    response={201: RecordOut, 200: RecordOut, **WRITE_ROW},
    summary="Add a record",
    operation_id="add_record",
)
def add(request: HttpRequest, key: str, body: RecordIn) -> Any:
    """Add a record; 201 when it is new, 200 when a record with this client_uuid exists already."""
    actor = require_register_reader(request)
    info = get_register(actor, key)
    uuid = body.client_uuid
    earlier = Record.objects.filter(client_uuid=uuid).first() if uuid is not None else None
    if earlier is not None and not visible_records(actor, info).filter(pk=earlier.pk).exists():
        raise make_taken_error()
    values = body.model_dump(exclude={"place", "why"})
    record = add_record(
        actor=actor, info=info, data=RecordInput(place_text=body.place, **values), why=body.why
    )
    return Status(201 if earlier is None else 200, _build_record(info, record, record.code))


@router.get(
    "/registers/{key}/records/{code}",
    auth=READ_REGISTERS,
    response={200: RecordOut, **READ},
    summary="Read a record",
    operation_id="read_record",
)
def read(request: HttpRequest, key: str, code: str, as_of: WrittenDay | None = None) -> Any:
    """Return a record as it is now or was on a past day; 404 when it was not in the register on that day."""
    actor = require_register_reader(request)
    info = get_register(actor, key)
    record = get_record_by_code(actor, info, code)
    day = _check_past(as_of)
    state = record if day is None else read_state_on(record, day)
    if state is None:
        raise NotFoundError(
            _("%(day)s 时这条记录还不在册。") % {"day": as_of}, hint=_("请换一个日期。"), field="as_of"
        )
    return _build_record(info, state, record.code)


@router.patch(
    "/registers/{key}/records/{code}",
    auth=WRITE_REGISTERS,
    response={200: RecordOut, **WRITE_ROW},
    summary="Change a record",
    operation_id="change_record",
)
def change(request: HttpRequest, key: str, code: str, body: RecordPatch) -> Any:
    """Change the fields in the body and keep the earlier state; 409 when the record changed since `version`."""
    actor = require_register_reader(request)
    info = get_register(actor, key)
    record = get_record_by_code(actor, info, code)
    changes = {name: getattr(body, name) for name in body.model_fields_set & set(PATCH_FIELDS)}
    if changes.get("active", True) is None:
        changes.pop("active")
    if "place" in body.model_fields_set:
        changes["place_text"] = body.place
    texts: dict[str, Any] = {
        name: "" if value is None and name not in {"lon", "lat"} else value for name, value in changes.items()
    }
    keep = {"name", "place_text", *PATCH_FIELDS} - texts.keys()
    row = RecordInput(**texts, values=body.values, on=body.on, keep=frozenset(keep))
    changed = change_record(actor=actor, record_id=record.pk, data=row, why=body.why, version=body.version)
    return _build_record(info, changed, changed.code)


@router.get(
    "/registers/{key}/records/{code}/history",
    auth=READ_REGISTERS,
    response={200: HistoryOut, **READ},
    summary="Read every state",
    operation_id="read_record_history",
)
def history(request: HttpRequest, key: str, code: str) -> Any:
    """Return the current and all earlier states of a record, with who changed it and why."""
    actor = require_register_reader(request)
    info = get_register(actor, key)
    record = get_record_by_code(actor, info, code)
    return {"states": [_build_record(info, state, record.code) for state in read_states(record)]}


def _check_past(day: date | None) -> date | None:
    """Return the day; raise UserError for a day in the future."""
    if day is not None and day > clock.today():
        raise UserError(
            _("%(day)s 还没有到。") % {"day": day}, hint=_("请填今天或以前的日期。"), field="as_of"
        )
    return day


def _build_filters(params: QueryDict, query: RecordsIn) -> RecordFilters:
    check_names(params, NAMES, own=FIELD_PREFIX)
    check_single(params, MANY)
    areas, units = map_area_paths() if query.area else {}, map_unit_ids() if query.unit else {}
    paths = [look_up_code("area", code, areas) or "" for code in query.area if code]
    unit_ids = [pk for code in query.unit if (pk := look_up_code("unit", code, units)) is not None]
    grades = [grade for grade in query.grade if grade]
    # A single value is a filter of its own, which lets the database read an index.
    return RecordFilters(
        text=query.q or "",
        grade=grades[0] if len(grades) == 1 else "",
        area_path=paths[0] if len(paths) == 1 else "",
        unit_id=unit_ids[0] if len(unit_ids) == 1 else None,
        values={
            name.removeprefix(FIELD_PREFIX): str(params[name])
            for name in params
            if name.startswith(FIELD_PREFIX)
        },
        active={"all": None, "false": False}.get(query.active or "true", True),
        changed_after=read_zone(query.updated_after),
        grades=tuple(grades) if len(grades) > 1 else (),
        area_paths=tuple(paths) if len(paths) > 1 else (),
        unit_ids=tuple(unit_ids) if len(unit_ids) > 1 else (),
    )


def _build_state(info: RegisterInfo, row: RecordRow | RecordState, code: str = "") -> dict[str, Any]:
    """Return a state in the form of `StateOut`; personal values are masked."""
    areas = area_chain(row.area_path)[-1:]
    unit = unit_info(row.unit_id)
    values = {
        field.key: "***" if field.personal else row.values[field.store]
        for field in info.definition.active_fields
        if row.values.get(field.store) is not None
    }
    return {
        "code": row.code,
        "name": row.name,
        "area": area_text(row.area_path) if row.area_path else "",
        "area_code": areas[0].code if areas else "",
        "unit": unit.code if unit else "",
        "place": row.place_text,
        "values": values,
        "grade": row.grade,
        "why_grade": translate_reasons(row.grade_note),
        "active": row.active,
        "since": row.since_date,
        "url": f"{ROOT}/{info.key}/records/{code or row.code}",
    }


def _build_record(info: RegisterInfo, state: RecordState, code: str) -> dict[str, Any]:
    names = ("version", "lon", "lat", "why", "changed_at", "changed_by")
    return _build_state(info, state, code) | {name: getattr(state, name) for name in names}
