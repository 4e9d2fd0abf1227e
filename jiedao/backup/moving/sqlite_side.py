"""An SQLite database as a side of a move."""

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3._functions import register  # type: ignore[import-untyped]

from jiedao.backup.databases import remove_log_files
from jiedao.backup.moving.side import MOVED_TEXT, Side, make_locked_error
from jiedao.backup.moving.sqlite_changes import LogPosition, find_log_position, list_changed_rowids
from jiedao.backup.moving.tables import FROM_SQLITE, TO_SQLITE, WIDTH, Row, Table, TableDigest
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
        suspects = group_keys(rowids or ())
        for table in tables:
            counts, former = self._count_parts(table), copied[table.name].parts
            numbers = sorted(counts.keys() | former.keys())
            if rowids is None or not table.has_numbers:
                yield from ((table, number, None) for number in numbers)
                continue
            long_rows = copied[table.name].long_rows
            if table.texts:  # their tokens may be computed from the rows of another table
                long_rows = long_rows | copied[table.texts[0]].long_rows
            if self._has_rowid_key(table):
                keys = {number: suspects.get(number, set()) for number in numbers}
                for number, some in group_keys(long_rows).items():
                    keys[number] = keys.get(number, set()) | some
                yield from ((table, number, keys[number]) for number in numbers if keys[number])
            else:
                changed = group_keys(self._find_keys(table, rowids) | long_rows)
                # A row that is gone leaves no key, but one row less.
                yield from (
                    (table, number, None)
                    for number in numbers
                    if number in changed or counts.get(number) != former.get(number, (0,))[0]
                )

    def _count_parts(self, table: Table) -> dict[int, int]:
        """Return the number of rows of each part; of tables with their key as rowid only the parts matter."""
        if not table.has_numbers or self._has_rowid_key(table):
            numbers, number = {}, self.find_part(table, None)
            while number is not None:
                numbers[number] = -1
                number = self.find_part(table, number)
            return numbers
        part = f"{self.key(table)} / {WIDTH}"
        return dict(self.execute(f'SELECT {part}, count(*) FROM "{table.name}" GROUP BY 1'))  # noqa: S608

    def _has_rowid_key(self, table: Table) -> bool:
        if table.texts:
            return True
        kinds = self.execute(
            "SELECT type FROM pragma_table_info(?) WHERE pk AND name = ?", [table.name, table.key]
        )
        return [kind.upper() for (kind,) in kinds] == ["INTEGER"]

    def _find_keys(self, table: Table, rowids: set[int]) -> set[Any]:
        keys: set[Any] = set()
        [(last,)] = self.execute(f'SELECT max(rowid) FROM "{table.name}"')  # noqa: S608
        some = [rowid for rowid in rowids if rowid <= (last or 0)]
        for start in range(0, len(some), 500):
            numbers = ", ".join(map(str, some[start : start + 500]))
            rows = self.execute(f'SELECT {self.key(table)} FROM "{table.name}" WHERE rowid IN ({numbers})')  # noqa: S608
            keys.update(key for (key,) in rows)
        return keys

    def list_long_rows(self, table: Table, number: int) -> set[Any]:
        """Return the keys of the rows that may have pages of their own, which can change without their leaf."""
        if not table.has_numbers:
            return set()
        [(page,)] = self.execute("PRAGMA page_size")
        names = [self.key(table), *(f'"{column.name}"' for column in table.columns[1:])]
        lengths = " + ".join(f"ifnull(length(CAST({name} AS BLOB)), 0)" for name in names)
        # What a leaf surely holds: a page less its own parts, and less the row's header and its numbers.
        most = page - 290 - 18 * (len(names) + 1)
        key, first = self.key(table), number * WIDTH
        rows = self.execute(
            f'SELECT {key} FROM "{table.name}" WHERE {key} >= ? AND {key} < ? AND {lengths} > {most}',  # noqa: S608
            [first, first + WIDTH],
        )
        return {key for (key,) in rows}

    def end(self, *, commit: bool = False) -> None:
        if self.connection.in_transaction:
            self.connection.execute("COMMIT" if commit else "ROLLBACK")

    def key(self, table: Table) -> str:
        return "rowid" if table.texts else f'"{table.key}"'

    def select(self, table: Table) -> str:
        names = [self.key(table), *(f'"{column.name}"' for column in table.columns[1:])]
        return f'SELECT {", ".join(names)} FROM "{table.name}"'  # noqa: S608 (our own names)

    def read_part(self, table: Table, number: int) -> list[Row]:
        rows = super().read_part(table, number)
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
        if (
            self._file >= 0
        ):  # after the connection: closing a file of SQLite ends the locks of the process on it
            os.close(self._file)
            self._file = -1


def begin_reading(connection: sqlite3.Connection) -> None:
    """Let all reads of a connection see one state."""
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def group_keys(keys: Iterable[int]) -> dict[int, set[int]]:
    """Return keys by their parts."""
    groups: dict[int, set[int]] = {}
    for key in keys:
        groups.setdefault(key // WIDTH, set()).add(key)
    return groups


def convert_rows(table: Table, rows: Sequence[Row], source: Side) -> list[Row]:
    """Return rows of another database system with the values that Django stores in SQLite."""
    if not rows:
        return []
    columns = source.canonicalize(table, rows)
    for number, column in enumerate(table.columns):
        if convert := TO_SQLITE.get(column.kind):
            columns[number] = [None if value is None else convert(value) for value in columns[number]]
    return list(zip(*columns, strict=True))
