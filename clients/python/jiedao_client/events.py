"""Check the signature of an event that a jiedao has posted (Standard Webhooks)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

TOLERANCE = 300.0  # seconds that the clocks may differ


class NotAuthentic(Exception):  # noqa: N818 (it names what the event is not)
    """The event is not from the jiedao whose secret this is, or it is too old."""


def read_event(
    secret: str, headers: Mapping[str, str], body: bytes, *, now: float | None = None
) -> dict[str, Any]:
    """Return the document of an event: {"type", "timestamp", "data"}; raise NotAuthentic for a forged or old one.

    Store the header `webhook-id` of what you have handled: an event whose answer was lost is sent again under the same
    id.

    Args:
        secret: "whsec_..." as it was shown when the subscription was added.
        headers: of the request, in whatever case.
        body: of the request, unchanged.
        now: the present as a Unix time.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    number, timestamp = lower.get("webhook-id", ""), lower.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs((now or time.time()) - int(timestamp)) > TOLERANCE:
        raise NotAuthentic("the time of the event is missing or too far from the present")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{number}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(digest).decode()
    signatures = lower.get("webhook-signature", "").split()
    if not any(hmac.compare_digest(expected, signature) for signature in signatures):
        raise NotAuthentic("the signature does not match")
    document: dict[str, Any] = json.loads(body)
    return document
