"""Inspections over JSON: listing, reading and answering them, and sending photos."""

import re
import uuid
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
from jiedao.api.schemas_inspections import AnswersIn, InspectionOut, InspectionsIn, InspectionsOut, PhotoOut
from jiedao.api.schemas_problems import Problem, RowProblem
from jiedao.files.actions import store_file
from jiedao.files.models import Attachment, Kind
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info
from jiedao.places.selectors import area_chain, area_text
from jiedao.registers.access import get_inspection, readable_registers
from jiedao.registers.actions.inspections import Answer, InspectionInput, list_asked_items, make_inspection
from jiedao.registers.catalogue import RegisterInfo, register_by_id
from jiedao.registers.models import Finding, Inspection, InspectionState
from jiedao.registers.selectors.inspection_filters import InspectionFilters, build_own_filter
from jiedao.registers.selectors.inspections import read_findings, read_inspection_page

router = Router(tags=["inspections"])
READ = dict.fromkeys((400, 401, 403, 404, 422, 429), Problem)
WRITE = {**dict.fromkeys((400, 401, 403, 404, 409, 411, 413, 429), Problem), 422: RowProblem}
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
    check_single(request.GET)
    keys = {info.key: info.key for info in readable_registers(actor)}
    filters = InspectionFilters(
        show=SHOW_BY_STATE.get(query.state or "", ""),
        register=look_up_code("register", query.register_key, keys) or "",
        area=look_up_code("area", query.area, map_area_ids() if query.area else {}),
        unit=look_up_code("unit", query.unit, map_unit_ids() if query.unit else {}),
        start=query.since,
        end=query.to,
    )
    condition = Q(record__code=query.record) if query.record else Q()
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
    response={200: InspectionOut, **WRITE},
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
    response={201: PhotoOut, 200: PhotoOut, **WRITE},
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
