"""Limits of failed sign-ins by account and by address, beside the lock of one account at one address (django-axes).

Each limit is a pause of 15 minutes, never a lock without end, and a stranger cannot keep a person out: a browser in
which the person has signed in before is known by a signed cookie, and neither the pauses nor the lock that strangers
cause apply to it. A known browser has a limit of its own, after which it counts as a stranger for 15 minutes (the
scheme of OWASP's device cookies).

| counted | limit | then pauses |
|---|---|---|
| an account at an address (django-axes) | 5 | this account at this address |
| an account, from unknown browsers anywhere | 20 | this account for unknown browsers |
| an address, for any account, from unknown browsers | `JIEDAO_ADDRESS_FAILURES` (30) | unknown browsers there |
| a known browser, for its account | 5 | its trust |
"""

import secrets
from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse

from jiedao.accounts.models import FailureCount, User
from jiedao.kernel import clock
from jiedao.kernel.crypto import compute_keyed_digest
from jiedao.kernel.requests import get_client_address, group_address

WINDOW = timedelta(minutes=15)
ACCOUNT_LIMIT = 20
DEVICE_LIMIT = 5
COOKIE, SALT = "jiedao_device", "jiedao.accounts.device"
COOKIE_AGE = 180 * 24 * 3600
MOST_USERS = 20  # of one browser; a counter at which many people sign in


def make_account_key(username: str) -> str:
    """Return the key of an account; a digest, because an unknown name may be a password typed by mistake."""
    return f"account:{compute_keyed_digest(username)}"


def make_address_key(address: str) -> str:
    """Return the key of an address; of IPv6 that of its network."""
    return f"address:{group_address(address)}"


def make_limit_key(kind: str, address: str, about: str = "") -> str:
    """Return the key by which an address of the public is counted: a keyed digest, from which no address is read.

    `about` names what is counted separately for the same address, such as one consultation.
    """
    return f"{kind}:{compute_keyed_digest(f'{about} {group_address(address)}')}"


def make_device_key(device: str, username: str) -> str:
    """Return the key of a known browser, for one account."""
    return f"device:{compute_keyed_digest(f'{device} {username}')}"


# -- known browsers --------------------------------------------------------------------------------------------------


def read_device(request: HttpRequest) -> tuple[str, list[int]]:
    """Return the id of the browser and the ids of the users who have signed in there; "" and [] for an unknown one."""
    try:
        content: dict[str, Any] = signing.loads(
            request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=COOKIE_AGE
        )
        return str(content["device"]), [int(number) for number in content["users"]]
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return "", []


def remember_device(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Mark the browser as one in which the user has signed in, and forget its failures."""
    device, users = read_device(request)
    if device:
        FailureCount.objects.filter(key=make_device_key(device, user.username)).delete()
    content = {
        "device": device or secrets.token_urlsafe(16),
        "users": [user.pk, *(number for number in users if number != user.pk)][:MOST_USERS],
    }
    response.set_cookie(
        COOKIE,
        signing.dumps(content, salt=SALT),
        max_age=COOKIE_AGE,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        path="/accounts/",
    )


def find_device_key(request: HttpRequest, username: str) -> str:
    """Return the key of the browser if it is known for this account and its trust is not paused, else ""."""
    device, users = read_device(request)
    if not device or not User.objects.filter(pk__in=users, username=username).exists():
        return ""
    key = make_device_key(device, username)
    return "" if find_pause([key]) else key


def is_known_device(request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
    """Return whether django-axes has to let the attempt pass, because the browser is known for the account."""
    return bool(find_device_key(request, str((credentials or {}).get("username") or "")))


# -- counting --------------------------------------------------------------------------------------------------------


def find_pause(keys: list[str]) -> int:
    """Return for how many more minutes, rounded up, one of the keys is paused; 0 for none."""
    now = clock.real_now()
    # A pause that is longer than any was begun by a clock that was ahead.
    paused = FailureCount.objects.filter(key__in=keys, paused_until__gt=now, paused_until__lte=now + WINDOW)
    ends = paused.values_list("paused_until", flat=True)
    return max((max(1, -int(-(end - now).total_seconds() // 60)) for end in ends if end), default=0)


def find_sign_in_pause(request: HttpRequest, username: str) -> int:
    """Return for how many more minutes sign-ins to the account are refused to this browser; 0 if they are not."""
    if find_device_key(request, username):
        return 0
    return find_pause([make_account_key(username), make_address_key(get_client_address(request))])


@transaction.atomic
def count_failure(key: str, limit: int = 0, window: timedelta = WINDOW) -> tuple[int, bool]:
    """Count a failure; return the number in this window, and whether it reached the limit and began a pause."""
    now = clock.real_now()
    FailureCount.objects.get_or_create(key=key, defaults={"since_at": now, "latest_at": now})
    row = FailureCount.objects.select_for_update().get(key=key)
    if not now - window < row.since_at <= now:  # also a window that a clock began which was ahead
        row.failures, row.since_at = 0, now
    row.failures, row.latest_at = row.failures + 1, now
    failures = row.failures
    reached = 0 < limit <= failures
    if reached:
        row.failures, row.paused_until = 0, now + WINDOW
    row.save()
    return failures, reached


def forget_failures(username: str) -> None:
    """End the pause of an account."""
    FailureCount.objects.filter(key=make_account_key(username)).delete()


def delete_old_counts() -> None:
    """Delete the counts to which nothing was added for a day, and those of a clock that was ahead."""
    now = clock.real_now()
    FailureCount.objects.filter(
        Q(latest_at__lt=now - timedelta(days=1)) | Q(latest_at__gt=now + WINDOW)
    ).delete()


def forget_attempts_ahead() -> None:
    """Delete the failures of a clock that was ahead: django-axes would count them until that time is reached."""
    ahead = AccessAttempt.objects.filter(attempt_time__gt=clock.real_now() + WINDOW)
    if ahead.exists():  # nearly never; to delete would lock SQLite
        ahead.delete()
