"""One of the two databases of a move."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from jiedao.backup.moving.tables import WIDTH, Row, Table, TableDigest, canonicalize
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.standstill import TABLE, MoveMark

MOVED_TEXT = "jiedao: this office has moved to another database"


class Side(ABC):
    """A database that is read or written by its driver alone, without the models.

    Attributes:
        vendor: "sqlite" or "postgresql". address: without a password, for messages and marks.
        arguments: with which another process opens the same database.
        converters: from what the driver returns to the canonical form.
        writers: processes that can load rows at a time.
    """

    vendor: str
    address: str
    arguments: tuple[Any, ...]
    converters: dict[str, Callable[..., Any]]
    writers: int

    @abstractmethod
    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        """Run a statement, with `?` for each value, and return its rows."""

    @abstractmethod
    def lock(self) -> bool:
        """Lock the database against other moves until this process ends; return False if another one has it."""

    @abstractmethod
    def list_tables(self) -> list[str]:
        """Return the tables, without those that belong to the database system or to a full-text index."""

    @abstractmethod
    def list_columns(self, table: Table) -> set[str]:
        """Return the names of the columns that the table has in this database."""

    @abstractmethod
    def begin_snapshot(self, name: str = "") -> None:
        """Let all reads see one state, that of `freeze` with its name, until `end`."""

    @abstractmethod
    def end(self, *, commit: bool = False) -> None:
        """End the transaction."""

    @abstractmethod
    def select(self, table: Table) -> str:
        """Return "SELECT ... FROM ..." of the columns of a table."""

    @abstractmethod
    def key(self, table: Table) -> str:
        """Return the name of the key of a table in statements."""

    def count(self, table: Table) -> int:
        """Return the number of rows."""
        return int(self.execute(f'SELECT count(*) FROM "{table.name}"')[0][0])  # noqa: S608 (our own names)

    def find_part(self, table: Table, after: int | None) -> int | None:
        """Return the first part with rows, or the first one after another part; None when there is none."""
        if not table.has_numbers:
            return 0 if after is None and self.count(table) else None
        key = self.key(table)
        condition = "" if after is None else f" WHERE {key} >= {(after + 1) * WIDTH}"
        first = self.execute(f'SELECT {key} FROM "{table.name}"{condition} ORDER BY {key} LIMIT 1')  # noqa: S608
        return int(first[0][0]) // WIDTH if first else None

    def read_part(self, table: Table, number: int) -> list[Row]:
        """Return the rows of a part as the driver returns them, sorted by their key."""
        if not table.has_numbers:
            return sorted(self.execute(self.select(table)), key=lambda row: str(row[0]))
        key, first = self.key(table), number * WIDTH
        return self.execute(
            f"{self.select(table)} WHERE {key} >= ? AND {key} < ? ORDER BY {key}", [first, first + WIDTH]
        )

    def canonicalize(self, table: Table, rows: Sequence[Row]) -> list[Any]:
        """Return the columns of rows in the form that is the same for all databases."""
        return canonicalize(table, rows, self.converters)

    @abstractmethod
    def write(self, table: Table, rows: Sequence[Row], source: "Side") -> None:
        """Insert rows that the other side has read."""

    def delete(self, table: Table, keys: Sequence[Any]) -> None:
        """Delete rows by their keys."""
        for start in range(0, len(keys), 500):
            some = keys[start : start + 500]
            marks = ", ".join("?" * len(some))
            self.execute(f'DELETE FROM "{table.name}" WHERE {self.key(table)} IN ({marks})', some)  # noqa: S608

    # The mark

    def read_mark(self) -> MoveMark:
        """Return the mark that is stored, also that of a move that was killed."""
        if not self.has_mark_table():
            return MoveMark()
        rows = self.execute(f"SELECT state, other, office, since FROM {TABLE}")  # noqa: S608 (a fixed name)
        return MoveMark(*rows[0]) if rows else MoveMark()

    @abstractmethod
    def has_mark_table(self) -> bool:
        """Return whether the table of the mark exists."""

    def write_mark(self, state: str, other: str, office: str) -> None:
        """Replace the mark, in the transaction at hand."""
        self.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} (state text, other text, office text, since text)")
        self.execute(f"DELETE FROM {TABLE}")  # noqa: S608
        since = clock.real_now().isoformat(timespec="seconds")
        self.execute(f"INSERT INTO {TABLE} VALUES (?, ?, ?, ?)", [state, other, office, since])  # noqa: S608

    def drop_mark(self) -> None:
        """Remove the mark and its table."""
        self.execute(f"DROP TABLE IF EXISTS {TABLE}")

    def read_rows(self, table: Table, keys: Sequence[Any]) -> list[Row]:
        """Return the rows with these keys as the driver returns them."""
        rows: list[Row] = []
        for start in range(0, len(keys), 500):
            some = keys[start : start + 500]
            marks = ", ".join("?" * len(some))
            rows += self.execute(f"{self.select(table)} WHERE {self.key(table)} IN ({marks})", some)
        return rows

    # The source

    @abstractmethod
    def freeze(self) -> AbstractContextManager[str]:
        """Yield the name of a state, which other connections see that begin their snapshot within the block.

        It takes milliseconds, in which other connections may have to wait before they write.
        """

    @abstractmethod
    def mark_state(self) -> Any:
        """Return a mark of the state, within `freeze`, from which `list_suspects` lists what changed."""

    @abstractmethod
    def list_suspects(
        self, mark: Any, tables: Sequence[Table], copied: dict[str, TableDigest]
    ) -> Iterator[tuple[Table, int, set[Any] | None]]:
        """Yield the parts of tables that may have changed since the state of a mark; all others have not.

        With each part the keys of the rows that may have changed, None for all of its rows.

        Args:
            copied: the parts of the tables as they were in that state.
        """

    def list_long_rows(self, table: Table, number: int) -> set[Any]:
        """Return the keys of the rows of a part that may change without a trace for `list_suspects`."""
        return set()

    @abstractmethod
    def drop_state(self, mark: Any) -> None:
        """Forget the state of a mark."""

    @abstractmethod
    def shut_out_writers(self, tables: Sequence[Table]) -> None:
        """Begin a transaction in which no other connection can write; others still read.

        Raises:
            UserError: another connection has not ended its transaction within a minute.
        """

    @abstractmethod
    def refuse_writes(self, tables: Sequence[Table]) -> None:
        """Let every table refuse writes from now on, in the transaction at hand."""

    @abstractmethod
    def allow_writes(self) -> None:
        """Undo `refuse_writes`."""

    # The target

    @abstractmethod
    def erase(self) -> None:
        """Remove all tables of an unfinished copy."""

    @abstractmethod
    def prepare_load(self, tables: Sequence[Table]) -> list[str]:
        """Empty the tables and drop what slows loading; return the statements that make it again."""

    @abstractmethod
    def tune_load(self) -> None:
        """Let this connection load quickly. A copy that is cut off is begun anew, so it may be lost in a power cut."""

    @abstractmethod
    def begin_write(self) -> None:
        """Begin a transaction that writes; conditions between tables are checked at its end."""

    @abstractmethod
    def finish_load(self) -> None:
        """Raise UserError if a row refers to one that does not exist; let every later transaction check this."""

    @abstractmethod
    def check_references(self) -> None:
        """Raise UserError if this transaction has left a row that refers to one that does not exist."""

    @abstractmethod
    def analyze(self) -> None:
        """Let the database count what its planner needs."""

    @abstractmethod
    def make_durable(self) -> None:
        """Return to the usual durability after loading, and bring all that is committed to the disk."""

    @abstractmethod
    def read_sequences(self, tables: Sequence[Table]) -> dict[str, int]:
        """Return the highest number that was ever given to a row, by table."""

    @abstractmethod
    def set_sequences(self, sequences: dict[str, int]) -> None:
        """Let the numbers of each table continue after these."""

    @abstractmethod
    def find_words(self, table: Table, token: str, key: int) -> bool:
        """Return whether the full-text search finds a row by a token."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection and release the lock."""


def make_locked_error() -> UserError:
    """Return the error for a source whose writers do not end."""
    return UserError(
        "Other processes still write to the old database after a minute: the office was not moved.",
        hint="Stop long commands (imports, pack apply) and the worker, and run `jiedao move` again.",
    )
