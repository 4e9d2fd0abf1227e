"""Subscriptions to events of cases over JSON. Upper platforms are entered in the administration alone."""

import uuid
from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router, Status
from pydantic import BaseModel, Field

from jiedao.api.auth import MANAGE_WEBHOOKS
from jiedao.api.filters import build_page_link
from jiedao.api.schemas_problems import READ, WRITE
from jiedao.api.schemas_webhooks import (
    AgainOut,
    EventListOut,
    NewWebhookOut,
    WebhookChangeIn,
    WebhookIn,
    WebhookListOut,
    WebhookOut,
)
from jiedao.exchange.endpoints import actions, selectors
from jiedao.exchange.endpoints.selectors import EndpointLine
from jiedao.exchange.models import Endpoint, EndpointKind, EventState, OutgoingEvent
from jiedao.kernel.errors import NotFoundError
from jiedao.orgs.actor import Actor

router = Router(tags=["webhooks"])


class EventsIn(BaseModel):
    """The filters of the list of events."""

    state: Literal["WAITING", "SENDING", "SENT", "FAILED", "UNSENT"] | None = Field(
        None, description="UNSENT is WAITING and SENDING"
    )
    number: str | None = Field(None, max_length=20, description="The number of a case")
    cursor: str | None = Field(None, pattern=r"^([0-9]{1,18})?$", description="Contained in `next`")


def _get_manager(request: HttpRequest) -> Actor:
    actor: Actor = request.auth  # type: ignore[attr-defined]
    actor.require(actions.MANAGE)
    return actor


def _get_subscription(code: str) -> Endpoint:
    endpoint = actions.get_endpoint(code)
    if endpoint.kind != EndpointKind.WEBHOOK:
        raise NotFoundError(
            _("没有代码为 %(code)s 的订阅。") % {"code": code[:40]},
            hint=_("上级平台在管理 → 对接里。"),
            field="code",
        )
    return endpoint


def _find_line(endpoint: Endpoint) -> EndpointLine:
    return next(line for line in selectors.list_endpoints() if line.endpoint.pk == endpoint.pk)


def _describe(line: EndpointLine) -> dict[str, Any]:
    endpoint = line.endpoint
    return {
        "code": endpoint.code,
        "name": endpoint.name,
        "host": line.host,
        "events": endpoint.events,
        "active": endpoint.active,
        "waiting": line.waiting,
        "failed": line.failed,
        "sent": line.sent,
        "last_answer_at": endpoint.last_answer_at,
        "fault": line.fault,
    }


def _describe_event(row: OutgoingEvent) -> dict[str, Any]:
    is_sent = row.state == EventState.SENT
    return {
        "id": row.uuid,
        "type": row.kind,
        "number": row.number,
        "state": row.state,
        "attempts": row.attempts,
        "created_at": row.created_at,
        "ended_at": row.ended_at,
        "status": row.status,
        "answer": row.answer,
        "reason": "" if is_sent else selectors.word_reason(row.reason, row.detail),
    }


@router.get(
    "/webhooks",
    auth=MANAGE_WEBHOOKS,
    response={200: WebhookListOut, **READ},
    summary="List subscriptions",
)
def list_webhooks(request: HttpRequest) -> Any:
    """Return all subscriptions with what waits for each."""
    _get_manager(request)
    lines = [line for line in selectors.list_endpoints() if line.endpoint.kind == EndpointKind.WEBHOOK]
    return {"webhooks": [_describe(line) for line in lines]}


@router.post(
    "/webhooks",
    auth=MANAGE_WEBHOOKS,
    response={201: NewWebhookOut, **WRITE},
    summary="Add a subscription",
)
def add_webhook(request: HttpRequest, body: WebhookIn) -> Any:
    """Add a subscription; the answer has the secret of its signatures, which is not shown again."""
    actor = _get_manager(request)
    endpoint, secret = actions.add_endpoint(actor=actor, kind=EndpointKind.WEBHOOK.value, **body.model_dump())
    return Status(201, NewWebhookOut(**_describe(_find_line(endpoint)), secret=secret))


@router.get(
    "/webhooks/{code}",
    auth=MANAGE_WEBHOOKS,
    response={200: WebhookOut, **READ},
    summary="Read a subscription",
)
def read_webhook(request: HttpRequest, code: str) -> Any:
    """Return a subscription."""
    _get_manager(request)
    return _describe(_find_line(_get_subscription(code)))


@router.patch(
    "/webhooks/{code}",
    auth=MANAGE_WEBHOOKS,
    response={200: WebhookOut, **WRITE},
    summary="Change a subscription",
)
def change_webhook(request: HttpRequest, code: str, body: WebhookChangeIn) -> Any:
    """Change what the body names; `active` false keeps events from being written and sent."""
    actor, endpoint = _get_manager(request), _get_subscription(code)
    changes = {name: value for name, value in body.model_dump().items() if value is not None}
    return _describe(_find_line(actions.change_endpoint(actor=actor, code=endpoint.code, **changes)))


@router.delete(
    "/webhooks/{code}",
    auth=MANAGE_WEBHOOKS,
    response={204: None, **WRITE},
    summary="Remove a subscription",
)
def remove_webhook(request: HttpRequest, code: str) -> Any:
    """Remove a subscription with the record of its events; 422 while some wait."""
    actor, endpoint = _get_manager(request), _get_subscription(code)
    actions.remove_endpoint(actor=actor, code=endpoint.code)
    return Status(204, None)


@router.get(
    "/webhooks/{code}/events",
    auth=MANAGE_WEBHOOKS,
    response={200: EventListOut, **READ},
    summary="List the events of a subscription",
)
def list_webhook_events(request: HttpRequest, code: str, query: Query[EventsIn]) -> Any:
    """Return events with their last answers, the newest first, 50 a page."""
    _get_manager(request)
    rows, after = selectors.list_events(
        _get_subscription(code),
        state=query.state or "",
        number=query.number or "",
        before=int(query.cursor) if query.cursor else None,
    )
    link = build_page_link(request, str(after)) if after is not None else None
    return {"events": [_describe_event(row) for row in rows], "next": link}


@router.post(
    "/webhooks/{code}/events/{event_id}/again",
    auth=MANAGE_WEBHOOKS,
    response={200: AgainOut, **WRITE},
    summary="Send an event again",
)
def send_event_again(request: HttpRequest, code: str, event_id: uuid.UUID) -> Any:
    """Send an event again under the same id, also one that was received; 404 where its text has been erased."""
    actor, endpoint = _get_manager(request), _get_subscription(code)
    row = OutgoingEvent.objects.filter(endpoint=endpoint, uuid=event_id).first()
    count = actions.send_again(actor=actor, code=endpoint.code, event_id=row.pk) if row is not None else 0
    if not count:
        raise NotFoundError(
            _("没有这个事件，或它的内容已经删除。"), hint=_("请在事件列表里核对编号。"), field="event_id"
        )
    return {"count": count}
