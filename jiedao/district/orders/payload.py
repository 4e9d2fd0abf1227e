"""What an office is sent of a case: fixed when the order is made, so that every attempt has the same content."""

import json
from typing import Any

from django.utils.translation import gettext as _

from jiedao.cases.models import Case, Reporter
from jiedao.district.models import Order
from jiedao.kernel import clock
from jiedao.kernel.crypto import UnreadableField, decrypt, encrypt

PAYLOAD = "district.order.payload"  # the context of the encrypted field
CHANNEL = "SUPERIOR"
SOURCE = "district"  # before the number in the source key, as with every other system
MAX_DETAIL = 20_000


def build_payload(order: Order, case: Case, *, note: str, previous: Order | None) -> dict[str, Any]:
    """Return the body of POST /api/v1/cases for an order.

    Args:
        note: what the district's user wrote for the office when the case went down.
        previous: the last order of the case to the same office, which the new one names.
    """
    source_key = f"{SOURCE}:{case.number}"
    payload: dict[str, Any] = {
        "channel": CHANNEL,
        "subject": case.subject,
        "detail": _build_detail(case, note, previous)[:MAX_DETAIL],
        "place": case.place_text,
        "client_uuid": str(order.client_uuid),
        "source_key": source_key if order.serial == 1 else f"{source_key}-{order.serial}",
        "urgent": case.urgent,
    }
    if order.due_at is not None:
        payload["wanted_by"] = order.due_at.astimezone(clock.TOWN_TZ).isoformat()
    if case.lon is not None and case.lat is not None:
        payload["point"] = {"lon": case.lon, "lat": case.lat, "system": "WGS84"}
    if order.with_reporter:
        payload["reporter"] = _read_reporter(case)
    return payload


def _build_detail(case: Case, note: str, previous: Order | None) -> str:
    parts = [case.detail]
    if note:
        parts.append(_("区里的意见：%(note)s") % {"note": note})
    if previous is not None:
        parts.append(
            _("这件事曾以 %(number)s 交办（贵处编号 %(there)s）。")
            % {"number": case.number, "there": previous.number or _("未送达")}
        )
    return "\n\n".join(parts)


def _read_reporter(case: Case) -> dict[str, Any]:
    """Return name and phone; what was erased, or encrypted with another key, is left out."""
    row = Reporter.objects.filter(case=case, erased_at__isnull=True).first()
    try:
        fields = {"name": decrypt(row.name), "phone": decrypt(row.phone)} if row is not None else {}
    except UnreadableField:
        fields = {}
    return {**fields, "secret": bool(row is not None and row.secret)}


def store_payload(order: Order, payload: dict[str, Any]) -> None:
    """Put the encrypted payload into the order, which the caller saves."""
    order.payload = encrypt(json.dumps(payload, ensure_ascii=False), context=PAYLOAD)


def read_payload(order: Order) -> dict[str, Any]:
    """Return the payload; raise UnreadableField where the key is another one, or the order has ended."""
    if not order.payload:
        raise UnreadableField("the order has ended")
    content: dict[str, Any] = json.loads(decrypt(order.payload, context=PAYLOAD))
    return content
