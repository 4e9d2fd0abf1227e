"""Pages of a list by where they begin: no offset, so the last page costs as much as the first. No database.

A cursor is "n" or "p" (the rows after or before a place) and the place. A page reads one row more than it shows, and
that row tells whether there are more.
"""

from typing import TypeVar

T = TypeVar("T")


def read_id(cursor: str) -> tuple[bool, int] | None:
    """Return whether a cursor goes backward, and its id; None for an unreadable one, or an id that no row has."""
    way, rest = cursor[:1], cursor[1:]
    if way not in {"n", "p"} or not rest.isascii() or not rest.isdigit() or len(rest) > 18 or not int(rest):
        return None
    return way == "p", int(rest)


def cut(rows: list[T], size: int, *, backward: bool, first: bool) -> tuple[list[T], bool, bool]:
    """Return the rows to show in their order, and whether there are rows before and after them.

    Args:
        rows: up to `size` + 1 rows as they were read, backward ones the nearest first.
        first: whether the page begins the list.
    """
    more, shown = len(rows) > size, rows[:size]
    if backward:
        shown = shown[::-1]
    before = more if backward else not first
    after = backward or more
    return shown, before and bool(shown), after and bool(shown)
