"""Reading the digests of all tables, in two processes."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from jiedao.backup.moving.side import Side
from jiedao.backup.moving.tables import NO_ROWS, Part, Row, Table, TableDigest, hash_columns
from jiedao.kernel.processes import make_processes

READERS = 2  # processes: on PostgreSQL the server works as well
Progress = Callable[[int], object]
# Shows a step with its name and the number of its rows; the block reports rows as they are done.
Steps = Callable[[str, int], AbstractContextManager[Progress]]
_side: list[Side] = []  # of a reader


@contextmanager
def start_readers(side: Side) -> Iterator[Executor]:
    """Start processes that read one side; they have opened it when the block begins."""
    with make_processes(READERS, open_side, type(side), side.arguments) as readers:
        for ready in [readers.submit(os.getpid) for _number in range(READERS)]:
            ready.result()
        yield readers


def open_side(kind: Callable[..., Side], arguments: tuple[Any, ...]) -> None:
    """Open the side in a reader."""
    _side[:] = [kind(*arguments)]


def hash_part(table: Table, number: int) -> Part:
    """Return the number of rows of a part and their digest; runs in a reader."""
    (side,) = _side
    return digest_rows(side, table, side.read_part(table, number))


def digest_rows(side: Side, table: Table, rows: Sequence[Row]) -> Part:
    """Return the number and the digest of the rows of a part as a side has returned them."""
    return (len(rows), hash_columns(side.canonicalize(table, rows))) if rows else NO_ROWS


def list_parts(side: Side, table: Table) -> Iterator[int]:
    """Yield the parts of a table that have rows."""
    number = side.find_part(table, None)
    while number is not None:
        yield number
        number = side.find_part(table, number)


def read_digests(
    side: Side, tables: list[Table], name: str, steps: Steps, readers: Executor
) -> dict[str, TableDigest]:
    """Return the digests of all tables of a side. No other process may write to it meanwhile."""
    digests = {table.name: TableDigest() for table in tables}
    with steps(name, sum(side.count(table) for table in tables)) as progress:
        waiting = [
            (table.name, number, readers.submit(hash_part, table, number))
            for table in tables
            for number in list_parts(side, table)
        ]
        for table_name, number, part in waiting:
            digests[table_name].parts[number] = part.result()
            progress(digests[table_name].parts[number][0])
    return digests
