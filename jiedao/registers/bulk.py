"""Raw SQL that writes very many records: COPY on PostgreSQL, executemany on SQLite. Values are always bound.

Names of tables and columns come from the models, never from user input.
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
HISTORY = ("version", "changed_at", "changed_by", "why")  # set by the writer, the same for every row
VERSION_COLUMNS = tuple(
    column.attname for column in RecordState._meta.get_fields() if hasattr(column, "attname")
)
STATE_COLUMNS = (*(name for name in VERSION_COLUMNS if name not in HISTORY), "parent_id")
CODE, NAME, PLACE = (STATE_COLUMNS.index(name) for name in ("code", "name", "place_text"))
RECORD_TABLE, VERSION_TABLE = Record._meta.db_table, RecordVersion._meta.db_table
TEMPORARY_TABLE = "registers_swap"


def split_chunks(rows: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """Yield the rows in lists of at most `size`."""
    waiting = iter(rows)
    while chunk := list(islice(waiting, size)):
        yield chunk


def _is_postgres() -> bool:
    return connection.vendor == "postgresql"


class InArray(Func):
    """The condition that a column has one of very many values.

    The values are bound as one array, so the statement has one parameter and can use the column's index.

    Args:
        name: the name of the column.
        kind: PostgreSQL's name of its type.
    """

    output_field = BooleanField()
    conditional = True

    def __init__(self, name: str, values: Sequence[Any], kind: str = "text") -> None:
        super().__init__(F(name))
        self.values, self.kind = list(values), kind

    def as_sql(self, compiler: Any, connection: Any, **_more: Any) -> tuple[str, Any]:  # type: ignore[override]
        """Return the condition as SQL of the database in use, with its parameters."""
        column, bound = compiler.compile(self.get_source_expressions()[0])
        if connection.vendor == "postgresql":
            return f"{column} = ANY(%s::{self.kind}[])", [*bound, self.values]
        array = orjson.dumps(self.values).decode()
        return f"{column} IN (SELECT value FROM json_each(%s))", [*bound, array]  # noqa: S608


def _quote_names(names: Iterable[str], prefix: str = "") -> str:
    return ", ".join(f'{prefix}"{name}"' for name in names)


def _insert_rows(cursor: Any, table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows into a table."""
    if _is_postgres():
        statement = f"COPY {table} ({_quote_names(names)}) FROM STDIN"
        # The writer has its own thread, which waits for the database while this one prepares the next rows.
        writer = QueuedLibpqWriter(cursor.cursor)
        with connection.wrap_database_errors, cursor.copy(statement, writer=writer) as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join(["%s"] * len(names))
    statement = f"INSERT INTO {table} ({_quote_names(names)}) VALUES ({marks})"  # noqa: S608 (our own names)
    for chunk in split_chunks(rows):
        cursor.executemany(statement, chunk)


def _reserve_ids(cursor: Any, count: int) -> Sequence[int]:
    """Return unused ids for new records, in ascending order."""
    if _is_postgres():
        statement = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) AS pk FROM generate_series(1, %s)"
        cursor.execute(f"SELECT min(pk), max(pk) FROM ({statement}) AS drawn", [RECORD_TABLE, count])  # noqa: S608
        least, most = cursor.fetchone()
        if most - least + 1 == count:
            return range(least, most + 1)
        # Another connection took ids in between, so these have gaps and must be listed one by one.
        cursor.execute(statement, [RECORD_TABLE, count])
        return sorted(pk for (pk,) in cursor.fetchall())
    # SQLite has one writer at a time, and AUTOINCREMENT continues from the highest id ever used.
    cursor.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = %s", [RECORD_TABLE])
    first = cursor.fetchone()[0] + 1
    return range(first, first + count)


def insert_records(
    actor: Actor, register_id: int, states: Iterable[Sequence[Any]], count: int, why: str
) -> Sequence[int]:
    """Insert new records with their search rows in the caller's transaction; return their ids in order.

    Args:
        states: for each record the values of `STATE_COLUMNS`, JSON as text and dates as ISO text.
        count: the number of states.
    """
    now = connection.ops.adapt_datetimefield_value(clock.now())
    shared = (register_id, 1, now, now, actor.label[:120], why[:300])
    names = (
        "id",
        *STATE_COLUMNS,
        "first_date",
        "register_id",
        "version",
        "created_at",
        "changed_at",
        "changed_by",
        "why",
    )
    since = STATE_COLUMNS.index("since_date")
    search_rows: list[tuple[int, str]] = []

    def rows(ids: Sequence[int]) -> Iterator[Sequence[Any]]:
        for pk, state in zip(ids, states, strict=True):
            search_rows.append((pk, search_text(state[CODE], state[NAME], state[PLACE])))
            yield (pk, *state, state[since], *shared)

    with connection.cursor() as cursor:
        ids = _reserve_ids(cursor, count)
        _insert_rows(cursor, RECORD_TABLE, names, rows(ids))
    for chunk in split_chunks(search_rows, 5 * BATCH):
        write_rows(chunk)
    return ids


def swap_records(
    actor: Actor, names: Sequence[str], rows: Iterable[Sequence[Any]], why: str, *, reindex: bool = False
) -> int:
    """Store the present states of records as versions and write new states, in the caller's transaction.

    A record that another user changed in the meantime is left unchanged. The caller compares the returned number with
    the number of rows and must roll back if it is smaller.

    Args:
        names: the columns to write, of `STATE_COLUMNS`; must contain "since_date".
        rows: (id, version as it was read, *values of `names`), JSON as text and dates as ISO text.
        reindex: write the search rows again, because `names` contains a searched column.

    Returns:
        The number of records that were changed.
    """
    match = "live.id = swap.id AND live.version = swap.seen"
    columns = (*(name for name in VERSION_COLUMNS), "register_id")
    assignments = ", ".join(f'"{name}" = swap."{name}"' for name in names)
    now = connection.ops.adapt_datetimefield_value(clock.now())
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TEMPORARY_TABLE}")
        cursor.execute(
            f"CREATE TEMPORARY TABLE {TEMPORARY_TABLE} AS "  # noqa: S608 (our own names)
            f"SELECT id, version AS seen, {_quote_names(names)} FROM {RECORD_TABLE} WHERE 1 = 0"
        )
        _insert_rows(cursor, TEMPORARY_TABLE, ("id", "seen", *names), rows)
        cursor.execute(f"CREATE INDEX {TEMPORARY_TABLE}_id ON {TEMPORARY_TABLE} (id)")
        if _is_postgres():
            cursor.execute(f"ANALYZE {TEMPORARY_TABLE}")
        cursor.execute(
            f"INSERT INTO {VERSION_TABLE} ({_quote_names(columns)}, record_id, until_date) "  # noqa: S608
            f"SELECT {_quote_names(columns, 'live.')}, live.id, swap.since_date FROM {TEMPORARY_TABLE} AS swap "
            f"JOIN {RECORD_TABLE} AS live ON {match}"
        )
        cursor.execute(
            f"UPDATE {RECORD_TABLE} AS live SET {assignments}, version = live.version + 1, "  # noqa: S608
            f"changed_at = %s, changed_by = %s, why = %s FROM {TEMPORARY_TABLE} AS swap WHERE {match}",
            [now, actor.label[:120], why[:300]],
        )
        changed: int = cursor.rowcount
        if reindex:
            cursor.execute(
                f"SELECT live.id, live.code, live.name, live.place_text FROM {RECORD_TABLE} AS live "  # noqa: S608
                f"JOIN {TEMPORARY_TABLE} AS swap ON live.id = swap.id"
            )
            search_rows = [(pk, search_text(*words)) for pk, *words in cursor.fetchall()]
            for chunk in split_chunks(search_rows, 5 * BATCH):
                write_rows(chunk)
        cursor.execute(f"DROP TABLE {TEMPORARY_TABLE}")
    return changed
