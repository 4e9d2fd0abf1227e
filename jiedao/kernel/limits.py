"""How much one caller may send: buckets in the memory of each server process.

Each process counts for itself: with several processes, a caller may send as many times more. The counts end with the
process.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from jiedao.kernel.errors import TooManyRequests

MOST_BUCKETS = 20_000


@dataclass(frozen=True)
class Allowance:
    """How many requests a full bucket holds, how many are left, and in how many seconds it is full again."""

    most: int
    left: int
    seconds: int


class Buckets:
    """The buckets of one kind of callers, each of which fills again at a steady rate; a full one is not stored.

    Args:
        find_most: returns how many requests a full bucket holds; 0 is no limit.
        minutes: how long an empty bucket takes to be full again.
        make_refusal: returns the refusal for the seconds to wait.
    """

    def __init__(
        self, find_most: Callable[[], int], minutes: int, make_refusal: Callable[[int], TooManyRequests]
    ) -> None:
        self._find_most, self._seconds, self._make_refusal = find_most, minutes * 60, make_refusal
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}  # key: requests left, and at which monotonic time

    def check(self, key: str) -> None:
        """Raise TooManyRequests where the bucket of the key is empty; nothing is counted."""
        if most := self._find_most():
            with self._lock:
                self._require(self._read_left(key, most, time.monotonic()), most)

    def count(self, key: str) -> Allowance | None:
        """Count a request, also beyond the limit, and return what is left; None where there is no limit."""
        return self._count(key, is_checked=False)

    def take(self, key: str) -> Allowance | None:
        """Count a request and return what is left; None where there is no limit.

        Raise TooManyRequests where the bucket of the key is empty.
        """
        return self._count(key, is_checked=True)

    def _count(self, key: str, *, is_checked: bool) -> Allowance | None:
        most = self._find_most()
        if not most:
            return None
        now = time.monotonic()
        with self._lock:
            left = self._read_left(key, most, now)
            if is_checked:
                self._require(left, most)
            if len(self._buckets) >= MOST_BUCKETS and key not in self._buckets:
                self._drop_full(now, most)
            left = max(0.0, left - 1)
            self._buckets[key] = (left, now)
        return Allowance(most, int(left), math.ceil((most - left) * self._seconds / most))

    def _read_left(self, key: str, most: int, now: float) -> float:
        left, then = self._buckets.get(key, (float(most), now))
        return min(float(most), left + (now - then) * most / self._seconds)

    def _require(self, left: float, most: int) -> None:
        if left < 1:
            raise self._make_refusal(max(1, math.ceil((1 - left) * self._seconds / most)))

    def _drop_full(self, now: float, most: int) -> None:
        """Drop the buckets that are full again; if there are none, drop all."""
        not_full = {
            key: bucket for key, bucket in self._buckets.items() if self._read_left(key, most, now) < most
        }
        self._buckets = not_full if len(not_full) < MOST_BUCKETS else {}

    def clear(self) -> None:
        """Forget all requests."""
        with self._lock:
            self._buckets.clear()
