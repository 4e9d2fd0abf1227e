"""How many one-time codes an address may ask for, and how many a contact is sent; counted in the database."""

from datetime import timedelta

from django.utils.translation import gettext as _

from jiedao.accounts.models import FailureCount
from jiedao.accounts.throttle import count_failure, make_limit_key
from jiedao.kernel import clock
from jiedao.kernel.errors import TooManyRequests

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOST_OF_ADDRESS = ((HOUR, 10), (DAY, 30))
# After each code of a day, how long the contact is sent no other; after the last, none until the day is over.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))


def count_request(address: str) -> None:
    """Count a request for a code inside the caller's transaction; raise TooManyRequests beyond the limits."""
    for window, most in MOST_OF_ADDRESS:
        name = f"proof-from-{window.total_seconds():.0f}"
        requests, _pause = count_failure(make_limit_key(name, address), window=window)
        if requests > most:
            raise TooManyRequests(
                _("这个网络要验证码的次数太多。"),
                seconds=int(window.total_seconds()),
                hint=_("请过几个小时再试，或者用编号和查询码查进度。"),
                field="target",
            )


def take_turn(key: str) -> bool:
    """Return whether the contact may be sent a code now, and count the code.

    The row is locked, so that of two requests at once only one sends a code.
    """
    now, name = clock.real_now(), f"proof:{key}"
    FailureCount.objects.get_or_create(key=name, defaults={"since_at": now, "latest_at": now})
    row = FailureCount.objects.select_for_update().get(key=name)
    if not now - DAY < row.since_at <= now:  # also a day that a clock began which was ahead
        row.failures, row.since_at = 0, now
    if row.failures > len(PAUSES):
        return False
    if row.failures and timedelta(0) <= now - row.latest_at < PAUSES[row.failures - 1]:
        return False
    row.failures, row.latest_at = row.failures + 1, now
    row.save()
    return True
