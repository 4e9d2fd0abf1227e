"""How many requests a token and an address may send: token buckets in the memory of each server process.

`JIEDAO_API_TOKEN_RATE` and `JIEDAO_API_ADDRESS_RATE` are requests a minute. A bucket holds five minutes' worth, so that
a system that was cut off can catch up. Each process counts for itself: with several processes, a caller may send as
many times more. The counts end with the process.
"""

import math
import threading
import time
from dataclasses import dataclass

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError

MINUTES = 5  # that a full bucket holds
MOST_BUCKETS = 20_000
NOTED = "jiedao.allowance"  # a key in META that no header of a client can have


class TooManyRequests(UserError):  # noqa: N818 (a refusal)
    """The caller has sent more requests than the limit; `seconds` is when to try again."""

    status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(
            _("请求太多，超过了限额，这次没有处理。"),
            hint=_("请等 %(n)d 秒后再发；一次取多条可以减少请求。") % {"n": seconds},
        )
        self.seconds = seconds


@dataclass(frozen=True)
class Allowance:
    """How many requests a full bucket holds, how many are left, and in how many seconds it is full again."""

    most: int
    left: int
    seconds: int


def note_allowance(request: HttpRequest, allowance: Allowance | None) -> None:
    """Store how many requests the token has left, for the headers of the answer."""
    request.META[NOTED] = allowance


def write_allowance(request: HttpRequest, answer: HttpResponseBase) -> None:
    """State in the headers RateLimit and RateLimit-Policy how many requests the token has left."""
    allowance: Allowance | None = request.META.get(NOTED)
    if allowance is not None:
        answer["RateLimit-Policy"] = f'"token";q={allowance.most};w={MINUTES * 60}'
        answer["RateLimit"] = f'"token";r={allowance.left};t={allowance.seconds}'


class Buckets:
    """The buckets of one kind of callers; a full bucket is not stored."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}  # key: requests left, and at which monotonic time

    def take(self, key: str, rate: int) -> Allowance | None:
        """Count a request and return what is left; None for a rate of 0, which is no limit.

        Raise TooManyRequests where the bucket of the key is empty.
        """
        if not rate:
            return None
        per_second, most = rate / 60, float(rate * MINUTES)
        now = time.monotonic()
        with self._lock:
            left, then = self._buckets.get(key, (most, now))
            left = min(most, left + (now - then) * per_second)
            if left < 1:
                self._buckets[key] = (left, now)
                raise TooManyRequests(max(1, -int(-(1 - left) / per_second // 1)))
            if len(self._buckets) >= MOST_BUCKETS and key not in self._buckets:
                self._drop_full(now, per_second, most)
            self._buckets[key] = (left - 1, now)
        return Allowance(int(most), int(left - 1), math.ceil((most - left + 1) / per_second))

    def _drop_full(self, now: float, per_second: float, most: float) -> None:
        """Drop the buckets that are full again; if there are none, drop all."""
        not_full = {
            key: (left, then)
            for key, (left, then) in self._buckets.items()
            if left + (now - then) * per_second < most
        }
        self._buckets = not_full if len(not_full) < MOST_BUCKETS else {}

    def clear(self) -> None:
        """Forget all requests."""
        with self._lock:
            self._buckets.clear()


TOKENS, ADDRESSES = Buckets(), Buckets()
