"""Writing a snapshot of the database to a file, and loading it."""

import os
import re
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import psycopg
from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _
from psycopg import sql
from psycopg.conninfo import make_conninfo

from jiedao.backup.manifest import CHUNK, Manifest, Progress
from jiedao.environment import name_sessions
from jiedao.kernel.errors import UserError

STEPS = 200_000  # instructions of SQLite's virtual machine between two reports of the progress


@contextmanager
def write_snapshot(target: Path, progress: Progress) -> Iterator[Any]:
    """Write the current state of the database to a file, and yield a cursor that reads the same state."""
    if connection.vendor == "sqlite":
        copy_sqlite(target, progress)
        with closing(sqlite3.connect(f"file:{target}?mode=ro", uri=True)) as copy:
            yield copy.cursor()
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            name = cursor.fetchone()[0]
            shape = ["--format=custom", "--no-owner", "--no-privileges", "--no-comments"]
            schema = f'--schema="{find_schema()}"'  # others of the database may belong to other offices
            run_program("pg_dump", *shape, schema, f"--snapshot={name}", f"--file={target}")
            progress(target.stat().st_size)
            yield cursor


def copy_sqlite(target: Path, progress: Progress) -> None:
    """Copy the SQLite database while other processes use it; raise UserError if it is damaged."""
    reported = 0

    def report() -> int:
        nonlocal reported
        size = target.stat().st_size if target.exists() else 0
        progress(size - reported)
        reported = size
        return 0

    connection.ensure_connection()
    raw: sqlite3.Connection = connection.connection
    raw.set_progress_handler(report, STEPS)
    try:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(target)])
    finally:
        raw.set_progress_handler(None, 0)
    report()
    with closing(sqlite3.connect(f"file:{target}?mode=ro", uri=True)) as copy:
        verdict = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise UserError(
            _("数据库已损坏：%(said)s。") % {"said": verdict},
            hint=_("没有做成备份。请停止服务，从上一份完好的备份恢复（jiedao restore）。"),
        )


def find_schema() -> str:
    """Return the schema of the office in PostgreSQL, "" with SQLite."""
    if connection.vendor == "sqlite":
        return ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return str(cursor.fetchone()[0])


def estimate_snapshot_size() -> int:
    """Return approximately how many bytes a snapshot takes."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
            return int(cursor.fetchone()[0])
        cursor.execute(  # a dump is compressed
            "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint / 4 FROM pg_class "
            "WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        )
        return int(cursor.fetchone()[0])


# The programs of PostgreSQL


def find_program(name: str) -> str:
    """Return the path of a PostgreSQL client program, of the server's version or the next higher one."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        server = int(cursor.fetchone()[0]) // 10000
    folders = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / name).exists()]
    fitting = sorted((int(path.parent.name), path) for path in folders if path.parent.name.isdigit())
    for version, path in fitting:
        if version >= server:
            return str(path / name)
    path_in_environment = shutil.which(name)
    if path_in_environment is None:
        raise UserError(
            _("没有找到 PostgreSQL 的程序 %(name)s。") % {"name": name},
            hint=_("请安装客户端：apt-get install postgresql-client（版本不低于服务器的 %(server)d）。")
            % {"server": server},
        )
    return path_in_environment


def read_connection_settings() -> tuple[str, dict[str, str]]:
    """Return the connection string for a program, and its environment, which holds the password."""
    parameters = connection.get_connection_params()
    settings_of_connection = {
        key: value for key, value in parameters.items() if isinstance(value, (str, int)) and value != ""
    }
    password = str(settings_of_connection.pop("password", ""))
    of_psycopg = {"client_encoding", "server_side_binding", "prepare_threshold", "autocommit"}
    address = make_conninfo(
        **{key: str(value) for key, value in settings_of_connection.items() if key not in of_psycopg}
    )
    return address, {
        **os.environ,
        **({"PGPASSWORD": password} if password else {}),
        "PGCLIENTENCODING": "UTF8",
    }


def run_program(name: str, *arguments: str) -> None:
    """Run a program against the database; raise UserError with its message if it fails."""
    address, environment = read_connection_settings()
    command = [find_program(name), "--no-password", f"--dbname={address}", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise make_program_error(name, done.stderr)


def make_program_error(name: str, output: str, hint: str = "") -> UserError:
    """Return the error for a program that failed, with the first line of its output."""
    first = next((line for line in output.splitlines() if line.strip()), "")
    return UserError(
        _("%(name)s 没有完成：%(said)s") % {"name": name, "said": first[:300]},
        hint=hint or _("什么都没有改动。请按上面的原因处理后再试。"),
    )


def has_other_connections(patience: float = 3.0) -> bool:
    """Return whether other clients of this office are connected to the PostgreSQL database.

    Our own closed connections take a moment to end, so the answer is awaited for `patience` seconds.
    """
    name = name_sessions(settings.JIEDAO_DATABASE_SCHEMA)
    close_connections()
    address, environment = read_connection_settings()
    until = time.monotonic() + patience
    with psycopg.connect(address, password=environment.get("PGPASSWORD"), autocommit=True) as connection:
        while True:
            [(count,)] = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND backend_type = 'client backend' "
                "AND CASE WHEN %s THEN application_name = %s ELSE NOT starts_with(application_name, %s) END",
                [bool(settings.JIEDAO_DATABASE_SCHEMA), name, name],
            )
            if not count or time.monotonic() > until:
                return bool(count)
            time.sleep(0.1)


def close_connections() -> None:
    """Close our own connections, including those of the pool."""
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]


def load_dump(dump: Path, schema: str, progress: Progress) -> None:
    """Replace all tables of this office by those of the dump, in one transaction.

    `pg_restore` writes SQL that `psql` runs. COMMIT is sent only after the last line: if one of the three processes
    dies, nothing has changed.

    Args:
        schema: of the tables in the dump.
    """
    address, environment = read_connection_settings()
    rename = SchemaRenaming(schema, find_schema())
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        cursor.execute("SHOW server_version_num")
        server = int(cursor.fetchone()[0]) // 10000
    with psycopg.connect(address, password=environment.get("PGPASSWORD")) as plain:
        names = sql.SQL(", ").join(map(sql.Identifier, tables)).as_string(plain)
    psql = [
        find_program("psql"),
        "--no-password",
        "--no-psqlrc",
        "--quiet",
        "--set=ON_ERROR_STOP=1",
        "--output=/dev/null",
        f"--dbname={address}",
    ]
    shape = ["--no-owner", "--no-privileges", f"--schema={schema}", "--file=-"]
    reader = [find_program("pg_restore"), *shape, str(dump)]
    close_connections()
    with (
        subprocess.Popen(reader, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as source,  # noqa: S603
        subprocess.Popen(psql, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as target,  # noqa: S603
    ):
        assert source.stdout is not None
        assert source.stderr is not None
        assert target.stdin is not None
        assert target.stderr is not None
        with suppress(BrokenPipeError):  # psql has ended; its error is reported below
            target.stdin.write(b"SET client_min_messages = warning;\nBEGIN;\n")
            if tables:
                target.stdin.write(f"DROP TABLE {names} CASCADE;\n".encode())
            forward_sql(source.stdout, target.stdin, server, rename, progress)
            if source.wait() == 0:
                target.stdin.write(b"\nCOMMIT;\n")
            target.stdin.close()
        source.stdout.close()
        errors, code = target.stderr.read().decode(errors="replace"), target.wait()
        reader_errors = source.stderr.read().decode(errors="replace")
    if source.returncode and not code:
        raise make_program_error("pg_restore", reader_errors)
    if code:
        raise make_program_error("psql", errors)


class SchemaRenaming:
    """Changes the name of the schema in the SQL of `pg_restore`, and leaves the rows of the tables as they are."""

    def __init__(self, old: str, new: str) -> None:
        name = re.escape(old.encode())
        self.pattern = re.compile(rb'(?<![\w$".])(?:"%s"|%s)\.' % (name, name))
        self.new = b'"%s".' % new.encode()
        self.is_needed = old != new
        self.in_rows = False

    def apply(self, line: bytes) -> bytes:
        """Return the next line of the SQL under the new name."""
        if self.in_rows:
            self.in_rows = line != b"\\.\n"
            return line
        self.in_rows = line.startswith(b"COPY ") and line.endswith(b"FROM stdin;\n")
        return self.pattern.sub(self.new, line)


def forward_sql(
    source: IO[bytes], target: IO[bytes], server: int, rename: SchemaRenaming, progress: Progress
) -> None:
    """Forward the SQL under the name of this schema, without a setting that older servers do not know."""
    while lines := source.readlines(CHUNK):
        if rename.is_needed:
            lines = [rename.apply(line) for line in lines]
        part = b"".join(lines)
        if server < 17:
            part = re.sub(rb"(?m)^SET transaction_timeout = 0;$", b"", part, count=1)
            server = 17  # it is in the preamble
        target.write(part)
        progress(len(part))


# SQLite


def ensure_sqlite_is_unused(database: Path) -> None:
    """Merge the write-ahead log into the database file; raise UserError if another process uses the database."""
    if not database.exists():
        return
    connection.close()
    try:
        with closing(sqlite3.connect(database, timeout=2)) as old:
            mode = old.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    except sqlite3.DatabaseError as fault:
        if "not a database" in str(fault) or "malformed" in str(fault):
            remove_log_files(database)  # a broken database may be replaced
            return
        mode = str(fault)
    if mode != "delete":
        raise make_in_use_error()


def remove_log_files(database: Path) -> None:
    """Remove the log files of a database that is replaced: SQLite would apply them to the new one."""
    for end in ("-wal", "-shm", "-journal"):
        database.with_name(database.name + end).unlink(missing_ok=True)


def make_in_use_error() -> UserError:
    """Return the error for a database that is in use."""
    return UserError(
        _("数据库正在使用中。"),
        hint=_("请先停止 jiedao serve 和 jiedao worker，再恢复。什么都没有改动。"),
    )


def replace_sqlite(new: Path, database: Path) -> Path | None:
    """Replace the database by the new file in one step; return where the former one is stored, None for none."""
    former = None
    with new.open("rb+") as file:
        os.fsync(file.fileno())
    if database.exists():
        former = database.with_name(database.name + ".before-restore")
        former.unlink(missing_ok=True)
        os.link(database, former)
    new.replace(database)
    handle = os.open(database.parent, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)
    return former


def find_changed_table(cursor: Any, manifest: Manifest) -> str:
    """Return the first table whose number of rows differs from the manifest, "" for none."""
    for table, number in manifest.counts.items():
        cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608 (names come from the checked manifest)
        if cursor.fetchone()[0] != number:
            return table
    return ""
