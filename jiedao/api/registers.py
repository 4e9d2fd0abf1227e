"""Registers over JSON: what there is, records listed, read, added and changed, and what they said before."""

from datetime import date
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from ninja import Query, Router, Status

from jiedao.api.filters import area_paths, need_code, need_names, page_link, unit_ids
from jiedao.api.schemas import Problem
from jiedao.api.schemas_registers import (
    HistoryOut,
    RecordIn,
    RecordOut,
    RecordPatch,
    RecordsIn,
    RecordsOut,
    RegisterListOut,
    RegisterOut,
    RowProblem,
)
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, Stale, UserError
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info
from jiedao.places.selectors import area_chain, area_text
from jiedao.registers.access import get_register, may_write, readable, record_by_code, visible_records
from jiedao.registers.actions.records import add_record, change_record
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.grading import reasons
from jiedao.registers.models import Record, RecordState
from jiedao.registers.rows import STANDARD, Given
from jiedao.registers.selectors.filters import RecordFilters
from jiedao.registers.selectors.history import read_state_on, read_states
from jiedao.registers.selectors.lists import RecordRow, read_record_page

router = Router(tags=["registers"])
READ = dict.fromkeys((400, 401, 403, 404, 422), Problem)
WRITE = {**dict.fromkeys((400, 401, 403, 404, 409, 411, 413), Problem), 422: RowProblem}
OWN = "values."
NAMES = list(RecordsIn.model_fields)
PATCHED = (*(name for name in STANDARD if name not in {"code", "place_text"}), "active")
ROOT = "/api/v1/registers"


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.auth  # type: ignore[attr-defined]
    actor.need("registers.record:view")
    return actor


def _row(actor: Actor, info: RegisterInfo) -> dict[str, Any]:
    names = ("key", "name", "name_en", "group", "note")
    return {name: getattr(info.definition, name) for name in names} | {
        "writable": may_write(actor, info), "url": f"{ROOT}/{info.key}",
    }  # fmt: skip


@router.get("/registers", response={200: RegisterListOut, **READ}, summary="List the registers")
def registers(request: HttpRequest) -> Any:
    """List the registers that the caller may open."""
    actor = _actor(request)
    return {"registers": [_row(actor, info) for info in readable(actor)]}


@router.get(
    "/registers/{key}", response={200: RegisterOut, **READ}, summary="Read how a register is declared"
)
def register(request: HttpRequest, key: str) -> Any:
    """Return the fields and grades of a register; retired fields are left out."""
    actor = _actor(request)
    info = get_register(actor, key)
    definition = info.definition
    names = (
        "key", "name", "name_en", "unit", "help", "required", "unique", "personal", "whole", "least", "most"
    )  # fmt: skip
    fields = [
        {name: getattr(one, name) for name in names}
        | {
            "kind": one.kind.value, "filter": bool(one.slot),
            "choices": [vars(choice) for choice in one.choices if not choice.retired],
        }
        for one in definition.live
    ]  # fmt: skip
    return _row(actor, info) | {
        "on": definition.on.value, "parent": definition.parent, "code_name": definition.code_name,
        "fields": fields, "grades": [vars(grade) for grade in definition.grades],
    }  # fmt: skip


@router.get("/registers/{key}/records", response={200: RecordsOut, **READ}, summary="List records")
def records(request: HttpRequest, key: str, given: Query[RecordsIn]) -> Any:
    """List the records in scope, 50 a page, the newest first, as they are now or as of a past day."""
    actor = _actor(request)
    info = get_register(actor, key)
    page = read_record_page(
        actor, info, _filters(request.GET, given), given.cursor or "", as_of=_past(given.as_of)
    )
    return {
        "records": [_state(info, row) for row in page.rows],
        "next": page_link(request, page.next),
        "previous": page_link(request, page.previous),
    }


@router.post(
    "/registers/{key}/records", response={201: RecordOut, 200: RecordOut, **WRITE}, summary="Add a record"
)
def add(request: HttpRequest, key: str, body: RecordIn) -> Any:
    """Add a record; 201 when it is new, 200 when client_uuid names one that is there already."""
    actor = _actor(request)
    info = get_register(actor, key)
    uuid = body.client_uuid
    known = Record.objects.filter(client_uuid=uuid).first() if uuid is not None else None
    if known is not None and not visible_records(actor, info).filter(pk=known.pk).exists():
        raise Stale(
            _("这个 client_uuid 已经用过，那条记录不在这里。"), hint=_("请换一个。"), field="client_uuid"
        )
    values = body.model_dump(exclude={"place", "why"})
    made = add_record(actor=actor, info=info, given=Given(place_text=body.place, **values), why=body.why)
    return Status(201 if known is None else 200, _whole(info, made, made.code))


@router.get("/registers/{key}/records/{code}", response={200: RecordOut, **READ}, summary="Read a record")
def read(request: HttpRequest, key: str, code: str, as_of: date | None = None) -> Any:
    """Return a record, as it is now or as of a past day; 404 where it did not stand in the register then."""
    actor = _actor(request)
    info = get_register(actor, key)
    found = record_by_code(actor, info, code)
    day = _past(as_of)
    state = found if day is None else read_state_on(found, day)
    if state is None:
        raise NotFoundError(
            _("%(day)s 时这条记录还不在册。") % {"day": as_of}, hint=_("请换一个日期。"), field="as_of"
        )
    return _whole(info, state, found.code)


@router.patch(
    "/registers/{key}/records/{code}", response={200: RecordOut, **WRITE}, summary="Change a record"
)
def change(request: HttpRequest, key: str, code: str, body: RecordPatch) -> Any:
    """Change what the body names and keep what was said before; 409 when somebody changed it since `version`."""
    actor = _actor(request)
    info = get_register(actor, key)
    found = record_by_code(actor, info, code)
    named = {name: getattr(body, name) for name in body.model_fields_set & set(PATCHED)}
    if named.get("active", True) is None:
        named.pop("active")
    if "place" in body.model_fields_set:
        named["place_text"] = body.place
    texts: dict[str, Any] = {
        name: "" if value is None and name not in {"lon", "lat"} else value for name, value in named.items()
    }
    keep = {"name", "place_text", *PATCHED} - texts.keys()
    given = Given(**texts, values=body.values, on=body.on, keep=frozenset(keep))
    changed = change_record(actor=actor, record_id=found.pk, given=given, why=body.why, version=body.version)
    return _whole(info, changed, changed.code)


@router.get(
    "/registers/{key}/records/{code}/history", response={200: HistoryOut, **READ}, summary="Read every state"
)
def history(request: HttpRequest, key: str, code: str) -> Any:
    """Return what a record says and every state it had, with who changed it and why."""
    actor = _actor(request)
    info = get_register(actor, key)
    found = record_by_code(actor, info, code)
    return {"states": [_whole(info, state, found.code) for state in read_states(found)]}


def _past(day: date | None) -> date | None:
    """Return the day; raise UserError for one that has not come yet."""
    if day is not None and day > clock.today():
        raise UserError(
            _("%(day)s 还没有到。") % {"day": day}, hint=_("请填今天或以前的日期。"), field="as_of"
        )
    return day


def _filters(params: QueryDict, given: RecordsIn) -> RecordFilters:
    need_names(params, NAMES, own=OWN)
    area = need_code("area", given.area, area_paths() if given.area else {})
    unit = need_code("unit", given.unit, unit_ids() if given.unit else {})
    return RecordFilters(
        text=given.q or "",
        grade=given.grade or "",
        area_path=area or "",
        unit_id=unit,
        values={name.removeprefix(OWN): str(params[name]) for name in params if name.startswith(OWN)},
        active={"all": None, "false": False}.get(given.active or "true", True),
    )


def _state(info: RegisterInfo, row: RecordRow | RecordState, code: str = "") -> dict[str, Any]:
    """Return a state as `StateOut` describes it; of personal values only that there are any."""
    areas = area_chain(row.area_path)[-1:]
    unit = unit_info(row.unit_id)
    values = {
        one.key: "***" if one.personal else row.values[one.store]
        for one in info.definition.live
        if row.values.get(one.store) is not None
    }
    return {
        "code": row.code, "name": row.name, "area": area_text(row.area_path) if row.area_path else "",
        "area_code": areas[0].code if areas else "", "unit": unit.code if unit else "", "place": row.place_text,
        "values": values, "grade": row.grade, "why_grade": reasons(row.grade_note), "active": row.active,
        "since": row.since_date, "url": f"{ROOT}/{info.key}/records/{code or row.code}",
    }  # fmt: skip


def _whole(info: RegisterInfo, state: RecordState, code: str) -> dict[str, Any]:
    names = ("version", "lon", "lat", "why", "changed_at", "changed_by")
    return _state(info, state, code) | {name: getattr(state, name) for name in names}
