"""Cases over JSON: filing, listing and reading them."""

from datetime import timedelta
from functools import cache
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from ninja import Query, Router, Status

from jiedao.api.auth import FOLLOW_CASES, READ_CASES, REPORT_CASES
from jiedao.api.categories import AnswerOut, describe_answer
from jiedao.api.codes import CATEGORY_IDS, format_category_code, get_category_id, get_premise_id
from jiedao.api.filters import (
    build_page_link,
    check_names,
    check_single,
    look_up_code,
    map_area_ids,
    map_unit_ids,
)
from jiedao.api.schemas import (
    CaseIn,
    CaseListOut,
    CaseOut,
    FiledOut,
    FollowedOut,
    FollowUpIn,
    ListIn,
    MoveOut,
)
from jiedao.api.schemas_problems import READ, WRITE
from jiedao.cases import catalogue
from jiedao.cases.access import get_case_by_number
from jiedao.cases.actions.following_up import follow_up
from jiedao.cases.actions.intake import NewCase
from jiedao.cases.actions.reporting import report_case
from jiedao.cases.flow import State, get_finish
from jiedao.cases.models import Case
from jiedao.cases.moves.allowed import list_allowed_moves
from jiedao.cases.moves.table import FLOW
from jiedao.cases.questions import get_answers
from jiedao.cases.selectors.filters import MANY_READERS, CaseFilters
from jiedao.cases.selectors.for_sender import StepLine, find_ending, list_steps_for_sender, reads_as_sender
from jiedao.cases.selectors.lists import CaseRow, read_case_page
from jiedao.cases.sources import SourceTerms, find_source
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_label
from jiedao.places.selectors import area_text, past_area_info

router = Router(tags=["cases"])
NAMES = [field.alias or name for name, field in ListIn.model_fields.items()]
# The longest time between the timestamp of a move and its commit: until then a reader does not see the move.
WRITING_TIME = timedelta(minutes=1)
# The fields of the request by those of the action.
REQUEST_FIELDS = {"reporter_phone": "reporter.phone", "due_at": "wanted_by"}


def _get_label(row: Any) -> str:
    return row.label if row is not None else ""


@router.post(
    "/cases",
    auth=REPORT_CASES,
    response={201: FiledOut, 200: FiledOut, **WRITE},
    summary="File a case",
    operation_id="file_case",
)
def create(request: HttpRequest, body: CaseIn) -> Any:
    """File a case; 201 when it is new, 200 when the caller has sent it before under the same key.

    409 when the client_uuid or source_key belongs to another caller or to another content.
    """
    actor: Actor = request.auth  # type: ignore[attr-defined]
    point, reporter = body.point, body.reporter
    new = NewCase(
        channel=body.channel,
        subject=body.subject,
        detail=body.detail,
        place_text=body.place,
        lon=point.lon if point else None,
        lat=point.lat if point else None,
        coord_system=point.system if point else "WGS84",
        accuracy_m=point.accuracy_m if point else None,
        premise_id=get_premise_id(body.premise),
        category_id=get_category_id(body.category),
        client_uuid=body.client_uuid,
        source_key=body.source_key,
        reporter_name=reporter.name if reporter else "",
        reporter_phone=reporter.phone if reporter else "",
        reporter_ref=reporter.ref if reporter else "",
        secret=reporter.secret if reporter else False,
        urgent=body.urgent,
        reported_at=_make_aware(body.reported_at),
        terms=SourceTerms(due_at=_make_aware(body.wanted_by)) if body.wanted_by else None,
        answers=body.answers,
    )
    try:
        filed = report_case(new, actor=actor, photos=body.photos).case
    except UserError as fault:
        fault.field = REQUEST_FIELDS.get(fault.field, fault.field)
        raise
    answer = FiledOut(
        number=filed.number,
        created=filed.created,
        url=f"/api/v1/cases/{filed.number}",
        outside=filed.outside,
        warnings=list(filed.warnings),
    )
    return Status(201 if filed.created else 200, answer)


def _make_aware(moment: Any) -> Any:
    return moment.replace(tzinfo=clock.TOWN_TZ) if moment is not None and moment.tzinfo is None else moment


def _build_rows(rows: list[CaseRow]) -> list[dict[str, Any]]:
    """Return the rows in the form of `CaseRowOut`; each label is looked up once for the page."""
    now = clock.now()
    state = cache(lambda code: str(State(code).label))
    code = cache(format_category_code)
    category = cache(lambda pk: _get_label(catalogue.category_info(pk)))
    return [
        {
            "number": row.number,
            "subject": row.subject,
            "state": row.state,
            "state_label": state(row.state),
            "channel": row.channel,
            "category": code(row.category_id),
            "category_label": category(row.category_id),
            "area": area_text(row.area_path, row.finished_at),
            "unit": unit_label(row.lead_unit_id, row.finished_at),
            "reported_at": row.reported_at,
            "due_at": row.due_at,
            "overdue": row.due_at is not None and row.due_at < now,
            "version": row.version,
            "url": f"/api/v1/cases/{row.number}",
        }
        for row in rows
    ]


def _replace_codes(params: QueryDict) -> QueryDict:
    """Return the filters with the codes of category, area and unit replaced by ids, which the desk's list expects."""
    check_names(params, NAMES)
    check_single(params, MANY_READERS)
    filters = params.copy()
    hint = _("请核对代码：category 写成 MATTER:01003，area 和 unit 用数据包里的代码。")
    for name, ids in {"category": CATEGORY_IDS.get, "area": map_area_ids, "unit": map_unit_ids}.items():
        codes = [code for text in filters.getlist(name) if (code := text.strip())]
        if codes:
            known = ids()
            filters.setlist(name, [str(look_up_code(name, code, known, hint)) for code in codes])
    return filters


def _make_refusal(fault: UserError) -> UserError:
    """Return the refusal for a filter that the desk's list would ignore with a notice."""
    if fault.field in {"q", ""}:
        return fault
    hint = (
        _("起始日期不能晚于截止日期。")
        if fault.field == "from" and "from" not in str(fault.message)
        else fault.hint
    )
    return UserError(
        _("筛选条件 %(name)s 的值不能用。") % {"name": fault.field}, hint=hint, field=fault.field
    )


@router.get(
    "/cases",
    auth=READ_CASES,
    response={200: CaseListOut, **READ},
    summary="List cases",
    operation_id="list_cases",
)
def index(request: HttpRequest, query: Query[ListIn]) -> Any:
    """List the cases in scope, 50 a page, with the filters of the desk's list; follow `next` until it is null."""
    # `query` only validates and describes the parameters: the reader of the desk's list reads the same query string.
    actor: Actor = request.auth  # type: ignore[attr-defined]
    actor.require("cases.case:view")
    filters, faults = CaseFilters.read(_replace_codes(request.GET))
    if faults:
        raise _make_refusal(faults[0])
    as_of = clock.now() - WRITING_TIME
    page = read_case_page(actor, filters, request.GET.get("cursor", ""))
    body = {
        "cases": _build_rows(page.rows),
        "next": build_page_link(request, page.next),
        "previous": build_page_link(request, page.previous),
        "total": page.total,
        "total_exact": page.total_exact,
        "as_of": as_of,
    }
    # Encoded directly: through the models it would take a third longer. The tests check it against the models.
    return HttpResponse(orjson.dumps(body), content_type="application/json; charset=utf-8")


def _build_moves(actor: Actor, case: Case) -> list[MoveOut]:
    if reads_as_sender(actor):
        steps = list_steps_for_sender(actor, case)
    else:
        rows = case.moves.order_by("at", "id")
        steps = [StepLine(row.move, row.at, row.to_state, row.actor_label, row.text) for row in rows]
    return [
        MoveOut(
            move=step.move,
            label=str(FLOW[step.move].label) if step.move in FLOW else step.move,
            at=step.at,
            state=step.state,
            by=step.by,
            text=step.text,
        )
        for step in steps
    ]


@router.get(
    "/cases/{number}",
    auth=READ_CASES,
    response={200: CaseOut, **READ},
    summary="Read a case",
    operation_id="read_case",
)
def single(request: HttpRequest, number: str) -> Any:
    """Return a case with its timeline and the moves that the caller may make now."""
    actor: Actor = request.auth  # type: ignore[attr-defined]
    case = get_case_by_number(actor, number)
    area = past_area_info(case.area_id)
    finished_at = get_finish(case.state, case.closed_at, case.ended_at)
    source, ending = find_source(case), find_ending(case)
    return CaseOut(
        number=case.number,
        version=case.version,
        subject=case.subject,
        detail=case.detail,
        state=case.state,
        state_label=str(State(case.state).label),
        channel=case.channel,
        category=format_category_code(case.category_id),
        category_label=_get_label(catalogue.category_info(case.category_id)),
        suggestions=[] if reads_as_sender(actor) else case.suggestions,
        place=case.place_text,
        area=area_text(case.area_path, finished_at),
        area_code=area.code if area else "",
        lon=case.lon,
        lat=case.lat,
        outside=case.outside,
        unit=unit_label(case.lead_unit_id, finished_at),
        reported_at=case.reported_at,
        due_at=case.due_at,
        wanted_by=source.due_at if source else None,
        closed_at=case.closed_at,
        outcome=ending.outcome.value if ending.outcome else None,
        reply=ending.reply,
        satisfaction=case.satisfaction,
        answers=[AnswerOut(**describe_answer(answer)) for answer in get_answers(case)],
        moves=_build_moves(actor, case),
        allowed=[move.code for move in list_allowed_moves(actor, case)],
    )


@router.post(
    "/cases/{number}/follow-ups",
    auth=FOLLOW_CASES,
    response={201: FollowedOut, 200: FollowedOut, **WRITE},
    summary="Remind, supervise or ask to void a case",
    operation_id="follow_up_case",
)
def follow(request: HttpRequest, number: str, body: FollowUpIn) -> Any:
    """Make a request about a case; 201 when it is new, 200 when it was made before under the same key.

    409 while the state of the case does not allow it: a case that nobody has accepted yet cannot be supervised.
    """
    actor: Actor = request.auth  # type: ignore[attr-defined]
    data = {"note": body.note, "answer_date": body.answer_date}
    case, created = follow_up(actor, number, body.move, client_uuid=body.client_uuid, data=data)
    answer = FollowedOut(number=case.number, version=case.version, state=case.state, created=created)
    return Status(201 if created else 200, answer)
