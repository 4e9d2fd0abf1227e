"""Rooms above that act on moves, such as one that sends a dispatched case to another system.

A room registers its listener once, from its AppConfig.ready; `perform` calls it inside the transaction of the move.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jiedao.orgs.actor import Actor


@dataclass(frozen=True)
class MoveEvent:
    """A move that was made. `unit_id` is the lead unit after it; `text` and `facts` are those of its timeline entry."""

    case_id: int
    move: str
    before_state: str
    after_state: str
    unit_id: int | None
    actor: Actor
    at: datetime
    text: str
    facts: Mapping[str, Any]


MoveListener = Callable[[MoveEvent], None]
_LISTENERS: dict[str, MoveListener] = {}


def register_move_listener(name: str, listener: MoveListener) -> None:
    """Let a room act on every move; an error that the listener raises undoes the move."""
    _LISTENERS[name] = listener


def notify_listeners(event: MoveEvent) -> None:
    """Call every listener."""
    for listener in _LISTENERS.values():
        listener(event)
