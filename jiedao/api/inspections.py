"""Inspections over JSON: listing, reading and answering them, and sending photos."""

import re
import uuid
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile

from jiedao.api.auth import READ_REGISTERS, WRITE_INSPECTIONS, require_register_reader
from jiedao.api.filters import (
    build_page_link,
    check_names,
    check_single,
    look_up_code,
    map_area_ids,
    map_unit_ids,
)
from jiedao.api.schemas_inspections import (
    AnswersIn,
    DropIn,
    InspectionOut,
    InspectionsIn,
    InspectionsOut,
    PhotoOut,
    PlanIn,
    UnplannedIn,
)
from jiedao.api.schemas_problems import READ, WRITE_ROW
from jiedao.files.actions import store_file
from jiedao.files.models import Attachment, Kind
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info
from jiedao.places.selectors import AREAS, area_chain, area_text
from jiedao.registers.access import get_inspection, get_record_by_code, get_register, readable_registers
from jiedao.registers.actions.inspections import Answer, InspectionInput, list_asked_items, make_inspection
from jiedao.registers.actions.planning import drop_inspection, plan_extra_inspection
from jiedao.registers.catalogue import RegisterInfo, register_by_id
from jiedao.registers.models import Finding, Inspection, InspectionState, within_area
from jiedao.registers.selectors.inspection_filters import InspectionFilters, build_own_filter
from jiedao.registers.selectors.inspections import read_findings, read_inspection_page

router = Router(tags=["inspections"])
MANY = ("register", "state", "area", "unit")
NAMES = [field.alias or name for name, field in InspectionsIn.model_fields.items()]
SHOW_BY_STATE = {"DUE": "waiting", "DONE": "done", "MISSED": "missed", "DROPPED": "dropped"}
ROOT = "/api/v1/inspections"
# The form of cursors in links that callers stored earlier.
_FORMER_CURSOR = re.compile(r"^(?P<way>[np])(?P<day>[0-9-]{10})\.(?P<id>[0-9]+)$")


@router.get(
    "/inspections",
    auth=READ_REGISTERS,
    response={200: InspectionsOut, **READ},
    by_alias=True,
    summary="List inspections",
    operation_id="list_inspections",
)
def inspections(request: HttpRequest, query: Query[InspectionsIn]) -> Any:
    """List the inspections in scope, 50 a page; with `state=DUE` by due date, else the newest first."""
    actor = require_register_reader(request)
    check_names(request.GET, NAMES)
    check_single(request.GET, MANY)
    filters, condition = _build_filters(actor, query)
    if query.mine:
        condition &= build_own_filter(actor, clock.today())
    cursor = _FORMER_CURSOR.sub(r"\g<way>\g<id>~\g<day>", query.cursor or "")
    page = read_inspection_page(actor, filters, cursor, which=condition)
    return {
        "inspections": [_build_row(inspection) for inspection in page.rows],
        "next": build_page_link(request, page.next),
        "previous": build_page_link(request, page.previous),
        "total": page.total,
    }


@router.get(
    "/inspections/{int:number}",
    auth=READ_REGISTERS,
    response={200: InspectionOut, **READ},
    by_alias=True,
    summary="Read an inspection",
    operation_id="read_inspection",
)
def inspection(request: HttpRequest, number: int) -> Any:
    """Return an inspection with its checklist, answers, findings and their cases."""
    actor = require_register_reader(request)
    return _build_inspection(actor, *get_inspection(actor, number))


@router.post(
    "/inspections/{int:number}/answers",
    auth=WRITE_INSPECTIONS,
    response={200: InspectionOut, **WRITE_ROW},
    by_alias=True,
    summary="Answer an inspection",
    operation_id="answer_inspection",
)
def answer(request: HttpRequest, number: int, body: AnswersIn) -> Any:
    """Record an inspection and file a case for each failed item; 409 when the inspection was recorded already.

    A second POST with the same client_uuid returns the inspection that the first one recorded.
    """
    actor = require_register_reader(request)
    fields = body.model_dump(exclude={"answers"})
    answers = {key: Answer(**item_answer.model_dump()) for key, item_answer in body.answers.items()}
    inspection = make_inspection(
        actor=actor, data=InspectionInput(inspection_id=number, answers=answers, **fields)
    )
    return _build_inspection(actor, *get_inspection(actor, inspection.pk))


@router.post(
    "/inspections/{int:number}/photos",
    auth=WRITE_INSPECTIONS,
    response={201: PhotoOut, 200: PhotoOut, **WRITE_ROW},
    summary="Send a photo for an answer",
    operation_id="send_inspection_photo",
)
def photo(
    request: HttpRequest, number: int, file: File[UploadedFile], client_uuid: Form[uuid.UUID | None] = None
) -> Any:
    """Store a photo; an answer that names its id uses it. A second POST with the same client_uuid stores nothing."""
    actor = require_register_reader(request)
    actor.require("registers.visit:make")
    get_inspection(actor, number)
    is_known = client_uuid is not None and Attachment.objects.filter(client_uuid=client_uuid).exists()
    attachment = store_file(actor, file, kind=Kind.PHOTO_BEFORE.value, client_uuid=client_uuid)
    return Status(200 if is_known else 201, {"id": attachment.pk})


@router.post(
    "/registers/{key}/records/{code}/inspections",
    auth=WRITE_INSPECTIONS,
    response={201: InspectionOut, **WRITE_ROW},
    by_alias=True,
    summary="Record an inspection that was not planned",
)
def record_unplanned(request: HttpRequest, key: str, code: str, body: UnplannedIn) -> Any:
    """Record an inspection of a record and file a case for each failed item; it answers a round that is due."""
    actor = require_register_reader(request)
    record = get_record_by_code(actor, get_register(actor, key), code)
    fields = body.model_dump(exclude={"answers"})
    answers = {item: Answer(**item_answer.model_dump()) for item, item_answer in body.answers.items()}
    inspection = make_inspection(
        actor=actor, data=InspectionInput(record_id=record.pk, answers=answers, **fields)
    )
    return Status(201, _build_inspection(actor, *get_inspection(actor, inspection.pk)))


@router.post(
    "/registers/{key}/records/{code}/plans",
    auth=WRITE_INSPECTIONS,
    response={201: InspectionOut, **WRITE_ROW},
    by_alias=True,
    summary="Plan an extra inspection",
)
def plan_inspection(request: HttpRequest, key: str, code: str, body: PlanIn) -> Any:
    """Plan an extra inspection of a record, independent of its rounds."""
    actor = require_register_reader(request)
    record = get_record_by_code(actor, get_register(actor, key), code)
    inspection = plan_extra_inspection(actor=actor, record_id=record.pk, **body.model_dump())
    return Status(201, _build_inspection(actor, *get_inspection(actor, inspection.pk)))


@router.post(
    "/inspections/{int:number}/drop",
    auth=WRITE_INSPECTIONS,
    response={200: InspectionOut, **WRITE_ROW},
    by_alias=True,
    summary="Drop a planned inspection",
)
def drop_planned(request: HttpRequest, number: int, body: DropIn) -> Any:
    """Drop a planned inspection with a reason; 409 when it was made already, or has changed since `version`."""
    actor = require_register_reader(request)
    drop_inspection(actor=actor, inspection_id=number, why=body.why, version=body.version)
    return _build_inspection(actor, *get_inspection(actor, number))


def _build_filters(actor: Actor, query: InspectionsIn) -> tuple[InspectionFilters, Q]:
    """Return the filters of a query; those that have several values are in the condition, as alternatives."""
    keys = {info.key: info for info in readable_registers(actor)}
    infos = [look_up_code("register", key, keys) for key in query.register_key if key]
    areas, units = map_area_ids() if query.area else {}, map_unit_ids() if query.unit else {}
    area_ids = [look_up_code("area", code, areas) for code in query.area if code]
    unit_ids = [look_up_code("unit", code, units) for code in query.unit if code]
    states = list(dict.fromkeys(query.state))
    condition = Q(record__code=query.record) if query.record else Q()
    if len(infos) > 1:
        condition &= Q(register_id__in=[info.id for info in infos if info is not None])
    if len(area_ids) > 1:
        known = AREAS.get()
        condition &= reduce(or_, (within_area(known[pk].path) for pk in area_ids if pk in known))
    if len(unit_ids) > 1:
        condition &= Q(unit_id__in=unit_ids)
    if len(states) > 1:
        condition &= Q(state__in=states)
    filters = InspectionFilters(
        show=SHOW_BY_STATE[states[0]] if len(states) == 1 else "",
        register=infos[0].key if len(infos) == 1 and infos[0] is not None else "",
        area=area_ids[0] if len(area_ids) == 1 else None,
        unit=unit_ids[0] if len(unit_ids) == 1 else None,
        start=query.since,
        end=query.to,
    )
    return filters, condition


def _build_row(inspection: Inspection) -> dict[str, Any]:
    """Return an inspection in the form of `InspectionRowOut`."""
    info, record = register_by_id(inspection.register_id), inspection.record
    key = info.key if info is not None else ""
    checklist = info.definition.checklist(inspection.checklist) if info is not None else None
    areas, unit = area_chain(inspection.area_path)[-1:], unit_info(inspection.unit_id)
    names = ("checklist", "kind", "state", "passed", "planned_date", "due_date", "done_date")
    return {name: getattr(inspection, name) for name in names} | {
        "id": inspection.pk,
        "register": key,
        "checklist_label": checklist.label if checklist is not None else inspection.checklist,
        "kind_label": inspection.get_kind_display(),
        "state_label": inspection.get_state_display(),
        "late": inspection.state == InspectionState.DUE and inspection.due_date < clock.today(),
        "record": {
            "code": record.code,
            "name": record.name,
            "place": record.place_text,
            "url": f"/api/v1/registers/{key}/records/{record.code}",
        },
        "area": area_text(inspection.area_path, inspection.done_at) if inspection.area_path else "",
        "area_code": areas[0].code if areas else "",
        "unit": unit.code if unit else "",
        "done_by": inspection.done_label,
        "url": f"{ROOT}/{inspection.pk}",
    }


def _build_inspection(actor: Actor, info: RegisterInfo, inspection: Inspection) -> dict[str, Any]:
    findings, rechecked = read_findings(inspection)
    waits = inspection.state == InspectionState.DUE and inspection.record.active
    return _build_row(inspection) | {
        "version": inspection.version,
        "answerable": waits and actor.can("registers.visit:make"),
        "note": inspection.note,
        "done_at": inspection.done_at,
        "items": [vars(item) for item in list_asked_items(info, inspection)],
        "answers": [_build_answer(key, stored) for key, stored in inspection.answers.items()],
        "findings": [_build_finding(finding) for finding in findings],
        "looks_at": _build_finding(rechecked) if rechecked is not None else None,
    }


def _build_answer(key: str, stored: dict[str, Any]) -> dict[str, Any]:
    return {
        "item": key,
        "asked": stored["ask"],
        "asked_en": stored.get("ask_en", ""),
        "value": stored["value"],
        "note": stored["note"],
        "photos": stored["photos"],
    }


def _build_finding(finding: Finding) -> dict[str, Any]:
    names = ("item", "text", "state", "found_date", "right_date")
    rechecks = [
        {
            "state": recheck.state,
            "planned_date": recheck.planned_date,
            "due_date": recheck.due_date,
            "url": f"{ROOT}/{recheck.pk}",
        }
        for recheck in finding.rechecks.all()
    ]
    return {name: getattr(finding, name) for name in names} | {
        "state_label": finding.get_state_display(),
        "case": finding.case.number,
        "case_state": finding.case.state,
        "case_url": f"/api/v1/cases/{finding.case.number}",
        "rechecks": rechecks,
    }
