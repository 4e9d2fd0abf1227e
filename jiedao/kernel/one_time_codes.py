"""One-time codes of six digits, sent to an address to prove whose it is: how long they last, and how they are tried."""

import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet

LASTS = timedelta(minutes=15)
PAUSE = timedelta(seconds=60)  # between two codes to the same address
MOST_TRIES = 5
_MOST = 10**6


def draw_digits() -> str:
    """Return a new random code."""
    return f"{secrets.randbelow(_MOST):06d}"


def derive_digits(digest: bytes) -> str:
    """Return the code that belongs to a digest."""
    return f"{int.from_bytes(digest[:8]) % _MOST:06d}"


def is_current(sent_at: datetime | None, now: datetime) -> bool:
    """Return whether a code is still valid; one that a clock ahead of time sent expires, too."""
    return sent_at is not None and abs(now - sent_at) <= LASTS


def count_try(rows: QuerySet[Any], field: str) -> bool:
    """Count a try in a field of the row with the code; return False where no try is left.

    Count before the code is compared: tries that come at the same moment share the same few.
    """
    return bool(rows.filter(**{f"{field}__lt": MOST_TRIES}).update(**{field: F(field) + 1}))


def is_match(expected: str, typed: str) -> bool:
    """Return whether a person typed the code; only the digits count, in any width."""
    digits = "".join(str(int(sign)) for sign in typed if sign.isdecimal())
    return hmac.compare_digest(expected.encode(), digits.encode())
