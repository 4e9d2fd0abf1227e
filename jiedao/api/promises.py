"""Campaigns and pledges over JSON: how far they are, entered amounts, and the moves of a pledge."""

from collections.abc import Callable
from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router, Status

from jiedao.api.auth import READ_PROJECTS, WRITE_PROJECTS
from jiedao.api.codes import get_area, get_unit_id
from jiedao.api.filters import check_names, check_single, look_up_code, map_unit_ids
from jiedao.api.paging import read_page
from jiedao.api.schemas_problems import READ, WRITE
from jiedao.api.schemas_projects import (
    CampaignOut,
    CampaignsIn,
    CampaignsOut,
    EntriesIn,
    EntriesOut,
    EntryIn,
    EntryOut,
    PledgeIn,
    PledgeMoveIn,
    PledgeOut,
    PledgesIn,
    PledgesOut,
)
from jiedao.indicators.describing import write_number
from jiedao.kernel.errors import UserError
from jiedao.kernel.storable import make_storable
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Unit
from jiedao.projects.actions.campaigns import add_entry
from jiedao.projects.actions.pledges import (
    add_pledge,
    confirm_pledge,
    extend_pledge,
    report_pledge_done,
    send_pledge_back,
    withdraw_pledge,
)
from jiedao.projects.actions.supervising import answer_supervision, supervise_pledge
from jiedao.projects.models.promises import VIEW, Campaign, CampaignEntry, Pledge, PledgeState
from jiedao.projects.pledge_flow import get_move_label
from jiedao.projects.promise_access import get_campaign, get_pledge
from jiedao.projects.selectors.campaigns import read_campaign_status, select_campaigns
from jiedao.projects.selectors.pledges import PledgeFilters, read_pledge_detail, select_pledges

router = Router(tags=["promises"])
CAMPAIGNS, PLEDGES = "/api/v1/campaigns", "/api/v1/pledges"
PLEDGE_NAMES = [field.alias or name for name, field in PledgesIn.model_fields.items()]
MoveCode = Literal["REPORT", "CONFIRM", "BACK", "ANSWER", "SUPERVISE", "EXTEND", "WITHDRAW"]


def _require_reader(request: HttpRequest) -> Actor:
    actor: Actor = request.auth  # type: ignore[attr-defined]
    actor.require(VIEW)
    return actor


@router.get(
    "/campaigns", auth=READ_PROJECTS, response={200: CampaignsOut, **READ}, summary="List the campaigns"
)
def list_campaigns(request: HttpRequest, query: Query[CampaignsIn]) -> Any:
    """List the campaigns in use, in the order of the pack, 50 a page."""
    actor = _require_reader(request)
    check_names(request.GET, list(CampaignsIn.model_fields))
    check_single(request.GET)
    page = read_page(select_campaigns(actor, make_storable(query.q or "").strip()), "position", query.cursor)
    return {"campaigns": [_describe_campaign(row) for row in page.rows], **page.build_links(request)}


@router.get(
    "/campaigns/{key}",
    auth=READ_PROJECTS,
    response={200: CampaignOut, **READ},
    summary="Read a campaign",
)
def read_campaign(request: HttpRequest, key: str) -> Any:
    """Return a campaign and how far it is today, by community and by month."""
    actor = _require_reader(request)
    campaign = get_campaign(actor, make_storable(key))
    status = read_campaign_status(actor, campaign)
    return _describe_campaign(campaign) | {
        "day": status.day,
        "done": write_number(status.done),
        "planned": write_number(status.planned),
        "share": status.share,
        "pace_needed": write_number(status.pace_needed),
        "pace_made": write_number(status.pace_made),
        "forecast": status.forecast,
        "light": status.colour.value if status.has_light else None,
        "reason": str(status.reason),
        "areas": [
            {
                "area_code": line.area.code if line.area is not None else "",
                "area": line.area.label if line.area is not None else "",
                "quota": write_number(line.quota),
                "done": write_number(line.done),
            }
            for line in status.areas
        ],
        "months": [
            {
                "month": f"{line.month:%Y-%m}",
                "planned": write_number(line.planned),
                "done": write_number(line.done),
            }
            for line in status.months
        ],
    }


@router.get(
    "/campaigns/{key}/entries",
    auth=READ_PROJECTS,
    response={200: EntriesOut, **READ},
    by_alias=True,
    summary="List the entered amounts of a campaign",
)
def list_entries(request: HttpRequest, key: str, query: Query[EntriesIn]) -> Any:
    """List the amounts that were entered for a campaign by day, 50 a page."""
    actor = _require_reader(request)
    check_names(request.GET, list(EntriesIn.model_fields))
    check_single(request.GET)
    campaign = get_campaign(actor, make_storable(key))
    page = read_page(campaign.entries.select_related("area"), "date", query.cursor)
    return {"entries": [_describe_entry(row) for row in page.rows], **page.build_links(request)}


@router.post(
    "/campaigns/{key}/entries",
    auth=WRITE_PROJECTS,
    response={201: EntryOut, **WRITE},
    by_alias=True,
    summary="Enter an amount",
)
def add_campaign_entry(request: HttpRequest, key: str, body: EntryIn) -> Any:
    """Enter an amount for a campaign that is not counted from a register or from cases."""
    actor = _require_reader(request)
    try:
        entry = add_entry(
            actor=actor,
            key=make_storable(key),
            day=body.day,
            amount=body.amount,
            document=body.document,
            area=get_area(body.area),
            attachments=body.files,
            client_uuid=body.client_uuid,
        )
    except UserError as fault:
        fault.field = {"day": "date", "photos": "files"}.get(fault.field, fault.field)
        raise
    return Status(201, _describe_entry(entry))


@router.get("/pledges", auth=READ_PROJECTS, response={200: PledgesOut, **READ}, summary="List the pledges")
def list_pledges(request: HttpRequest, query: Query[PledgesIn]) -> Any:
    """List responsibility items and decisions by deadline, 50 a page."""
    actor = _require_reader(request)
    check_names(request.GET, PLEDGE_NAMES)
    check_single(request.GET, ("kind", "state", "unit"))
    filters = PledgeFilters(
        late=query.late,
        waiting=query.waiting,
        first_date=query.since,
        last_date=query.to,
        text=make_storable(query.q or "").strip(),
    )
    rows = select_pledges(actor, filters)
    units = map_unit_ids() if query.unit else {}
    chosen = {
        "kind__in": query.kind,
        "state__in": query.state,
        "unit_id__in": [look_up_code("unit", code, units) for code in query.unit if code],
    }
    rows = rows.filter(**{column: values for column, values in chosen.items() if values})
    page = read_page(rows, "deadline", query.cursor)
    return {"pledges": [_describe_pledge(row) for row in page.rows], **page.build_links(request)}


@router.post("/pledges", auth=WRITE_PROJECTS, response={201: PledgeOut, **WRITE}, summary="Register a pledge")
def register_pledge(request: HttpRequest, body: PledgeIn) -> Any:
    """Register a responsibility item or a decision; 422 when its code is taken."""
    actor = _require_reader(request)
    unit_id = get_unit_id(body.unit)
    helper_ids = [get_unit_id(code, "helpers") for code in body.helpers]
    units = Unit.objects.in_bulk([unit_id, *helper_ids])
    pledge = add_pledge(
        actor=actor,
        kind=body.kind,
        code=body.code,
        text=body.text,
        source=body.source,
        unit=units[unit_id],
        due_date=body.due_date,
        helpers=[units[pk] for pk in dict.fromkeys(helper_ids)],
    )
    return Status(201, _describe_pledge_detail(actor, pledge))


@router.get(
    "/pledges/{int:pledge_id}",
    auth=READ_PROJECTS,
    response={200: PledgeOut, **READ},
    summary="Read a pledge",
)
def read_pledge(request: HttpRequest, pledge_id: int) -> Any:
    """Return a pledge with its history and the moves that the caller may make."""
    actor = _require_reader(request)
    return _describe_pledge_detail(actor, get_pledge(actor, pledge_id))


@router.post(
    "/pledges/{int:pledge_id}/moves/{move}",
    auth=WRITE_PROJECTS,
    response={200: PledgeOut, **WRITE},
    by_alias=True,
    summary="Make a move of a pledge",
)
def move_pledge(request: HttpRequest, pledge_id: int, move: MoveCode, body: PledgeMoveIn) -> Any:
    """Report a pledge as done, confirm or send back the report, extend, supervise, answer or withdraw.

    409 when its state does not allow the move.
    """
    actor = _require_reader(request)
    pledge = get_pledge(actor, pledge_id)
    try:
        _MOVES[move](actor, pledge.pk, body)
    except UserError as fault:
        fault.field = FIELD_NAMES.get(fault.field, fault.field)
        raise
    return _describe_pledge_detail(actor, get_pledge(actor, pledge.pk))


# The fields of the request by those of the actions.
FIELD_NAMES = {
    **dict.fromkeys(("evidence", "why", "demand", "answer"), "note"),
    **dict.fromkeys(("until", "due_date", "promised_date"), "date"),
    "photos": "files",
}


def _need_day(body: PledgeMoveIn) -> Any:
    if body.day is None:
        raise UserError(_("缺少这一项。"), hint=_("请写明日期，如 2020-07-31。"), field="date")
    return body.day


_MOVES: dict[str, Callable[[Actor, int, PledgeMoveIn], Pledge]] = {
    "REPORT": lambda actor, pk, body: report_pledge_done(
        actor=actor, pledge_id=pk, evidence=body.note, attachments=body.files
    ),
    "CONFIRM": lambda actor, pk, body: confirm_pledge(actor=actor, pledge_id=pk, note=body.note),
    "BACK": lambda actor, pk, body: send_pledge_back(actor=actor, pledge_id=pk, why=body.note),
    "WITHDRAW": lambda actor, pk, body: withdraw_pledge(actor=actor, pledge_id=pk, why=body.note),
    "EXTEND": lambda actor, pk, body: extend_pledge(
        actor=actor, pledge_id=pk, until=_need_day(body), why=body.note
    ),
    "SUPERVISE": lambda actor, pk, body: supervise_pledge(
        actor=actor, pledge_id=pk, demand=body.note, due_date=_need_day(body)
    ),
    "ANSWER": lambda actor, pk, body: answer_supervision(
        actor=actor, pledge_id=pk, answer=body.note, promised_date=body.day
    ),
}


def _describe_campaign(campaign: Campaign) -> dict[str, Any]:
    return {
        "key": campaign.key,
        "name": campaign.label,
        "unit": campaign.unit.code,
        "unit_name": campaign.unit.label,
        "measure": campaign.measure_label,
        "target": write_number(campaign.target),
        "from_date": campaign.from_date,
        "due_date": campaign.due_date,
        "entered": campaign.feed is None,
        "url": f"{CAMPAIGNS}/{campaign.key}",
    }


def _describe_entry(entry: CampaignEntry) -> dict[str, Any]:
    return {
        "id": entry.pk,
        "date": entry.date,
        "amount": write_number(entry.amount),
        "document": entry.document,
        "area_code": entry.area.code if entry.area is not None else "",
        "entered_by": entry.entered_by,
        "at": entry.at,
    }


def _describe_pledge(pledge: Pledge) -> dict[str, Any]:
    return {
        "id": pledge.pk,
        "kind": pledge.kind,
        "code": pledge.code,
        "text": pledge.label,
        "source": pledge.source,
        "unit": pledge.unit.code,
        "unit_name": pledge.unit.label,
        "helpers": [unit.code for unit in pledge.helpers.all()],
        "due_date": pledge.due_date,
        "deadline": pledge.deadline,
        "state": pledge.state,
        "state_label": str(PledgeState(pledge.state).label),
        "late": pledge.is_late,
        "url": f"{PLEDGES}/{pledge.pk}",
    }


def _describe_pledge_detail(actor: Actor, pledge: Pledge) -> dict[str, Any]:
    detail = read_pledge_detail(actor, pledge)
    return _describe_pledge(pledge) | {
        "evidence": pledge.evidence,
        "steps": [
            {
                "move": step.move,
                "label": get_move_label(step.move),
                "at": step.at,
                "by": step.actor_label,
                "state": step.to_state,
                "note": step.note,
            }
            for step in detail.moves
        ],
        "allowed": detail.may,
    }
