"""Inspections over JSON: what waits, was made or missed; one with its checklist; and answering it."""

import uuid
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile

from jiedao.api.filters import area_ids, need_code, need_names, page_link, unit_ids
from jiedao.api.schemas import Problem
from jiedao.api.schemas_inspections import AnswersIn, InspectionOut, InspectionsIn, InspectionsOut, PhotoOut
from jiedao.api.schemas_registers import RowProblem
from jiedao.files.actions import store
from jiedao.files.models import Attachment, Kind
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info
from jiedao.places.selectors import area_chain, area_text
from jiedao.registers.access import get_visit, readable
from jiedao.registers.actions.inspections import Answer, Seen, asked, make_visit
from jiedao.registers.catalogue import RegisterInfo, register_by_id
from jiedao.registers.models import Finding, Visit, VisitState
from jiedao.registers.selectors.inspection_filters import InspectionFilters, mine
from jiedao.registers.selectors.inspections import findings_of, inspection_page

router = Router(tags=["inspections"])
READ = dict.fromkeys((400, 401, 403, 404, 422), Problem)
WRITE = {**dict.fromkeys((400, 401, 403, 404, 409, 411, 413), Problem), 422: RowProblem}
NAMES = [field.alias or name for name, field in InspectionsIn.model_fields.items()]
SHOWN = {"DUE": "waiting", "DONE": "done", "MISSED": "missed", "DROPPED": "dropped"}
ROOT = "/api/v1/inspections"


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.auth  # type: ignore[attr-defined]
    actor.need("registers.record:view")
    return actor


@router.get("/inspections", response={200: InspectionsOut, **READ}, by_alias=True, summary="List inspections")
def inspections(request: HttpRequest, given: Query[InspectionsIn]) -> Any:
    """List the inspections in scope, 50 a page: with `state=DUE` the one due first first, else the newest first."""
    actor = _actor(request)
    need_names(request.GET, NAMES)
    keys = {info.key: info.key for info in readable(actor)}
    filters = InspectionFilters(
        show=SHOWN.get(given.state or "", ""),
        register=need_code("register", given.register_key, keys) or "",
        area=need_code("area", given.area, area_ids() if given.area else {}),
        unit=need_code("unit", given.unit, unit_ids() if given.unit else {}),
        start=given.since,
        end=given.to,
    )
    which = Q(record__code=given.record) if given.record else Q()
    if given.mine:
        which &= mine(actor, clock.today())
    page = inspection_page(actor, filters, given.cursor or "", which=which)
    return {
        "inspections": [_row(visit) for visit in page.rows],
        "next": page_link(request, page.next),
        "previous": page_link(request, page.previous),
        "total": page.total,
    }


@router.get(
    "/inspections/{int:number}",
    response={200: InspectionOut, **READ},
    by_alias=True,
    summary="Read an inspection",
)
def inspection(request: HttpRequest, number: int) -> Any:
    """Return an inspection with its checklist, its answers, and what it found with the cases."""
    actor = _actor(request)
    return _whole(actor, *get_visit(actor, number))


@router.post(
    "/inspections/{int:number}/answers",
    response={200: InspectionOut, **WRITE},
    by_alias=True,
    summary="Answer an inspection",
)
def answer(request: HttpRequest, number: int, body: AnswersIn) -> Any:
    """Record an inspection and file a case for each item that failed; 409 when it is made already.

    A second POST with the same client_uuid answers the inspection as the first one made it.
    """
    actor = _actor(request)
    given = body.model_dump(exclude={"answers"})
    answers = {key: Answer(**one.model_dump()) for key, one in body.answers.items()}
    made = make_visit(actor=actor, seen=Seen(visit_id=number, answers=answers, **given))
    return _whole(actor, *get_visit(actor, made.pk))


@router.post(
    "/inspections/{int:number}/photos",
    response={201: PhotoOut, 200: PhotoOut, **WRITE},
    summary="Send a photo for an answer",
)
def photo(
    request: HttpRequest, number: int, file: File[UploadedFile], client_uuid: Form[uuid.UUID | None] = None
) -> Any:
    """Store a photo; the answer that names its id takes it. A second POST with the same client_uuid stores nothing."""
    actor = _actor(request)
    actor.need("registers.visit:make")
    get_visit(actor, number)
    known = client_uuid is not None and Attachment.objects.filter(client_uuid=client_uuid).exists()
    kept = store(actor, file, kind=Kind.PHOTO_BEFORE.value, client_uuid=client_uuid)
    return Status(200 if known else 201, {"id": kept.pk})


def _row(visit: Visit) -> dict[str, Any]:
    """Return an inspection as `InspectionRowOut` describes it."""
    info, record = register_by_id(visit.register_id), visit.record
    key = info.key if info is not None else ""
    checklist = info.definition.checklist(visit.checklist) if info is not None else None
    areas, unit = area_chain(visit.area_path)[-1:], unit_info(visit.unit_id)
    names = ("checklist", "kind", "state", "passed", "planned_date", "due_date", "done_date")
    return {name: getattr(visit, name) for name in names} | {
        "id": visit.pk,
        "register": key,
        "checklist_label": checklist.label if checklist is not None else visit.checklist,
        "kind_label": visit.get_kind_display(),
        "state_label": visit.get_state_display(),
        "late": visit.state == VisitState.DUE and visit.due_date < clock.today(),
        "record": {
            "code": record.code, "name": record.name, "place": record.place_text,
            "url": f"/api/v1/registers/{key}/records/{record.code}",
        },
        "area": area_text(visit.area_path) if visit.area_path else "",
        "area_code": areas[0].code if areas else "",
        "unit": unit.code if unit else "",
        "done_by": visit.done_label,
        "url": f"{ROOT}/{visit.pk}",
    }  # fmt: skip


def _whole(actor: Actor, info: RegisterInfo, visit: Visit) -> dict[str, Any]:
    findings, before = findings_of(visit)
    waits = visit.state == VisitState.DUE and visit.record.active
    return _row(visit) | {
        "version": visit.version,
        "answerable": waits and actor.can("registers.visit:make"),
        "note": visit.note,
        "done_at": visit.done_at,
        "items": [vars(item) for item in asked(info, visit)],
        "answers": [_answer(key, kept) for key, kept in visit.answers.items()],
        "findings": [_finding(one) for one in findings],
        "looks_at": _finding(before) if before is not None else None,
    }


def _answer(key: str, kept: dict[str, Any]) -> dict[str, Any]:
    return {
        "item": key, "asked": kept["ask"], "asked_en": kept.get("ask_en", ""),
        "value": kept["value"], "note": kept["note"], "photos": kept["photos"],
    }  # fmt: skip


def _finding(finding: Finding) -> dict[str, Any]:
    names = ("item", "text", "state", "found_date", "right_date")
    rechecks = [
        {
            "state": one.state, "planned_date": one.planned_date, "due_date": one.due_date,
            "url": f"{ROOT}/{one.pk}",
        }
        for one in finding.rechecks.all()
    ]  # fmt: skip
    return {name: getattr(finding, name) for name in names} | {
        "state_label": finding.get_state_display(),
        "case": finding.case.number,
        "case_state": finding.case.state,
        "case_url": f"/api/v1/cases/{finding.case.number}",
        "rechecks": rechecks,
    }
