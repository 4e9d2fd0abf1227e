"""A PostgreSQL database as a side of a move."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from jiedao.backup.moving.side import MOVED_TEXT, Side, make_locked_error
from jiedao.backup.moving.tables import FROM_POSTGRESQL, TO_POSTGRESQL, WIDTH, Row, Table, TableDigest
from jiedao.kernel.errors import UserError
from jiedao.kernel.postgresql.servers import check_server
from jiedao.kernel.standstill import PG_LOCK, TABLE

FORMS = {
    "datetime": "{0} AT TIME ZONE 'UTC'",
    "json": "{0}::text",
    "uuid": "replace({0}::text, '-', '')",
    "address": "host({0})",
    "tokens": "tsvector_to_array({0})",
}
# Of the rows that SQLite returns PostgreSQL reads all others as they are.
FROM_SQLITE_ROWS = {"tokens": lambda text: TO_POSTGRESQL["tokens"](dict.fromkeys(text.split()))}


class PostgresSide(Side):
    """A database of a server, in the schema of the connection."""

    vendor = "postgresql"
    converters = FROM_POSTGRESQL
    writers = 2

    def __init__(self, conninfo: str, password: str = "") -> None:
        self.arguments = (conninfo, password)
        try:
            self.connection = psycopg.connect(
                conninfo, password=password or None, autocommit=True, connect_timeout=10
            )
        except psycopg.Error as fault:
            first = str(fault).strip().partition("\n")[0]
            raise UserError(
                f"The PostgreSQL database cannot be reached: {first}", hint="Check its address."
            ) from fault
        check_server(self.connection)
        parts = conninfo_to_dict(conninfo)
        place = f"{parts.get('host') or ''}{':' + str(parts['port']) if parts.get('port') else ''}"
        self.address = f"postgresql://{place}/{self.connection.info.dbname}"
        for setting in ("TimeZone='UTC'", "client_encoding='UTF8'", "random_page_cost=1.1", "jit=off"):
            self.connection.execute(f"SET {setting}")

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        with self.connection.cursor(binary=True) as cursor:
            cursor.execute(statement.replace("?", "%s") if values else statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def lock(self) -> bool:
        return bool(self.execute(f"SELECT pg_try_advisory_lock({PG_LOCK})")[0][0])

    def list_tables(self) -> list[str]:
        rows = self.execute(
            "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
        )
        return [name for (name,) in rows if name != TABLE]

    def list_columns(self, table: Table) -> set[str]:
        rows = self.execute(
            "SELECT column_name::text FROM information_schema.columns WHERE table_schema = current_schema() "
            "AND table_name = ?",
            [table.name],
        )
        return {name for (name,) in rows}

    def begin_snapshot(self, name: str = "") -> None:
        self.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        if name:
            self.execute(f"SET TRANSACTION SNAPSHOT '{name}'")

    @contextmanager
    def freeze(self) -> Iterator[str]:
        self.begin_snapshot()
        try:
            [(name,)] = self.execute("SELECT pg_export_snapshot()")
            yield name
        finally:
            self.end()

    def mark_state(self) -> str:
        """Return the number of the oldest transaction that had not ended: what it and later ones write has changed."""
        [(number,)] = self.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
        return str(int(number) % 2**32)  # rows store their transaction without its epoch

    def drop_state(self, mark: str) -> None:
        """Do nothing: the rows themselves show when they were written."""

    def list_suspects(
        self, mark: str, tables: Sequence[Table], copied: dict[str, TableDigest]
    ) -> Iterator[tuple[Table, int, set[Any] | None]]:
        for table in tables:
            former = copied[table.name].parts
            part = f"{self.key(table)} / {WIDTH}" if table.has_numbers else "0"
            rows = self.execute(
                f"SELECT {part}, count(*), bool_or(age(xmin) <= (SELECT age(?::text::xid))) "  # noqa: S608
                f'FROM "{table.name}" GROUP BY 1',
                [mark],
            )
            # A deleted row leaves no transaction, but the part then has one row less.
            same = {
                number
                for number, count, has_changed in rows
                if not has_changed and count == former.get(number, (0,))[0]
            }
            numbers = {number for number, _count, _has_changed in rows} | former.keys()
            yield from ((table, number, None) for number in sorted(numbers - same))

    def end(self, *, commit: bool = False) -> None:
        self.execute("COMMIT" if commit else "ROLLBACK")

    def key(self, table: Table) -> str:
        return f'"{table.key}"'

    def select(self, table: Table) -> str:
        names = (FORMS.get(column.kind, "{0}").format(f'"{column.name}"') for column in table.columns)
        return f'SELECT {", ".join(names)} FROM "{table.name}"'  # noqa: S608 (our own names)

    def write(self, table: Table, rows: Sequence[Row], source: Side) -> None:
        is_raw = source.vendor == "sqlite"
        columns = list(zip(*rows, strict=True)) if is_raw else list(rows and source.canonicalize(table, rows))
        forms = FROM_SQLITE_ROWS if is_raw else TO_POSTGRESQL
        for number, column in enumerate(table.columns if rows else ()):
            if convert := forms.get(column.kind):
                columns[number] = tuple(
                    None if value is None else convert(value) for value in columns[number]
                )
                is_raw = is_raw and column.kind != "tokens"
        if not is_raw:
            rows = list(zip(*columns, strict=True))
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        try:
            with (
                self.connection.cursor() as cursor,
                cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy,
            ):
                for row in rows:
                    copy.write_row(row)
        except psycopg.Error as fault:
            raise make_value_error(table, rows, fault) from fault

    def has_mark_table(self) -> bool:
        return bool(self.execute("SELECT to_regclass(?) IS NOT NULL", [TABLE])[0][0])

    def shut_out_writers(self, tables: Sequence[Table]) -> None:
        names = ", ".join(f'"{table.name}"' for table in tables)
        self.execute("BEGIN")
        self.execute("SET LOCAL lock_timeout = '60s'")
        try:
            self.execute(f"LOCK TABLE {names} IN EXCLUSIVE MODE")
        except psycopg.errors.LockNotAvailable as fault:
            self.end()
            raise make_locked_error() from fault

    def refuse_writes(self, tables: Sequence[Table]) -> None:
        self.execute(
            "CREATE OR REPLACE FUNCTION jiedao_moved() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{MOVED_TEXT}'; END $$"
        )
        for table in tables:
            self.execute(
                f'CREATE TRIGGER jiedao_moved BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON "{table.name}" '
                "FOR EACH STATEMENT EXECUTE FUNCTION jiedao_moved()"
            )

    def allow_writes(self) -> None:
        self.execute("DROP FUNCTION IF EXISTS jiedao_moved() CASCADE")

    def erase(self) -> None:
        names = ", ".join(f'"{name}"' for name in self.list_tables())
        if names:
            self.execute(f"DROP TABLE {names} CASCADE")

    def tune_load(self) -> None:
        for setting in (
            "synchronous_commit=off",
            "maintenance_work_mem='256MB'",
            "client_min_messages='warning'",
        ):
            self.execute(f"SET {setting}")

    def prepare_load(self, tables: Sequence[Table]) -> list[str]:
        self.tune_load()
        conditions = self.execute(
            "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) "
            "FROM pg_constraint WHERE connamespace = current_schema()::regnamespace AND contype IN ('f', 'u') "
            "ORDER BY contype = 'u'"
        )
        indexes = self.execute(
            "SELECT quote_ident(relname), pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON pg_class.oid = "
            "indexrelid WHERE relnamespace = current_schema()::regnamespace AND NOT indisprimary AND NOT EXISTS "
            "(SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)"
        )
        self.execute("BEGIN")
        for table, name, _definition in conditions:  # references before what they refer to
            self.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for name, _definition in indexes:
            self.execute(f"DROP INDEX {name}")
        names = ", ".join(f'"{table.name}"' for table in tables)
        self.execute(f"TRUNCATE {names} RESTART IDENTITY")
        self.end(commit=True)
        return [
            *(definition for _name, definition in indexes),
            *(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}"
                for table, name, definition in reversed(conditions)
            ),
        ]

    def begin_write(self) -> None:
        self.execute("BEGIN")
        self.execute("SET CONSTRAINTS ALL DEFERRED")

    def finish_load(self) -> None:
        """Do nothing: the conditions have been added, which checked all rows."""

    def check_references(self) -> None:
        try:
            self.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except psycopg.IntegrityError as fault:
            raise make_reference_error(fault) from fault

    def analyze(self) -> None:
        for name in self.list_tables():  # others of the database may belong to other offices
            self.execute(f'ANALYZE "{name}"')

    def make_durable(self) -> None:
        self.execute("SET synchronous_commit = on")
        self.execute(f"UPDATE {TABLE} SET since = since")  # noqa: S608 (its commit waits for all before it)

    def read_sequences(self, tables: Sequence[Table]) -> dict[str, int]:
        numbers = {}
        for table in tables:
            if not table.has_numbers or table.texts:
                continue
            name = self.execute("SELECT pg_get_serial_sequence(?, ?)", [f'"{table.name}"', table.key])[0][0]
            if name and (rows := self.execute(f"SELECT last_value FROM {name} WHERE is_called")):  # noqa: S608
                numbers[table.name] = int(rows[0][0])
        return numbers

    def set_sequences(self, sequences: dict[str, int]) -> None:
        for name, number in sequences.items():
            self.execute("SELECT setval(pg_get_serial_sequence(?, 'id'), ?::bigint)", [f'"{name}"', number])

    def find_words(self, table: Table, token: str, key: int) -> bool:
        return bool(
            self.execute(
                f"SELECT 1 FROM {table.name} WHERE tokens @@ ?::tsquery AND {table.key} = ?::bigint",  # noqa: S608
                [f"'{token}'", key],
            )
        )

    def close(self) -> None:
        self.connection.close()


def make_value_error(table: Table, rows: Sequence[Row], fault: psycopg.Error) -> UserError:
    """Return the error for a row that PostgreSQL does not accept, with its key."""
    context = fault.diag.context or ""
    line = context.partition("line ")[2].partition(",")[0].partition(":")[0]
    key = rows[int(line) - 1][0] if line.isdigit() and int(line) <= len(rows) else "?"
    return UserError(
        f"PostgreSQL does not accept {table.name} {key}: {fault.diag.message_primary or fault}. {context[:200]}",
        hint="Correct the value in the office and run `jiedao move` again. Nothing in the office has changed.",
    )


def make_reference_error(fault: psycopg.Error) -> UserError:
    """Return the error for a row that refers to one that does not exist."""
    return UserError(
        f"{fault.diag.table_name}: {fault.diag.message_detail or fault.diag.message_primary}",
        hint="The old database has this fault too. Report it; the office was not moved.",
    )
