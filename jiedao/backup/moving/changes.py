"""What an office has changed since it was copied: find it, replace it in the copy, and compare again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jiedao.backup.moving.digests import digest_rows
from jiedao.backup.moving.move import Move
from jiedao.backup.moving.side import Side
from jiedao.backup.moving.tables import NO_ROWS, Part, Row, Table, TableDigest, hash_columns
from jiedao.kernel.errors import UserError


@dataclass
class Difference:
    """What has to be replaced in a part of a table: keys to delete, and rows of the source to insert.

    Attributes:
        expected: the digest of the part in the source.
    """

    table: Table
    number: int
    keys: list[Any]
    rows: list[Row]
    expected: Part


def bring_changes(move: Move, step: str, mark: Any, copied: dict[str, TableDigest]) -> int:
    """Replace the rows of the target that differ, in a transaction that stays open; return their number.

    Args:
        copied: digests of all tables in the state of the mark, equal on both sides; updated to what is read now.

    Raises:
        UserError: a part differs all the same.
    """
    suspects = list(move.source.list_suspects(mark, move.tables, copied))
    differences = []
    with move.steps(step, len(suspects)) as progress:
        for table, number, keys in suspects:
            if difference := find_difference(move, table, number, keys, copied):
                differences.append(difference)
            progress(1)
    move.target.begin_write()
    for difference in differences:  # all before the first insert: a value may move from one row to another
        move.target.delete(difference.table, difference.keys)
    for difference in differences:
        move.target.write(difference.table, difference.rows, move.source)
    move.target.check_references()
    for difference in differences:
        check_part(move, difference)
        digest = copied[difference.table.name]
        digest.replace_part(difference.number, difference.expected)
        digest.long_rows |= move.source.list_long_rows(difference.table, difference.number)
    return sum(max(len(difference.keys), len(difference.rows)) for difference in differences)


def find_difference(
    move: Move, table: Table, number: int, keys: set[Any] | None, copied: dict[str, TableDigest]
) -> Difference | None:
    """Return how a part of a table differs on both sides, None where it is equal.

    Args:
        keys: of the rows that may differ: if they are equal, nothing else is read. None for all rows.
    """
    if keys is not None:
        some = sorted(keys)
        here, there = (
            hash_rows(side, table, side.read_rows(table, some)) for side in (move.source, move.target)
        )
        if here == there:
            return None
    rows = move.source.read_part(table, number)
    expected = digest_rows(move.source, table, rows)
    if copied[table.name].parts.get(number, NO_ROWS) == expected:
        return None
    here = hash_rows(move.source, table, rows)
    there = hash_rows(move.target, table, move.target.read_part(table, number))
    return Difference(
        table,
        number,
        keys=[key for key, digest in there.items() if here.get(key) != digest],
        rows=[row for row in rows if there.get(row[0]) != here[row[0]]],
        expected=expected,
    )


def hash_rows(side: Side, table: Table, rows: Sequence[Row]) -> dict[Any, bytes]:
    """Return the digest of each row by its key."""
    canonical = zip(*side.canonicalize(table, rows), strict=True) if rows else ()
    return {row[0]: hash_columns(row) for row in canonical}


def check_part(move: Move, difference: Difference) -> None:
    """Raise UserError unless a part that was replaced is now equal on both sides."""
    table = difference.table
    rows = move.target.read_part(table, difference.number)
    if digest_rows(move.target, table, rows) == difference.expected:
        return
    here = hash_rows(move.source, table, move.source.read_part(table, difference.number))
    there = hash_rows(move.target, table, rows)
    keys = sorted(key for key in here.keys() | there.keys() if here.get(key) != there.get(key))
    raise make_difference_error(f"{table.name} {', '.join(map(str, keys[:5]))}")


def make_difference_error(what: str) -> UserError:
    """Return the error for a copy that differs from the office."""
    return UserError(
        f"The new database returns other values than were written: {what}. The office was not moved.",
        hint="Report this with the version of the database system. The office continues in the old database.",
    )
