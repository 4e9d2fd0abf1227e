# ruff: noqa: PLC0415 (Django is set up before its models are imported)
"""What the database alone does with the same rows: the floor that the server is compared with.

Run in a process of its own with `house`: `python -m benchmarks.floors sql` prints SQL scripts for pgbench,
`python -m benchmarks.floors sqlite SECONDS` measures a plain sqlite3 loop.
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

from benchmarks.servers import House
from tools.test_pg import server_programs

SCRIPTS = 4  # each client prepares each of them: more would measure that


def pgbench(home: House, seconds: float, clients: int) -> float:
    """Return cases a second that pgbench inserts: the writer's own statement, with values in it."""
    with tempfile.TemporaryDirectory(prefix="jiedao-bench-") as folder:
        files = []
        for serial, sql in enumerate(json.loads(home.run("benchmarks.floors", "sql"))):
            files.append(Path(folder) / f"{serial}.sql")
            files[-1].write_text(sql, encoding="utf-8")
        place = dict(parse_qsl(urlsplit(home.address).query))
        command = [
            server_programs() / "pgbench",
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
            place["host"],
            "-p",
            place["port"],
            "-U",
            "jiedao",
            *itertools.chain.from_iterable(("-f", path) for path in files),
            "jiedao",
        ]
        said = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([\d.]+)", said.stdout)
    if said.returncode or found is None:
        raise RuntimeError(said.stderr[:1000])
    return float(found.group(1))


def sqlite_loop(home: House, seconds: float) -> float:
    """Return cases a second that a loop over sqlite3 inserts, each in a transaction of its own, same pragmas."""
    return float(home.run("benchmarks.floors", "sqlite", str(seconds)))


def _rows() -> list[dict[str, Any]]:
    """Return the writer's bound values of some messages, with everything the API computes computed."""
    from benchmarks.texts import messages
    from jiedao.cases import writer
    from jiedao.cases.actions.intake import NewCase, prepare
    from jiedao.orgs.actor import system

    found = []
    for body in itertools.islice(messages(seed=7), SCRIPTS):
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
        actor = system("benchmark")
        found.append(writer._values(prepare(new, actor), actor))
    return found


def _scripts() -> list[str]:
    from django.db import connection
    from psycopg import ClientCursor

    from jiedao.cases import writer

    connection.ensure_connection()
    scripts = []
    for values in _rows():
        safe = {name: _without_colons(value) for name, value in values.items()}
        statement = writer.POSTGRES[True].replace("cases.case:report", "cases.case report")
        sql = ClientCursor(connection.connection).mogrify(statement, safe)
        scripts.append(re.sub(r"'[0-9a-f-]{32,36}'::uuid", "gen_random_uuid()", sql, count=1) + ";\n")
    return scripts


def _without_colons(value: Any) -> Any:
    """Write a value so that pgbench sees no variable in it: a colon before a letter or digit."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%f+0000")
    return re.sub(r":(?=\w)", ": ", value) if isinstance(value, str) else value


def _loop(seconds: float) -> float:
    """Insert for so long over Django's raw connection: BEGIN IMMEDIATE, six inserts, COMMIT."""
    from django.db import connection

    from jiedao.cases import writer

    known = _rows()
    connection.ensure_connection()
    raw = connection.connection
    statements = {table: insert.sql.replace("%s", "?") for table, insert in writer.SQLITE.items()}
    case, search = (
        writer.SQLITE_CASE.sql.replace("%s", "?").replace("%%", "%"),
        writer.SQLITE_SEARCH.replace("%s", "?"),
    )
    done, until = 0, time.perf_counter() + seconds
    begun = time.perf_counter()
    while time.perf_counter() < until:
        values = {**known[done % len(known)], "client_uuid": uuid.uuid4().hex}
        raw.execute("BEGIN IMMEDIATE")
        pk = raw.execute(case, [values["year"], *writer.SQLITE_CASE.bind(values)]).fetchone()[0]
        values["case"] = pk
        for table, sql in statements.items():
            raw.execute(sql, writer.SQLITE[table].bind(values))
        raw.execute(search, [values["tokens"], pk])
        raw.execute("COMMIT")
        done += 1
    return done / (time.perf_counter() - begun)


def main() -> None:
    """Print what the arguments ask for."""
    django.setup()
    if sys.argv[1] == "sql":
        json.dump(_scripts(), sys.stdout)
    else:
        print(_loop(float(sys.argv[2])))


if __name__ == "__main__":
    main()
