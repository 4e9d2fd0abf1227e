"""An SQLite database as a side of a move."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3._functions import register  # type: ignore[import-untyped]

from jiedao.backup.databases import remove_log_files
from jiedao.backup.moving.side import MOVED_TEXT, Side, make_locked_error
from jiedao.backup.moving.sqlite_changes import LogPosition, find_log_position, list_changed_rowids
from jiedao.backup.moving.sqlite_suspects import list_long_rows, list_suspects
from jiedao.backup.moving.tables import FROM_SQLITE, TO_SQLITE, Row, Table, TableDigest
from jiedao.kernel.errors import UserError
from jiedao.kernel.fulltext import search_tokens
from jiedao.kernel.standstill import TABLE, get_lock_path

LOCK_SECONDS = 60
VERBS = ("INSERT", "UPDATE", "DELETE")
MOST_ROWIDS = 500_000  # with more suspects, all rows are compared


@dataclass
class SqliteState:
    """The mark of a state: a connection that reads it, so that its log remains, and the place in the log."""

    reader: sqlite3.Connection
    position: LogPosition


class SqliteSide(Side):
    """A file."""

    vendor = "sqlite"
    converters = FROM_SQLITE
    writers = 1

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.address = f"sqlite:///{self.path}"
        self.arguments = (self.path,)
        self._lock = self._file = -1
        self._texts_of: dict[str, bool] = {}
        self._connect()

    def _connect(self) -> None:
        self.path.touch(mode=0o600)
        self.connection = self._open()
        self.connection.execute("PRAGMA cache_size=-65536")
        register(self.connection)  # computed columns and conditions of Django's tables use its functions

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=LOCK_SECONDS, isolation_level=None)

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        return self.connection.execute(statement, values).fetchall()

    def lock(self) -> bool:
        self._lock = os.open(get_lock_path(str(self.path)), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def list_tables(self) -> list[str]:
        rows = self.execute(
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual')"
        )
        return sorted(name for (name,) in rows if not name.startswith("sqlite_") and name != TABLE)

    def list_columns(self, table: Table) -> set[str]:
        names = {row[0] for row in self.execute("SELECT name FROM pragma_table_info(?)", [table.name])}
        return names | {table.key} if table.texts and names else names

    def begin_snapshot(self, name: str = "") -> None:
        begin_reading(self.connection)

    @contextmanager
    def freeze(self) -> Iterator[str]:
        self.begin_write()
        try:
            yield ""
        finally:
            self.end()

    def mark_state(self) -> SqliteState:
        if self._file < 0:
            self._file = os.open(self.path, os.O_RDONLY)
        reader = self._open()
        begin_reading(reader)
        return SqliteState(reader, find_log_position(self.path))

    def drop_state(self, mark: SqliteState) -> None:
        mark.reader.close()

    def list_suspects(
        self, mark: SqliteState, tables: Sequence[Table], copied: dict[str, TableDigest]
    ) -> Iterator[tuple[Table, int, set[Any] | None]]:
        rowids = None
        if self.execute("PRAGMA journal_mode") == [("wal",)]:
            rowids = list_changed_rowids(self._file, self.path, mark.position, MOST_ROWIDS)
        return list_suspects(self, rowids, tables, copied)

    def list_long_rows(self, table: Table, number: int) -> set[Any]:
        """Return the keys of the rows that may have pages of their own, which can change without their leaf."""
        return list_long_rows(self, table, number)

    def end(self, *, commit: bool = False) -> None:
        if self.connection.in_transaction:
            self.connection.execute("COMMIT" if commit else "ROLLBACK")

    def key(self, table: Table) -> str:
        return "rowid" if table.texts else f'"{table.key}"'

    def select(self, table: Table) -> str:
        names = [self.key(table), *(f'"{column.name}"' for column in table.columns[1:])]
        return f'SELECT {", ".join(names)} FROM "{table.name}"'  # noqa: S608 (our own names)

    def read_part(self, table: Table, number: int) -> list[Row]:
        return self._add_tokens(table, super().read_part(table, number))

    def read_rows(self, table: Table, keys: Sequence[Any]) -> list[Row]:
        return self._add_tokens(table, super().read_rows(table, keys))

    def _add_tokens(self, table: Table, rows: list[Row]) -> list[Row]:
        if table.texts and self._has_no_tokens(table):
            return [(key, self._make_tokens(table, key)) for key, _none in rows]
        return rows

    def _has_no_tokens(self, table: Table) -> bool:
        """Return whether the search rows store no tokens, as those that SQLite 3.43 or newer has made."""
        if table.name not in self._texts_of:
            [(text,)] = self.execute("SELECT sql FROM sqlite_master WHERE name = ?", [table.name])
            self._texts_of[table.name] = "content=''" in text
        return self._texts_of[table.name]

    def _make_tokens(self, table: Table, key: int) -> str:
        assert table.texts is not None
        source, names = table.texts
        rows = self.execute(f"SELECT {', '.join(names)} FROM {source} WHERE id = ?", [key])  # noqa: S608
        return " ".join(search_tokens(" ".join(text or "" for row in rows for text in row)))

    def write(self, table: Table, rows: Sequence[Row], source: Side) -> None:
        if source.vendor == "postgresql":
            rows = convert_rows(table, rows, source)
        names = ", ".join([self.key(table), *(f'"{column.name}"' for column in table.columns[1:])])
        marks = ", ".join("?" * len(table.columns))
        self.connection.executemany(
            f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})',  # noqa: S608 (our own names)
            rows,
        )

    def has_mark_table(self) -> bool:
        return bool(self.execute("SELECT count(*) FROM sqlite_master WHERE name = ?", [TABLE])[0][0])

    def shut_out_writers(self, tables: Sequence[Table]) -> None:
        self.begin_write()

    def refuse_writes(self, tables: Sequence[Table]) -> None:
        for table in tables:
            for verb in () if table.texts else VERBS:  # a virtual table cannot have a trigger
                self.execute(
                    f'CREATE TRIGGER "jiedao_moved_{verb}_{table.name}" BEFORE {verb} ON "{table.name}" '
                    f"BEGIN SELECT RAISE(ABORT, '{MOVED_TEXT}'); END"
                )

    def allow_writes(self) -> None:
        names = self.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'jiedao\\_moved\\_%' ESCAPE '\\'"
        )
        for (name,) in names:
            self.execute(f'DROP TRIGGER "{name}"')

    def erase(self) -> None:
        self.connection.close()
        self.path.unlink()
        remove_log_files(self.path)
        self._connect()

    def tune_load(self) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=OFF", "foreign_keys=OFF", "temp_store=MEMORY"):
            self.execute(f"PRAGMA {pragma}")

    def prepare_load(self, tables: Sequence[Table]) -> list[str]:
        self.tune_load()
        indexes = self.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        self.execute("BEGIN IMMEDIATE")
        for name, _statement in indexes:
            self.execute(f'DROP INDEX "{name}"')
        for table in tables:
            self.execute(f'DELETE FROM "{table.name}"')  # noqa: S608
        self.end(commit=True)
        return [statement for _name, statement in indexes]

    def begin_write(self) -> None:
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as fault:
            raise make_locked_error() from fault
        self.connection.execute("PRAGMA defer_foreign_keys=ON")

    def finish_load(self) -> None:
        faults = self.execute("PRAGMA foreign_key_check")
        if faults:
            table, key, parent, _number = faults[0]
            raise UserError(
                f"{table} {key} refers to a row of {parent} that does not exist (and {len(faults) - 1} more).",
                hint="The old database has this fault too. Report it; the office was not moved.",
            )
        self.execute("PRAGMA foreign_keys=ON")

    def check_references(self) -> None:
        """Do nothing: COMMIT checks them, and fails with the transaction."""

    def analyze(self) -> None:
        self.execute("ANALYZE")

    def make_durable(self) -> None:
        self.execute("PRAGMA synchronous=FULL")
        self.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with self.path.open("rb+") as file:
            os.fsync(file.fileno())

    def read_sequences(self, tables: Sequence[Table]) -> dict[str, int]:
        stored: dict[str, int] = dict(self.execute("SELECT name, seq FROM sqlite_sequence"))
        return {table.name: int(stored.get(table.name) or 0) for table in tables if stored.get(table.name)}

    def set_sequences(self, sequences: dict[str, int]) -> None:
        self.execute("DELETE FROM sqlite_sequence")
        for name, number in sequences.items():
            self.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", [name, number])

    def find_words(self, table: Table, token: str, key: int) -> bool:
        return bool(
            self.execute(
                f"SELECT rowid FROM {table.name} WHERE {table.name} MATCH ? AND rowid = ?",  # noqa: S608
                [f'"{token}"', key],
            )
        )

    def close(self) -> None:
        self.connection.close()
        if self.path.exists() and not self.path.stat().st_size:  # a target that was refused
            self.path.unlink()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
        # After the connection: closing a file of SQLite ends the locks of the process on it.
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def begin_reading(connection: sqlite3.Connection) -> None:
    """Let all reads of a connection see one state."""
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def convert_rows(table: Table, rows: Sequence[Row], source: Side) -> list[Row]:
    """Return rows of another database system with the values that Django stores in SQLite."""
    if not rows:
        return []
    columns = source.canonicalize(table, rows)
    for number, column in enumerate(table.columns):
        if convert := TO_SQLITE.get(column.kind):
            columns[number] = [None if value is None else convert(value) for value in columns[number]]
    return list(zip(*columns, strict=True))
