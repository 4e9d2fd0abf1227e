"""Pages of a list that begin after a row instead of at an offset, so that the last page costs as much as the first.

A cursor is "n" (the rows after a row) or "p" (the rows before it), followed by the id of that row. A page reads one row
more than it shows, which reveals whether there are more rows. This module does not use the database.
"""

from typing import TypeVar

T = TypeVar("T")


def read_cursor(cursor: str) -> tuple[bool, int] | None:
    """Return whether a cursor goes backward, and the id of its row; None when the cursor is not valid."""
    direction, digits = cursor[:1], cursor[1:]
    if (
        direction not in {"n", "p"}
        or not digits.isascii()
        or not digits.isdigit()
        or len(digits) > 18
        or not int(digits)
    ):
        return None
    return direction == "p", int(digits)


def cut_page(rows: list[T], size: int, *, backward: bool, first: bool) -> tuple[list[T], bool, bool]:
    """Return the rows to show in the order of the list, and whether there are rows before and after them.

    Args:
        rows: up to `size` + 1 rows as they were read; when read backward, the nearest row comes first.
        first: whether the page is the first of the list.
    """
    has_more, shown = len(rows) > size, rows[:size]
    if backward:
        shown = shown[::-1]
    has_before = has_more if backward else not first
    has_after = backward or has_more
    return shown, has_before and bool(shown), has_after and bool(shown)
