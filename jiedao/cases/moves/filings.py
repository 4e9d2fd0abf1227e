"""Listeners for new cases, with which rooms above act on them, such as sending them to other systems.

A room registers its listener once, in AppConfig.ready. Filing is the most frequent write, so a listener also states
whether it wants to be called at present; while none does, filing a case needs no further statement.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class FilingListener:
    """What a room registers.

    Attributes:
        wants_filings: returns whether the room wants to be called now, as a rule without a query.
        follow: called with the ids of new cases, inside the transaction that files them.
    """

    wants_filings: Callable[[], bool]
    follow: Callable[[Sequence[int]], None]


_LISTENERS: dict[str, FilingListener] = {}


def register_filing_listener(name: str, listener: FilingListener) -> None:
    """Let a room act on every new case; an error that the listener raises undoes the filing."""
    _LISTENERS[name] = listener


def has_filing_listeners() -> bool:
    """Return whether any room wants to be called for new cases now."""
    return any(listener.wants_filings() for listener in _LISTENERS.values())


def notify_filings(case_ids: Sequence[int]) -> None:
    """Call the listeners that want it, inside the caller's transaction."""
    if not case_ids:
        return
    for listener in _LISTENERS.values():
        if listener.wants_filings():
            listener.follow(case_ids)
