"""Units that work in a system of their own: cases are sent there and replies come back, so no post here is needed."""

from collections.abc import Callable

_finders: dict[str, Callable[[int], bool]] = {}


def register_remote_units(name: str, is_remote: Callable[[int], bool]) -> None:
    """Let a room above state which units those are, from its AppConfig.ready; the function must not query each time."""
    _finders[name] = is_remote


def is_remote_unit(unit_id: int) -> bool:
    """Return whether the unit works in a system of its own."""
    return any(is_remote(unit_id) for is_remote in _finders.values())
