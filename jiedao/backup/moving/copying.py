"""Copying all rows of one state of the office, in processes that read, write and compute digests."""

import os
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from threading import BrokenBarrierError
from typing import Any

from jiedao.backup.moving.digests import Steps, digest_rows, list_parts
from jiedao.backup.moving.side import Side
from jiedao.backup.moving.tables import Part, Table, TableDigest
from jiedao.kernel.errors import UserError
from jiedao.kernel.processes import SPAWN, make_processes

START_SECONDS = 300  # in which the processes must have started
_sides: list[Side] = []  # in a copying process: source and target


@contextmanager
def start_copiers(source: Side, target: Side) -> Iterator[tuple[Executor, Any]]:
    """Start processes that read one state of the source and write to the target.

    Yields:
        The processes, and the mark of the state, from which `Side.list_suspects` lists what changed.
    """
    number = target.writers
    barrier = SPAWN.Barrier(number + 1, timeout=START_SECONDS)
    snapshot: Any = SPAWN.Array("c", 100)  # its name, for all processes
    openers = [(type(side), side.arguments) for side in (source, target)]
    with make_processes(number, open_sides, openers, barrier, snapshot) as copiers:
        for _number in range(number):
            copiers.submit(os.getpid).add_done_callback(lambda started: stop_waiting(started, barrier))
        try:
            barrier.wait()  # all are connected
            with source.freeze() as name:
                snapshot.value = name.encode()
                mark = source.mark_state()
                barrier.wait()
                barrier.wait()  # all see the state
        except BrokenBarrierError:
            raise UserError(
                "The processes that copy could not connect to both databases.",
                hint="Check the limit of connections of the servers, and run `jiedao move` again.",
            ) from None
        yield copiers, mark


def stop_waiting(started: Future[int], barrier: Any) -> None:
    """Stop the others from waiting for a process that could not start."""
    if started.exception():
        barrier.abort()


def open_sides(openers: Any, barrier: Any, snapshot: Any) -> None:
    """Open both sides in a copier."""
    try:
        source, target = (kind(*arguments) for kind, arguments in openers)
        target.tune_load()
        barrier.wait()
        barrier.wait()
        source.begin_snapshot(snapshot.value.decode())
        barrier.wait()
    except BaseException:
        barrier.abort()
        raise
    _sides[:] = [source, target]


def list_work(table: Table) -> tuple[int, list[int]]:
    """Return the number of rows of a table and its parts; runs in a copier."""
    return _sides[0].count(table), list(list_parts(_sides[0], table))


def copy_part(table: Table, number: int) -> tuple[Part, set[Any]]:
    """Copy a part; return its digest in the source, and the keys of its long rows; runs in a copier."""
    source, target = _sides
    rows = source.read_part(table, number)
    target.begin_write()
    target.write(table, rows, source)
    target.end(commit=True)
    return digest_rows(source, table, rows), source.list_long_rows(table, number)


def copy_rows(
    source: Side, target: Side, tables: list[Table], steps: Steps
) -> tuple[dict[str, TableDigest], Any]:
    """Copy all rows of one state while the office works; return the digests of the tables and the state's mark."""
    digests = {table.name: TableDigest() for table in tables}
    with start_copiers(source, target) as (copiers, mark):
        work = [(table, *copiers.submit(list_work, table).result()) for table in tables]
        with steps("copy", sum(rows for _table, rows, _parts in work)) as progress:
            copies = [
                (table.name, number, copiers.submit(copy_part, table, number))
                for table, _rows, parts in work
                for number in parts
            ]
            try:
                for name, number, copy in copies:
                    digests[name].parts[number], long_rows = copy.result()
                    digests[name].long_rows |= long_rows
                    progress(digests[name].parts[number][0])
            except BaseException:
                copiers.shutdown(wait=False, cancel_futures=True)
                raise
    return digests, mark
