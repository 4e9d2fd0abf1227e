"""Signatures of events by the rules of Standard Webhooks: HMAC-SHA256 over number, time and body.

The secret is written "whsec_" and base64; the receiver needs nothing else to check the headers `webhook-id`,
`webhook-timestamp` and `webhook-signature`.
"""

import base64
import binascii
import hashlib
import hmac
import secrets

PREFIX = "whsec_"
BYTES = 24


def make_secret() -> str:
    """Return a new secret."""
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def sign(secret: str, number: str, timestamp: str, body: bytes) -> str:
    """Return the value of `webhook-signature`; raise ValueError for a secret that is none."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as fault:
        raise ValueError("the secret is not base64") from fault
    content = f"{number}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def build_headers(secret: str, number: str, timestamp: str, body: bytes) -> dict[str, str]:
    """Return the headers of an event."""
    return {
        "webhook-id": number,
        "webhook-timestamp": timestamp,
        "webhook-signature": sign(secret, number, timestamp, body),
    }
