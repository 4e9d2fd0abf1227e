"""Links between faces: each face for the staff registers a door, and the frame of the desk shows the doors.

A face does not link to another by the name of its address, because no face imports another.
"""

from dataclasses import dataclass
from typing import Any

from jiedao.orgs.actor import Actor


@dataclass(frozen=True)
class Door:
    """The link to a face: the url name of its first page, label and icon, and the rights of which one is needed."""

    name: str
    label: Any
    icon: str
    rights: tuple[str, ...]


_DOORS: list[Door] = []


def register_door(door: Door) -> None:
    """Add a door; a second one of the same name replaces the first."""
    _DOORS[:] = [known for known in _DOORS if known.name != door.name] + [door]


def list_doors(actor: Actor) -> list[Door]:
    """Return the doors that the actor may open."""
    return [door for door in _DOORS if any(actor.can(right) for right in door.rights)]


def list_door_names() -> list[str]:
    """Return the url names of all doors."""
    return [door.name for door in _DOORS]
