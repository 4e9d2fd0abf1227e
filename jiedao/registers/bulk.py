"""The raw SQL of writing very many records: COPY on PostgreSQL, executemany on SQLite, values always bound.

Names of tables and columns come from the models, never from input.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

import orjson
from django.db import connection
from django.db.models import BooleanField, F, Func
from psycopg.copy import QueuedLibpqWriter

from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.registers.models import Record, RecordState, RecordVersion
from jiedao.registers.search import search_text, write_rows

T = TypeVar("T")
BATCH = 1000
HISTORY = ("version", "changed_at", "changed_by", "why")  # what a writer sets, the same for every row
STATE = tuple(column.attname for column in RecordState._meta.get_fields() if hasattr(column, "attname"))
STATED = (*(name for name in STATE if name not in HISTORY), "parent_id")
CODE, NAME, PLACE = (STATED.index(name) for name in ("code", "name", "place_text"))
RECORDS, VERSIONS = Record._meta.db_table, RecordVersion._meta.db_table
SWAP = "registers_swap"  # a temporary table


def chunks(rows: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """Yield the rows in lists of at most so many."""
    waiting = iter(rows)
    while chunk := list(islice(waiting, size)):
        yield chunk


def _postgres() -> bool:
    return connection.vendor == "postgresql"


class Among(Func):
    """The condition that a column has one of very many values: one bound array, read by the column's index.

    Args:
        name: of the column.  kind: PostgreSQL's name of its type.
    """

    output_field = BooleanField()
    conditional = True

    def __init__(self, name: str, values: Sequence[Any], kind: str = "text") -> None:
        super().__init__(F(name))
        self.values, self.kind = list(values), kind

    def as_sql(self, compiler: Any, connection: Any, **_more: Any) -> tuple[str, Any]:  # type: ignore[override]
        """Return the condition in the words of the database."""
        column, bound = compiler.compile(self.get_source_expressions()[0])
        if connection.vendor == "postgresql":
            return f"{column} = ANY(%s::{self.kind}[])", [*bound, self.values]
        given = orjson.dumps(self.values).decode()
        return f"{column} IN (SELECT value FROM json_each(%s))", [*bound, given]  # noqa: S608


def _names(names: Iterable[str], prefix: str = "") -> str:
    return ", ".join(f'{prefix}"{name}"' for name in names)


def _load(cursor: Any, table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Put rows into a table."""
    if _postgres():
        statement = f"COPY {table} ({_names(names)}) FROM STDIN"
        # a thread of its own waits for the database while this one writes the next rows
        writer = QueuedLibpqWriter(cursor.cursor)
        with connection.wrap_database_errors, cursor.copy(statement, writer=writer) as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join(["%s"] * len(names))
    statement = f"INSERT INTO {table} ({_names(names)}) VALUES ({marks})"  # noqa: S608 (names of our own)
    for chunk in chunks(rows):
        cursor.executemany(statement, chunk)


def _new_ids(cursor: Any, count: int) -> Sequence[int]:
    """Return ids for new records, ascending; the caller's transaction writes them."""
    if _postgres():
        drawn = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) AS pk FROM generate_series(1, %s)"
        cursor.execute(f"SELECT min(pk), max(pk) FROM ({drawn}) AS drawn", [RECORDS, count])  # noqa: S608
        least, most = cursor.fetchone()
        if most - least + 1 == count:
            return range(least, most + 1)
        cursor.execute(
            drawn, [RECORDS, count]
        )  # somebody drew between: these have gaps, and have to be named
        return sorted(pk for (pk,) in cursor.fetchall())
    # SQLite has one writer at a time; AUTOINCREMENT goes on from the highest id it has seen
    cursor.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = %s", [RECORDS])
    first = cursor.fetchone()[0] + 1
    return range(first, first + count)


def insert_records(
    actor: Actor, register_id: int, states: Iterable[Sequence[Any]], count: int, why: str
) -> Sequence[int]:
    """Write new records with their search rows in the caller's transaction; return their ids in order.

    Args:
        states: the values of `STATED` of each, JSON as text and days as ISO text.  count: how many there are.
    """
    now = connection.ops.adapt_datetimefield_value(clock.now())
    same = (register_id, 1, now, now, actor.label[:120], why[:300])
    names = (
        "id", *STATED, "first_date", "register_id", "version", "created_at", "changed_at", "changed_by", "why"
    )  # fmt: skip
    since = STATED.index("since_date")
    words: list[tuple[int, str]] = []

    def rows(ids: Sequence[int]) -> Iterator[Sequence[Any]]:
        for pk, state in zip(ids, states, strict=True):
            words.append((pk, search_text(state[CODE], state[NAME], state[PLACE])))
            yield (pk, *state, state[since], *same)

    with connection.cursor() as cursor:
        ids = _new_ids(cursor, count)
        _load(cursor, RECORDS, names, rows(ids))
    for chunk in chunks(words, 5 * BATCH):
        write_rows(chunk)
    return ids


def swap_records(
    actor: Actor, names: Sequence[str], rows: Iterable[Sequence[Any]], why: str, *, words: bool = False
) -> int:
    """Keep the states of records as versions and write new ones, in the caller's transaction.

    A record that somebody changed meanwhile is left alone: the caller compares the number returned with the number
    given, and gives up where it is smaller.

    Args:
        names: the columns that rows give anew, of `STATED`; "since_date" among them.
        rows: (id, version as it was read, *values of `names`), JSON as text and days as ISO text.
        words: whether names change by which records are searched: their search rows are written anew.

    Returns:
        How many records were changed.
    """
    same = "live.id = swap.id AND live.version = swap.seen"
    kept = (*(name for name in STATE), "register_id")
    parts = ", ".join(f'"{name}" = swap."{name}"' for name in names)
    now = connection.ops.adapt_datetimefield_value(clock.now())
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {SWAP}")
        cursor.execute(
            f"CREATE TEMPORARY TABLE {SWAP} AS "  # noqa: S608 (names of our own)
            f"SELECT id, version AS seen, {_names(names)} FROM {RECORDS} WHERE 1 = 0"
        )
        _load(cursor, SWAP, ("id", "seen", *names), rows)
        cursor.execute(f"CREATE INDEX {SWAP}_id ON {SWAP} (id)")
        if _postgres():
            cursor.execute(f"ANALYZE {SWAP}")
        cursor.execute(
            f"INSERT INTO {VERSIONS} ({_names(kept)}, record_id, until_date) "  # noqa: S608
            f"SELECT {_names(kept, 'live.')}, live.id, swap.since_date FROM {SWAP} AS swap "
            f"JOIN {RECORDS} AS live ON {same}"
        )
        cursor.execute(
            f"UPDATE {RECORDS} AS live SET {parts}, version = live.version + 1, "  # noqa: S608
            f"changed_at = %s, changed_by = %s, why = %s FROM {SWAP} AS swap WHERE {same}",
            [now, actor.label[:120], why[:300]],
        )
        done: int = cursor.rowcount
        if words:
            cursor.execute(
                f"SELECT live.id, live.code, live.name, live.place_text FROM {RECORDS} AS live "  # noqa: S608
                f"JOIN {SWAP} AS swap ON live.id = swap.id"
            )
            found = [(pk, search_text(*said)) for pk, *said in cursor.fetchall()]
            for chunk in chunks(found, 5 * BATCH):
                write_rows(chunk)
        cursor.execute(f"DROP TABLE {SWAP}")
    return done
