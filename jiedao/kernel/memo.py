"""Values that every request needs and that seldom change, cached in the process for some seconds."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
_MEMOS: "list[Memo[object]]" = []


class Memo(Generic[T]):
    """A value loaded on first use and again once it is older than `seconds`.

    The process that changes the source calls `forget()`; other processes see the change after `seconds`.
    """

    def __init__(self, load: Callable[[], T], *, seconds: float = 20.0) -> None:
        self._load = load
        self._seconds = seconds
        self._lock = threading.Lock()
        self._cached: tuple[float, T] | None = None
        _MEMOS.append(self)  # type: ignore[arg-type]

    def get(self) -> T:
        """Return the value, loaded again when there is none or it is too old."""
        cached = self._cached
        if cached is not None and cached[0] > time.monotonic():
            return cached[1]
        with self._lock:
            value = self._load()
            self._cached = (time.monotonic() + self._seconds, value)
        return value

    def forget(self) -> None:
        """Drop the value; the next reader loads it."""
        self._cached = None


def forget_all() -> None:
    """Drop every cached value of the process; called after a pack was applied and between tests."""
    for memo in _MEMOS:
        memo.forget()
