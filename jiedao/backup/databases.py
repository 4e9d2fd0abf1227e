"""A snapshot of the database into a file, and the way back."""

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
from django.db import connection, transaction
from django.utils.translation import gettext as _
from psycopg import sql
from psycopg.conninfo import make_conninfo

from jiedao.backup.manifest import CHUNK, Manifest, Progress
from jiedao.kernel.errors import UserError

STEPS = 200_000  # of SQLite's virtual machine between two looks at how far it is


@contextmanager
def snapshot(target: Path, progress: Progress) -> Iterator[Any]:
    """Write the database as it is at this moment to the file; the block gets a cursor that sees the same moment."""
    if connection.vendor == "sqlite":
        write_sqlite(target, progress)
        with closing(sqlite3.connect(f"file:{target}?mode=ro", uri=True)) as copy:
            yield copy.cursor()
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            name = cursor.fetchone()[0]
            shape = ["--format=custom", "--no-owner", "--no-privileges", "--no-comments"]
            run_pg("pg_dump", *shape, f"--snapshot={name}", f"--file={target}")
            progress(target.stat().st_size)
            yield cursor


def write_sqlite(target: Path, progress: Progress) -> None:
    """Write a copy of the SQLite database, which others may go on using; raise UserError when it is damaged."""
    seen = 0

    def look() -> int:
        nonlocal seen
        size = target.stat().st_size if target.exists() else 0
        progress(size - seen)
        seen = size
        return 0

    connection.ensure_connection()
    raw: sqlite3.Connection = connection.connection
    raw.set_progress_handler(look, STEPS)
    try:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(target)])
    finally:
        raw.set_progress_handler(None, 0)
    look()
    with closing(sqlite3.connect(f"file:{target}?mode=ro", uri=True)) as copy:
        said = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    if said != "ok":
        raise UserError(
            _("数据库已损坏：%(said)s。") % {"said": said},
            hint=_("没有做成备份。请停止服务，从上一份完好的备份恢复（jiedao restore）。"),
        )


def database_size() -> int:
    """Return about how many bytes a snapshot takes."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
            return int(cursor.fetchone()[0])
        cursor.execute("SELECT pg_database_size(current_database()) / 4")  # it is compressed
        return int(cursor.fetchone()[0])


# PostgreSQL's own programs


def program(name: str) -> str:
    """Return the path of a program of PostgreSQL's client, of the server's version or the next above it."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        server = int(cursor.fetchone()[0]) // 10000
    folders = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / name).exists()]
    fitting = sorted((int(path.parent.name), path) for path in folders if path.parent.name.isdigit())
    for version, path in fitting:
        if version >= server:
            return str(path / name)
    found = shutil.which(name)
    if found is None:
        raise UserError(
            _("没有找到 PostgreSQL 的程序 %(name)s。") % {"name": name},
            hint=_("请安装客户端：apt-get install postgresql-client（版本不低于服务器的 %(server)d）。")
            % {"server": server},
        )
    return found


def where() -> tuple[str, dict[str, str]]:
    """Return the connection string for a program, and the environment with the password that it must not show."""
    given = connection.get_connection_params()
    known = {key: value for key, value in given.items() if isinstance(value, (str, int)) and value != ""}
    password = str(known.pop("password", ""))
    ours = {"client_encoding", "server_side_binding", "prepare_threshold", "autocommit"}
    address = make_conninfo(**{key: str(value) for key, value in known.items() if key not in ours})
    return address, {
        **os.environ,
        **({"PGPASSWORD": password} if password else {}),
        "PGCLIENTENCODING": "UTF8",
    }


def run_pg(name: str, *arguments: str) -> None:
    """Run a program against the database; raise UserError with what it said."""
    address, environment = where()
    command = [program(name), "--no-password", f"--dbname={address}", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise failed(name, done.stderr)


def failed(name: str, said: str, hint: str = "") -> UserError:
    """Return the refusal for a program that failed."""
    first = next((line for line in said.splitlines() if line.strip()), "")
    return UserError(
        _("%(name)s 没有完成：%(said)s") % {"name": name, "said": first[:300]},
        hint=hint or _("什么都没有改动。请按上面的原因处理后再试。"),
    )


def has_company(patience: float = 3.0) -> bool:
    """Tell whether others are connected to the PostgreSQL database; our own that were closed take a moment to go."""
    disconnect()
    address, environment = where()
    until = time.monotonic() + patience
    with psycopg.connect(address, password=environment.get("PGPASSWORD"), autocommit=True) as alone:
        while True:
            [(count,)] = alone.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            if not count or time.monotonic() > until:
                return bool(count)
            time.sleep(0.1)


def disconnect() -> None:
    """Close our own connections, the pool's too."""
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]


def restore_postgres(dump: Path, progress: Progress) -> None:
    """Put the dump in the place of everything that is there, in one transaction.

    `pg_restore` writes SQL that `psql` runs. The COMMIT is ours, said only when the last line has come: if one of
    the three processes dies, nothing has happened.
    """
    address, environment = where()
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        cursor.execute("SHOW server_version_num")
        server = int(cursor.fetchone()[0]) // 10000
    with psycopg.connect(address, password=environment.get("PGPASSWORD")) as plain:
        names = sql.SQL(", ").join(map(sql.Identifier, tables)).as_string(plain)
    psql = [
        program("psql"),
        "--no-password",
        "--no-psqlrc",
        "--quiet",
        "--set=ON_ERROR_STOP=1",
        "--output=/dev/null",
        f"--dbname={address}",
    ]
    reader = [program("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(dump)]
    disconnect()
    with (
        subprocess.Popen(reader, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as source,  # noqa: S603
        subprocess.Popen(psql, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as target,  # noqa: S603
    ):
        assert source.stdout is not None
        assert source.stderr is not None
        assert target.stdin is not None
        assert target.stderr is not None
        with suppress(BrokenPipeError):  # psql has ended, and says why below
            target.stdin.write(b"SET client_min_messages = warning;\nBEGIN;\n")
            if tables:
                target.stdin.write(f"DROP TABLE {names} CASCADE;\n".encode())
            send(source.stdout, target.stdin, server, progress)
            if source.wait() == 0:
                target.stdin.write(b"\nCOMMIT;\n")
            target.stdin.close()
        source.stdout.close()
        said, code = target.stderr.read().decode(errors="replace"), target.wait()
        complaint = source.stderr.read().decode(errors="replace")
    if source.returncode and not code:
        raise failed("pg_restore", complaint)
    if code:
        raise failed("psql", said)


def send(source: IO[bytes], target: IO[bytes], server: int, progress: Progress) -> None:
    """Pass the SQL on; a setting of the preamble that an older server does not know is left out."""
    head = source.read(CHUNK)
    if server < 17:
        head = re.sub(rb"(?m)^SET transaction_timeout = 0;$", b"", head, count=1)
    while head:
        target.write(head)
        progress(len(head))
        head = source.read(CHUNK)


# SQLite


def release_sqlite(database: Path) -> None:
    """Make sure that nobody has the database open, and that all of it is in its one file."""
    if not database.exists():
        return
    connection.close()
    try:
        with closing(sqlite3.connect(database, timeout=2)) as old:
            mode = old.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    except sqlite3.DatabaseError as fault:
        if "not a database" in str(fault) or "malformed" in str(fault):
            remove_logs(database)  # it is broken: that is why somebody restores
            return
        mode = str(fault)
    if mode != "delete":
        raise in_use()


def remove_logs(database: Path) -> None:
    """Remove the files beside a database that is given up: read with another, they would destroy it."""
    for end in ("-wal", "-shm", "-journal"):
        database.with_name(database.name + end).unlink(missing_ok=True)


def in_use() -> UserError:
    """Return the refusal while somebody works with the database."""
    return UserError(
        _("数据库正在使用中。"),
        hint=_("请先停止 jiedao serve 和 jiedao worker，再恢复。什么都没有改动。"),
    )


def swap_sqlite(new: Path, database: Path) -> Path | None:
    """Put the new file in the database's place in one step; return where the old one is kept, None for none."""
    kept = None
    with new.open("rb+") as file:
        os.fsync(file.fileno())
    if database.exists():
        kept = database.with_name(database.name + ".before-restore")
        kept.unlink(missing_ok=True)
        os.link(database, kept)
    new.replace(database)
    handle = os.open(database.parent, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)
    return kept


def counts_differ(cursor: Any, manifest: Manifest) -> str:
    """Return the name of the first table that has another number of rows than it had, "" for none."""
    for table, number in manifest.counts.items():
        cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608 (a checked name)
        if cursor.fetchone()[0] != number:
            return table
    return ""
