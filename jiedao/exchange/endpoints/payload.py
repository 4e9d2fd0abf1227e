"""The documents that other systems are sent.

A subscription gets only codes, numbers and times; texts of people are read over the API, with a token whose rights are
checked. An upper platform also gets its own number of the matter and the reply.
"""

import json
from datetime import datetime
from typing import Any

from jiedao.cases import catalogue
from jiedao.cases.flow import State
from jiedao.cases.models import Case
from jiedao.cases.selectors.for_sender import find_ending
from jiedao.cases.sources import find_source
from jiedao.exchange.models import Endpoint, EndpointKind, OutgoingEvent
from jiedao.kernel import clock
from jiedao.kernel.crypto import UnreadableField, decrypt, encrypt
from jiedao.orgs.units import UNITS, unit_label
from jiedao.places.selectors import area_info

BODY = "exchange.outgoing.body"  # the context of the encrypted field


def _format_time(moment: datetime | None) -> str | None:
    return moment.astimezone(clock.TOWN_TZ).isoformat(timespec="seconds") if moment is not None else None


def build_case_data(case: Case, move: str, at: datetime) -> dict[str, Any]:
    """Return the data of an event for a subscription, without texts of people."""
    category, area, unit = (
        catalogue.category_info(case.category_id),
        area_info(case.area_id),
        UNITS.get().get(case.lead_unit_id or 0),
    )
    ending = find_ending(case)
    return {
        "number": case.number,
        "version": case.version,
        "state": case.state,
        "move": move,
        "at": _format_time(at),
        "channel": case.channel,
        "category": f"{category.kind}:{category.code}" if category is not None else None,
        "area": area.code if area is not None else None,
        "unit": unit.code if unit is not None else None,
        "reported_at": _format_time(case.reported_at),
        "due_at": _format_time(case.due_at),
        "urgent": case.urgent,
        "outcome": ending.outcome.value if ending.outcome is not None else None,
        "source_key": case.source_key,
    }


def build_order_data(case: Case, move: str, at: datetime) -> dict[str, Any]:
    """Return the data of an event for the upper platform that sent the case, with its own number and the reply."""
    ending, source = find_ending(case), find_source(case)
    return {
        "order": (case.source_key or "").partition(":")[2],
        "number": case.number,
        "version": case.version,
        "state": case.state,
        "state_label": str(State(case.state).label),
        "move": move,
        "at": _format_time(at),
        "unit": unit_label(case.lead_unit_id, None),
        "due_at": _format_time(case.close_due_at or case.due_at),
        "wanted_by": _format_time(source.due_at) if source is not None else None,
        "outcome": ending.outcome.value if ending.outcome is not None else None,
        "reply": ending.reply,
    }


def build_body(endpoint: Endpoint, kind: str, case: Case, move: str, at: datetime) -> dict[str, Any]:
    """Return the document of an event: its type, its time and its data."""
    build = build_order_data if endpoint.kind == EndpointKind.PLATFORM else build_case_data
    return {"type": kind, "timestamp": _format_time(at), "data": build(case, move, at)}


def store_body(event: OutgoingEvent, body: dict[str, Any]) -> None:
    """Put the encrypted document into the event, which the caller saves."""
    event.body = encrypt(json.dumps(body, ensure_ascii=False), context=BODY)


def read_body(event: OutgoingEvent) -> bytes:
    """Return the document as it is sent; raise UnreadableField where the key is another one or the text was erased."""
    if not event.body:
        raise UnreadableField("the event was received and its text erased")
    return decrypt(event.body, context=BODY).encode()
