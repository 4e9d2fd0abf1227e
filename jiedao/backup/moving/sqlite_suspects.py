"""From the rowids that may have changed in an SQLite database to the parts of its tables that must be read again."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from jiedao.backup.moving.side import Side
from jiedao.backup.moving.tables import WIDTH, Table, TableDigest


def list_suspects(
    side: Side, rowids: set[int] | None, tables: Sequence[Table], copied: dict[str, TableDigest]
) -> Iterator[tuple[Table, int, set[Any] | None]]:
    """Yield what `Side.list_suspects` yields, by rowids of any table; all parts of all tables for None."""
    suspects = group_keys(rowids or ())
    for table in tables:
        counts, former = count_parts(side, table), copied[table.name].parts
        numbers = sorted(counts.keys() | former.keys())
        if rowids is None or not table.has_numbers:
            yield from ((table, number, None) for number in numbers)
            continue
        long_rows = copied[table.name].long_rows
        if table.texts:  # their tokens may be computed from the rows of another table
            long_rows = long_rows | copied[table.texts[0]].long_rows
        if has_rowid_key(side, table):
            keys = {number: suspects.get(number, set()) for number in numbers}
            for number, some in group_keys(long_rows).items():
                keys[number] = keys.get(number, set()) | some
            yield from ((table, number, keys[number]) for number in numbers if keys[number])
        else:
            changed = group_keys(find_keys(side, table, rowids) | long_rows)
            # A deleted row leaves no key, but the part then has one row less.
            yield from (
                (table, number, None)
                for number in numbers
                if number in changed or counts.get(number) != former.get(number, (0,))[0]
            )


def group_keys(keys: Iterable[int]) -> dict[int, set[int]]:
    """Return keys by their parts."""
    groups: dict[int, set[int]] = {}
    for key in keys:
        groups.setdefault(key // WIDTH, set()).add(key)
    return groups


def count_parts(side: Side, table: Table) -> dict[int, int]:
    """Return the number of rows of each part; of tables with their key as rowid only the parts matter."""
    if not table.has_numbers or has_rowid_key(side, table):
        numbers, number = {}, side.find_part(table, None)
        while number is not None:
            numbers[number] = -1
            number = side.find_part(table, number)
        return numbers
    part = f"{side.key(table)} / {WIDTH}"
    return dict(side.execute(f'SELECT {part}, count(*) FROM "{table.name}" GROUP BY 1'))  # noqa: S608


def has_rowid_key(side: Side, table: Table) -> bool:
    """Return whether the key of a table is its rowid."""
    if table.texts:
        return True
    kinds = side.execute(
        "SELECT type FROM pragma_table_info(?) WHERE pk AND name = ?", [table.name, table.key]
    )
    return [kind.upper() for (kind,) in kinds] == ["INTEGER"]


def find_keys(side: Side, table: Table, rowids: set[int]) -> set[Any]:
    """Return the keys of the rows with these rowids."""
    keys: set[Any] = set()
    [(last,)] = side.execute(f'SELECT max(rowid) FROM "{table.name}"')  # noqa: S608
    some = [rowid for rowid in rowids if rowid <= (last or 0)]
    for start in range(0, len(some), 500):
        numbers = ", ".join(map(str, some[start : start + 500]))
        rows = side.execute(f'SELECT {side.key(table)} FROM "{table.name}" WHERE rowid IN ({numbers})')  # noqa: S608
        keys.update(key for (key,) in rows)
    return keys


def list_long_rows(side: Side, table: Table, number: int) -> set[Any]:
    """Return the keys of the rows of a part that may have pages of their own."""
    if not table.has_numbers:
        return set()
    [(page,)] = side.execute("PRAGMA page_size")
    names = [side.key(table), *(f'"{column.name}"' for column in table.columns[1:])]
    lengths = " + ".join(f"ifnull(length(CAST({name} AS BLOB)), 0)" for name in names)
    # What a leaf surely holds: a page less its own parts, and less the row's header and its numbers.
    most = page - 290 - 18 * (len(names) + 1)
    key, first = side.key(table), number * WIDTH
    rows = side.execute(
        f'SELECT {key} FROM "{table.name}" WHERE {key} >= ? AND {key} < ? AND {lengths} > {most}',  # noqa: S608
        [first, first + WIDTH],
    )
    return {key for (key,) in rows}
