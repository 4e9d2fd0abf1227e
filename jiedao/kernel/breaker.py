"""Whether the database failed within the last second, so that others need not wait for it one after another."""

import time

PAUSE = 1.0  # seconds during which nobody tries again


class Breaker:
    """Is open for a second after a failure."""

    def __init__(self) -> None:
        self._until = 0.0

    def is_open(self) -> bool:
        """Return whether the last failure is less than a second ago."""
        return time.monotonic() < self._until

    def open(self) -> None:
        """Remember a failure."""
        self._until = time.monotonic() + PAUSE

    def reset(self) -> None:
        """Let the next request try again."""
        self._until = 0.0


BREAKER = Breaker()  # no connection
LOCK_BREAKER = Breaker()  # a lock that was not released in time: only writing is refused
