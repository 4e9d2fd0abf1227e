"""Values that every request needs and that seldom change, cached in the process for some seconds."""

import contextvars
import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from django.db import connections

log = logging.getLogger("jiedao.memo")
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


class WarmMemo(Memo[T]):
    """A value that a server loads again in the background before it is too old, so that no reader waits for it.

    That is for values that cost a noticeable part of a second. The first reader waits; a value that was not read for
    `idle` seconds is no longer loaded. Outside a server it is a plain Memo.
    """

    idle = 300.0
    is_serving = False  # set once by the process of a server

    def __init__(self, load: Callable[[], T], *, seconds: float = 20.0) -> None:
        super().__init__(load, seconds=seconds)
        self._read_at = 0.0
        self._keeper: threading.Thread | None = None
        self._wake = threading.Event()

    def get(self) -> T:
        """Return the value; in a server it is loaded by the reader only if no other was loaded in time."""
        self._read_at = time.monotonic()
        value = super().get()
        if self.is_serving and self._keeper is None:
            with self._lock:
                if self._keeper is None:
                    context = contextvars.copy_context()
                    self._keeper = threading.Thread(
                        target=context.run, args=(self._keep,), name="memo", daemon=True
                    )
                    self._keeper.start()
        return value

    def stop(self) -> None:
        """End the loading in the background."""
        self._wake.set()

    def _keep(self) -> None:
        """Load the value every `seconds`; it is valid for twice as long, so that it is there while it is loaded."""
        try:
            while not self._wake.wait(self._seconds) and time.monotonic() - self._read_at < self.idle:
                value = self._load()
                self._cached = (time.monotonic() + 2 * self._seconds, value)
                connections.close_all()
        except Exception:  # the next reader loads the value and gets the error
            log.exception("a value could not be loaded in the background")
        finally:
            connections.close_all()
            self._keeper = None


def forget_all() -> None:
    """Drop every cached value of the process; called after a pack was applied and between tests."""
    for memo in _MEMOS:
        memo.forget()
