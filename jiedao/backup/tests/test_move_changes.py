"""No row that changes while an office is copied escapes the last step, which reads only rows that may have changed."""

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from jiedao.backup.databases import read_connection_settings
from jiedao.backup.moving.digests import digest_rows, list_parts
from jiedao.backup.moving.postgres_side import PostgresSide
from jiedao.backup.moving.side import Side
from jiedao.backup.moving.sqlite_changes import read_varint
from jiedao.backup.moving.sqlite_side import SqliteSide
from jiedao.backup.moving.tables import WIDTH, Column, Table, TableDigest

MATTERS = Table("matters", (Column("id", "int"), Column("text", "text"), Column("number", "int")))
OWNERS = Table("owners", (Column("matter_id", "int"), Column("text", "text")))
TABLES = [MATTERS, OWNERS]
ROWS = 2 * WIDTH + 500
Rows = dict[tuple[str, int], Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database whose second table has a key that is not its rowid; some rows fill pages of their own."""
    path = tmp_path / "office.sqlite3"
    with closing(sqlite3.connect(path)) as office:
        office.execute("PRAGMA journal_mode=WAL")
        office.execute("CREATE TABLE matters (id integer PRIMARY KEY, text text, number bigint)")
        office.execute("CREATE TABLE owners (matter_id bigint PRIMARY KEY, text text)")
        rows = [(pk, "a" * (9000 if pk % 500 == 7 else 40), pk) for pk in range(1, ROWS)]
        office.executemany("INSERT INTO matters VALUES (?, ?, ?)", rows)
        office.executemany(
            "INSERT INTO owners VALUES (?, ?)", [(ROWS - pk, "b" * 30) for pk in range(1, ROWS, 3)]
        )
        office.commit()
    return path


@pytest.fixture
def side(path: Path) -> Iterator[SqliteSide]:
    side = SqliteSide(path)
    yield side
    side.close()


def copy_digests(side: Side) -> dict[str, TableDigest]:
    """Return the digests of the tables as the copy computes them."""
    digests = {table.name: TableDigest() for table in TABLES}
    for table in TABLES:
        for number in list_parts(side, table):
            digests[table.name].parts[number] = digest_rows(side, table, side.read_part(table, number))
            digests[table.name].long_rows |= side.list_long_rows(table, number)
    return digests


def read_rows(side: Side) -> Rows:
    return {
        (table.name, row[0]): row
        for table in TABLES
        for number in list_parts(side, table)
        for row in side.read_part(table, number)
    }


def is_suspected(suspects: list[tuple[Table, int, set[Any] | None]], name: str, key: int) -> bool:
    return any(
        table.name == name and number == key // WIDTH and (keys is None or key in keys)
        for table, number, keys in suspects
    )


def change_rows(office: sqlite3.Connection, rng: random.Random) -> None:
    """Insert, change in place, lengthen, shorten and delete rows, as several transactions and with checkpoints."""
    for _transaction in range(rng.randint(1, 6)):
        for _statement in range(rng.randint(1, 5)):
            pk = rng.randrange(1, ROWS)
            statement, values = rng.choice(
                [
                    ("UPDATE matters SET number = number + 1 WHERE id = ?", (pk,)),
                    # only in the pages that a long row has of its own: the text keeps its length
                    ("UPDATE matters SET text = substr(text, 1, 8000) || 'b' || substr(text, 8002) WHERE id = ?",
                     (pk - pk % 500 + 7,)),
                    ("UPDATE matters SET text = text || ? WHERE id = ?", ("c" * rng.choice([3, 9000]), pk)),
                    ("DELETE FROM matters WHERE id = ?", (pk,)),
                    ("INSERT OR REPLACE INTO matters VALUES (?, 'd', 1)", (rng.randrange(1, 5 * ROWS),)),
                    ("UPDATE owners SET text = 'e' WHERE matter_id = ?", (pk,)),
                    ("DELETE FROM owners WHERE matter_id = ?", (pk,)),
                    ("INSERT OR REPLACE INTO owners VALUES (?, 'f')", (rng.randrange(1, 5 * ROWS),)),
                ]
            )  # fmt: skip
            office.execute(statement, values)
        office.commit() if rng.random() < 0.8 else office.rollback()
        if rng.random() < 0.3:
            office.execute("PRAGMA wal_checkpoint(PASSIVE)")


@pytest.mark.parametrize("seed", range(12))
def test_every_changed_row_of_sqlite_is_suspected(path: Path, side: SqliteSide, seed: int) -> None:
    rng = random.Random(seed)
    with closing(sqlite3.connect(path)) as office:
        change_rows(office, rng)
        if seed % 3 == 0:  # the log is empty, and begins anew with the next change
            office.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with side.freeze():
            mark = side.mark_state()
        copied, before = copy_digests(side), read_rows(side)
        change_rows(office, rng)
        suspects = list(side.list_suspects(mark, TABLES, copied))
        after = read_rows(side)
        side.drop_state(mark)
    changed = {place for place in before.keys() | after.keys() if before.get(place) != after.get(place)}
    assert [place for place in changed if not is_suspected(suspects, *place)] == []


def test_a_change_inside_a_long_row_of_sqlite_is_suspected(path: Path, side: SqliteSide) -> None:
    with side.freeze():
        mark = side.mark_state()
    copied = copy_digests(side)
    with closing(sqlite3.connect(path)) as office:
        office.execute(
            "UPDATE matters SET text = substr(text, 1, 8000) || 'b' || substr(text, 8002) WHERE id = 507"
        )
        office.commit()
    suspects = list(side.list_suspects(mark, TABLES, copied))
    side.drop_state(mark)
    assert is_suspected(suspects, "matters", 507)
    assert not is_suspected(suspects, "matters", 508)
    assert {table.name for table, _number, _keys in suspects} == {"matters"}


def test_what_was_marked_later_is_not_read_again(path: Path, side: SqliteSide) -> None:
    with side.freeze():
        first = side.mark_state()
    with closing(sqlite3.connect(path)) as office:
        office.execute("UPDATE matters SET number = 0 WHERE id = 1000")
        office.commit()
        with side.freeze():
            second = side.mark_state()
        copied = copy_digests(side)
        office.execute("UPDATE matters SET number = 0 WHERE id = 15000")
        office.commit()
    since_first, since_second = (list(side.list_suspects(mark, TABLES, copied)) for mark in (first, second))
    for mark in (first, second):
        side.drop_state(mark)
    assert [is_suspected(since_first, "matters", pk) for pk in (1000, 15000)] == [True, True]
    assert [is_suspected(since_second, "matters", pk) for pk in (1000, 15000)] == [False, True]


def test_a_number_of_sqlite_has_one_to_nine_bytes() -> None:
    assert read_varint(bytes([0x7F]), 0) == (127, 1)
    assert read_varint(bytes([0x81, 0x00]), 0) == (128, 2)
    assert read_varint(b"\xff" * 9, 0) == (-1, 9)


def wait_for_older_transactions(office: psycopg.Connection[Any], seconds: float = 120) -> None:
    """Wait until all present transactions have ended: rows written since the oldest one began are suspected.

    Other test processes have transactions in other databases of the same server.
    """
    ended = "SELECT pg_snapshot_xmin(pg_current_snapshot()) >= %s::xid8"
    [newest] = office.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text").fetchone() or ()
    deadline = time.monotonic() + seconds
    while office.execute(ended, [newest]).fetchone() != (True,):
        assert time.monotonic() < deadline, "another transaction is still open"
        time.sleep(0.05)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="concerns PostgreSQL")
def test_every_changed_part_of_postgresql_is_suspected() -> None:
    address, environment = read_connection_settings()
    side = PostgresSide(address, environment.get("PGPASSWORD", ""))
    with psycopg.connect(address, password=environment.get("PGPASSWORD"), autocommit=True) as office:
        office.execute("CREATE TABLE matters (id bigint PRIMARY KEY, text text, number bigint)")
        office.execute("CREATE TABLE owners (matter_id bigint PRIMARY KEY, text text)")
        try:
            office.execute(f"INSERT INTO matters SELECT n, 'a', n FROM generate_series(1, {5 * WIDTH}) n")
            office.execute(f"INSERT INTO owners SELECT n, 'a' FROM generate_series(1, {2 * WIDTH}) n")
            wait_for_older_transactions(office)
            with closing(psycopg.connect(address, password=environment.get("PGPASSWORD"))) as open_one:
                # Committed after the mark.
                open_one.execute(f"UPDATE matters SET number = 0 WHERE id = {WIDTH + 1}")
                with side.freeze():
                    mark = side.mark_state()
                copied = copy_digests(side)
                assert list(side.list_suspects(mark, TABLES, copied)) == []
                open_one.commit()
            office.execute(f"DELETE FROM matters WHERE id = {3 * WIDTH + 1}")
            office.execute(f"INSERT INTO owners VALUES ({7 * WIDTH}, 'b')")
            office.execute(f"DELETE FROM owners WHERE matter_id = {2 * WIDTH}")  # the only row of its part
            office.execute(f"UPDATE owners SET matter_id = {9 * WIDTH} WHERE matter_id = 5")
            suspects = [
                (table.name, number) for table, number, _keys in side.list_suspects(mark, TABLES, copied)
            ]
        finally:
            side.close()
            office.execute("DROP TABLE matters, owners")
    assert suspects == [
        ("matters", 1),
        ("matters", 3),
        ("owners", 0),
        ("owners", 2),
        ("owners", 7),
        ("owners", 9),
    ]
