"""How many requests a token and an address may send: token buckets in the memory of each server process.

`JIEDAO_API_TOKEN_RATE` and `JIEDAO_API_ADDRESS_RATE` are requests a minute. A bucket holds five minutes' worth, so that
a system that was cut off can catch up. Each process counts for itself: with several processes, a caller may send as
many times more. The counts end with the process.
"""

import threading
import time

from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError

MINUTES = 5  # that a full bucket holds
MOST_BUCKETS = 20_000


class TooManyRequests(UserError):  # noqa: N818 (a refusal)
    """The caller has sent more requests than the limit; `seconds` is when to try again."""

    status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(
            _("请求太多，超过了限额，这次没有处理。"),
            hint=_("请等 %(n)d 秒后再发；一次取多条可以减少请求。") % {"n": seconds},
        )
        self.seconds = seconds


class Buckets:
    """The buckets of one kind of callers; a full bucket is not stored."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}  # key: requests left, and at which monotonic time

    def take(self, key: str, rate: int) -> None:
        """Count a request; raise TooManyRequests where the bucket of the key is empty. A rate of 0 is no limit."""
        if not rate:
            return
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
