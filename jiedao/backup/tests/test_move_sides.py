"""The two kinds of databases of a move: their locks, and values that each stores in its own way."""

import json
import time
from pathlib import Path

import pytest
from django.db import connection

from jiedao.backup.databases import read_connection_settings
from jiedao.backup.moving.postgres_side import PostgresSide
from jiedao.backup.moving.sqlite_side import SqliteSide
from jiedao.backup.moving.tables import (
    FROM_SQLITE,
    Column,
    Table,
    canonicalize,
    format_decimal,
    hash_columns,
    list_tables,
    read_datetime,
    read_json,
)
from jiedao.kernel.standstill import is_move_alive as is_really_alive


def test_values_that_the_databases_store_differently_have_one_form() -> None:
    assert read_datetime("2026-11-29 10:00:00.5").isoformat() == "2026-11-29T10:00:00.500000"
    assert read_datetime("2026-11-29 18:00:00+08:00").isoformat() == "2026-11-29T10:00:00"
    assert read_json('{"b": 1, "a": 1e16}') == read_json('{"a": 10000000000000000, "b": 1}')
    assert json.dumps(read_json("[-0.0]")) == json.dumps(read_json("[0.0]"))
    assert read_json("null") != read_json('"null"')
    assert [format_decimal(value, 2) for value in ("12.30", 12.3, 12, None)] == [
        "12.30",
        "12.30",
        "12.00",
        None,
    ]


def test_the_digest_differs_for_every_difference_of_a_value() -> None:
    table = Table(
        "t", (Column("id", "int"), Column("text", "text"), Column("data", "json"), Column("on", "bool"))
    )
    row = (1, "\u5f20\u4e09", '{"a": [1, 2]}', 1)
    rows = [row, (2, *row[1:]), (1, "\u5f20\u4e09 ", *row[2:]), (1, None, *row[2:]), (1, "", *row[2:])]
    rows += [
        (*row[:2], '{"a": [2, 1]}', 1),
        (*row[:2], "null", 1),
        (*row[:2], None, 1),
        (*row[:3], 0),
        (*row[:3], None),
    ]
    digests = {hash_columns(canonicalize(table, [changed], FROM_SQLITE)) for changed in rows}
    assert len(digests) == len(rows)
    same = (1, "\u5f20\u4e09", '{ "a":[1,2] }', 1)
    assert hash_columns(canonicalize(table, [same], FROM_SQLITE)) in digests


@pytest.mark.django_db
def test_every_table_of_the_database_is_moved() -> None:
    names = set(connection.introspection.table_names())
    moved = {table.name for table in list_tables()}
    assert {name for name in names if "searchrow_" not in name} == moved


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="concerns the locks of PostgreSQL")
def test_a_move_from_postgresql_is_alive_while_its_connection_is() -> None:
    address, environment = read_connection_settings()
    assert not is_really_alive()
    side = PostgresSide(address, environment.get("PGPASSWORD", ""))
    assert side.lock()
    assert is_really_alive()
    side.close()
    until = time.monotonic() + 5
    while is_really_alive() and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_really_alive()


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="concerns the files of SQLite")
def test_a_move_from_sqlite_is_alive_while_its_process_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict, "NAME", str(tmp_path / "office.sqlite3"))
    assert not is_really_alive()
    side, other = (SqliteSide(tmp_path / "office.sqlite3") for _number in range(2))
    assert side.lock()
    assert is_really_alive()
    assert not other.lock()
    side.close()
    assert not is_really_alive()
    other.close()
