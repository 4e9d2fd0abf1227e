# ruff: noqa: PLC0415 (Django is set up before its models are imported)
"""Inserting the rows of a case into the database alone: the floor that the server is compared with.

    python -m benchmarks.floors sql                prints SQL scripts for pgbench
    python -m benchmarks.floors sqlite SECONDS     measures a plain sqlite3 loop

Run as a process on a database of `prepare_office`.
"""

import itertools
import json
import re
import subprocess
import sys
import tempfile
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import django

from benchmarks.servers import Office
from tools.test_pg import find_server_programs

SCRIPTS = 4  # each client prepares every script: with more of them, preparing would be measured


def measure_pgbench(office: Office, seconds: float, clients: int) -> float:
    """Return how many cases per second pgbench inserts with the statement of the writer and fixed values."""
    with tempfile.TemporaryDirectory(prefix="jiedao-bench-") as folder:
        files = []
        for serial, sql in enumerate(json.loads(office.run("benchmarks.floors", "sql"))):
            files.append(Path(folder) / f"{serial}.sql")
            files[-1].write_text(sql, encoding="utf-8")
        server = dict(parse_qsl(urlsplit(office.address).query))
        command = [
            find_server_programs() / "pgbench",
            "-n",
            "-M",
            "prepared",
            "-c",
            str(clients),
            "-j",
            "1",
            "-T",
            str(max(round(seconds), 1)),
            "-h",
            server["host"],
            "-p",
            server["port"],
            "-U",
            "jiedao",
            *itertools.chain.from_iterable(("-f", path) for path in files),
            "jiedao",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    rate = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode or rate is None:
        raise RuntimeError(done.stderr[:1000])
    return float(rate.group(1))


def measure_sqlite(office: Office, seconds: float) -> float:
    """Return how many cases per second a loop over sqlite3 inserts, each in its own transaction, with our pragmas."""
    return float(office.run("benchmarks.floors", "sqlite", str(seconds)))


def _prepare_values() -> list[dict[str, Any]]:
    """Return the values that the writer binds for some messages, prepared as the API prepares them."""
    from benchmarks.texts import generate_messages
    from jiedao.cases import writer
    from jiedao.cases.actions.intake import NewCase, prepare
    from jiedao.orgs.actor import make_system_actor

    prepared = []
    for body in itertools.islice(generate_messages(seed=7), SCRIPTS):
        new = NewCase(
            channel=body["channel"],
            subject=body["subject"],
            detail=body["detail"],
            place_text=body["place"],
            lon=body["point"]["lon"],
            lat=body["point"]["lat"],
            accuracy_m=body["point"]["accuracy_m"],
            client_uuid=uuid.UUID(body["client_uuid"]),
            reporter_name=body["reporter"]["name"],
            reporter_phone=body["reporter"]["phone"],
        )
        actor = make_system_actor("benchmark")
        prepared.append(writer._list_values(prepare(new, actor), actor))
    return prepared


def _write_scripts() -> list[str]:
    from django.db import connection
    from psycopg import ClientCursor

    from jiedao.cases import insert_statements

    connection.ensure_connection()
    scripts = []
    for values in _prepare_values():
        safe = {name: _without_colons(value) for name, value in values.items()}
        statement = insert_statements.POSTGRES[True].replace("cases.case:report", "cases.case report")
        sql = ClientCursor(connection.connection).mogrify(statement, safe)
        scripts.append(re.sub(r"'[0-9a-f-]{32,36}'::uuid", "gen_random_uuid()", sql, count=1) + ";\n")
    return scripts


def _without_colons(value: Any) -> Any:
    """Return a value without a colon before a letter or digit, which pgbench would read as a variable."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%f+0000")
    return re.sub(r":(?=\w)", ": ", value) if isinstance(value, str) else value


def _run_loop(seconds: float) -> float:
    """Insert cases for some seconds over Django's raw connection: BEGIN IMMEDIATE, six inserts, COMMIT."""
    from django.db import connection

    from jiedao.cases import insert_statements
    from jiedao.cases.search_rows import SQLITE_SEARCH

    prepared = _prepare_values()
    connection.ensure_connection()
    raw = connection.connection
    statements = {table: insert.sql.replace("%s", "?") for table, insert in insert_statements.SQLITE.items()}
    case, search = (
        insert_statements.SQLITE_CASE.sql.replace("%s", "?").replace("%%", "%"),
        SQLITE_SEARCH.replace("%s", "?"),
    )
    done, until = 0, time.perf_counter() + seconds
    started = time.perf_counter()
    while time.perf_counter() < until:
        values = {**prepared[done % len(prepared)], "client_uuid": uuid.uuid4().hex}
        raw.execute("BEGIN IMMEDIATE")
        pk = raw.execute(case, [values["year"], *insert_statements.SQLITE_CASE.bind(values)]).fetchone()[0]
        values["case"] = pk
        for table, sql in statements.items():
            raw.execute(sql, insert_statements.SQLITE[table].bind(values))
        raw.execute(search, [values["tokens"], pk])
        raw.execute("COMMIT")
        done += 1
    return done / (time.perf_counter() - started)


def main() -> None:
    """Print the scripts, or the rate of the loop."""
    django.setup()
    if sys.argv[1] == "sql":
        json.dump(_write_scripts(), sys.stdout)
    else:
        print(_run_loop(float(sys.argv[2])))


if __name__ == "__main__":
    main()
